#include "bind/internal/messages.hpp"
#include "bind/reader.hpp"
#include "bind/type_names.hpp"

#include <coax/json/detail/value_access.hpp>
#include <coax/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace coax::bind::detail {
namespace {

/// The only name that differs from `name` in case and separators alone.
std::size_t find_similar(enum_descriptor const& names, std::string_view name) {
    std::size_t found = no_field;
    for (std::size_t i = 0; i < names.count; ++i) {
        if (!are_similar(names.names[i], name)) continue;
        if (found != no_field && names.values[i] != names.values[found]) return no_field;
        found = i;
    }
    return found;
}

}  // namespace

// --- numbers that the fast path leaves ---

bool reader::store_in_range(type_descriptor const& type, void* into, bool negative, std::uint64_t size,
                            char const* stop) {
    auto const range = range_of(type);
    if (size > (negative ? range.below : range.above)) {
        if (!options_.leniency.clamp_numbers) return report_out_of_range(type);
        size = negative ? range.below : range.above;
    }
    store_integer(into, type.bytes, negative ? 0 - size : size);
    at_ = stop;
    return true;
}

/// Many digits, exponents, fractions that are zero, and what is no integer.
bool reader::read_integer(type_descriptor const& type, void* into) {
    char const* const stop = json::detail::find_number_end(at_, end_);
    if (stop == nullptr) return read_mismatch(type, into);
    bool const negative = *at_ == '-';
    char const* at = negative ? at_ + 1 : at_;
    std::uint64_t size = 0;
    bool overflows = false;
    for (; at != stop && *at >= '0' && *at <= '9'; ++at) {
        auto const digit = static_cast<std::uint64_t>(*at - '0');
        overflows = overflows || size > (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
        size = size * 10 + digit;
    }
    if (overflows && options_.leniency.clamp_numbers) size = std::numeric_limits<std::uint64_t>::max();
    if (at == stop && overflows && !options_.leniency.clamp_numbers) return report_out_of_range(type);
    if (at == stop) return store_in_range(type, into, negative, size, stop);
    auto const real = json::detail::to_real(at_, stop);
    // Above 2^53 a fraction or exponent may hide digits that a double does not hold.
    if (std::trunc(real) != real || std::fabs(real) > 9007199254740992.0) return report_mismatch(name_of(type));
    return store_in_range(type, into, real < 0, static_cast<std::uint64_t>(std::fabs(real)), stop);
}

bool reader::report_out_of_range(type_descriptor const& type) {
    auto const range = range_of(type);
    auto const lowest = (range.below == 0 ? "" : "-") + std::to_string(range.below);
    return report_mismatch("an integer from " + lowest + " to " + std::to_string(range.above));
}

bool reader::read_real(type_descriptor const& type, void* into) {
    char const* const stop = json::detail::find_number_end(at_, end_);
    double value = 0;
    if (stop == nullptr && !take_special_number(value)) return read_mismatch(type, into);
    if (stop == nullptr) return store_real(into, type.bytes, value), true;
    value = json::detail::to_real(at_, stop);
    bool const narrow = type.bytes == sizeof(float);
    auto const most = narrow ? double{std::numeric_limits<float>::max()} : std::numeric_limits<double>::max();
    if (std::fabs(value) > most) {
        if (!options_.leniency.clamp_numbers)
            return report_mismatch(narrow ? "a number that fits a float" : "a number that fits a double");
        value = std::copysign(most, value);
    }
    at_ = stop;
    store_real(into, type.bytes, value);
    return true;
}

// --- text ---

bool reader::read_enum(type_descriptor const& type, void* into) {
    char const* const where = at_++;
    std::string spare;
    std::string_view name;
    if (!take_string(name, spare)) return false;
    if (store_enumerator(type, into, name)) return true;
    auto const& names = *type.enumeration;
    if (auto const index = options_.leniency.enum_case ? find_similar(names, name) : no_field; index != no_field)
        return store_enumerator(type, into, names.names[index]);
    return report_value(name_of(type), quoted(json::detail::shorten(name)), where);
}

bool reader::read_formatted(type_descriptor const& type, void* into) {
    auto const& form = *type.formatted;
    char const* const where = at_++;
    std::string spare;
    std::string_view text;
    if (!take_string(text, spare)) return false;
    if (form.read(text, into)) return true;
    return report_value(std::string{form.name}.append(" such as ").append(quoted(form.sample)),
                        quoted(json::detail::shorten(text)), where);
}

bool reader::read_any(void* into) {
    char const* const begin = at_;
    auto const& allowed = options_.leniency;
    if (has_leniency_) set_leniency({.special_numbers = allowed.special_numbers, .bad_utf8 = allowed.bad_utf8});
    was_repaired_ = false;
    bool const whole = skip_value();
    if (has_leniency_) set_leniency(allowed);
    if (!whole) return false;
    std::string compact;
    std::string_view const text{begin, static_cast<std::size_t>(at_ - begin)};
    was_repaired_ ? json::detail::append_repaired(compact, text) : json::detail::append_compact(compact, text);
    json::detail::value_access::text(*static_cast<json_value*>(into)) = std::move(compact);
    return true;
}

}  // namespace coax::bind::detail
