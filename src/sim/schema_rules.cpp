#include "sim/schema_rules.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace coax::sim::detail {
namespace {

using complaint = std::optional<std::string>;

constexpr std::string_view known_types = "object array string integer number boolean null";

/// Whether `word` is one of `words`, which have a space between them.
bool is_one_of(std::string_view words, std::string_view word) noexcept {
    while (!words.empty()) {
        auto const first = words.substr(0, words.find(' '));
        if (first == word) return true;
        words.remove_prefix(std::min(words.size(), first.size() + 1));
    }
    return false;
}

/// The types a schema names, whether one or several.
std::vector<std::string_view> types_of(json::value const& schema) {
    std::vector<std::string_view> types;
    auto const* type = member(schema, "type");
    if (type == nullptr) return types;
    if (type->is_string()) types.push_back(view(type->get_string()));
    if (auto const* several = type->if_array())
        for (auto const& entry : *several)
            types.push_back(entry.is_string() ? view(entry.get_string()) : std::string_view{});
    return types;
}

bool has_type(json::value const& schema, std::string_view type) {
    auto const types = types_of(schema);
    return std::ranges::find(types, type) != types.end();
}

bool is_closed(json::value const& schema) noexcept { return is_bool(member(schema, "additionalProperties"), false); }

/// The strict subset of OpenAI's Structured Outputs.
class openai_rules {
public:
    explicit openai_rules(json::value const& root) noexcept : root_{root} {}

    complaint check() {
        if (auto wrong = openai_root_error(root_)) return wrong;
        if (auto wrong = check(root_, 1)) return wrong;
        if (characters_ > max_characters) return "schema has more than 120000 characters in names and values.";
        return std::nullopt;
    }

private:
    static constexpr int max_levels = 10;
    static constexpr int max_properties = 5000;
    static constexpr std::size_t max_enum_values = 1000;
    static constexpr std::size_t max_characters = 120'000;
    static constexpr std::string_view forbidden =
        "allOf oneOf not dependentRequired dependentSchemas if then else uniqueItems contains "
        "minContains maxContains patternProperties propertyNames minProperties maxProperties "
        "unevaluatedItems unevaluatedProperties prefixItems additionalItems dependencies "
        "contentEncoding default";
    static constexpr std::string_view formats = "date-time time date duration email hostname ipv4 ipv6 uuid";
    static constexpr std::string_view beside_ref = "$ref description title $defs definitions";

    [[nodiscard]] std::string at(std::string message) const {
        std::string where = "In context=(";
        for (auto const& step : path_) where += (&step == &path_.front() ? "'" : ", '") + step + "'";
        return where + (path_.size() == 1 ? ",), " : "), ") + std::move(message);
    }

    complaint child(json::value const& schema, std::vector<std::string> steps, int level) {
        auto const depth = path_.size();
        for (auto& step : steps) path_.push_back(std::move(step));
        auto wrong = check(schema, level);
        path_.resize(depth);
        return wrong;
    }

    complaint check(json::value const& schema, int level) {
        if (!schema.is_object()) return at("schema must be a JSON object.");
        if (level > max_levels) return at("schema exceeds the limit of 10 levels of nesting.");
        if (auto wrong = check_definitions(schema)) return wrong;
        if (member(schema, "$ref") != nullptr) return check_ref(schema);
        for (auto const& [name, value] : schema.get_object())
            if (is_one_of(forbidden, view(name))) return at("'" + std::string{view(name)} + "' is not permitted.");
        if (auto wrong = check_values(schema)) return wrong;
        if (auto const* variants = member(schema, "anyOf")) return check_variants(*variants, level);
        return check_types(schema, level);
    }

    complaint check_definitions(json::value const& schema) {
        for (std::string const keyword : {"$defs", "definitions"}) {
            auto const* definitions = member(schema, keyword);
            if (definitions == nullptr) continue;
            if (!definitions->is_object()) return at("'" + keyword + "' must be an object.");
            for (auto const& [name, value] : definitions->get_object()) {
                characters_ += name.size();
                if (auto wrong = child(value, {keyword, std::string{view(name)}}, 1)) return wrong;
            }
        }
        return std::nullopt;
    }

    complaint check_ref(json::value const& schema) {
        for (auto const& [name, value] : schema.get_object())
            if (!is_one_of(beside_ref, view(name)))
                return at("$ref cannot have keywords {'" + std::string{view(name)} + "'}.");
        auto const ref = text_member(schema, "$ref");
        if (resolve_ref(root_, ref) == nullptr)
            return at("reference can only point to definitions of this schema, got '" + std::string{ref} + "'.");
        return std::nullopt;
    }

