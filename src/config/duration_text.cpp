#include "config/duration_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace coax::config::detail {
namespace {

struct unit {
    std::string_view name;
    std::int64_t milliseconds;
};

constexpr std::array units{unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"m", 60'000}, unit{"s", 1'000},
                           unit{"ms", 1}};
constexpr double most = 10'000.0 * 86'400'000.0;

/// Takes a number off the text. Nothing: there is none, or it has a sign or exponent.
std::optional<double> take_number(std::string_view& text) {
    auto const size = std::min(text.find_first_not_of("0123456789."), text.size());
    double value = 0;
    auto const read = std::from_chars(text.data(), text.data() + size, value, std::chars_format::fixed);
    if (read.ec != std::errc{} || read.ptr != text.data() + size) return std::nullopt;
    text.remove_prefix(size);
    return value;
}

/// Takes a unit off the text that is shorter than `longest`. Null: there is none.
unit const* take_unit(std::string_view& text, std::int64_t longest) {
    auto const name = text.substr(0, text.find_first_of("0123456789."));
    auto const found = std::ranges::find(units, name, &unit::name);
    if (found == units.end() || found->milliseconds >= longest) return nullptr;
    text.remove_prefix(name.size());
    return &*found;
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
    if (text == "0") return 0;
    double sum = 0;
    auto longest = units.front().milliseconds + 1;
    do {
        auto const number = take_number(text);
        auto const* const of = number ? take_unit(text, longest) : nullptr;
        if (of == nullptr) return std::nullopt;
        sum += *number * static_cast<double>(of->milliseconds);
        longest = of->milliseconds;
    } while (!text.empty());
    auto const whole = std::round(sum);
    if (whole > most || std::fabs(sum - whole) > 1e-6) return std::nullopt;
    return static_cast<std::int64_t>(whole);
}

std::string duration_text(std::int64_t milliseconds) {
    if (milliseconds == 0) return "0s";
    auto const fits = [&](unit const& each) { return milliseconds % each.milliseconds == 0; };
    auto const& largest = *std::ranges::find_if(units, fits);
    return std::to_string(milliseconds / largest.milliseconds).append(largest.name);
}

}  // namespace coax::config::detail
