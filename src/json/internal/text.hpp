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

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
/// A byte of a UTF-8 sequence other than its first.
inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Where the plain part of a JSON string ends, and whether it holds bytes above 0x7F (it may say yes too often).
struct plain_run {
    char const* end;
    std::uint64_t non_ascii;  ///< 0: none. As wide as the pointer: padding costs GCC 16 a trip through memory.
};

/// Runs to the first quote, backslash or control character, 8 bytes at a time.
inline plain_run find_plain_end_by_words(char const* at, char const* end) {
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
    std::uint64_t non_ascii = 0;
    while (end - at >= 8) {
        auto const word = load_word(at);
        auto const quote = word ^ (ones * '"');
        auto const slash = word ^ (ones * '\\');
        auto const found =
            (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((word - ones * 0x20) & ~word)) & high_bits;
        non_ascii |= word & high_bits;
        if (found != 0) {
            if constexpr (std::endian::native == std::endian::little)
                return {at + (std::countr_zero(found) >> 3), non_ascii};
            else
                break;  // borrows run towards the first byte there: look at each byte
        }
        at += 8;
    }
    while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) {
        non_ascii |= static_cast<unsigned char>(*at) & 0x80U;
        ++at;
    }
    return {at, non_ascii};
}

/// Runs to the first quote, backslash or control character, 16 bytes at a time where the processor can.
/// @param out  Of a copy: has room for the run and 16 bytes more.
template <bool Copies>
inline plain_run scan_plain(char const* at, char const* end, [[maybe_unused]] char* out) {
    std::uint64_t seen = 0;
#if defined(__SSE2__)
    auto const slashes = _mm_set1_epi8('\\');
    auto const swap_quote = _mm_set1_epi8('"' ^ ' ');  // the quote becomes the blank, right behind the controls
    auto const blank = _mm_set1_epi8(' ');
    auto all = _mm_setzero_si128();
    while (end - at >= 16) {
        auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
        if constexpr (Copies) _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
        auto const swapped = _mm_xor_si128(bytes, swap_quote);
        auto const low = _mm_cmpeq_epi8(_mm_min_epu8(swapped, blank), swapped);
        auto const found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(bytes, slashes))));
        all = _mm_or_si128(all, bytes);
        if (found != 0) return {at + std::countr_zero(found), static_cast<std::uint64_t>(_mm_movemask_epi8(all))};
        at += 16;
        if constexpr (Copies) out += 16;
    }
    seen = static_cast<std::uint64_t>(_mm_movemask_epi8(all));
#endif
    auto const rest = find_plain_end_by_words(at, end);
    if constexpr (Copies) std::char_traits<char>::copy(out, at, static_cast<std::size_t>(rest.end - at));
    return {rest.end, rest.non_ascii | seen};
}
inline plain_run find_plain_end(char const* at, char const* end) { return scan_plain<false>(at, end, nullptr); }
inline plain_run copy_plain(char const* at, char const* end, char* out) { return scan_plain<true>(at, end, out); }

/// The first byte that is not part of well-formed UTF-8, or `end`. Source: RFC 3629, section 4.
[[nodiscard]] char const* find_invalid_utf8(char const* at, char const* end);

/// The closing quote of a string without escapes whose first character is at `at`; null: it has some, is malformed, or
/// its end is not there.
inline char const* find_simple_string_end(char const* at, char const* end, bool check_utf8) {
    auto const run = find_plain_end(at, end);
    if (run.end == end || *run.end != '"') return nullptr;
    if (run.non_ascii != 0 && check_utf8 && find_invalid_utf8(at, run.end) != run.end) return nullptr;
    return run.end;
}

/// Writes a code point in up to 4 bytes. @returns The byte behind it.
[[nodiscard]] char* write_utf8(char* out, std::uint32_t code_point);

/// Code points in well-formed UTF-8.
[[nodiscard]] std::size_t count_code_points(std::string_view text);

/// Stands for what is not text: U+FFFD.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

inline bool is_lead_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
inline bool is_tail_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

/// Puts U+FFFD in place of each byte that is not part of well-formed UTF-8.
void append_repaired_utf8(std::string& out, std::string_view text);

/// Appends valid JSON without the white space between its tokens.
void append_compact(std::string& out, std::string_view json);

/// The same for JSON that leniency has accepted: U+FFFD for bytes that are not UTF-8 and for halves of surrogate pairs,
/// `null` for NaN and infinities.
void append_repaired(std::string& out, std::string_view json);

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
