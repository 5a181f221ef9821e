#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <string_view>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// The characters of HTTP's parts.
namespace coax::http::detail {

using char_set = std::array<bool, 256>;

constexpr char_set only(std::string_view chars) {
    char_set table{};
    for (char const c : chars) table[static_cast<unsigned char>(c)] = true;
    return table;
}
/// What is printed, but for these; bytes above 0x7F, too.
constexpr char_set printed_without(std::string_view chars) {
    char_set table{};
    for (unsigned c = ' ' + 1; c < 256; ++c) table[c] = c != 0x7F && chars.find(static_cast<char>(c)) == chars.npos;
    return table;
}
/// RFC 9110, section 5.6.2.
inline constexpr auto token_chars =
    only("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

/// How many characters at the beginning are of the set.
[[nodiscard]] inline std::size_t count_leading(std::string_view text, char_set const& set) noexcept {
    std::size_t count = 0;
    while (count < text.size() && set[static_cast<unsigned char>(text[count])]) ++count;
    return count;
}

#if defined(__SSE2__)
/// How many bytes at the beginning `are_usual` finds no fault with, 16 at a time.
template <class Test>
[[nodiscard]] inline std::size_t count_usual(std::string_view text, Test are_usual) noexcept {
    std::size_t count = 0;
    for (; text.size() - count >= 16; count += 16) {
        auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(text.data() + count));
        auto const usual = static_cast<unsigned>(_mm_movemask_epi8(are_usual(bytes)));
        if (usual != 0xFFFF) return count + static_cast<std::size_t>(std::countr_one(usual));
    }
    return count;
}
#endif

/// Bytes of a field's value at the beginning: printed ones, blanks, and those above 0x7F.
[[nodiscard]] inline std::size_t count_value(std::string_view text) noexcept {
    static constexpr auto allowed = [] {
        auto table = printed_without("");
        table[' '] = true;
        return table;
    }();
    std::size_t count = 0;
#if defined(__SSE2__)
    count = count_usual(text, [](__m128i bytes) {
        auto const control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
        auto const deleted = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));
        return _mm_cmpeq_epi8(_mm_or_si128(control, deleted), _mm_setzero_si128());
    });
#endif
    return count + count_leading(text.substr(count), allowed);
}

/// Characters of a token at the beginning. Most are letters and hyphens.
[[nodiscard]] inline std::size_t count_token(std::string_view text) noexcept {
    std::size_t count = 0;
#if defined(__SSE2__)
    count = count_usual(text, [](__m128i bytes) {
        auto const from_a = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        auto const letter = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8('z' - 'a')), from_a);
        return _mm_or_si128(letter, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
    });
#endif
    return count + count_leading(text.substr(count), token_chars);
}

}  // namespace coax::http::detail
