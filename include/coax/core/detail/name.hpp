#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <cstddef>
#include <string_view>

namespace coax::core::detail {

/// Services take these characters in the names of tools and schemas.
[[nodiscard]] constexpr bool is_name_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

inline constexpr std::size_t max_name_length = 64;

/// What is told of a text that `is_name` refuses.
inline constexpr char name_rule[] = "must be 1 to 64 letters, digits, '_' or '-'";

/// Whether services take `text` as the name of a tool or a schema.
[[nodiscard]] constexpr bool is_name(std::string_view text) noexcept {
    for (char const c : text)
        if (!is_name_character(c)) return false;
    return !text.empty() && text.size() <= max_name_length;
}

}  // namespace coax::core::detail
