#pragma once

#include <coax/core/result.hpp>

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace coax {

/// An amount of US dollars as a whole number of 10^-12 dollars: prices of single tokens and sums of them are exact. Up
/// to nine million dollars; what would be more stays at the most.
struct usd {
    std::int64_t picos{0};

    [[nodiscard]] static constexpr usd dollars(std::int64_t whole) noexcept { return times(whole, 1'000'000'000'000); }
    [[nodiscard]] static constexpr usd cents(std::int64_t whole) noexcept { return times(whole, 10'000'000'000); }
    /// Of an amount as people write it, such as "2.50" or "$0.000125", with up to 12 decimals.
    /// Errors: `errc::invalid_argument`: it is not that, negative, or more than nine million.
    [[nodiscard]] static result<usd> parse(std::string_view text);

    usd& operator+=(usd more) noexcept;
    usd& operator-=(usd less) noexcept;
    [[nodiscard]] friend usd operator+(usd a, usd b) noexcept { return a += b; }
    [[nodiscard]] friend usd operator-(usd a, usd b) noexcept { return a -= b; }
    friend auto operator<=>(usd, usd) noexcept = default;

private:
    static constexpr usd times(std::int64_t whole, std::int64_t unit) noexcept {
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        if (whole > most / unit) return {most};
        return {whole < -(most / unit) ? -most : whole * unit};
    }
};

/// In dollars, with at least two decimals and no more than it needs: "0.00", "12.50", "0.000125".
[[nodiscard]] std::string to_string(usd amount);

}  // namespace coax
