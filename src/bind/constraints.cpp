#include "bind/constraints.hpp"

#include "bind/internal/format.hpp"
#include "bind/internal/messages.hpp"
#include "bind/internal/pattern.hpp"
#include "bind/memory.hpp"
#include "bind/visit.hpp"
#include "json/internal/text.hpp"

#include <coax/bind/detail/doc_parts.hpp>
#include <coax/bind/write.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>
#include <set>

namespace coax::bind::detail {
namespace {

double as_real(type_descriptor const& type, void const* value) {
    if (type.what == kind::signed_integer) return static_cast<double>(load_signed(value, type.bytes));
    if (type.what == kind::unsigned_integer) return static_cast<double>(load_unsigned(value, type.bytes));
    return load_real(value, type.bytes);
}

/// Without rounding where both sides are integers.
std::partial_ordering compare(type_descriptor const& type, void const* value, doc_number const& bound) {
    bool const is_integer = bound.kind == doc_number::form::integer;
    if (is_integer && type.what == kind::signed_integer) return load_signed(value, type.bytes) <=> bound.integer;
    if (is_integer && type.what == kind::unsigned_integer) {
        if (bound.integer < 0) return std::partial_ordering::greater;
        return load_unsigned(value, type.bytes) <=> static_cast<unsigned long long>(bound.integer);
    }
    return as_real(type, value) <=> bound.real;
}

std::string print(doc_number const& bound) {
    std::string text;
    if (bound.kind == doc_number::form::integer)
        json::append_number(text, bound.integer);
    else
        json::append_number(text, bound.real);
    return text;
}

std::string print(type_descriptor const& type, void const* value) {
    std::string text;
    write_value(text, type, value, {});
    return text;
}

/// Decimal fractions such as 0.1 have no exact double, so a remainder of the size of a rounding error is none.
bool is_multiple(type_descriptor const& type, void const* value, doc_number const& step) {
    if (step.kind == doc_number::form::integer && step.integer > 0) {
        if (type.what == kind::signed_integer) return load_signed(value, type.bytes) % step.integer == 0;
        if (type.what == kind::unsigned_integer)
            return load_unsigned(value, type.bytes) % static_cast<unsigned long long>(step.integer) == 0;
    }
    auto const quotient = as_real(type, value) / step.real;
    return std::fabs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::fabs(quotient));
}

bool check_number(doc const& rules, type_descriptor const& type, void const* value, violation_reporter const& report) {
    auto const wrong = [&](char const* relation, doc_number const& bound) {
        return report({}, relation + print(bound), print(type, value));
    };
    auto const order = [&](doc_number const& bound) { return compare(type, value, bound); };
    if (rules.minimum.is_set() && order(rules.minimum) < 0) return wrong("at least ", rules.minimum);
    if (rules.maximum.is_set() && order(rules.maximum) > 0) return wrong("at most ", rules.maximum);
    if (rules.exclusive_minimum.is_set() && order(rules.exclusive_minimum) <= 0)
        return wrong("more than ", rules.exclusive_minimum);
    if (rules.exclusive_maximum.is_set() && order(rules.exclusive_maximum) >= 0)
        return wrong("less than ", rules.exclusive_maximum);
    if (rules.multiple_of.is_set() && !is_multiple(type, value, rules.multiple_of))
        return wrong("a multiple of ", rules.multiple_of);
    return true;
}

/// Checks a count of `things` ("characters", "items") against its bounds.
bool check_count(doc_number const& fewest, doc_number const& most, std::size_t count, char const* things,
                 violation_reporter const& report) {
    auto const found = static_cast<double>(count);
    bool const is_too_few = fewest.is_set() && found < fewest.real;
    if (!is_too_few && (!most.is_set() || found <= most.real)) return true;
    auto const bound = is_too_few ? "at least " + print(fewest) : "at most " + print(most);
    return report({}, bound + " " + things, std::to_string(count));
}

bool check_string(doc const& rules, std::string const& text, violation_reporter const& report) {
    if (rules.min_length.is_set() || rules.max_length.is_set())
        if (!check_count(rules.min_length, rules.max_length, json::detail::count_code_points(text), "characters",
                         report))
            return false;
    if (!rules.constant.empty() && text != rules.constant.view())
        return report({}, quoted(rules.constant.view()), quoted(json::detail::shorten(text)));
    if (auto const form = find_format(rules.format.view()); form.holds != nullptr && !form.holds(text))
        return report({}, std::string{form.name}, quoted(json::detail::shorten(text)));
    if (rules.pattern.empty()) return true;
    std::string const pattern{rules.pattern.view()};
    switch (match_pattern(pattern, text)) {
        case pattern_outcome::matches: return true;
        case pattern_outcome::differs: return report({}, "a string that matches " + pattern, "another");
        case pattern_outcome::not_a_pattern:
            return report({}, {}, "the documented pattern " + pattern + " cannot be compiled");
    }
    return true;
}

/// Checks the value that the JSON pointer `place` leads to from the checked one.
bool check_below(doc const& rules, type_descriptor const& type, void const* value, std::string const& place,
                 violation_reporter const& report) {
    return check_constraints(rules, type, value, [&](std::string_view below, std::string expected, std::string found) {
        return report(place + std::string{below}, std::move(expected), std::move(found));
    });
}

/// Checks one item after another, whatever container they are in.
struct item_checker {
    doc const& rules;
    type_descriptor const& type;
    violation_reporter const& report;
    doc item_rules{of_items(rules)};
    bool has_item_rules{item_rules != doc{}};
    std::set<std::string> seen{};
    std::size_t index{0};
    bool wants_more{true};

