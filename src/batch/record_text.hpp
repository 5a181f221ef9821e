#pragma once

#include "chat/internal/record_text.hpp"

namespace coax::detail {

using chat::detail::is_json_number;
using chat::detail::record_text;
using chat::detail::without_blanks;

}  // namespace coax::detail
