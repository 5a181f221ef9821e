#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace coax::json::detail {

inline std::uint64_t load_word(char const* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// Where the plain part of a JSON string ends, and whether it holds bytes above 0x7F (it may say yes too often).
struct plain_run {
    char const* end;
    bool wide;
};

/// Runs to the first quote, backslash or control character, eight bytes at a time.
inline plain_run find_plain_end(char const* at, char const* end) {
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    constexpr std::uint64_t tops = 0x8080808080808080ULL;
    std::uint64_t wide = 0;
    while (end - at >= 8) {
        auto const word = load_word(at);
        auto const quote = word ^ (ones * '"');
        auto const slash = word ^ (ones * '\\');
        auto const found = (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((word - ones * 0x20) & ~word)) & tops;
        wide |= word & tops;
        if (found != 0) {
            if constexpr (std::endian::native == std::endian::little)
                return {at + (std::countr_zero(found) >> 3), wide != 0};
            else
                break;  // borrows run towards the first byte there: look at each byte
        }
        at += 8;
    }
    while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) {
        wide |= static_cast<unsigned char>(*at) & 0x80U;
        ++at;
    }
    return {at, wide != 0};
}

/// The first byte that is not part of well-formed UTF-8, or `end`. Source: RFC 3629, section 4.
[[nodiscard]] char const* find_invalid_utf8(char const* at, char const* end);

void append_utf8(std::string& out, std::uint32_t code_point);

/// Code points in well-formed UTF-8.
[[nodiscard]] std::size_t count_code_points(std::string_view text);

/// Appends valid JSON without the white space between its tokens.
void append_compact(std::string& out, std::string_view json);

/// The line and column of a byte, both from 1; a column is a code point.
struct text_position {
    std::size_t line;
    std::size_t column;
};
[[nodiscard]] text_position position_of(std::string_view text, std::size_t offset);

/// Appends "/key" with the escapes of RFC 6901.
void append_pointer(std::string& pointer, std::string_view key);

/// At most 40 bytes of `text`, cut between code points, for a message.
[[nodiscard]] std::string shorten(std::string_view text);

}  // namespace coax::json::detail
