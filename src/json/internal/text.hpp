#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace coax::json::detail {

inline std::uint64_t load_word(char const* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// Where the plain part of a JSON string ends, and whether it holds bytes above 0x7F (it may say yes too often).
struct plain_run {
    char const* end;
    std::uint64_t wide;  ///< 0: none. As wide as the pointer: padding costs GCC 16 a trip through memory.
};

/// Runs to the first quote, backslash or control character, many bytes at a time.
inline plain_run find_plain_end(char const* at, char const* end) {
#if defined(__SSE2__)
    auto const quotes = _mm_set1_epi8('"');
    auto const slashes = _mm_set1_epi8('\\');
    auto const last_control = _mm_set1_epi8(0x1F);
    unsigned tops_seen = 0;
    while (end - at >= 16) {
        auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
        auto const special = _mm_or_si128(_mm_cmpeq_epi8(bytes, quotes), _mm_cmpeq_epi8(bytes, slashes));
        auto const control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
        auto const found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(special, control)));
        tops_seen |= static_cast<unsigned>(_mm_movemask_epi8(bytes));
        if (found != 0) return {at + std::countr_zero(found), tops_seen};
        at += 16;
    }
    std::uint64_t wide = tops_seen;
#else
    std::uint64_t wide = 0;
#endif
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    constexpr std::uint64_t tops = 0x8080808080808080ULL;
    while (end - at >= 8) {
        auto const word = load_word(at);
        auto const quote = word ^ (ones * '"');
        auto const slash = word ^ (ones * '\\');
        auto const found =
            (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((word - ones * 0x20) & ~word)) & tops;
        wide |= word & tops;
        if (found != 0) {
            if constexpr (std::endian::native == std::endian::little)
                return {at + (std::countr_zero(found) >> 3), wide};
            else
                break;  // borrows run towards the first byte there: look at each byte
        }
        at += 8;
    }
    while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) {
        wide |= static_cast<unsigned char>(*at) & 0x80U;
        ++at;
    }
    return {at, wide};
}

/// As `find_plain_end`, and copies what it runs over to `out`, which has room for the run and 16 bytes more.
inline plain_run copy_plain(char const* at, char const* end, char* out) {
#if defined(__SSE2__)
    auto const quotes = _mm_set1_epi8('"');
    auto const slashes = _mm_set1_epi8('\\');
    auto const last_control = _mm_set1_epi8(0x1F);
    unsigned tops_seen = 0;
    while (end - at >= 16) {
        auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
        auto const special = _mm_or_si128(_mm_cmpeq_epi8(bytes, quotes), _mm_cmpeq_epi8(bytes, slashes));
        auto const control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
        auto const found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(special, control)));
        tops_seen |= static_cast<unsigned>(_mm_movemask_epi8(bytes));
        if (found != 0) return {at + std::countr_zero(found), tops_seen};
        at += 16;
        out += 16;
    }
    auto const rest = find_plain_end(at, end);
    std::memcpy(out, at, static_cast<std::size_t>(rest.end - at));
    return {rest.end, rest.wide | tops_seen};
#else
    auto const run = find_plain_end(at, end);
    std::memcpy(out, at, static_cast<std::size_t>(run.end - at));
    return run;
#endif
}

/// The first byte that is not part of well-formed UTF-8, or `end`. Source: RFC 3629, section 4.
[[nodiscard]] char const* find_invalid_utf8(char const* at, char const* end);

/// Writes a code point in up to 4 bytes. @returns The place behind it.
[[nodiscard]] char* write_utf8(char* out, std::uint32_t code_point);

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
