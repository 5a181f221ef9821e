#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coax::telemetry::detail {

/// The lower-case digits, which alone are allowed in trace contexts.
inline constexpr std::string_view hex_digits{"0123456789abcdef"};

template <std::size_t N>
void append_hex(std::string& out, std::array<std::uint8_t, N> const& bytes) {
    for (auto const byte : bytes) {
        out += hex_digits[byte >> 4U];
        out += hex_digits[byte & 15U];
    }
}

/// @returns Whether `text` is 2 N digits, all lower-case.
template <std::size_t N>
[[nodiscard]] bool read_hex(std::string_view text, std::array<std::uint8_t, N>& bytes) {
    if (text.size() != 2 * N) return false;
    for (std::size_t i = 0; i < N; ++i) {
        auto const high = hex_digits.find(text[2 * i]);
        auto const low = hex_digits.find(text[2 * i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return false;
        bytes[i] = static_cast<std::uint8_t>(high << 4U | low);
    }
    return true;
}

}  // namespace coax::telemetry::detail
