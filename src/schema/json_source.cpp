#include "schema/json_source.hpp"

#include "json/internal/text.hpp"
#include "schema/schema_navigation.hpp"
#include "schema/schema_objects.hpp"
#include "schema/schema_values.hpp"

#include <algorithm>
#include <iterator>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

/// Read one by one: neither kept nor moved as they are.
constexpr std::string_view structural[] = {
    "type", "properties", "required", "additionalProperties", "items", "prefixItems", "enum", "const", "anyOf", "oneOf",
    "$ref", "$defs",      "title",    "description"};

bool lists_values(std::string_view key) { return key == "enum" || key == "const"; }

/// The values that an `enum` or `const` lists.
std::vector<bj::value const*> listed_values_of(bj::object const& schema) {
    std::vector<bj::value const*> values;
    if (auto const* const only = member(schema, "const"))
        values.push_back(only);
    else if (auto const* const choices = member(schema, "enum"))
        for (auto const& each : choices->get_array()) values.push_back(&each);
    return values;
}

/// The types that a schema states, or those of the values that it lists: none if objects or arrays are among them.
std::vector<std::string_view> types_of(bj::object const& schema) {
    std::vector<std::string_view> types;
    if (auto const* const type = member(schema, "type")) {
        if (type->is_string()) return {type->get_string()};
        for (auto const& each : type->get_array()) types.push_back(each.get_string());
        return types;
    }
    auto const values = listed_values_of(schema);
    bool const has_fractions = std::any_of(values.begin(), values.end(), [](auto* each) { return each->is_double(); });
    for (auto const* const each : values) {
        if (each->is_structured()) return {};
        auto const type = each->is_number() && has_fractions ? "number" : type_of(*each);
        if (!contains(types, type)) types.push_back(type);
    }
    return types;
}

node_kind kind_of(std::string_view type) {
    auto const* const name = std::find(std::begin(type_names), std::end(type_names), type);
    return static_cast<node_kind>(name - std::begin(type_names));
}

keyword keyword_of(std::string_view name) {
    auto const* const row = std::find_if(std::begin(keyword_table), std::end(keyword_table),
                                         [&](auto const& each) { return each.name == name; });
    return static_cast<keyword>(row - std::begin(keyword_table));
}

value_kind kind_of(bj::value const& value) {
    if (value.is_string()) return value_kind::text;
    if (value.is_structured()) return value_kind::structured;
    return value.is_number() ? value_kind::number : value_kind::other_scalar;
}

bool is_null_schema(bj::value const& schema) {
    auto const* const type = schema.is_object() ? member(schema.get_object(), "type") : nullptr;
    return type != nullptr && is_text(*type, "null");
}

/// Whether an object is made to hold properties that are not listed: there are none that are, or the others have a
/// schema of their own.
bool holds_others(bj::object const& schema) {
    auto const* const properties = member(schema, "properties");
    auto const* const others = member(schema, "additionalProperties");
    bool const is_described = others != nullptr && others->is_object() && !others->get_object().empty();
    if (properties != nullptr && !properties->get_object().empty()) return is_described;
    bool const is_closed = others != nullptr ? *others == bj::value(false) : properties != nullptr;
    return !is_closed || schema.contains("patternProperties");
}

/// What a schema says of the values of one type; empty: it lists none of that type.
bj::object only_of(bj::object const& from, std::string_view type) {
    bj::object one{{"type", type}};
    for (auto const& [key, value] : from)
        if (auto const subject = subject_of(key);
            subject == type || (subject == "number" && type == "integer") || lists_values(key))
            one[key] = value;
    auto const has_this_type = [&](auto const& each) { return has_type(each, type); };
    if (auto const* const only = member(one, "const"); only != nullptr && !has_this_type(*only)) return {};
    if (auto* const choices = one.if_contains("enum")) {
        bj::array kept;
        std::copy_if(choices->get_array().begin(), choices->get_array().end(), std::back_inserter(kept), has_this_type);
        if (kept.empty()) return {};
        *choices = std::move(kept);
    }
    return one;
}

std::string pointer_to(std::string_view keyword, std::string_view name) {
    std::string pointer;
    json::detail::append_pointer(pointer, keyword);
    json::detail::append_pointer(pointer, name);
    return pointer;
}

}  // namespace

