#include "schema/schema_upgrade.hpp"

#include "json/internal/text.hpp"
#include "schema/schema_keywords.hpp"
#include "schema/schema_navigation.hpp"
#include "schema/schema_references.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

bool is_true(bj::object const& schema, std::string_view key) {
    auto const* const flag = member(schema, key);
    return flag != nullptr && flag->is_bool() && flag->get_bool();
}

bool has_item_list(bj::object const& schema) {
    auto const* const items = member(schema, "items");
    return items != nullptr && items->is_array();
}

/// Whether null must become an alternative, as the type does not alone say what is valid.
bool needs_null_alternative(bj::object const& schema) {
    return is_true(schema, "nullable") && std::any_of(schema.begin(), schema.end(), [](auto const& each) {
               std::string_view const key{each.key()};
               return key == "const" || key == "not" || key == "anyOf" || key == "oneOf" || key == "allOf" ||
                      operand_of(key) == operand::reference;
           });
}

bj::value null_schema() { return bj::object{{"type", "null"}}; }

/// `exclusiveMinimum: true` of draft 4 and OpenAPI 3.0.
void upgrade_bound(bj::object& schema, std::string_view exclusive, std::string_view inclusive) {
    auto const* const flag = member(schema, exclusive);
    if (flag == nullptr || !flag->is_bool()) return;
    bool const holds = flag->get_bool();
    schema.stable_erase(exclusive);
    auto const* const bound = member(schema, inclusive);
    if (!holds || bound == nullptr) return;
    schema[exclusive] = bj::value(*bound);
    schema.stable_erase(inclusive);
}

/// A list of `items` of draft 4 to 2019-09.
void upgrade_items(bj::object& schema) {
    if (!has_item_list(schema)) {
        schema.stable_erase("additionalItems");
        return;
    }
    auto list = std::move(schema["items"]);
    schema.stable_erase("items");
    if (!list.get_array().empty()) schema["prefixItems"] = std::move(list);
    if (auto* const others = schema.if_contains("additionalItems")) {
        auto rest = std::move(*others);
        schema["items"] = std::move(rest);
        schema.stable_erase("additionalItems");
    }
}

/// `dependencies` of draft 3 to 7.
void upgrade_dependencies(bj::object& schema) {
    auto* const found = schema.if_contains("dependencies");
    if (found == nullptr) return;
    auto const dependencies = std::move(found->get_object());
    schema.stable_erase("dependencies");
    for (auto const& [key, value] : dependencies) {
        auto& kept = schema[value.is_array() ? "dependentRequired" : "dependentSchemas"];
        if (!kept.is_object()) kept = bj::object{};
        kept.get_object().emplace(key, value);
    }
}

void add_null_type(bj::object& schema) {
    auto* const type = schema.if_contains("type");
    if (type != nullptr && type->is_string()) *type = bj::array{*type};
    if (type != nullptr) type->get_array().push_back("null");
    if (auto* const list = schema.if_contains("enum"))
        if (auto& values = list->get_array();
            std::none_of(values.begin(), values.end(), [](auto const& each) { return each.is_null(); }))
            values.push_back(nullptr);
}

/// `nullable` of OpenAPI 3.0.
void upgrade_nullable(bj::object& schema) {
    bool const is_nullable = is_true(schema, "nullable");
    bool const needs_alternative = needs_null_alternative(schema);
    schema.stable_erase("nullable");
    if (is_nullable && !needs_alternative) return add_null_type(schema);
    if (!is_nullable) return;
    bj::object around;
    bj::object inside;
    for (auto& [key, value] : schema) (is_annotation(key) ? around : inside)[key] = std::move(value);
    around["anyOf"] = bj::array{std::move(inside), null_schema()};
    schema = std::move(around);
}

class upgrader {
public:
    upgrader(bj::value const& old, schema_places const& places)
        : old_{old}, places_{places}, schemas_{places.schemas.begin(), places.schemas.end()} {}

