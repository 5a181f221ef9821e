#include "schema/schema_check.hpp"

#include "bind/internal/pattern.hpp"
#include "json/internal/text.hpp"
#include "schema/schema_navigation.hpp"

#include <coax/schema/detail/schema_node.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

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
    regular_expression,
    flag,
    names,
    values,
    anything,
    reference,
    types,
    unsupported
};

struct operand_rule {
    operand wants;
    std::string_view keywords;  ///< Each between spaces.
};

using enum operand;
constexpr operand_rule operand_rules[] = {
    {types, " type "},
    {schema, " additionalProperties items not if then else propertyNames contains "},
    {schemas, " anyOf oneOf allOf prefixItems "},
    {named_schemas, " properties $defs definitions dependentSchemas "},
    {patterned_schemas, " patternProperties "},
    {named_names, " dependentRequired "},
    {names, " required "},
    {values, " enum "},
    {reference, " $ref "},
    {number, " minimum maximum exclusiveMinimum exclusiveMaximum "},
    {positive, " multipleOf "},
    {count, " minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains "},
    {flag, " uniqueItems "},
    {text, " format title description "},
    {regular_expression, " pattern "},
    // They would change what is valid, so that skipping them in silence would be wrong.
    {unsupported, " unevaluatedItems unevaluatedProperties $dynamicRef "}};

operand operand_of(std::string_view key) {
    if (key.find(' ') != key.npos) return anything;
    auto const word = " " + std::string{key} + " ";
    for (auto const& rule : operand_rules)
        if (rule.keywords.find(word) != rule.keywords.npos) return rule.wants;
    return anything;
}

bool is_type_name(bj::value const& value) {
    return value.is_string() && !value.get_string().empty() &&
           std::find(std::begin(type_names), std::end(type_names), std::string_view{value.get_string()}) !=
               std::end(type_names);
}

bool is_text_list(bj::value const& value) {
    return value.is_array() && std::all_of(value.get_array().begin(), value.get_array().end(),
                                           [](auto const& each) { return each.is_string(); });
}

bool is_type_list(bj::value const& value) {
    return value.is_array() && !value.get_array().empty() &&
           std::all_of(value.get_array().begin(), value.get_array().end(), is_type_name);
}

bool is_positive(bj::value const& value) { return value.is_number() && value.to_number<double>() > 0; }

bool is_count(bj::value const& value) { return (value.is_int64() && value.get_int64() >= 0) || value.is_uint64(); }

class schema_checker {
public:
    explicit schema_checker(bj::value const& root) : root_{root} {}

    result<void> check() {
        check_schema(root_, {}, 0);
        if (failure_) return std::move(*failure_);
        return {};
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
        for (auto const& [key, value] : schema.get_object()) check_operand(key, value, below(where, key), level);
    }

    void check_operand(std::string_view key, bj::value const& value, std::string const& where, std::size_t level) {
        switch (operand_of(key)) {
            case schema: return check_schema(value, where, level + 1);
            case schemas: return check_schemas(value, where, level);
            case named_schemas: return check_named_schemas(value, where, level);
            case patterned_schemas: return check_patterned_schemas(value, where, level);
            case named_names: return check_named_names(value, where);
            case number: return demand(value.is_number(), where, "expected a number");
            case positive: return demand(is_positive(value), where, "expected a number above 0");
            case count: return demand(is_count(value), where, "expected a whole number, 0 or more");
            case text: return demand(value.is_string(), where, "expected a string");
            case regular_expression: return check_pattern(value, where);
            case flag: return demand(value.is_bool(), where, "expected true or false");
            case names: return demand(is_text_list(value), where, "expected an array of strings");
            case values:
                return demand(value.is_array() && !value.get_array().empty(), where,
                              "expected an array with at least one value");
            case reference:
                return demand(value.is_string() && resolve(root_, value.get_string()) != nullptr, where,
                              "expected a reference such as \"#/$defs/name\" to a schema in this file");
            case types:
                return demand(is_type_name(value) || is_type_list(value), where,
                              "expected one or more of null, boolean, integer, number, string, array, object");
            case unsupported: return refuse(where, "the keyword " + std::string{key} + " is not supported");
            case anything: return;
        }
    }

    void demand(bool holds, std::string const& where, char const* message) {
        if (!holds) refuse(where, message);
    }

    void check_pattern(bj::value const& value, std::string const& where) {
        if (!value.is_string()) return refuse(where, "expected a string");
        if (bind::detail::match_pattern(value.get_string(), {}) == bind::detail::pattern_outcome::not_a_pattern)
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
        for (auto const& each : value.get_object()) check_pattern(bj::value(each.key()), below(where, each.key()));
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

result<void> check_schema(bj::value const& root) { return schema_checker{root}.check(); }

}  // namespace coax::schema::detail
