#pragma once

#include <coax/core/error.hpp>
#include <coax/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace coax::cli {

/// Columns that a page of help takes: those of the terminal on standard output, else 80; 60 to 100.
[[nodiscard]] std::size_t help_width();

/// "what (where)" on one line: the message, the service's own words, the place, status and request id.
[[nodiscard]] std::string error_text(error const& why);

/// Writes "coax: what (where)" to standard error.
void print_error(error const& why);

/// Writes "coax: note" to standard error, as one line: control characters, which a terminal would obey, become blanks.
void print_note(std::string_view note);

/// Text of a model as a terminal may show it: control characters besides line feed and tab, and what is not UTF-8, as
/// "\x1b".
[[nodiscard]] std::string visible(std::string_view text);

/// Writes text of a model to standard output: as it is, or where that is a terminal `visible`.
/// @throws coax::exception  `errc::io_failed`.
void print_answer(std::string_view text);

/// Passes on all that was printed to standard output. Errors: `errc::io_failed`.
[[nodiscard]] result<void> flush_output();

/// Writes text as it is to standard error, in one piece.
void write_stderr(std::string_view text);

/// Columns of the terminal behind a file descriptor; 80 where it is none.
[[nodiscard]] std::size_t terminal_columns(int file);

}  // namespace coax::cli
