#pragma once

#include <coax/core/result.hpp>

#include <cstddef>
#include <string>

namespace coax::cli {

/// A whole small file, "-" being standard input. Errors: `errc::io_failed`, `errc::too_large`; `where` is the path.
[[nodiscard]] result<std::string> read_file(std::string const& path, std::size_t max_bytes = std::size_t{16} << 20U);

/// Writes a whole small file, taking the place of an older one. Errors: `errc::io_failed`; `where` is the path.
[[nodiscard]] result<void> write_file(std::string const& path, std::string const& text);

/// Whether something with that name exists.
[[nodiscard]] bool file_exists(std::string const& path);

/// Whether that is a pipe, a terminal or the like, whose bytes can be read once only.
[[nodiscard]] bool reads_once(std::string const& path);

/// Lets the process open as many files (connections) as the system allows it to.
void raise_file_limit();

}  // namespace coax::cli
