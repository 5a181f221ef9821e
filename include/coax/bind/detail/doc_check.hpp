#pragma once

#include <coax/bind/detail/doc_text.hpp>
#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/reflect/doc.hpp>

#include <cstddef>
#include <string_view>

/// Whether a documentation can be kept by the type that it documents. All of this runs in the compiler.
namespace coax::bind::detail {

enum class doc_problem : unsigned char {
    none,
    number_bound,
    text_bound,
    item_bound,
    unique_items,
    bad_step,
    bad_size,
    nothing_fits,
    bad_pattern,
    bad_constant,
    default_not_json,
    default_of_other_type,
    examples_not_array,
    constraint_on_struct,
    listed_twice,
    same_name,
};

/// What of a type its documentation may speak of.
struct doc_subject {
    kind whole{kind::any};                        ///< Behind optionals, pointers and conversions.
    kind leaf{kind::any};                         ///< The same of a list's or map's items.
    unsigned char bytes{0};                       ///< Of the leaf.
    bool nullable{false};                         ///< The whole may be null.
    enum_descriptor const* enumeration{nullptr};  ///< Of the whole.
};

// --- bounds ---

constexpr bool bounds_numbers(doc const& rules) {
    return rules.minimum.is_set() || rules.maximum.is_set() || rules.exclusive_minimum.is_set() ||
           rules.exclusive_maximum.is_set() || rules.multiple_of.is_set();
}
constexpr bool bounds_texts(doc const& rules) {
    return rules.min_length.is_set() || rules.max_length.is_set() || !rules.pattern.empty() || !rules.format.empty();
}
constexpr bool bounds_items(doc const& rules) { return rules.min_items.is_set() || rules.max_items.is_set(); }

constexpr bool is_integer(kind what) { return what == kind::signed_integer || what == kind::unsigned_integer; }
constexpr bool is_list(kind what) {
    return what == kind::sequence || what == kind::fixed_array || what == kind::collection || what == kind::flags;
}

/// The least and the largest number that is allowed. A long double holds every integer of 64 bits.
struct number_range {
    long double low;
    long double high;

