#include "bind/constraints.hpp"

#include "bind/internal/format.hpp"
#include "bind/internal/messages.hpp"
#include "bind/internal/pattern.hpp"
#include "bind/memory.hpp"
#include "json/internal/text.hpp"

#include <coax/bind/detail/doc_parts.hpp>
#include <coax/bind/write.hpp>

#include <algorithm>
#include <cmath>
#include <compare>
#include <set>

namespace coax::bind::detail {
namespace {

/// A number of any kind, compared without rounding where both sides are integers.
struct number {
    kind what;
    long long integer{0};
    unsigned long long natural{0};
    double real{0};
};

number load_number(type_descriptor const& type, void const* value) {
    number result{.what = type.what};
    if (type.what == kind::signed_integer)
        result.integer = load_signed(value, type.bytes);
    else if (type.what == kind::unsigned_integer)
        result.natural = load_unsigned(value, type.bytes);
    else
        result.real = load_real(value, type.bytes);
    return result;
}

double as_real(number const& value) {
    if (value.what == kind::signed_integer) return static_cast<double>(value.integer);
    if (value.what == kind::unsigned_integer) return static_cast<double>(value.natural);
    return value.real;
}

std::partial_ordering compare(number const& value, doc_number const& bound) {
    if (bound.kind == doc_number::form::integer && value.what == kind::signed_integer)
        return value.integer <=> bound.integer;
    if (bound.kind == doc_number::form::integer && value.what == kind::unsigned_integer) {
        if (bound.integer < 0) return std::partial_ordering::greater;
        return value.natural <=> static_cast<unsigned long long>(bound.integer);
    }
    return as_real(value) <=> bound.real;
}

std::string print(number const& value) {
    std::string text;
    if (value.what == kind::signed_integer)
        json::append_number(text, value.integer);
    else if (value.what == kind::unsigned_integer)
        json::append_number(text, value.natural);
    else
        json::append_number(text, value.real);
    return text;
}

std::string print(doc_number const& bound) {
    std::string text;
    if (bound.kind == doc_number::form::integer)
        json::append_number(text, bound.integer);
    else
        json::append_number(text, bound.real);
    return text;
}

/// Decimal fractions such as 0.1 have no exact double, so a remainder of the size of a rounding error is none.
bool is_multiple(number const& value, doc_number const& step) {
    if (step.kind == doc_number::form::integer && step.integer > 0) {
        if (value.what == kind::signed_integer) return value.integer % step.integer == 0;
        if (value.what == kind::unsigned_integer)
            return value.natural % static_cast<unsigned long long>(step.integer) == 0;
    }
    auto const quotient = as_real(value) / step.real;
    return std::fabs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::fabs(quotient));
}

bool check_number(doc const& rules, type_descriptor const& type, void const* value, violation_reporter const& report) {
    auto const found = load_number(type, value);
    auto const wrong = [&](char const* relation, doc_number const& bound) {
        return report({}, relation + print(bound), print(found));
    };
    if (rules.minimum.is_set() && compare(found, rules.minimum) < 0) return wrong("at least ", rules.minimum);
    if (rules.maximum.is_set() && compare(found, rules.maximum) > 0) return wrong("at most ", rules.maximum);
    if (rules.exclusive_minimum.is_set() && compare(found, rules.exclusive_minimum) <= 0)
        return wrong("more than ", rules.exclusive_minimum);
    if (rules.exclusive_maximum.is_set() && compare(found, rules.exclusive_maximum) >= 0)
        return wrong("less than ", rules.exclusive_maximum);
    if (rules.multiple_of.is_set() && !is_multiple(found, rules.multiple_of))
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

/// Compares a list's items by their JSON text.
class duplicate_finder {
public:
    bool is_new(type_descriptor const& type, void const* value) {
        std::string text;
        write_value(text, type, value, {});
        return seen_.insert(std::move(text)).second;
    }

private:
    std::set<std::string> seen_;
};

/// Checks one item after another, whatever container they are in.
struct item_checker {
    doc const& rules;
    type_descriptor const& type;
    violation_reporter const& report;
    doc item_rules{of_items(rules)};
    bool has_item_rules{item_rules != doc{}};
    duplicate_finder duplicates{};
    std::size_t index{0};
    bool wants_more{true};

    void check(void const* item) {
        if (!wants_more) return;
        auto const place = '/' + std::to_string(index++);
        if (has_item_rules) wants_more = check_below(item_rules, type, item, place, report);
        if (wants_more && rules.unique_items && !duplicates.is_new(type, item))
            wants_more = report(place, {}, std::string{duplicate_item});
    }
};

bool check_list(doc const& rules, type_descriptor const& type, void const* value, violation_reporter const& report) {
    auto const items = type.sequence->view(value);
    if (!check_count(rules.min_items, rules.max_items, items.size, "items", report)) return false;
    item_checker checker{rules, *type.inner, report};
    if (!checker.has_item_rules && !rules.unique_items) return true;
    auto const* at = static_cast<std::byte const*>(items.data);
    for (std::size_t i = 0; i < items.size; ++i, at += type.inner->size) checker.check(at);
    return checker.wants_more;
}

bool check_collection(doc const& rules, type_descriptor const& type, void const* value,
                      violation_reporter const& report) {
    if (!check_count(rules.min_items, rules.max_items, type.collection->size(value), "items", report)) return false;
    item_checker checker{rules, *type.inner, report};
    type.collection->visit(value, &checker,
                           [](void* opaque, void const* item) { static_cast<item_checker*>(opaque)->check(item); });
    return checker.wants_more;
}

bool check_converted(doc const& rules, type_descriptor const& type, void const* value,
                     violation_reporter const& report) {
    bool wants_more = true;
    auto check = [&](void const* shown) { wants_more = check_constraints(rules, *type.inner, shown, report); };
    type.converted->write(value, &check,
                          [](void* opaque, void const* shown) { (*static_cast<decltype(check)*>(opaque))(shown); });
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
    std::string found;
    write_value(found, type, value, {});
    std::string wanted;
    json::append_string(wanted, rules.constant.view());
    return found == wanted || report({}, std::move(wanted), std::move(found));
}

bool check_map(doc const& rules, type_descriptor const& type, void const* value, violation_reporter const& report) {
    if (!check_count(rules.min_items, rules.max_items, type.map->size(value), "members", report)) return false;
    doc const entry_rules = of_items(rules);
    bool wants_more = true;
    auto check = [&](std::string_view key, void const* entry) {
        std::string place;
        json::detail::append_pointer(place, key);
        wants_more = wants_more && check_below(entry_rules, *type.inner, entry, place, report);
    };
    if (entry_rules == doc{}) return true;
    type.map->visit(value, &check, [](void* opaque, std::string_view key, void const* entry) {
        (*static_cast<decltype(check)*>(opaque))(key, entry);
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
        case kind::fixed_array: return check_list(rules, type, value, report);
        case kind::collection: return check_collection(rules, type, value, report);
        case kind::converted: return check_converted(rules, type, value, report);
        case kind::formatted: return check_formatted(rules, type, value, report);
        case kind::enumeration: return check_enum(rules, type, value, report);
        case kind::map: return check_map(rules, type, value, report);
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
