#include "bind/check.hpp"

#include "bind/internal/format.hpp"
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

/// Decimal fractions such as 0.1 have no exact double, so that a rest of the size of rounding is none.
bool is_multiple(number const& value, doc_number const& step) {
    if (step.kind == doc_number::form::integer && step.integer > 0) {
        if (value.what == kind::signed_integer) return value.integer % step.integer == 0;
        if (value.what == kind::unsigned_integer)
            return value.natural % static_cast<unsigned long long>(step.integer) == 0;
    }
    auto const quotient = as_real(value) / step.real;
    return std::fabs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::fabs(quotient));
}

bool check_number(doc const& stated, type_descriptor const& type, void const* value, violation_taker const& take) {
    auto const found = load_number(type, value);
    if (stated.minimum.is_set() && compare(found, stated.minimum) < 0)
        return take({}, "expected at least " + print(stated.minimum) + ", found " + print(found));
    if (stated.maximum.is_set() && compare(found, stated.maximum) > 0)
        return take({}, "expected at most " + print(stated.maximum) + ", found " + print(found));
    if (stated.exclusive_minimum.is_set() && compare(found, stated.exclusive_minimum) <= 0)
        return take({}, "expected more than " + print(stated.exclusive_minimum) + ", found " + print(found));
    if (stated.exclusive_maximum.is_set() && compare(found, stated.exclusive_maximum) >= 0)
        return take({}, "expected less than " + print(stated.exclusive_maximum) + ", found " + print(found));
    if (stated.multiple_of.is_set() && !is_multiple(found, stated.multiple_of))
        return take({}, "expected a multiple of " + print(stated.multiple_of) + ", found " + print(found));
    return true;
}

/// Checks a count of `things` ("characters", "items") against its bounds.
bool check_count(doc_number const& fewest, doc_number const& most, std::size_t count, std::string_view things,
                 violation_taker const& take) {
    auto const refuse = [&](std::string_view relation, doc_number const& bound) {
        return take({}, std::string{"expected "}
                            .append(relation)
                            .append(print(bound))
                            .append(" ")
                            .append(things)
                            .append(", found " + std::to_string(count)));
    };
    auto const found = static_cast<double>(count);
    if (fewest.is_set() && found < fewest.real) return refuse("at least ", fewest);
    if (most.is_set() && found > most.real) return refuse("at most ", most);
    return true;
}

bool check_string(doc const& stated, std::string const& text, violation_taker const& take) {
    if (stated.min_length.is_set() || stated.max_length.is_set())
        if (!check_count(stated.min_length, stated.max_length, json::detail::count_code_points(text), "characters",
                         take))
            return false;
    if (!stated.constant.empty() && text != stated.constant.view())
        return take({}, "expected \"" + std::string{stated.constant.view()} + "\", found \"" +
                            json::detail::shorten(text) + "\"");
    if (auto const form = find_format(stated.format.view()); form.holds != nullptr && !form.holds(text))
        return take({}, "expected " + std::string{form.name} + ", found \"" + json::detail::shorten(text) + "\"");
    if (stated.pattern.empty()) return true;
    std::string const pattern{stated.pattern.view()};
    switch (match_pattern(pattern, text)) {
        case pattern_outcome::matches: return true;
        case pattern_outcome::differs: return take({}, "expected a string that matches " + pattern + ", found another");
        case pattern_outcome::not_a_pattern:
            return take({}, "the documented pattern " + pattern + " cannot be compiled");
    }
    return true;
}

bool check_below(doc const& stated, type_descriptor const& type, void const* value, std::string_view key,
                 violation_taker const& take) {
    return check_documentation(stated, type, value, [&](std::string_view below, std::string message) {
        return take(below.empty() ? std::string{key} : std::string{key}.append("/").append(below), std::move(message));
    });
}

/// Holds the texts of a list's items against each other.
class twin_finder {
public:
    bool is_new(type_descriptor const& type, void const* value) {
        std::string text;
        write_value(text, type, value, {});
        return seen_.insert(std::move(text)).second;
    }

private:
    std::set<std::string> seen_;
};

/// Checks one item after another, whatever keeps them.
struct item_checker {
    doc const& stated;
    doc each;
    type_descriptor const& type;
    violation_taker const& take;
    bool says_something{each != doc{}};
    twin_finder twins{};
    std::size_t index{0};
    bool wants_more{true};

    void check(void const* item) {
        if (!wants_more) return;
        auto const key = std::to_string(index++);
        if (says_something) wants_more = check_below(each, type, item, key, take);
        if (wants_more && stated.unique_items && !twins.is_new(type, item))
            wants_more = take(key, "expected each item once, found it again");
    }
};

