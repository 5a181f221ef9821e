#include "json/internal/number.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace coax::json::detail {
namespace {

char const* skip_digits(char const* at, char const* end) {
    while (at != end && is_digit(*at)) ++at;
    return at;
}

/// Infinity or 0 for a number that is neither negative nor in a double's range: by the power of ten of its first digit.
double to_infinity_or_zero(char const* at, char const* end) {
    char const* const point = skip_digits(at, end);
    long exponent_of_first_digit = *at == '0' ? 0 : point - at;
    char const* rest = point;
    if (rest != end && *rest == '.') {
        char const* const fraction = ++rest;
        if (exponent_of_first_digit == 0)
            for (; rest != end && *rest == '0'; ++rest) --exponent_of_first_digit;
        rest = skip_digits(fraction, end);
    }
    long exponent = 0;
    if (rest != end) {
        ++rest;  // the e
        bool const negative = *rest == '-';
        if (*rest == '-' || *rest == '+') ++rest;
        for (; rest != end && exponent < 1'000'000'000; ++rest) exponent = exponent * 10 + (*rest - '0');
        if (negative) exponent = -exponent;
    }
    return exponent_of_first_digit + exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
}

}  // namespace

char const* find_number_end(char const* at, char const* end) {
    if (at != end && *at == '-') ++at;
    if (at == end || !is_digit(*at)) return nullptr;
    at = *at == '0' ? at + 1 : skip_digits(at, end);
    if (at != end && *at == '.') {
        char const* const fraction = ++at;
        at = skip_digits(at, end);
        if (at == fraction) return nullptr;
    }
    if (at != end && (*at == 'e' || *at == 'E')) {
        ++at;
        if (at != end && (*at == '+' || *at == '-')) ++at;
        char const* const exponent = at;
        at = skip_digits(at, end);
        if (at == exponent) return nullptr;
    }
    return at;
}

char const* parse_simple_real(char const* at, char const* end, double& value) {
    static constexpr std::uint64_t powers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};
    bool const negative = at != end && *at == '-';
    if (negative) ++at;
    auto const whole = read_digits(at, end);
    if (whole.count == 0 || whole.count == 8 || (*at == '0' && whole.count != 1)) return nullptr;
    at += whole.count;
    digit_run fraction{0, 0};
    if (at != end && *at == '.') {
        fraction = read_digits(++at, end);
        if (fraction.count == 0 || fraction.count == 8) return nullptr;
        at += fraction.count;
    }
    if (at == end || *at == 'e' || *at == 'E') return nullptr;
    auto const power = powers[fraction.count];
    value = static_cast<double>(whole.value * power + fraction.value) / static_cast<double>(power);
    if (negative) value = -value;
    return at;
}

double to_real(char const* at, char const* end) {
    double value = 0;
    auto const [stop, failure] = std::from_chars(at, end, value);
    if (failure != std::errc::result_out_of_range) return value;
    return *at == '-' ? -to_infinity_or_zero(at + 1, end) : to_infinity_or_zero(at, end);
}

}  // namespace coax::json::detail
