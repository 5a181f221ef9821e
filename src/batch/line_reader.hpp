#pragma once

#include "batch/internal/file.hpp"

#include <coax/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace coax::detail {

/// What `line_reader::next` found.
enum class line_kind { end, line, too_long };

/// Reads a file line by line through a fixed buffer.
class line_reader {
public:
    [[nodiscard]] static result<line_reader> open(std::string path, std::size_t max_line_bytes);

    /// Reads the next line into `line`, without its end (LF or CRLF) and, at the top, without a byte order mark.
    /// One longer than the bound is skipped, and `line` is then empty.
    [[nodiscard]] result<line_kind> next(std::string& line);

    [[nodiscard]] std::uint64_t line_number() const noexcept { return line_number_; }  ///< Of the last line, from 1.
    [[nodiscard]] bool terminated() const noexcept { return terminated_; }   ///< The last line had its newline.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }  ///< Of the byte after the last line.
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

private:
    line_reader(std::string path, file_handle file, std::size_t max_line_bytes);
    [[nodiscard]] result<bool> fill();

    std::string path_;
    file_handle file_;
    std::size_t max_line_bytes_;
    std::string buffer_;
    std::size_t read_{0};  ///< Bytes of the buffer given out.
    std::uint64_t line_number_{0};
    std::uint64_t offset_{0};
    bool terminated_{true};
};

}  // namespace coax::detail
