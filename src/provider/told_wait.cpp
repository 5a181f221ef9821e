#include "provider/told_wait.hpp"

#include "provider/header_time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace coax::detail {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return lower;
}

void skip_blanks(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(' '), text.size())); }

std::optional<double> take_number(std::string_view& text) {
    double value = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (failed != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

/// A unit as milliseconds.
std::optional<double> take_unit(std::string_view& text) {
    constexpr std::array<std::pair<std::string_view, double>, 18> units{{{"ms", 1},
                                                                         {"millisecond", 1},
                                                                         {"milliseconds", 1},
                                                                         {"s", 1e3},
                                                                         {"sec", 1e3},
                                                                         {"secs", 1e3},
                                                                         {"second", 1e3},
                                                                         {"seconds", 1e3},
                                                                         {"m", 6e4},
                                                                         {"min", 6e4},
                                                                         {"mins", 6e4},
                                                                         {"minute", 6e4},
                                                                         {"minutes", 6e4},
                                                                         {"h", 36e5},
                                                                         {"hour", 36e5},
                                                                         {"hours", 36e5},
                                                                         {"day", 864e5},
                                                                         {"days", 864e5}}};
    auto const word = text.substr(0, std::min(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), text.size()));
    auto const* const unit = std::ranges::find(units, word, &std::pair<std::string_view, double>::first);
    if (unit == units.end()) return std::nullopt;
    text.remove_prefix(word.size());
    return unit->second;
}

/// A duration at the front of `text`: "6m0s", "1 hour 5 minutes", "45" (seconds).
std::optional<milliseconds> duration_at(std::string_view text) {
    double sum_ms = 0;
    for (bool first = true;; first = false) {
        skip_blanks(text);
        auto const value = take_number(text);
        if (!value) break;
        skip_blanks(text);
        auto const unit = take_unit(text);
        if (!unit) return first ? plausible_wait(*value * 1'000) : plausible_wait(sum_ms);
        sum_ms += *value * *unit;
    }
    return plausible_wait(sum_ms);
}

/// A reset in any service's form.
std::optional<milliseconds> parse_reset(std::string_view text, system_clock::time_point now) {
    constexpr double least_unix_seconds = 1e9;
    constexpr double least_unix_milliseconds = 1e12;
    auto const number = parse_number(text);
    if (number && *number >= least_unix_seconds) {
        auto const unix_ms = *number >= least_unix_milliseconds ? *number : *number * 1'000;
        return wait_until(header_time_point{milliseconds{static_cast<std::int64_t>(unix_ms)}}, now);
    }
    if (auto const wait = parse_duration(text)) return wait;
    auto when = parse_timestamp(text);
    if (!when) when = parse_http_date(text);
    return when ? wait_until(*when, now) : std::nullopt;
}

/// The name of the header that tells when the limit resets of which `name` tells the rest; empty: it tells none.
std::string reset_header(std::string_view name) {
    auto lower = lower_case(name);
    auto const at = lower.find("remaining");
    if (at == std::string::npos || lower.find("ratelimit-") == std::string::npos) return {};
    return lower.replace(at, 9, "reset");
}

std::optional<double> number_after(std::string_view text, std::string_view word) {
    auto const at = text.find(word);
    if (at == std::string_view::npos) return std::nullopt;
    text.remove_prefix(at + word.size());
    return take_number(text);
}

}  // namespace

std::optional<milliseconds> wait_in_words(std::string_view message) {
    auto const lower = lower_case(message);
    std::string_view const text{lower};
    for (std::string_view const phrase : {"try again in ", "try again after ", "retry in ", "retry after ", "wait for ",
                                          "wait ", "resets in ", "reset in ", "reset after "})
        for (auto at = text.find(phrase); at != std::string_view::npos; at = text.find(phrase, at + 1))
            if (auto const wait = above_zero(duration_at(text.substr(at + phrase.size())))) return wait;
    return std::nullopt;
}

std::optional<milliseconds> wait_for_reset(header_list const& headers, system_clock::time_point now) {
    std::optional<milliseconds> longest;
    for (auto const& [name, value] : headers) {
        if (trimmed(value) != "0") continue;
        auto const reset = reset_header(name);
        if (!reset.empty()) longest = std::max(longest, parse_reset(headers.find(reset), now));
    }
    for (auto const* bare : {"x-ratelimit-reset", "ratelimit-reset"})
        if (!longest) longest = parse_reset(headers.find(bare), now);
    return above_zero(longest);
}

bool exceeds_limit_alone(std::string_view message) {
    auto const lower = lower_case(message);
    if (lower.find("request too large") != std::string::npos) return true;
    auto const limit = number_after(lower, "limit ");
    auto const requested = number_after(lower, "requested ");
    return limit && requested && *requested > *limit;
}

}  // namespace coax::detail