void json_source::location::prepend(std::string_view keyword) { pointer = below({}, keyword) + pointer; }
void json_source::location::prepend(std::string_view keyword, std::size_t index) {
    if (!keyword.empty()) prepend(keyword, std::to_string(index));
}
void json_source::location::prepend(std::string_view keyword, std::string_view property) {
    pointer = pointer_to(keyword, property) + pointer;
}
void json_source::location::prepend_definition(json_source const& source, definition_key definition) {
    auto const name = source.names_.at(definition);
    auto const origin = source.schema_.origins.find(std::string{name});
    pointer = (origin != source.schema_.origins.end() ? origin->second : source.schema_.root_origin) + pointer;
}

json_source::json_source(flat_schema const& schema) : schema_{schema} {
    names_[&schema.root] = schema.root_name;
    auto const* const root = schema.root.if_object();
    if (root == nullptr || !root->contains("$defs")) return;
    for (auto const& each : root->at("$defs").get_object()) names_[&each.value()] = each.key();
}

json_source::definition_key json_source::target(node const& reference) {
    return resolve(schema_.root, text_of(*reference.schema, "$ref"));
}

json_source::node json_source::inlined(node const& reference) {
    auto made = look(*target(reference));
    made.nullable = made.nullable || reference.nullable;
    if (!reference.title.empty()) made.title = reference.title;
    if (!reference.description.empty()) made.description = reference.description;
    made.documented = made.documented || !made.title.empty() || !made.description.empty();
    return made;
}

void json_source::find_references(bj::value const& schema, bool only_required, std::vector<definition_key>& found) {
    if (!schema.is_object()) return;
    auto const& object = schema.get_object();
    if (object.contains("$ref")) return found.push_back(target(node{.schema = &object}));
    if (auto const* const properties = member(object, "properties"))
        for (auto const& each : properties->get_object())
            if (!only_required || requires_key(object, each.key())) find_references(each.value(), only_required, found);
    for (std::string_view const key : {"items", "additionalProperties"})
        if (auto const* const one = member(object, key)) find_references(*one, only_required, found);
    for (std::string_view const key : {"anyOf", "oneOf", "prefixItems"})
        if (auto const* const list = member(object, key))
            for (auto const& each : list->get_array()) find_references(each, only_required, found);
}

// --- values and children ---

schema_keyword json_source::values_keyword(node const& of) {
    std::string_view const name = of.is_constant ? "const" : "enum";
    return {.what = keyword::other, .name = name, .text = keep(of.schema->at(name))};
}

std::size_t json_source::property_count(node const& of) const {
    return of.has_properties ? of.schema->at("properties").get_object().size() : 0;
}

bool json_source::requires_key(bj::object const& schema, std::string_view key) {
    auto [known, is_new] = required_.try_emplace(&schema);
    if (auto const* const names = member(schema, "required"); is_new && names != nullptr)
        for (auto const& each : names->get_array()) known->second.insert(each.get_string());
    return known->second.contains(key);
}

schema_property json_source::property(node const& of, std::size_t index) {
    auto const& [key, value] = of.schema->at("properties").get_object().begin()[index];
    bool const has_default = value.is_object() && value.get_object().contains("default");
    return {.name = key, .required = requires_key(*of.schema, key), .has_default = has_default};
}

json_source::node json_source::property_schema(node const& of, std::size_t index) {
    return look(of.schema->at("properties").get_object().begin()[index].value());
}

std::size_t json_source::part_count(node const& of) const {
    auto const* const parts = member(*of.schema, "prefixItems");
    return parts != nullptr ? parts->get_array().size() : 0;
}

json_source::node json_source::part(node const& of, std::size_t index) {
    return look(of.schema->at("prefixItems").get_array()[index]);
}

json_source::node json_source::items(node const& of) {
    return of.is_uniform ? part(of, 0) : look(of.schema->at("items"));
}

// --- from JSON to a node ---

