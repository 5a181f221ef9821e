#include "table/cell.hpp"

#include "json/internal/text.hpp"

#include <coax/bind/detail/formatted_types.hpp>
#include <coax/json/value.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace coax::table::detail {

namespace {

using json::detail::is_digit;

std::size_t count_digits(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

/// The bytes of a JSON number's integer part at the front of `text`; 0: it does not begin with one.
std::size_t integer_part(std::string_view text) {
    std::size_t const sign = text.starts_with('-') ? 1 : 0;
    auto const digits = count_digits(text.substr(sign));
    bool const leading_zero = digits > 1 && text[sign] == '0';
    return digits == 0 || leading_zero ? 0 : sign + digits;
}

/// Takes ".5" or "e-5" off the front. False: it is malformed.
bool take_part(std::string_view& text, std::string_view begins) {
    if (text.empty() || begins.find(text.front()) == std::string_view::npos) return true;
    bool const signs = begins.front() == 'e';
    text.remove_prefix(1);
    if (signs && (text.starts_with('-') || text.starts_with('+'))) text.remove_prefix(1);
    auto const digits = count_digits(text);
    text.remove_prefix(digits);
    return digits > 0;
}

template <class T>
std::optional<T> parse_whole(std::string_view text) {
    T value{};
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
    return std::ranges::equal(a, lower,
                              [](char x, char y) { return (x >= 'A' && x <= 'Z' ? char(x - 'A' + 'a') : x) == y; });
}

bool append_boolean(std::string& out, std::string_view text) {
    bool const yes = text == "1" || equal_ignoring_case(text, "true");
    bool const no = text == "0" || equal_ignoring_case(text, "false");
    if (yes || no) out += yes ? "true" : "false";
    return yes || no;
}

template <class T>
bool append_parsed(std::string& out, std::string_view text) {
    auto const value = parse_whole<T>(text.starts_with('+') ? text.substr(1) : text);
    if (!value) return false;
    if constexpr (std::same_as<T, double>)
        if (!std::isfinite(*value)) return false;
    json::append_number(out, *value);
    return true;
}

bool append_json(std::string& out, std::string_view text) {
    auto const value = json_value::parse(text);
    if (value) out += value->text();
    return value.has_value();
}

bool append_text(std::string& out, std::string_view text) {
    json::append_string(out, text);
    return true;
}

}  // namespace

bool is_integer(std::string_view text) noexcept {
    return integer_part(text) == text.size() && parse_whole<long long>(text).has_value();
}

bool is_number(std::string_view text) noexcept {
    auto const whole = integer_part(text);
    if (whole == 0) return false;
    auto rest = text.substr(whole);
    bool const formed = take_part(rest, ".") && take_part(rest, "eE") && rest.empty();
    if (!formed || (whole == text.size() && !is_integer(text))) return false;  // a long integer is a name of something
    auto const value = parse_whole<double>(text);
    return value && std::isfinite(*value);
}

bool is_boolean(std::string_view text) noexcept { return text == "true" || text == "false"; }

bool is_date(std::string_view text) noexcept {
    long long days = 0;
    return bind::detail::parse_date(text, days);
}

void type_guess::add(std::string_view text) {
    any_ = true;
    integers_ = integers_ && is_integer(text);
    numbers_ = numbers_ && is_number(text);
    booleans_ = booleans_ && is_boolean(text);
    dates_ = dates_ && is_date(text);
}

column_type type_guess::type() const noexcept {
    if (!any_) return column_type::text;
    if (integers_) return column_type::integer;
    if (numbers_) return column_type::number;
    if (booleans_) return column_type::boolean;
    return dates_ ? column_type::date : column_type::text;
}

void append_guessed(std::string& out, std::string_view text, column_type type) {
    bool const as_it_is = (type == column_type::integer && is_integer(text)) ||
                          (type == column_type::number && is_number(text)) ||
                          (type == column_type::boolean && is_boolean(text));
    if (as_it_is)
        out += text;
    else
        json::append_string(out, text);
}

bool append_given(std::string& out, std::string_view text, column_type type) {
    switch (type) {
        case column_type::integer: return is_integer(text) ? (out += text, true) : append_parsed<long long>(out, text);
        case column_type::number: return is_number(text) ? (out += text, true) : append_parsed<double>(out, text);
        case column_type::boolean: return append_boolean(out, text);
        case column_type::date: return is_date(text) && append_text(out, text);
        case column_type::json: return append_json(out, text);
        case column_type::text:
        case column_type::timestamp: return append_text(out, text);
    }
    return false;
}

}  // namespace coax::table::detail
