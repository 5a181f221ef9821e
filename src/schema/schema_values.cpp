#include "schema/schema_values.hpp"

#include <coax/json/writer.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

enum class member_order { as_given, sorted };

void append_number(std::string& out, bj::value const& number) {
    if (number.is_int64()) return json::append_number(out, static_cast<long long>(number.get_int64()));
    if (number.is_uint64()) return json::append_number(out, static_cast<unsigned long long>(number.get_uint64()));
    auto const real = number.get_double();
    if (std::trunc(real) == real && std::fabs(real) < 9.2e18)
        return json::append_number(out, static_cast<long long>(real));
    json::append_number(out, real);
}

void append_value(std::string& out, bj::value const& value, member_order order);

void append_object(std::string& out, bj::object const& object, member_order order) {
    std::vector<bj::key_value_pair const*> members;
    members.reserve(object.size());
    for (auto const& each : object) members.push_back(&each);
    if (order == member_order::sorted)
        std::sort(members.begin(), members.end(), [](auto const* a, auto const* b) { return a->key() < b->key(); });
    out += '{';
    for (auto const* const each : members) {
        if (each != members.front()) out += ',';
        json::append_string(out, each->key());
        out += ':';
        append_value(out, each->value(), order);
    }
    out += '}';
}

void append_value(std::string& out, bj::value const& value, member_order order) {
    switch (value.kind()) {
        case bj::kind::null: out += "null"; return;
        case bj::kind::bool_: out += value.get_bool() ? "true" : "false"; return;
        case bj::kind::string: return json::append_string(out, value.get_string());
        case bj::kind::object: return append_object(out, value.get_object(), order);
        case bj::kind::array: break;
        default: return append_number(out, value);
    }
    out += '[';
    bool first = true;
    for (auto const& each : value.get_array()) {
        if (!first) out += ',';
        first = false;
        append_value(out, each, order);
    }
    out += ']';
}

bool is_whole(bj::value const& value) {
    return value.is_int64() || value.is_uint64() ||
           (value.is_double() && std::trunc(value.get_double()) == value.get_double());
}

template <class T>
int order_of(T a, T b) {
    return a < b ? -1 : a > b ? 1 : 0;
}

}  // namespace

std::string_view type_of(bj::value const& value) {
    switch (value.kind()) {
        case bj::kind::null: return "null";
        case bj::kind::bool_: return "boolean";
        case bj::kind::string: return "string";
        case bj::kind::array: return "array";
        case bj::kind::object: return "object";
        default: return is_whole(value) ? "integer" : "number";
    }
}

bool has_type(bj::value const& value, std::string_view type) {
    auto const own = type_of(value);
    return own == type || (type == "number" && own == "integer");
}

int compare(bj::value const& a, bj::value const& b) {
    if (a.is_int64() && b.is_int64()) return order_of(a.get_int64(), b.get_int64());
    if (a.is_uint64() && b.is_uint64()) return order_of(a.get_uint64(), b.get_uint64());
    if (!a.is_double() && !b.is_double()) return a.is_uint64() ? 1 : -1;  // what is unsigned is above all that is not
    return order_of(a.to_number<double>(), b.to_number<double>());
}

/// Decimal fractions such as 0.1 have no exact double, so that a rest of the size of rounding is none.
bool is_multiple(bj::value const& value, bj::value const& step) {
    if (value.is_int64() && step.is_int64()) return value.get_int64() % step.get_int64() == 0;
    auto const number = value.to_number<double>();
    if (std::fmod(number, step.to_number<double>()) == 0) return true;
    auto const quotient = number / step.to_number<double>();
    return std::fabs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::fabs(quotient));
}

std::string to_text(bj::value const& value) {
    std::string text;
    append_value(text, value, member_order::as_given);
    return text;
}

std::string canonical_text(bj::value const& value) {
    std::string text;
    append_value(text, value, member_order::sorted);
    return text;
}

}  // namespace coax::schema::detail
