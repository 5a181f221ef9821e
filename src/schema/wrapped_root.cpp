#include "schema/internal/wrapped_root.hpp"

#include "schema/schema_values.hpp"

#include <coax/schema/detail/dialect_rules.hpp>
#include <coax/schema/detail/type_source.hpp>

#include <boost/json/parse.hpp>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

/// References lead to where the schema is now.
void move_references(bj::value& value, std::string const& to) {
    if (auto* const list = value.if_array())
        for (auto& each : *list) move_references(each, to);
    auto* const object = value.if_object();
    if (object == nullptr) return;
    for (auto& [key, each] : *object)
        if (key == "$ref" && each.is_string() && each.get_string().starts_with('#'))
            each = to + std::string{each.get_string().subview(1)};
        else
            move_references(each, to);
}

}  // namespace

bool wants_object_root(schema_dialect dialect) { return rules_of(dialect).object_root; }

bool is_object_type(bind::detail::type_descriptor const& type) { return is_plain_object(type_source{type}.root()); }

std::string wrap_schema(std::string_view schema) {
    auto inner = bj::parse(schema);
    std::string const key{wrapped_key};
    move_references(inner, "#/properties/" + key);
    return to_text(bj::object{{"type", "object"},
                              {"properties", bj::object{{key, std::move(inner)}}},
                              {"required", bj::array{key}},
                              {"additionalProperties", false}});
}

}  // namespace coax::schema::detail
