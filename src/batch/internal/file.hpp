#pragma once

#include "table/internal/file.hpp"

namespace coax::detail {

using table::detail::file_error;
using table::detail::file_handle;
using table::detail::write_all;

}  // namespace coax::detail
