#include "sim/gemini_wire.hpp"
#include "sim/schema_keywords.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

using complaint = std::optional<std::string>;

constexpr std::array<std::string_view, 22> known_keywords{"$schema",
                                                          "$id",
                                                          "$defs",
                                                          "$ref",
                                                          "$anchor",
                                                          "type",
                                                          "format",
                                                          "title",
                                                          "description",
                                                          "enum",
                                                          "items",
                                                          "minItems",
                                                          "prefixItems",
                                                          "maxItems",
                                                          "minimum",
                                                          "maximum",
                                                          "anyOf",
                                                          "oneOf",
                                                          "properties",
                                                          "required",
                                                          "propertyOrdering",
                                                          "additionalProperties"};

constexpr std::array<std::string_view, 7> json_types{"object", "array",   "string", "integer",
                                                     "number", "boolean", "null"};

/// What `responseJsonSchema` and `parametersJsonSchema` may say.
class json_schema_rules {
public:
    explicit json_schema_rules(json::value const& root) noexcept : root_{root} {}

    complaint check() { return check_open(root_, "schema", false); }

private:
    complaint check(json::value const& schema, std::string const& where, bool optional) {
        if (schema.is_bool()) return std::nullopt;
        if (!schema.is_object()) return where + ": a schema must be an object";
        for (auto const& [name, value] : schema.get_object())
            if (auto const keyword = view(name); std::ranges::find(known_keywords, keyword) == known_keywords.end())
                return where + ": keyword " + quoted(keyword) + " is not supported";
        if (auto const ref = text_member(schema, "$ref"); !ref.empty()) return check_ref(schema, ref, where, optional);
        if (auto wrong = check_type(member(schema, "type"), where)) return wrong;
        if (auto wrong = check_enum(schema, where)) return wrong;
        return check_below(schema, where, optional);
    }

    complaint check_ref(json::value const& schema, std::string_view ref, std::string const& where, bool optional) {
        for (auto const& [name, value] : schema.get_object())
            if (!view(name).starts_with('$')) return where + ": only $-keywords may stand beside $ref";
        auto const* const target = resolve_ref(root_, ref);
        if (target == nullptr) return where + ": the reference " + quoted(ref) + " leads nowhere";
        auto const open = std::ranges::find(open_, target, &open_schema::schema);
        if (open != open_.end()) {
            bool const through_optional = std::any_of(open, open_.end(), [](auto const& one) { return one.optional; });
            if (through_optional || optional) return std::nullopt;
            return where + ": a schema may contain itself only below properties that are not required";
        }
        return check_open(*target, where, optional);
    }

    complaint check_open(json::value const& schema, std::string const& where, bool optional) {
        open_.push_back({&schema, optional});
        auto wrong = check(schema, where, optional);
        open_.pop_back();
        return wrong;
    }

    static complaint check_type(json::value const* type, std::string const& where) {
        if (type == nullptr) return std::nullopt;
        auto const is_known = [](json::value const& one) {
            return one.is_string() && std::ranges::find(json_types, view(one.get_string())) != json_types.end();
        };
        if (auto const* several = type->if_array();
            several != nullptr ? std::ranges::all_of(*several, is_known) : is_known(*type))
            return std::nullopt;
        return where + ": " + to_json(*type) + " is not a type";
    }

    static complaint check_enum(json::value const& schema, std::string const& where) {
        auto const* const values = member(schema, "enum");
        if (values == nullptr) return std::nullopt;
        auto const may_be_listed = [](json::value const& one) { return one.is_string() || one.is_number(); };
        if (values->is_array() && std::ranges::all_of(values->get_array(), may_be_listed)) return std::nullopt;
        return where + ": an enum lists strings and numbers only";
    }

    complaint check_below(json::value const& schema, std::string const& where, bool optional) {
        if (auto const* properties = object_of(schema, "properties"))
            for (auto const& [name, property] : *properties)
                if (auto wrong = check_open(property, where + ".properties." + std::string{view(name)},
                                            !is_required(schema, view(name))))
                    return wrong;
        for (std::string const keyword : {"items", "additionalProperties"})
            if (auto const* one = member(schema, keyword))
                if (auto wrong = check(*one, where + "." + keyword, optional)) return wrong;
        for (std::string const keyword : {"anyOf", "oneOf", "prefixItems"})
            if (auto const* several = array_of(schema, keyword))
                for (auto const& one : *several)
                    if (auto wrong = check(one, where + "." + keyword, optional)) return wrong;
        return std::nullopt;
    }

    struct open_schema {
        json::value const* schema;
        bool optional;
    };

    json::value const& root_;
    std::vector<open_schema> open_{};
};

void rewrite_type(json::object& out, json::value const& schema) {
    auto const type = lower_ascii(text_member(schema, "type"));
    if (type.empty()) return;
    if (is_bool(member(schema, "nullable"), true))
        out["type"] = json::array{type, "null"};
    else
        out["type"] = type;
}

}  // namespace

std::optional<std::string> gemini_schema_error(json::value const& schema) { return json_schema_rules{schema}.check(); }

json::value from_open_api(json::value const& schema) {
    if (!schema.is_object()) return schema;
    json::object out;
    for (auto const& [name, value] : schema.get_object()) {
        auto const keyword = view(name);
        if (keyword == "items") {
            out["items"] = from_open_api(value);
        } else if (keyword == "properties" && value.is_object()) {
            auto& properties = out["properties"].emplace_object();
            for (auto const& [key, property] : value.get_object()) properties[key] = from_open_api(property);
        } else if ((keyword == "anyOf" || keyword == "any_of") && value.is_array()) {
            auto& variants = out["anyOf"].emplace_array();
            for (auto const& variant : value.get_array()) variants.push_back(from_open_api(variant));
        } else if (keyword != "type" && keyword != "nullable" && keyword != "propertyOrdering") {
            out[name] = value;
        }
    }
    rewrite_type(out, schema);
    return out;
}

}  // namespace coax::sim::detail