json_source::node json_source::look(bj::value const& schema) {
    if (schema.is_bool()) return {{.kind = schema.get_bool() ? node_kind::anything : node_kind::nothing}};
    auto const& from = schema.get_object();
    node made{.schema = &from};
    add_documentation(made);
    if (from.contains("$ref")) {
        made.kind = node_kind::reference;
        return made;
    }
    auto types = types_of(from);
    if (auto const null = std::find(types.begin(), types.end(), "null"); null != types.end() && types.size() > 1) {
        types.erase(null);
        made.nullable = true;
    }
    bool const has_every_type = made.nullable && types.size() == 5 && !contains(types, "integer");
    if (types.size() > 1 && !has_every_type) return split(made, types);
    if (types.size() == 1)
        made.kind = kind_of(types.front());
    else if (from.contains("properties"))
        made.kind = node_kind::object;
    for (std::string_view const key : {"oneOf", "anyOf"})
        if (auto const* const alternatives = member(from, key))
            return look_at_alternatives(std::move(made), key, alternatives->get_array());
    add_shape(made);
    add_values(made);
    return made;
}

void json_source::add_documentation(node& made) {
    made.title = text_of(*made.schema, "title");
    made.description = text_of(*made.schema, "description");
    for (auto const& [key, value] : *made.schema) {
        if (contains(structural, key)) continue;
        auto const what = keyword_of(key);
        bool const quoted = value.is_string() &&
                            (what == keyword::pattern || what == keyword::format || what == keyword::content_encoding);
        made.keywords.push_back({.what = what,
                                 .name = key,
                                 .text = quoted ? std::string_view{value.get_string()} : keep(value),
                                 .quoted = quoted,
                                 .number = value.is_number() ? doc_number{value.to_number<double>()} : doc_number{}});
    }
    made.documented = !made.title.empty() || !made.description.empty() || !made.keywords.empty();
}

void json_source::add_shape(node& made) {
    auto const& from = *made.schema;
    if (made.kind == node_kind::object) {
        auto const* const properties = member(from, "properties");
        auto const* const others = member(from, "additionalProperties");
        made.has_properties = properties != nullptr;
        made.has_additional = others != nullptr;
        made.is_map = holds_others(from);
    } else if (made.kind == node_kind::array) {
        auto const* const items = member(from, "items");
        made.has_items = items != nullptr;
        if (auto const* const parts = member(from, "prefixItems")) {
            auto const& list = parts->get_array();
            made.is_uniform =
                std::all_of(list.begin(), list.end(), [&](auto const& each) { return each == list[0]; }) &&
                (items == nullptr || items->is_bool() || *items == list[0]);
        }
    }
}

void json_source::add_values(node& made) {
    made.is_constant = made.schema->contains("const");
    for (auto const* const each : listed_values_of(*made.schema)) {
        if (each->is_null() && made.nullable) continue;
        made.values.push_back({each->is_string() ? std::string_view{each->get_string()} : keep(*each), kind_of(*each)});
    }
}

/// Null among them makes the schema nullable; if only one other is left, that one takes the schema's place.
json_source::node json_source::look_at_alternatives(node made, std::string_view keyword,
                                                    bj::array const& alternatives) {
    made.has_alternatives = true;
    made.alternatives_keyword = keyword;
    for (auto const& each : alternatives)
        if (!is_null_schema(each)) made.alternatives.push_back(&each);
    bool const has_null = made.alternatives.size() != alternatives.size();
    made.nullable = made.nullable || has_null;
    if (has_null && made.alternatives.size() == 1 && made.alternatives.front()->is_object()) {
        auto merged = made.alternatives.front()->get_object();
        for (auto const& [key, value] : *made.schema)
            if (key != keyword) merged[key] = value;
        auto only = look_at_copy(std::move(merged));
        only.nullable = true;
        only.within = below(below({}, keyword), std::to_string(made.alternatives.front() - alternatives.data()));
        return only;
    }
    add_shape(made);
    add_values(made);
    return made;
}

/// Several types become alternatives, one for each.
json_source::node json_source::split(node const& made, std::vector<std::string_view> const& types) {
    bj::object untyped;
    for (auto const& [key, value] : *made.schema)
        if (subject_of(key).empty() && !lists_values(key) && key != "type") untyped[key] = value;
    bj::array alternatives;
    for (auto const type : types)
        if (auto one = only_of(*made.schema, type); !one.empty()) alternatives.push_back(std::move(one));
    untyped["anyOf"] = std::move(alternatives);
    auto parts = look_at_copy(std::move(untyped));
    parts.alternatives_keyword = {};
    parts.nullable = made.nullable;
    return parts;
}

json_source::node json_source::look_at_copy(bj::object copy) { return look(schemas_.emplace_back(std::move(copy))); }

std::string_view json_source::keep(bj::value const& value) { return texts_.emplace_back(to_text(value)); }

}  // namespace coax::schema::detail