    complaint check_values(json::value const& schema) {
        if (auto const* values = member(schema, "enum")) {
            if (!values->is_array() || values->get_array().empty()) return at("'enum' must be a non-empty array.");
            enum_values_ += values->get_array().size();
            if (enum_values_ > max_enum_values) return at("schema has more than 1000 enum values.");
            std::size_t characters = 0;
            for (auto const& value : values->get_array())
                characters += value.is_string() ? value.get_string().size() : 0;
            if (values->get_array().size() > 250 && characters > 15'000)
                return at("'enum' with more than 250 values has more than 15000 characters.");
            characters_ += characters;
        }
        characters_ += text_member(schema, "const").size();
        auto const format = text_member(schema, "format");
        if (!format.empty() && !is_one_of(formats, format))
            return at("'format' of '" + std::string{format} + "' is not supported.");
        return std::nullopt;
    }

    complaint check_variants(json::value const& variants, int level) {
        if (!variants.is_array() || variants.get_array().empty()) return at("'anyOf' must be a non-empty array.");
        int index = 0;
        for (auto const& variant : variants.get_array())
            if (auto wrong = child(variant, {"anyOf", std::to_string(index++)}, level)) return wrong;
        return std::nullopt;
    }

    complaint check_types(json::value const& schema, int level) {
        auto const types = types_of(schema);
        bool const has_values = member(schema, "enum") != nullptr || member(schema, "const") != nullptr;
        if (types.empty() && !has_values) return at("schema must have a 'type' key.");
        for (auto const type : types)
            if (!is_one_of(known_types, type)) return at("'" + std::string{type} + "' is not a valid type.");
        if (has_type(schema, "object"))
            if (auto wrong = check_object(schema, level)) return wrong;
        if (!has_type(schema, "array")) return std::nullopt;
        auto const* items = member(schema, "items");
        if (items == nullptr) return at("array schema missing items.");
        return child(*items, {"items"}, level + 1);
    }

    complaint check_object(json::value const& schema, int level) {
        if (!is_closed(schema)) return at("'additionalProperties' is required to be supplied and to be false.");
        auto const* properties = member(schema, "properties");
        if (properties == nullptr) return std::nullopt;
        if (!properties->is_object()) return at("'properties' must be an object.");
        if (auto wrong = check_required(schema, properties->get_object())) return wrong;
        for (auto const& [name, property] : properties->get_object()) {
            characters_ += name.size();
            if (++properties_ > max_properties) return at("schema has more than 5000 properties.");
            if (auto wrong = child(property, {"properties", std::string{view(name)}}, level + 1)) return wrong;
        }
        return std::nullopt;
    }

    [[nodiscard]] complaint check_required(json::value const& schema, json::object const& properties) const {
        auto const* required = member(schema, "required");
        auto const* names = required != nullptr ? required->if_array() : nullptr;
        std::string const rule =
            "'required' is required to be supplied and to be an array including every key in properties.";
        if (names == nullptr) return properties.empty() ? std::nullopt : complaint{at(rule)};
        for (auto const& [name, property] : properties)
            if (std::ranges::find(*names, json::value(name)) == names->end())
                return at(rule + " Missing '" + std::string{view(name)} + "'.");
        for (auto const& name : *names)
            if (!name.is_string() || !properties.contains(name.get_string()))
                return at("'required' names a key that is not in properties.");
        return std::nullopt;
    }

    json::value const& root_;
    std::vector<std::string> path_;
    int properties_{0};
    std::size_t enum_values_{0};
    std::size_t characters_{0};
};

/// The subset of Anthropic's structured outputs.
class anthropic_rules {
public:
    explicit anthropic_rules(json::value const& root) noexcept : root_{root} {}

    complaint check() {
        if (text_member(root_, "type") != "object" && member(root_, "$ref") == nullptr)
            return "schema: the root must be of type 'object'";
        if (auto wrong = check(root_, "schema", {})) return wrong;
        if (optionals_ > max_optionals) return "schema: more than 24 optional parameters";
        if (unions_ > max_unions) return "schema: more than 16 parameters with union types";
        return std::nullopt;
    }

private:
    static constexpr int max_steps = 20'000;
    static constexpr int max_optionals = 24;
    static constexpr int max_unions = 16;
    static constexpr std::string_view forbidden =
        "minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf "
        "maxItems uniqueItems contains minContains maxContains prefixItems patternProperties "
        "propertyNames minProperties maxProperties oneOf not if then else dependentRequired "
        "dependentSchemas unevaluatedItems unevaluatedProperties additionalItems dependencies "
        "contentEncoding";
    static constexpr std::string_view formats = "date-time time date duration email hostname uri ipv4 ipv6 uuid";
    static constexpr std::array<std::string_view, 6> hard_patterns{"(?=", "(?!", "(?<", "\\b", "\\B", "\\1"};

    static std::string kind_of(json::value const& schema) {
        auto const types = types_of(schema);
        return types.empty() ? std::string{"schema"} : std::string{types.front()};
    }

