#include "bind/internal/pattern.hpp"
#include "json/internal/text.hpp"
#include "schema/schema_tree.hpp"

#include <array>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

/// What the value of a keyword must be.
enum class operand {
    schema,
    schemas,
    named_schemas,
    patterned_schemas,
    named_names,
    number,
    positive,
    count,
    text,
    flag,
    names,
    values,
    anything,
    reference,
    types,
    unsupported
};

struct keyword_rule {
    std::string_view name;
    operand wants;
};

constexpr std::array keyword_rules{
    keyword_rule{"type", operand::types},
    keyword_rule{"properties", operand::named_schemas},
    keyword_rule{"required", operand::names},
    keyword_rule{"additionalProperties", operand::schema},
    keyword_rule{"items", operand::schema},
    keyword_rule{"enum", operand::values},
    keyword_rule{"const", operand::anything},
    keyword_rule{"anyOf", operand::schemas},
    keyword_rule{"oneOf", operand::schemas},
    keyword_rule{"allOf", operand::schemas},
    keyword_rule{"not", operand::schema},
    keyword_rule{"$ref", operand::reference},
    keyword_rule{"$defs", operand::named_schemas},
    keyword_rule{"definitions", operand::named_schemas},
    keyword_rule{"minimum", operand::number},
    keyword_rule{"maximum", operand::number},
    keyword_rule{"exclusiveMinimum", operand::number},
    keyword_rule{"exclusiveMaximum", operand::number},
    keyword_rule{"multipleOf", operand::positive},
    keyword_rule{"minLength", operand::count},
    keyword_rule{"maxLength", operand::count},
    keyword_rule{"minItems", operand::count},
    keyword_rule{"maxItems", operand::count},
    keyword_rule{"minProperties", operand::count},
    keyword_rule{"maxProperties", operand::count},
    keyword_rule{"uniqueItems", operand::flag},
    keyword_rule{"pattern", operand::text},
    keyword_rule{"format", operand::text},
    keyword_rule{"title", operand::text},
    keyword_rule{"description", operand::text},
    keyword_rule{"if", operand::schema},
    keyword_rule{"then", operand::schema},
    keyword_rule{"else", operand::schema},
    keyword_rule{"patternProperties", operand::patterned_schemas},
    keyword_rule{"propertyNames", operand::schema},
    keyword_rule{"prefixItems", operand::schemas},
    keyword_rule{"contains", operand::schema},
    keyword_rule{"minContains", operand::count},
    keyword_rule{"maxContains", operand::count},
    keyword_rule{"dependentRequired", operand::named_names},
    keyword_rule{"dependentSchemas", operand::named_schemas},
    // They would change what is valid, so that skipping them in silence would be wrong.
    keyword_rule{"unevaluatedItems", operand::unsupported},
    keyword_rule{"unevaluatedProperties", operand::unsupported},
    keyword_rule{"$dynamicRef", operand::unsupported},
};

constexpr std::array<std::string_view, 7> type_names{"null",   "boolean", "integer", "number",
                                                     "string", "array",   "object"};

bool is_type_name(bj::value const& value) {
    if (!value.is_string()) return false;
    for (auto const name : type_names)
        if (value.get_string() == name) return true;
    return false;
}

bool is_text_list(bj::value const& value) {
    if (!value.is_array()) return false;
    for (auto const& each : value.get_array())
        if (!each.is_string()) return false;
    return true;
}

bool is_type_list(bj::value const& value) {
    if (!value.is_array() || value.get_array().empty()) return false;
    for (auto const& each : value.get_array())
        if (!is_type_name(each)) return false;
    return true;
}

bool is_positive(bj::value const& value) { return value.is_number() && value.to_number<double>() > 0; }

bool is_count(bj::value const& value) { return (value.is_int64() && value.get_int64() >= 0) || value.is_uint64(); }

class schema_checker {
public:
    explicit schema_checker(bj::value const& root) : root_{root} {}

