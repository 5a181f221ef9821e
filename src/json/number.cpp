#include "number.hpp"

#include <coax/json/writer.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace coax::json {
namespace detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char const* skip_digits(char const* at, char const* end) {
    while (at != end && is_digit(*at)) ++at;
    return at;
}

/// For numbers of up to 19 digits whose value and power of ten are exact doubles: one rounding, so the result is right.
/// Source: W. D. Clinger, "How to read floating point numbers accurately" (1990), the fast case.
bool to_real_exactly(char const* at, char const* end, double& value) {
    constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool const negative = *at == '-';
    if (negative) ++at;
    std::uint64_t digits = 0;
    int decimals = 0;
    bool in_fraction = false;
    if (end - at > 19) return false;
    for (; at != end; ++at) {
        if (*at == '.') {
            in_fraction = true;
        } else if (is_digit(*at)) {
            digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
            decimals += in_fraction ? 1 : 0;
        } else {
            return false;  // an exponent: rare
        }
    }
    if (digits > (std::uint64_t{1} << 53U)) return false;
    value = static_cast<double>(digits) / powers[decimals];
    if (negative) value = -value;
    return true;
}

/// Infinity or 0 for a number that is neither negative nor in a double's range: by the place of its first digit.
double to_extreme(char const* at, char const* end) {
    char const* const point = skip_digits(at, end);
    long place = *at == '0' ? 0 : point - at;
    char const* rest = point;
    if (rest != end && *rest == '.') {
        char const* const fraction = ++rest;
        if (place == 0)
            for (; rest != end && *rest == '0'; ++rest) --place;
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
    return place + exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
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

double to_real(char const* at, char const* end) {
    double value = 0;
    if (to_real_exactly(at, end, value)) return value;
    auto const [stop, failure] = std::from_chars(at, end, value);
    if (failure != std::errc::result_out_of_range) return value;
    return *at == '-' ? -to_extreme(at + 1, end) : to_extreme(at, end);
}

}  // namespace detail

namespace {

template <class Number>
void append_digits(std::string& out, Number value) {
    char digits[32];
    auto const [end, failure] = std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, end);
}

template <class Number>
void append_finite(std::string& out, Number value) {
    if (std::isfinite(value))
        append_digits(out, value);
    else
        out += "null";
}

}  // namespace

void append_number(std::string& out, long long value) { append_digits(out, value); }
void append_number(std::string& out, unsigned long long value) { append_digits(out, value); }
void append_number(std::string& out, double value) { append_finite(out, value); }

void detail::append_float(std::string& out, float value) { append_finite(out, value); }

}  // namespace coax::json
