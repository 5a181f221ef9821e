#include "schema/schema_keywords.hpp"

#include <algorithm>
#include <iterator>

namespace coax::schema::detail {

namespace {

struct keyword_rule {
    std::string_view keyword;
    operand wants;
};

constexpr keyword_rule keyword_rules[] = {
    {"$ref", operand::reference},
    {"$dynamicRef", operand::reference},
    {"$recursiveRef", operand::reference},
    {"$defs", operand::named_schemas},
    {"definitions", operand::named_schemas},
    {"$id", operand::text},
    {"$schema", operand::text},
    {"$anchor", operand::text},
    {"$dynamicAnchor", operand::text},
    {"$recursiveAnchor", operand::flag},
    {"type", operand::types},
    {"enum", operand::values},
    {"nullable", operand::flag},
    {"anyOf", operand::schemas},
    {"oneOf", operand::schemas},
    {"allOf", operand::schemas},
    {"not", operand::schema},
    {"if", operand::schema},
    {"then", operand::schema},
    {"else", operand::schema},
    {"properties", operand::named_schemas},
    {"patternProperties", operand::patterned_schemas},
    {"additionalProperties", operand::schema},
    {"propertyNames", operand::schema},
    {"required", operand::names},
    {"dependentRequired", operand::named_names},
    {"dependentSchemas", operand::named_schemas},
    {"dependencies", operand::dependencies},
    {"minProperties", operand::count},
    {"maxProperties", operand::count},
    {"items", operand::schema_or_list},
    {"prefixItems", operand::schemas},
    {"additionalItems", operand::schema},
    {"contains", operand::schema},
    {"minContains", operand::count},
    {"maxContains", operand::count},
    {"minItems", operand::count},
    {"maxItems", operand::count},
    {"uniqueItems", operand::flag},
    {"minimum", operand::number},
    {"maximum", operand::number},
    {"exclusiveMinimum", operand::number_or_flag},
    {"exclusiveMaximum", operand::number_or_flag},
    {"multipleOf", operand::positive},
    {"minLength", operand::count},
    {"maxLength", operand::count},
    {"pattern", operand::regular_expression},
    {"format", operand::text},
    {"contentEncoding", operand::text},
    {"contentMediaType", operand::text},
    {"title", operand::text},
    {"description", operand::text},
    {"disallow", operand::unsupported},     // of draft 3
    {"divisibleBy", operand::unsupported},  // of draft 3
    {"unevaluatedItems", operand::unsupported},
    {"unevaluatedProperties", operand::unsupported},
};

constexpr std::string_view telling_keywords[] = {
    "$defs", "definitions", "$id", "$schema", "$anchor", "title", "description", "contentMediaType", "contentEncoding"};

}  // namespace

operand operand_of(std::string_view keyword) {
    auto const* const rule = std::find_if(std::begin(keyword_rules), std::end(keyword_rules),
                                          [&](auto const& each) { return each.keyword == keyword; });
    return rule != std::end(keyword_rules) ? rule->wants : operand::anything;
}

bool is_annotation(std::string_view keyword) {
    if (keyword == "const") return false;
    return operand_of(keyword) == operand::anything ||
           std::find(std::begin(telling_keywords), std::end(telling_keywords), keyword) != std::end(telling_keywords);
}

bool says_more_than_words(boost::json::object const& schema) {
    return std::any_of(schema.begin(), schema.end(), [](auto const& each) { return !is_annotation(each.key()); });
}

}  // namespace coax::schema::detail
