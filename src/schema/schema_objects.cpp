#include "schema/schema_objects.hpp"

#include "schema/schema_navigation.hpp"
#include "schema/schema_references.hpp"
#include "schema/schema_values.hpp"

#include <algorithm>
#include <iterator>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

bool fits_types(bj::value const& types, bj::value const& value) {
    if (types.is_string()) return has_type(value, types.get_string());
    return std::any_of(types.get_array().begin(), types.get_array().end(),
                       [&](auto const& each) { return has_type(value, each.get_string()); });
}

bool equals(bj::value const& a, bj::value const& b) { return canonical_text(a) == canonical_text(b); }

/// The names that an object may have, where they are listed; null: they are not.
bj::array const* listed_names(bj::value const& root, bj::object const& schema) {
    auto const* const names = member(schema, "propertyNames");
    if (names == nullptr) return nullptr;
    auto const& end = follow(root, *names);
    auto const* const list = end.is_object() ? member(end.get_object(), "enum") : nullptr;
    return list != nullptr ? &list->get_array() : nullptr;
}

/// What a property is that is not listed; null: it cannot be.
bj::value const* schema_of_others(bj::object const& schema) {
    static bj::value const anything = true;
    auto const* const others = member(schema, "additionalProperties");
    if (others == nullptr) return &anything;
    return others->is_bool() && !others->get_bool() ? nullptr : others;
}

bj::object& listed_properties(bj::object& schema) {
    auto& properties = schema["properties"];
    if (!properties.is_object()) properties = bj::object{};
    return properties.get_object();
}

void add_named(bj::value const& root, bj::object& schema) {
    auto const* const names = listed_names(root, schema);
    auto const* const others = schema_of_others(schema);
    if (names == nullptr || others == nullptr) return;
    auto const value = *others;
    auto& properties = listed_properties(schema);
    for (auto const& each : *names)
        if (each.is_string()) properties.emplace(each.get_string(), value);
    schema["additionalProperties"] = false;
    schema.stable_erase("propertyNames");
}

void add_dependent(bj::value const& root, bj::object& schema) {
    auto const* const dependent = member(schema, "dependentSchemas");
    if (dependent == nullptr) return;
    bj::object const copies = dependent->get_object();
    for (auto const& each : copies) {
        auto const& end = follow(root, each.value());
        auto const* const more = end.is_object() ? member(end.get_object(), "properties") : nullptr;
        if (more == nullptr) continue;
        auto& properties = listed_properties(schema);
        for (auto const& property : more->get_object()) properties.insert(property);
    }
}

}  // namespace

std::string pointer_of(std::string_view reference) { return percent_decoded(reference.substr(1)); }

std::string unescaped(std::string_view token) {
    std::string key{token};
    for (auto at = key.find('~'); at != key.npos && at + 1 < key.size(); at = key.find('~', at + 1))
        key.replace(at, 2, key[at + 1] == '1' ? "/" : "~");
    return key;
}

std::string_view subject_of(std::string_view key) {
    constexpr std::string_view of_strings[] = {"minLength", "maxLength", "pattern", "format"};
    constexpr std::string_view of_numbers[] = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
                                               "multipleOf"};
    constexpr std::string_view of_arrays[] = {"items",    "prefixItems", "minItems",    "maxItems",
                                              "contains", "minContains", "maxContains", "uniqueItems"};
    constexpr std::string_view of_objects[] = {"properties",        "required",          "additionalProperties",
                                               "minProperties",     "maxProperties",     "propertyNames",
                                               "patternProperties", "dependentRequired", "dependentSchemas"};
    if (contains(of_strings, key)) return "string";
    if (contains(of_numbers, key)) return "number";
    if (contains(of_arrays, key)) return "array";
    return contains(of_objects, key) ? "object" : "";
}

bool is_conditional(bj::object const& schema) {
    if (!schema.contains("if")) return false;
    return std::any_of(schema.begin(), schema.end(), [](auto const& each) {
        if (each.key() != "then" && each.key() != "else") return false;
        auto const* const then = each.value().if_object();
        return then != nullptr && (then->contains("properties") || then->contains("required") ||
                                   then->contains("$ref") || then->contains("allOf"));
    });
}

bool narrow_values(bj::object& schema) {
    auto const* const none = member(schema, "not");
    if (none != nullptr && (*none == bj::value(true) || *none == bj::value(bj::object{}))) return false;
    auto const* const type = member(schema, "type");
    auto const* const only = member(schema, "const");
    if (only != nullptr && type != nullptr && !fits_types(*type, *only)) return false;
    auto* const list = schema.if_contains("enum");
    if (list == nullptr) return true;
    bj::array kept;
    for (auto const& each : list->get_array())
        if ((type == nullptr || fits_types(*type, each)) && (only == nullptr || equals(*only, each)))
            kept.push_back(each);
    *list = std::move(kept);
    return !list->get_array().empty();
}

void infer_type(bj::object& schema) {
    if (schema.contains("type") || schema.contains("enum") || schema.contains("const")) return;
    std::string_view type;
    for (auto const& each : schema) {
        auto const subject = subject_of(each.key());
        if (!subject.empty() && !type.empty() && subject != type) return;
        if (!subject.empty()) type = subject;
    }
    if (!type.empty()) schema["type"] = type;
}

void drop_foreign_keywords(bj::object& schema) {
    auto const* const type = member(schema, "type");
    if (type == nullptr || !type->is_string()) return;
    std::string const own{is_text(*type, "integer") ? "number" : std::string_view{type->get_string()}};
    bj::object kept;
    for (auto& [key, value] : schema)
        if (auto const subject = subject_of(key); subject.empty() || subject == own)
            if (key != "propertyNames" || value != bj::value(bj::object{{"type", "string"}}))
                kept[key] = std::move(value);
    schema = std::move(kept);
}

required_problem complete_object(bj::value const& root, bj::object& schema, bool needs_schemas) {
    auto const* const type = member(schema, "type");
    if (type != nullptr && !fits_types(*type, bj::object{})) return {};
    add_named(root, schema);
    add_dependent(root, schema);
    auto const* const required = member(schema, "required");
    if (required == nullptr) return {};
    auto const names = required->get_array();
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto const* const properties = member(schema, "properties");
        if (properties != nullptr && member(properties->get_object(), names[i].get_string()) != nullptr) continue;
        auto const* const others = schema_of_others(schema);
        if (others == nullptr && !schema.contains("patternProperties")) return {schema_problem::contradiction, i};
        bool const is_free = others == nullptr || others->is_bool() || others->get_object().empty();
        if (is_free && needs_schemas) return {schema_problem::required_without_schema, i};
        auto const value = is_free ? bj::value(true) : *others;
        listed_properties(schema)[names[i].get_string()] = value;
    }
    return {};
}

bool close_array(bj::object& schema, std::size_t size) {
    auto const* const most = member(schema, "maxItems");
    auto const* const fewest = member(schema, "minItems");
    if (fewest != nullptr && fewest->to_number<double>() > static_cast<double>(size)) return false;
    if (most == nullptr || most->to_number<double>() > static_cast<double>(size)) schema["maxItems"] = size;
    schema.stable_erase("items");
    return true;
}

}  // namespace coax::schema::detail