    void check(void const* item) {
        if (!wants_more) return;
        auto const place = '/' + std::to_string(index++);
        if (has_item_rules) wants_more = check_below(item_rules, type, item, place, report);
        if (wants_more && rules.unique_items && !seen.insert(print(type, item)).second)
            wants_more = report(place, {}, std::string{duplicate_item});
    }
};

bool check_list(doc const& rules, type_descriptor const& type, void const* value, violation_reporter const& report) {
    if (!check_count(rules.min_items, rules.max_items, item_count(type, value), "items", report)) return false;
    item_checker checker{rules, *type.inner, report};
    if (checker.has_item_rules || rules.unique_items)
        for_each_item(type, value, [&](void const* item) { checker.check(item); });
    return checker.wants_more;
}

bool check_converted(doc const& rules, type_descriptor const& type, void const* value,
                     violation_reporter const& report) {
    bool wants_more = true;
    with_converted(type, value,
                   [&](void const* shown) { wants_more = check_constraints(rules, *type.inner, shown, report); });
    return wants_more;
}

/// A time or bytes, checked as the text they are written as.
bool check_formatted(doc rules, type_descriptor const& type, void const* value, violation_reporter const& report) {
    rules.format = {};  // the type has its own
    if (!rules.min_length.is_set() && !rules.max_length.is_set() && rules.pattern.empty()) return true;
    std::string text;
    return !type.formatted->write(text, value) || check_string(rules, text, report);
}

bool check_enum(doc const& rules, type_descriptor const& type, void const* value, violation_reporter const& report) {
    if (rules.constant.empty()) return true;
    auto found = print(type, value);
    std::string wanted;
    json::append_string(wanted, rules.constant.view());
    return found == wanted || report({}, std::move(wanted), std::move(found));
}

bool check_flags(doc const& rules, type_descriptor const& type, void const* value, violation_reporter const& report) {
    auto const count = std::popcount(load_unsigned(value, type.bytes));
    return check_count(rules.min_items, rules.max_items, static_cast<std::size_t>(count), "items", report);
}

bool check_map(doc const& rules, type_descriptor const& type, void const* value, violation_reporter const& report) {
    if (!check_count(rules.min_items, rules.max_items, type.map->size(value), "members", report)) return false;
    doc const entry_rules = of_items(rules);
    if (entry_rules == doc{}) return true;
    bool wants_more = true;
    for_each_entry(type, value, [&](std::string_view key, void const* entry) {
        std::string place;
        json::detail::append_pointer(place, key);
        wants_more = wants_more && check_below(entry_rules, *type.inner, entry, place, report);
    });
    return wants_more;
}

}  // namespace

bool check_constraints(doc const& rules, type_descriptor const& type, void const* value,
                       violation_reporter const& report) {
    switch (type.what) {
        case kind::signed_integer:
        case kind::unsigned_integer:
        case kind::real: return check_number(rules, type, value, report);
        case kind::string: return check_string(rules, *static_cast<std::string const*>(value), report);
        case kind::sequence:
        case kind::fixed_array:
        case kind::collection: return check_list(rules, type, value, report);
        case kind::converted: return check_converted(rules, type, value, report);
        case kind::formatted: return check_formatted(rules, type, value, report);
        case kind::enumeration: return check_enum(rules, type, value, report);
        case kind::map: return check_map(rules, type, value, report);
        case kind::flags: return check_flags(rules, type, value, report);
        case kind::nullable: {
            auto const* const held = type.nullable->get(value);
            return held == nullptr || check_constraints(rules, *type.inner, held, report);
        }
        case kind::variant: {
            auto const index = type.variant->index(value);
            return index >= type.variant->count ||
                   check_constraints(rules, *type.variant->alternatives[index].type, type.variant->get(value), report);
        }
        default: return true;
    }
}

}  // namespace coax::bind::detail
