#pragma once

#include "table/internal/line_reader.hpp"

namespace coax::detail {

using table::detail::line_kind;
using table::detail::line_reader;

}  // namespace coax::detail
