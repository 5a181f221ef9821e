#include "batch/line_checksum.hpp"

#include <zlib.h>

#include <array>
#include <charconv>
#include <concepts>

namespace coax::detail {

namespace {

constexpr std::string_view opening = R"(,"crc":")";
constexpr std::string_view closing = R"("})";
constexpr std::size_t crc_digits = 8;
constexpr std::size_t tail_bytes = opening.size() + crc_digits + closing.size();

template <std::unsigned_integral T>
void append_hex(std::string& text, T number) {
    std::array<char, 2 * sizeof(T)> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
    text.append(digits.size() - static_cast<std::size_t>(end - digits.data()), '0').append(digits.data(), end);
}

template <std::unsigned_integral T>
bool read_hex(std::string_view text, T& number) noexcept {
    auto const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, number, 16);
    return text.size() == 2 * sizeof(T) && read.ec == std::errc{} && read.ptr == end;
}

std::uint32_t crc_of(std::string_view text) noexcept {
    return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<unsigned char const*>(text.data()), text.size()));
}

}  // namespace

void add_checksum(std::string& text, std::size_t begin) {
    text.pop_back();
    auto const crc = crc_of(std::string_view{text}.substr(begin));
    text += opening;
    append_hex(text, crc);
    text += closing;
}

std::string with_checksum(std::string line) {
    add_checksum(line, 0);
    return line;
}

line_checksum check_line(std::string_view line) noexcept {
    if (line.size() < tail_bytes) return line_checksum::absent;
    auto const tail = line.substr(line.size() - tail_bytes);
    if (!tail.starts_with(opening) || !tail.ends_with(closing)) return line_checksum::absent;
    std::uint32_t told = 0;
    if (!read_hex(tail.substr(opening.size(), crc_digits), told)) return line_checksum::wrong;
    return crc_of(line.substr(0, line.size() - tail_bytes)) == told ? line_checksum::right : line_checksum::wrong;
}

std::string without_checksum(std::string_view line) {
    return std::string{line.substr(0, line.size() - tail_bytes)}.append("}");
}

void append_row(std::string& text, row_identity const& row) {
    append_hex(text, row.key);
    text += '-';
    append_hex(text, row.sent);
}

std::optional<row_identity> parse_row(std::string_view text) noexcept {
    row_identity row;
    auto const dash = text.find('-');
    if (dash == std::string_view::npos || !read_hex(text.substr(0, dash), row.key) ||
        !read_hex(text.substr(dash + 1), row.sent))
        return std::nullopt;
    return row;
}

}  // namespace coax::detail