item_checker checker_of(doc const& stated, type_descriptor const& type, violation_taker const& take) {
    return {stated, of_items(stated), type, take};
}

bool check_list(doc const& stated, type_descriptor const& type, void const* value, violation_taker const& take) {
    auto const items = type.sequence->view(value);
    if (!check_count(stated.min_items, stated.max_items, items.size, "items", take)) return false;
    auto checker = checker_of(stated, *type.inner, take);
    if (!checker.says_something && !stated.unique_items) return true;
    auto const* at = static_cast<std::byte const*>(items.data);
    for (std::size_t i = 0; i < items.size; ++i, at += type.inner->size) checker.check(at);
    return checker.wants_more;
}

bool check_collection(doc const& stated, type_descriptor const& type, void const* value, violation_taker const& take) {
    if (!check_count(stated.min_items, stated.max_items, type.collection->size(value), "items", take)) return false;
    auto checker = checker_of(stated, *type.inner, take);
    type.collection->visit(value, &checker,
                           [](void* opaque, void const* item) { static_cast<item_checker*>(opaque)->check(item); });
    return checker.wants_more;
}

bool check_converted(doc const& stated, type_descriptor const& type, void const* value, violation_taker const& take) {
    struct context {
        doc const& stated;
        type_descriptor const& inner;
        violation_taker const& take;
        bool wants_more{true};
    } all{stated, *type.inner, take};
    type.converted->write(value, &all, [](void* opaque, void const* shown) {
        auto& [said, inner, taker, wants_more] = *static_cast<context*>(opaque);
        wants_more = check_documentation(said, inner, shown, taker);
    });
    return all.wants_more;
}

/// The form of a time or of bytes, as text.
bool check_formatted(doc const& stated, type_descriptor const& type, void const* value, violation_taker const& take) {
    doc said = stated;
    said.format = {};  // it has one of its own
    if (said.min_length == doc_number{} && said.max_length == doc_number{} && said.pattern.empty()) return true;
    std::string text;
    return !type.formatted->write(text, value) || check_string(said, text, take);
}

bool check_enum(doc const& stated, type_descriptor const& type, void const* value, violation_taker const& take) {
    if (stated.constant.empty()) return true;
    std::string found;
    write_value(found, type, value, {});
    std::string wanted;
    json::append_string(wanted, stated.constant.view());
    return found == wanted || take({}, "expected " + wanted + ", found " + found);
}

bool check_map(doc const& stated, type_descriptor const& type, void const* value, violation_taker const& take) {
    if (!check_count(stated.min_items, stated.max_items, type.map->size(value), "members", take)) return false;
    doc const items = of_items(stated);
    if (items == doc{}) return true;
    struct context {
        doc each;
        type_descriptor const& type;
        violation_taker const& take;
        bool wants_more{true};
    } all{items, *type.inner, take};
    type.map->visit(value, &all, [](void* opaque, std::string_view key, void const* entry) {
        auto& [each, entry_type, taker, wants_more] = *static_cast<context*>(opaque);
        std::string escaped;
        json::detail::append_pointer(escaped, key);
        wants_more = wants_more && check_below(each, entry_type, entry, escaped.substr(1), taker);
    });
    return all.wants_more;
}

}  // namespace

bool check_documentation(doc const& stated, type_descriptor const& type, void const* value,
                         violation_taker const& take) {
    switch (type.what) {
        case kind::signed_integer:
        case kind::unsigned_integer:
        case kind::real: return check_number(stated, type, value, take);
        case kind::string: return check_string(stated, *static_cast<std::string const*>(value), take);
        case kind::sequence:
        case kind::fixed_array: return check_list(stated, type, value, take);
        case kind::collection: return check_collection(stated, type, value, take);
        case kind::converted: return check_converted(stated, type, value, take);
        case kind::formatted: return check_formatted(stated, type, value, take);
        case kind::enumeration: return check_enum(stated, type, value, take);
        case kind::map: return check_map(stated, type, value, take);
        case kind::nullable: {
            auto const* const held = type.nullable->get(value);
            return held == nullptr || check_documentation(stated, *type.inner, held, take);
        }
        case kind::variant: {
            auto const index = type.variant->index(value);
            return index >= type.variant->count ||
                   check_documentation(stated, *type.variant->alternatives[index].type, type.variant->get(value), take);
        }
        default: return true;
    }
}

}  // namespace coax::bind::detail
