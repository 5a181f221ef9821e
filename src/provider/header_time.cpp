#include "provider/header_time.hpp"

#include <coax/bind/read.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace coax::detail {
namespace {

using std::chrono::milliseconds;

/// A longer wait is a mistake of the header, and sums with it would overflow.
constexpr double longest_wait_ms = 10.0 * 365 * 24 * 3'600 * 1'000;

/// Reads a number and removes it from the front of `text`. No sign, no exponent, no "inf", no "nan".
std::optional<double> take_number(std::string_view& text) {
    auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    double value = 0;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) value = value * 10 + (text.front() - '0');
    if (text.empty() || text.front() != '.') return value;
    text.remove_prefix(1);
    double divisor = 1;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), divisor *= 10)
        value = value * 10 + (text.front() - '0');
    return value / divisor;
}

/// Reads a unit, as milliseconds, and removes it from the front of `text`.
std::optional<double> take_unit(std::string_view& text) {
    // Longer spellings first, so that "ms" is not taken for minutes.
    constexpr std::array<std::pair<std::string_view, double>, 7> units{
        {{"ms", 1}, {"us", 1e-3}, {"\xC2\xB5s", 1e-3}, {"ns", 1e-6}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}}};
    for (auto const& [name, factor] : units)
        if (text.starts_with(name)) {
            text.remove_prefix(name.size());
            return factor;
        }
    return std::nullopt;
}

/// Reads an HTTP date piece by piece. After the first mismatch every further piece is one too.
class date_scanner {
public:
    explicit date_scanner(std::string_view text) : rest_{text} {}

    bool literal(std::string_view expected) {
        if (!good_ || !rest_.starts_with(expected)) return good_ = false;
        rest_.remove_prefix(expected.size());
        return true;
    }

    /// Skips up to and including `last`.
    bool skip_past(char last) {
        auto const at = rest_.find(last);
        if (!good_ || at == std::string_view::npos) return good_ = false;
        rest_.remove_prefix(at + 1);
        return true;
    }

    /// Reads that many digits; a leading space counts as a zero, with which asctime pads.
    int number(std::size_t digits) {
        if (!good_ || rest_.size() < digits) return good_ = false, 0;
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            auto const c = i == 0 && rest_[i] == ' ' ? '0' : rest_[i];
            if (c < '0' || c > '9') return good_ = false, 0;
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(digits);
        return value;
    }

    unsigned month() {
        constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
        auto const at = good_ && rest_.size() >= 3 ? names.find(rest_.substr(0, 3)) : std::string_view::npos;
        if (at == std::string_view::npos || at % 3 != 0) return good_ = false, 0U;
        rest_.remove_prefix(3);
        return static_cast<unsigned>(at / 3 + 1);
    }

    std::chrono::seconds time_of_day() {
        auto const hours = number(2);
        literal(":");
        auto const minutes = number(2);
        literal(":");
        auto const seconds = number(2);
        if (hours > 23 || minutes > 59 || seconds > 60) good_ = false;
        return std::chrono::hours{hours} + std::chrono::minutes{minutes} + std::chrono::seconds{seconds};
    }

    [[nodiscard]] bool at_end() const { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_{true};
};

constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

bool starts_with_day(std::string_view text) {
    for (auto const day : day_names)
        if (text.starts_with(day)) return true;
    return false;
}

std::optional<header_time_point> to_time_point(int year, unsigned month, int day, milliseconds time) {
    std::chrono::year_month_day const date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return std::nullopt;
    return header_time_point{std::chrono::sys_days{date}} + time;
}

/// A date that names the day first: "Fri, 29 Sep 2023 …", or with hyphens and a year of two digits.
std::optional<header_time_point> parse_day_first(std::string_view text, std::string_view between,
                                                 std::size_t year_digits) {
    date_scanner scan{text};
    scan.skip_past(',');
    scan.literal(" ");
    auto const day = scan.number(2);
    scan.literal(between);
    auto const month = scan.month();
    scan.literal(between);
    auto year = scan.number(year_digits);
    if (year_digits == 2) year += year < 70 ? 2000 : 1900;
    scan.literal(" ");
    auto const time = scan.time_of_day();
    scan.literal(" GMT");
    return scan.at_end() ? to_time_point(year, month, day, time) : std::nullopt;
}

std::optional<header_time_point> parse_asctime_date(std::string_view text) {
    date_scanner scan{text};
    scan.skip_past(' ');
    auto const month = scan.month();
    scan.literal(" ");
    auto const day = scan.number(2);
    scan.literal(" ");
    auto const time = scan.time_of_day();
    scan.literal(" ");
    auto const year = scan.number(4);
    return scan.at_end() ? to_time_point(year, month, day, time) : std::nullopt;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<double> parse_number(std::string_view text) {
    text = trimmed(text);
    auto const value = take_number(text);
    return text.empty() ? value : std::nullopt;
}

std::optional<milliseconds> plausible_wait(double wait_ms) {
    if (!(wait_ms >= 0) || wait_ms > longest_wait_ms) return std::nullopt;
    constexpr double rounding_error = 1e-6;
    return milliseconds{static_cast<std::int64_t>(std::ceil(wait_ms - rounding_error))};
}

std::optional<milliseconds> above_zero(std::optional<milliseconds> wait) {
    return wait && wait->count() > 0 ? wait : std::nullopt;
}

std::optional<milliseconds> parse_duration(std::string_view text) {
    text = trimmed(text);
    if (auto const seconds = parse_number(text)) return plausible_wait(*seconds * 1'000);
    double sum = 0;
    do {
        auto const value = take_number(text);
        auto const factor = value ? take_unit(text) : std::nullopt;
        if (!factor) return std::nullopt;
        sum += *value * *factor;
    } while (!text.empty());
    return plausible_wait(sum);
}

std::optional<milliseconds> parse_retry_delay(std::string_view text) {
    if (!text.ends_with('s')) return std::nullopt;
    text.remove_suffix(1);
    auto const seconds = take_number(text);
    if (!seconds || !text.empty()) return std::nullopt;
    return above_zero(plausible_wait(*seconds * 1'000));
}

std::optional<header_time_point> parse_http_date(std::string_view text) {
    text = trimmed(text);
    if (!starts_with_day(text)) return std::nullopt;
    if (auto const when = parse_day_first(text, " ", 4)) return when;
    if (auto const when = parse_day_first(text, "-", 2)) return when;
    return parse_asctime_date(text);
}

std::optional<header_time_point> parse_timestamp(std::string_view text) {
    auto const quoted = '"' + std::string{trimmed(text)} + '"';
    auto const when = json::read<header_time_point>(quoted);
    return when ? std::optional{*when} : std::nullopt;
}

std::optional<milliseconds> wait_until(header_time_point when, std::chrono::system_clock::time_point now) {
    return plausible_wait(
        static_cast<double>(std::max(when - std::chrono::floor<milliseconds>(now), milliseconds{0}).count()));
}

}  // namespace coax::detail
