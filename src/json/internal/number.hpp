#pragma once

#include "json/internal/text.hpp"

#include <bit>
#include <cstdint>
#include <string>

namespace coax::json::detail {

/// The value of up to 8 digits, and how many there are.
struct digit_run {
    std::uint64_t value;
    std::ptrdiff_t count;
};

/// Reads the digits at `at`, but no more than 8. All at once, so that nothing depends on guessing how many there are.
/// Source: D. Lemire, "Number parsing at a gigabyte per second" (2021), section 5.
inline digit_run read_digits(char const* at, char const* end) {
    if constexpr (std::endian::native == std::endian::little) {
        if (end - at >= 8) {
            constexpr std::uint64_t ones = 0x0101010101010101ULL;
            auto const word = load_word(at);
            // Digits are 0x30 to 0x39: their upper halves are 3, also with 6 added.
            auto const others = ((word ^ ones * 0x30) | ((word + ones * 0x06) ^ ones * 0x30)) & ones * 0xF0;
            auto const bits = others == 0 ? 64 : std::countr_zero(others) & ~7;
            if (bits == 0) return {0, 0};
            auto const digits = (word & ones * 0x0F) << (64 - bits);  // as if zeros stood before them
            auto const pairs = (digits * (10 * 0x100 + 1)) >> 8 & 0x00FF00FF00FF00FFULL;
            auto const fours = (pairs * (100 * 0x10000 + 1)) >> 16 & 0x0000FFFF0000FFFFULL;
            return {(fours * (10000 * 0x100000000ULL + 1)) >> 32, bits / 8};
        }
    }
    digit_run run{0, 0};
    for (; at != end && is_digit(*at) && run.count < 8; ++at, ++run.count)
        run.value = run.value * 10 + static_cast<std::uint64_t>(*at - '0');
    return run;
}

/// Where the number that starts at `at` ends by JSON's grammar; null if it is none.
[[nodiscard]] char const* find_number_end(char const* at, char const* end);

/// The value of a number that `find_number_end` has accepted. Too large is an infinity, too small is 0.
[[nodiscard]] double to_real(char const* at, char const* end);

/// Reads a number as most are: up to 7 digits before and behind the point, no exponent. Both its digits and its power
/// of ten are exact doubles, so that it is rounded once and right. Source: W. D. Clinger, "How to read floating point
/// numbers accurately" (1990), the fast case.
/// @returns The byte behind it; null: it is another number, or none.
[[nodiscard]] char const* parse_simple_real(char const* at, char const* end, double& value);

}  // namespace coax::json::detail
