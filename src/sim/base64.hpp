#pragma once

#include <algorithm>
#include <string_view>

namespace coax::sim::detail {

/// Whether the text is base64 with its padding, and not empty. Source: RFC 4648, section 4.
[[nodiscard]] inline bool is_base64(std::string_view text) noexcept {
    if (text.empty() || text.size() % 4 != 0) return false;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    });
}

}  // namespace coax::sim::detail
