#include "sim/schema_keywords.hpp"
#include "sim/schema_value.hpp"

#include <algorithm>
#include <cmath>

namespace coax::sim::detail {
namespace {

bool allows(json::value const& schema, std::string_view type) {
    auto const* given = member(schema, "type");
    if (given == nullptr) return false;
    if (given->is_string()) return view(given->get_string()) == type;
    auto const* several = given->if_array();
    return several != nullptr && std::ranges::find(*several, json::value(type)) != several->end();
}

json::value of_another_type(json::value const& value, json::value const& schema) {
    if (!value.is_string() && !allows(schema, "string")) return json::value("not what was asked for");
    if (!value.is_number() && !allows(schema, "number") && !allows(schema, "integer")) return json::value(12345);
    if (!value.is_bool() && !allows(schema, "boolean")) return json::value(true);
    return json::object{{"unexpected", true}};
}

/// Moves a number out of its range; false where the schema has no range.
bool leave_range(json::value& made, json::value const& schema) {
    auto const high = number_of(schema, "maximum");
    auto const low = number_of(schema, "minimum");
    if (!made.is_number() || (!high && !low)) return false;
    auto const value = high ? *high + 1000 : *low - 1000;
    if (std::abs(value) > largest_exact) return false;
    if (made.is_int64())
        made = static_cast<std::int64_t>(value);
    else
        made = value;
    return true;
}

}  // namespace

void break_value(json::value& made, json::value const& schema, random_source& random) {
    auto* object = made.if_object();
    auto const* properties = object_of(schema, "properties");
    if (object == nullptr || properties == nullptr || object->empty()) {
        made = of_another_type(made, schema);
        return;
    }
    auto const way = random.below(3);
    if (way == 0)
        for (auto const& [name, value] : *object)
            if (auto* property = properties->if_contains(name);
                property != nullptr && leave_range(object->at(name), *property))
                return;
    auto const chosen = object->begin() + static_cast<std::ptrdiff_t>(random.below(object->size()));
    if (way == 1 && is_required(schema, view(chosen->key()))) {
        object->stable_erase(chosen);
        return;
    }
    auto const* property = properties->if_contains(chosen->key());
    bool const typed =
        property != nullptr && (member(*property, "type") != nullptr || member(*property, "enum") != nullptr ||
                                member(*property, "$ref") != nullptr);
    if (typed) {
        chosen->value() = of_another_type(chosen->value(), *property);
        return;
    }
    made = of_another_type(made, schema);
}

}  // namespace coax::sim::detail