    complaint check(json::value const& schema, std::string const& where, std::vector<json::value const*> ancestors) {
        if (!schema.is_object()) return where + ": schemas must be objects";
        if (++steps_ > max_steps) return where + ": schema is too complex to compile";
        if (std::ranges::find(ancestors, &schema) != ancestors.end())
            return where + ": recursive schemas are not supported";
        ancestors.push_back(&schema);
        if (auto const ref = text_member(schema, "$ref"); !ref.empty()) {
            auto const* target = resolve_ref(root_, ref);
            if (target == nullptr)
                return where + ": '$ref' must point into this schema, got '" + std::string{ref} + "'";
            return check(*target, where, ancestors);
        }
        if (auto wrong = check_keywords(schema, where)) return wrong;
        if (member(schema, "anyOf") != nullptr || types_of(schema).size() > 1) ++unions_;
        if (auto wrong = check_variants(schema, where, ancestors)) return wrong;
        if (has_type(schema, "object"))
            if (auto wrong = check_object(schema, where, ancestors)) return wrong;
        auto const* items = member(schema, "items");
        return items != nullptr ? check(*items, where + ".items", ancestors) : std::nullopt;
    }

    static complaint check_keywords(json::value const& schema, std::string const& where) {
        for (auto const& [name, value] : schema.get_object()) {
            std::string const keyword{name.data(), name.size()};
            if (is_one_of(forbidden, keyword))
                return where + ": For '" + kind_of(schema) + "' type, property '" + keyword + "' is not supported";
        }
        for (auto const type : types_of(schema))
            if (!is_one_of(known_types, type)) return where + ": '" + std::string{type} + "' is not a type";
        if (auto const* least = member(schema, "minItems");
            least != nullptr && *least != json::value(0) && *least != json::value(1))
            return where + ": For 'array' type, 'minItems' values other than 0 or 1 are not supported";
        if (auto const format = text_member(schema, "format"); !format.empty() && !is_one_of(formats, format))
            return where + ": For 'string' type, format '" + std::string{format} + "' is not supported";
        for (auto const part : hard_patterns)
            if (text_member(schema, "pattern").find(part) != std::string_view::npos)
                return where + ": pattern uses '" + std::string{part} + "', which is not supported";
        if (auto const* values = member(schema, "enum"); values != nullptr && values->is_array())
            for (auto const& value : values->get_array())
                if (value.is_structured()) return where + ": 'enum' may hold scalars only";
        return std::nullopt;
    }

    complaint check_variants(json::value const& schema, std::string const& where,
                             std::vector<json::value const*> const& ancestors) {
        for (std::string const keyword : {"anyOf", "allOf"}) {
            auto const* variants = member(schema, keyword);
            if (variants == nullptr) continue;
            if (!variants->is_array()) return where + ": '" + keyword + "' must be an array";
            for (auto const& variant : variants->get_array()) {
                if (keyword == "allOf" && member(variant, "$ref") != nullptr)
                    return where + ": 'allOf' with '$ref' is not supported";
                if (auto wrong = check(variant, where + "." + keyword, ancestors)) return wrong;
            }
        }
        return std::nullopt;
    }

    complaint check_object(json::value const& schema, std::string const& where,
                           std::vector<json::value const*> const& ancestors) {
        if (!is_closed(schema))
            return where + ": For 'object' type, 'additionalProperties' must be explicitly set to false";
        auto const* properties = member(schema, "properties");
        if (properties == nullptr || !properties->is_object()) return std::nullopt;
        auto const* required = member(schema, "required");
        auto const* names = required != nullptr ? required->if_array() : nullptr;
        for (auto const& [name, property] : properties->get_object()) {
            bool const is_required = names != nullptr && std::ranges::find(*names, json::value(name)) != names->end();
            optionals_ += is_required ? 0 : 1;
            if (auto wrong = check(property, where + ".properties." + std::string{view(name)}, ancestors)) return wrong;
        }
        return std::nullopt;
    }

    json::value const& root_;
    int steps_{0};
    int optionals_{0};
    int unions_{0};
};

}  // namespace

complaint openai_root_error(json::value const& schema) {
    if (!schema.is_object()) return "schema must be a JSON object.";
    if (member(schema, "anyOf") != nullptr) return "schema must not have 'anyOf' at the root level.";
    if (text_member(schema, "type") == "object") return std::nullopt;
    return "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"" +
           std::string{member(schema, "type") != nullptr ? text_member(schema, "type") : "None"} + "\"'.";
}
complaint openai_schema_error(json::value const& schema) { return openai_rules{schema}.check(); }
complaint anthropic_schema_error(json::value const& schema) { return anthropic_rules{schema}.check(); }

}  // namespace coax::sim::detail