    result<bj::value> upgrade() {
        auto made = old_;
        auto innermost_first = places_.schemas;
        std::sort(innermost_first.begin(), innermost_first.end(),
                  [](auto const& a, auto const& b) { return a.size() > b.size(); });
        boost::system::error_code failure;
        for (auto const& pointer : innermost_first)
            upgrade_schema(made.find_pointer(pointer, failure)->get_object(), pointer);
        for (auto const& [where, target] : places_.references)
            if (resolve(made, reference_to(pointer_now(target))) == nullptr)
                return error{.code = errc::invalid_argument,
                             .message =
                                 "not a usable JSON Schema: the reference leads into what is rewritten; put the "
                                 "schema that it names into $defs",
                             .where = where};
        return made;
    }

private:
    void upgrade_schema(bj::object& schema, std::string const& where) {
        upgrade_references(schema, where);
        upgrade_names(schema, where.empty());
        upgrade_bound(schema, "exclusiveMinimum", "minimum");
        upgrade_bound(schema, "exclusiveMaximum", "maximum");
        upgrade_items(schema);
        upgrade_dependencies(schema);
        upgrade_nullable(schema);
    }

    void upgrade_references(bj::object& schema, std::string const& where) {
        bj::array references;
        for (std::string_view const key : {"$ref", "$dynamicRef", "$recursiveRef"}) {
            if (!schema.contains(key)) continue;
            references.emplace_back(reference_to(pointer_now(places_.references.at(below(where, key)))));
            if (key != "$ref") schema.stable_erase(key);
        }
        if (references.empty()) return;
        schema["$ref"] = references[0];
        if (references.size() == 1) return;
        auto& all = schema["allOf"];
        if (!all.is_array()) all = bj::array{};
        for (std::size_t i = 1; i < references.size(); ++i)
            all.get_array().push_back(bj::object{{"$ref", references[i]}});
    }

    /// References need no names any more, and an inner `$id` would change what they are relative to.
    static void upgrade_names(bj::object& schema, bool is_root) {
        for (std::string_view const key : {"$anchor", "$dynamicAnchor", "$recursiveAnchor"}) schema.stable_erase(key);
        if (!is_root) {
            schema.stable_erase("$id");
            schema.stable_erase("$schema");
        } else if (auto* const draft = schema.if_contains("$schema");
                   draft != nullptr && draft->get_string().find("json-schema.org/") != bj::string::npos) {
            *draft = "https://json-schema.org/draft/2020-12/schema";
        }
    }

    /// Where a schema is after the upgrade.
    [[nodiscard]] std::string pointer_now(std::string const& pointer) const {
        std::string now;
        for (std::size_t begin = 0; begin < pointer.size();) {
            auto const end = std::min(pointer.find('/', begin + 1), pointer.size());
            auto const around = pointer.substr(0, begin);
            auto const step = pointer.substr(begin, end - begin);
            boost::system::error_code failure;
            auto const* const holder = old_.find_pointer(around, failure);
            now += schemas_.contains(around) ? step_now(holder->get_object(), step) : step;
            begin = end;
        }
        return now;
    }

    static std::string step_now(bj::object const& schema, std::string const& step) {
        auto now = step;
        if (step == "/items" && has_item_list(schema)) now = "/prefixItems";
        if (step == "/additionalItems" && has_item_list(schema)) now = "/items";
        if (step == "/dependencies") now = "/dependentSchemas";
        bool const moves = needs_null_alternative(schema) && !is_annotation(std::string_view{step}.substr(1));
        return moves ? "/anyOf/0" + now : now;
    }

    bj::value const& old_;
    schema_places const& places_;
    std::unordered_set<std::string> schemas_;
};

}  // namespace

result<bj::value> upgrade_schema(bj::value const& root, schema_places const& places) {
    return upgrader{root, places}.upgrade();
}

}  // namespace coax::schema::detail
