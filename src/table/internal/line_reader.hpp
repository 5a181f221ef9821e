#pragma once

#include "table/internal/input_file.hpp"

#include <coax/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coax::table::detail {

/// What `line_reader::next` found.
enum class line_kind { end, line, too_long };

/// Reads a file line by line through a fixed buffer.
class line_reader {
public:
    /// The lines of the file as it is, compressed or not.
    [[nodiscard]] static result<line_reader> open(std::string const& path, std::size_t max_line_bytes);
    [[nodiscard]] static result<line_reader> read(input_file file, std::size_t max_line_bytes);

    /// Reads the next line into `line`, without its end (LF or CRLF) and, at the top, without a byte order mark.
    /// One longer than the bound is skipped, and `line` is then empty.
    [[nodiscard]] result<line_kind> next(std::string& line);

    [[nodiscard]] std::uint64_t line_number() const noexcept { return line_number_; }  ///< Of the last line, from 1.
    [[nodiscard]] bool terminated() const noexcept { return terminated_; }   ///< The last line had its newline.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }  ///< Of the byte after the last line.
    [[nodiscard]] std::string const& path() const noexcept { return file_.name(); }

private:
    line_reader(input_file file, std::size_t max_line_bytes);
    [[nodiscard]] result<bool> fill();

    input_file file_;
    std::size_t max_line_bytes_;
    std::string_view rest_{};  ///< Of the piece of the file that is being read.
    std::uint64_t line_number_{0};
    std::uint64_t offset_{0};
    bool terminated_{true};
};

}  // namespace coax::table::detail