    constexpr bool is_empty() const { return low > high; }
};

constexpr long double exact(doc_number const& number) {
    return number.kind == doc_number::form::integer ? static_cast<long double>(number.integer) : number.real;
}

constexpr number_range range_of_type(doc_subject const& subject) {
    if (!is_integer(subject.leaf)) return {-1.2e308L, 1.2e308L};
    auto const all = ~0ULL >> (64U - subject.bytes * 8U);
    if (subject.leaf == kind::unsigned_integer) return {0, static_cast<long double>(all)};
    auto const most = all / 2;
    return {-static_cast<long double>(most) - 1, static_cast<long double>(most)};
}

constexpr number_range range_of_numbers(doc const& rules, doc_subject const& subject) {
    auto range = range_of_type(subject);
    long double const past = is_integer(subject.leaf) ? 1 : 0;
    auto const raise = [&](doc_number const& bound, long double by) {
        if (bound.is_set() && exact(bound) + by > range.low) range.low = exact(bound) + by;
    };
    auto const lower = [&](doc_number const& bound, long double by) {
        if (bound.is_set() && exact(bound) - by < range.high) range.high = exact(bound) - by;
    };
    auto const step = [&](doc_number const& bound) { return bound.kind == doc_number::form::integer ? past : 0.0L; };
    raise(rules.minimum, 0);
    raise(rules.exclusive_minimum, step(rules.exclusive_minimum));
    lower(rules.maximum, 0);
    lower(rules.exclusive_maximum, step(rules.exclusive_maximum));
    return range;
}

/// Whether bounds of a length or count are none, or in the wrong order.
constexpr doc_problem check_sizes(doc_number const& least, doc_number const& most) {
    for (auto const& each : {least, most})
        if (each.is_set() && (each.kind == doc_number::form::real || each.integer < 0)) return doc_problem::bad_size;
    return least.is_set() && most.is_set() && least.integer > most.integer ? doc_problem::nothing_fits
                                                                           : doc_problem::none;
}

constexpr doc_problem check_numbers(doc const& rules, doc_subject const& subject) {
    bool const is_number = is_integer(subject.leaf) || subject.leaf == kind::real;
    if (!is_number) return doc_problem::number_bound;
    if (rules.multiple_of.is_set() && !(rules.multiple_of.real > 0)) return doc_problem::bad_step;
    auto const range = range_of_numbers(rules, subject);
    bool const meets =
        range.low == range.high && ((rules.exclusive_minimum.is_set() && exact(rules.exclusive_minimum) == range.low) ||
                                    (rules.exclusive_maximum.is_set() && exact(rules.exclusive_maximum) == range.high));
    return range.is_empty() || meets ? doc_problem::nothing_fits : doc_problem::none;
}

// --- values ---

/// Whether a JSON text is of the subject's type, as far as its beginning tells.
constexpr bool may_be_default(std::string_view text, doc const& rules, doc_subject const& subject) {
    json_checker value{text};
    value.skip_space();
    char const first = value.peek();
    if (subject.nullable && first == 'n') return true;
    switch (subject.whole) {
        case kind::boolean: return first == 't' || first == 'f';
        case kind::signed_integer:
        case kind::unsigned_integer: {
            long double number = 0;
            bool const is_negative = value.take("-");
            for (; is_json_digit(value.peek()); value.rest.remove_prefix(1))
                number = number * 10 + (value.peek() - '0');
            if (value.peek() == '.' || value.peek() == 'e' || value.peek() == 'E') return true;
            auto const range = range_of_numbers(rules, subject);
            number = is_negative ? -number : number;
            return (is_json_digit(text.back()) || is_json_space(text.back())) && number >= range.low &&
                   number <= range.high;
        }
        case kind::real: return first == '-' || is_json_digit(first);
        case kind::enumeration:
            for (std::size_t i = 0; i < subject.enumeration->count; ++i)
                if (value.rest.size() > 1 && value.rest.substr(1).starts_with(subject.enumeration->names[i]) &&
                    value.rest.substr(1 + subject.enumeration->names[i].size()).starts_with('"'))
                    return true;
            return false;
        case kind::string:
        case kind::formatted: return first == '"';
        case kind::map:
        case kind::object: return first == '{';
        case kind::null: return first == 'n';
        case kind::sequence:
        case kind::fixed_array:
        case kind::collection:
        case kind::flags:
        case kind::tuple: return first == '[';
        default: return true;
    }
}

constexpr bool may_be_constant(std::string_view text, doc_subject const& subject) {
    if (subject.nullable) return false;
    if (subject.whole != kind::enumeration) return subject.whole == kind::string;
    for (std::size_t i = 0; i < subject.enumeration->count; ++i)
        if (subject.enumeration->names[i] == text) return true;
    return false;
}

/// What is wrong with a documentation of this subject.
constexpr doc_problem find_problem(doc const& rules, doc_subject const& subject) {
    using enum doc_problem;
    bool const is_text = subject.leaf == kind::string || subject.leaf == kind::formatted;
    bool const is_open = subject.leaf == kind::variant;  // one of its alternatives may be meant
    if (!rules.constant.empty() && !may_be_constant(rules.constant.view(), subject)) return bad_constant;
    if (bounds_numbers(rules) && !is_open)
        if (auto const wrong = check_numbers(rules, subject); wrong != none) return wrong;
    if (bounds_texts(rules) && !is_text && !is_open) return text_bound;
    if (auto const wrong = check_sizes(rules.min_length, rules.max_length); wrong != none) return wrong;
    if (bounds_items(rules) && !is_list(subject.whole) && subject.whole != kind::map && subject.whole != kind::variant)
        return item_bound;
    if (auto const wrong = check_sizes(rules.min_items, rules.max_items); wrong != none) return wrong;
    if (rules.unique_items && !is_list(subject.whole)) return unique_items;
    if (!rules.pattern.empty() && !is_pattern(rules.pattern.view())) return bad_pattern;
    if (!rules.default_value.empty()) {
        if (!is_json(rules.default_value.view())) return default_not_json;
        if (!may_be_default(rules.default_value.view(), rules, subject)) return default_of_other_type;
    }
    if (!rules.examples.empty() &&
        (!is_json(rules.examples.view()) || json_checker{rules.examples.view()}.peek() != '['))
        return examples_not_array;
    return none;
}

/// Where a documentation is wrong, for the message.
template <class Class, auto Name, doc_problem Problem>
struct documented_field {
    static constexpr doc_problem problem = Problem;
};
template <class Type, doc_problem Problem>
struct documented_type {
    static constexpr doc_problem problem = Problem;
};

template <class Place, doc_problem Problem>
inline constexpr bool well_documented = Place::problem != Problem;

/// Ends the compilation. The condition that fails names the struct and the field.
template <class Place>
consteval void explain_doc() {
    using enum doc_problem;
    static_assert(well_documented<Place, number_bound>,
                  "coax: minimum, maximum and multiple_of are for numbers, or lists and maps of numbers; this is none");
    static_assert(
        well_documented<Place, text_bound>,
        "coax: min_length, max_length, pattern and format are for strings, or lists and maps of strings; this "
        "is none");
    static_assert(well_documented<Place, item_bound>,
                  "coax: min_items and max_items are for lists and maps; this is none");
    static_assert(well_documented<Place, unique_items>, "coax: unique_items is for lists; this is none");
    static_assert(well_documented<Place, bad_step>, "coax: multiple_of must be more than 0");
    static_assert(well_documented<Place, bad_size>, "coax: a length or count is a whole number, not below 0");
    static_assert(well_documented<Place, nothing_fits>,
                  "coax: no value can keep these bounds: they exclude each other, or all that the type can hold");
    static_assert(well_documented<Place, bad_pattern>,
                  "coax: this pattern cannot be compiled: a bracket is not closed, a quantifier repeats nothing, or a "
                  "range is in the wrong order");
    static_assert(well_documented<Place, bad_constant>,
                  "coax: a constant is the text of a std::string or the name of one of the enum's values");
    static_assert(well_documented<Place, default_not_json>,
                  "coax: default_value is JSON text: a string needs its quotes, as in \"\\\"fast\\\"\"");
    static_assert(well_documented<Place, default_of_other_type>,
                  "coax: default_value is no value that this field can have");
    static_assert(well_documented<Place, examples_not_array>,
                  "coax: examples is the text of a JSON array, as in \"[1, 2]\"");
    static_assert(well_documented<Place, constraint_on_struct>,
                  "coax: bounds are for fields; a whole struct is checked by coax_check");
    static_assert(well_documented<Place, listed_twice>,
                  "coax: coax_schema lists this twice; say all of it in one line");
    static_assert(well_documented<Place, same_name>,
                  "coax: another field has the same name in JSON; give one of them another");
}

}  // namespace coax::bind::detail
