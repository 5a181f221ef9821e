#pragma once

#include <array>
#include <cstddef>
#include <string_view>

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

}  // namespace coax::http::detail
