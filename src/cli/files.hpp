#pragma once

#include "batch/internal/file.hpp"

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

/// Copies what can be read once only ("-": standard input) to a nameless temporary file.
/// Errors: `errc::io_failed`; `where` is the path.
[[nodiscard]] result<coax::detail::file_handle> copy_to_temporary(std::string const& path);

/// The same with each line as a record, `{"text":"…"}`, on a line of its own; empty ones stay empty.
[[nodiscard]] result<coax::detail::file_handle> copy_lines_as_records(std::string const& path);

/// A path under which an open file can be opened again, from its beginning.
[[nodiscard]] std::string path_of(coax::detail::file_handle const& file);

/// Opens standard input, output and error where they are closed, so that no other file takes their numbers and gets
/// what is meant for them. To read or write them stays an error.
void reserve_standard_files();

/// Lets the process open as many files (connections) as the system allows it to.
void raise_file_limit();

}  // namespace coax::cli