    std::optional<error> check() {
        check_schema(root_, {}, 0);
        return failure_;
    }

private:
    void refuse(std::string where, std::string message) {
        if (failure_) return;
        failure_ = error{.code = errc::invalid_argument,
                         .message = "not a usable JSON Schema: " + std::move(message),
                         .where = std::move(where)};
    }

    void check_schema(bj::value const& schema, std::string const& where, std::size_t level) {
        if (level > max_schema_depth) return refuse(where, "nested too deep");
        if (schema.is_bool() && level > 0) return;
        if (!schema.is_object()) return refuse(where, "expected an object");
        for (auto const& [key, value] : schema.get_object())
            for (auto const& rule : keyword_rules)
                if (rule.name == std::string_view{key}) check_operand(rule, value, below(where, key), level);
    }

    void check_operand(keyword_rule const& rule, bj::value const& value, std::string const& where, std::size_t level) {
        switch (rule.wants) {
            case operand::schema: return check_schema(value, where, level + 1);
            case operand::schemas: return check_schemas(value, where, level);
            case operand::named_schemas: return check_named_schemas(value, where, level);
            case operand::patterned_schemas: return check_patterned_schemas(value, where, level);
            case operand::named_names: return check_named_names(value, where);
            case operand::number: return demand(value.is_number(), where, "expected a number");
            case operand::positive: return demand(is_positive(value), where, "expected a number above 0");
            case operand::count: return demand(is_count(value), where, "expected a whole number, 0 or more");
            case operand::text: return check_text(rule, value, where);
            case operand::flag: return demand(value.is_bool(), where, "expected true or false");
            case operand::names: return demand(is_text_list(value), where, "expected an array of strings");
            case operand::values:
                return demand(value.is_array() && !value.get_array().empty(), where,
                              "expected an array with at least one value");
            case operand::reference:
                return demand(value.is_string() && resolve(root_, value.get_string()) != nullptr, where,
                              "expected a reference such as \"#/$defs/name\" to a schema in this file");
            case operand::types:
                return demand(is_type_name(value) || is_type_list(value), where,
                              "expected one or more of null, boolean, integer, number, string, array, object");
            case operand::unsupported:
                return refuse(where, "the keyword " + std::string{rule.name} + " is not supported");
            case operand::anything: return;
        }
    }

    void demand(bool holds, std::string const& where, char const* message) {
        if (!holds) refuse(where, message);
    }

    void check_text(keyword_rule const& rule, bj::value const& value, std::string const& where) {
        if (!value.is_string()) return refuse(where, "expected a string");
        if (rule.name == "pattern" &&
            bind::detail::match_pattern(value.get_string(), {}) == bind::detail::pattern_outcome::not_a_pattern)
            refuse(where, "the pattern cannot be compiled");
    }

    void check_schemas(bj::value const& value, std::string const& where, std::size_t level) {
        if (!value.is_array() || value.get_array().empty())
            return refuse(where, "expected an array with at least one schema");
        std::size_t index = 0;
        for (auto const& each : value.get_array()) check_schema(each, below(where, std::to_string(index++)), level + 1);
    }

    void check_named_schemas(bj::value const& value, std::string const& where, std::size_t level) {
        if (!value.is_object()) return refuse(where, "expected an object of schemas");
        for (auto const& [key, each] : value.get_object()) check_schema(each, below(where, key), level + 1);
    }

    void check_patterned_schemas(bj::value const& value, std::string const& where, std::size_t level) {
        check_named_schemas(value, where, level);
        if (!value.is_object()) return;
        for (auto const& each : value.get_object())
            if (bind::detail::match_pattern(each.key(), {}) == bind::detail::pattern_outcome::not_a_pattern)
                refuse(below(where, each.key()), "the pattern cannot be compiled");
    }

    void check_named_names(bj::value const& value, std::string const& where) {
        if (!value.is_object()) return refuse(where, "expected an object of arrays of strings");
        for (auto const& [key, each] : value.get_object())
            demand(is_text_list(each), below(where, key), "expected an array of strings");
    }

    bj::value const& root_;
    std::optional<error> failure_{};
};

}  // namespace

std::optional<error> check_schema(bj::value const& root) { return schema_checker{root}.check(); }

}  // namespace coax::schema::detail
