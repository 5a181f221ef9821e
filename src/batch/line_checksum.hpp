#pragma once

#include <coax/batch/json_line.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coax::detail {

/// What the last member of a line says of what stands before it.
enum class line_checksum { absent, right, wrong };

/// Gives the JSON object that stands at the end of `text`, from `begin` on, its checksum as its last member.
void add_checksum(std::string& text, std::size_t begin);
/// A JSON object with its checksum as its last member.
[[nodiscard]] std::string with_checksum(std::string line);
[[nodiscard]] line_checksum check_line(std::string_view line) noexcept;
/// A line with a checksum, without it: an object.
[[nodiscard]] std::string without_checksum(std::string_view line);

/// Appends a row's key and what was sent as a line has them: "1a2b3c4d-0123456789abcdef".
void append_row(std::string& text, row_identity const& row);
/// Nothing: it is no such text.
[[nodiscard]] std::optional<row_identity> parse_row(std::string_view text) noexcept;

}  // namespace coax::detail
