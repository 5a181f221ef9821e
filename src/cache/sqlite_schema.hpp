#pragma once

#include "cache/sqlite_database.hpp"

namespace coax::cache::detail {

/// Opens the file of a cache, which is made if it is empty or not there.
/// Errors: `errc::io_failed`: it cannot be opened, is something else, or of a newer version of coax.
[[nodiscard]] result<std::unique_ptr<sqlite_database>> open_cache_file(std::string const& path,
                                                                       std::chrono::milliseconds busy_timeout);

}  // namespace coax::cache::detail
