#include "sim/schema_rules.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

namespace coax::sim::detail {
namespace {

struct rule_case {
    char const* name;
    char const* schema;
    char const* openai;     ///< Part of the complaint; empty: none.
    char const* anthropic;  ///< Likewise.
};
void PrintTo(rule_case const& row, std::ostream* out) { *out << row.name; }
class SchemaRules : public testing::TestWithParam<rule_case> {};

void expect_fault(std::optional<std::string> const& fault, std::string const& expected) {
    if (expected.empty())
        EXPECT_EQ(fault.value_or(""), "");
    else
        EXPECT_THAT(fault.value_or(""), testing::HasSubstr(expected));
}

TEST_P(SchemaRules, FollowTheTable) {
    auto const schema = json::parse(GetParam().schema);
    expect_fault(openai_schema_error(schema), GetParam().openai);
    expect_fault(anthropic_schema_error(schema), GetParam().anthropic);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SchemaRules,
    testing::Values(
        rule_case{
            "plain",
            R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false})",
            "", ""},
        rule_case{"empty_object", R"({"type":"object","properties":{},"additionalProperties":false})", "", ""},
        rule_case{"open_object", R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"]})",
                  "'additionalProperties' is required", "'additionalProperties' must be"},
        rule_case{"map", R"({"type":"object","additionalProperties":{"type":"string"}})",
                  "'additionalProperties' is required", "'additionalProperties' must be"},
        rule_case{
            "optional_member",
            R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a"],"additionalProperties":false})",
            "Missing 'b'", ""},
        rule_case{"root_array", R"({"type":"array","items":{"type":"string"}})", "got 'type: \"array\"'",
                  "root must be"},
        rule_case{"root_any_of", R"({"anyOf":[{"type":"string"}]})", "'anyOf' at the root", "root must be"},
        rule_case{
            "root_reference",
            R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{},"additionalProperties":false}}})",
            "got 'type: \"None\"'", ""},
        rule_case{
            "default",
            R"({"type":"object","properties":{"a":{"type":"string","default":"x"}},"required":["a"],"additionalProperties":false})",
            "'default' is not permitted", ""},
        rule_case{"no_type", R"({"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false})",
                  "In context=('properties', 'a'), schema must have a 'type'", ""},
        rule_case{
            "bad_type",
            R"({"type":"object","properties":{"a":{"type":"text"}},"required":["a"],"additionalProperties":false})",
            "'text' is not a valid type", "'text' is not a type"},
        rule_case{
            "one_of",
            R"({"type":"object","properties":{"a":{"oneOf":[{"type":"string"}]}},"required":["a"],"additionalProperties":false})",
            "'oneOf' is not permitted", "'oneOf' is not supported"},
        rule_case{
            "number_range",
            R"({"type":"object","properties":{"a":{"type":"number","minimum":0,"maximum":1}},"required":["a"],"additionalProperties":false})",
            "", "'minimum' is not supported"},
        rule_case{
            "max_items",
            R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"maxItems":3}},"required":["a"],"additionalProperties":false})",
            "", "'maxItems' is not supported"},
        rule_case{
            "min_items_two",
            R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"minItems":2}},"required":["a"],"additionalProperties":false})",
            "", "other than 0 or 1"},
        rule_case{
            "min_items_one",
            R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"minItems":1}},"required":["a"],"additionalProperties":false})",
            "", ""},
        rule_case{
            "max_length",
            R"({"type":"object","properties":{"a":{"type":"string","maxLength":3}},"required":["a"],"additionalProperties":false})",
            "", "'maxLength' is not supported"},
        rule_case{
            "unique_items",
            R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"uniqueItems":true}},"required":["a"],"additionalProperties":false})",
            "'uniqueItems' is not permitted", "'uniqueItems' is not supported"},
        rule_case{
            "array_without_items",
            R"({"type":"object","properties":{"a":{"type":"array"}},"required":["a"],"additionalProperties":false})",
            "array schema missing items", ""},
        rule_case{
            "uri_format",
            R"({"type":"object","properties":{"a":{"type":"string","format":"uri"}},"required":["a"],"additionalProperties":false})",
            "'format' of 'uri'", ""},
        rule_case{
            "recursive",
            R"({"type":"object","properties":{"a":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["a"],"additionalProperties":false})",
            "", "recursive schemas"},
        rule_case{
            "dangling_ref",
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"required":["a"],"additionalProperties":false})",
            "reference can only point", "must point into"},
        rule_case{
            "ref_with_keyword",
            R"({"$defs":{"b":{"type":"string"}},"type":"object","properties":{"a":{"$ref":"#/$defs/b","minLength":2}},"required":["a"],"additionalProperties":false})",
            "$ref cannot have keywords {'minLength'}", ""},
        rule_case{
            "ref_with_description",
            R"({"$defs":{"b":{"type":"string"}},"type":"object","properties":{"a":{"$ref":"#/$defs/b","description":"x"}},"required":["a"],"additionalProperties":false})",
            "", ""},
        rule_case{
            "open_definition",
            R"({"$defs":{"b":{"type":"object","properties":{}}},"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"required":["a"],"additionalProperties":false})",
            "In context=('$defs', 'b')", "'additionalProperties' must be"},
        rule_case{
            "nullable_type",
            R"({"type":"object","properties":{"a":{"type":["string","null"]}},"required":["a"],"additionalProperties":false})",
            "", ""},
        rule_case{
            "look_ahead",
            R"j({"type":"object","properties":{"a":{"type":"string","pattern":"(?=x)"}},"required":["a"],"additionalProperties":false})j",
            "", "which is not supported"}),
    [](auto const& row) { return std::string(row.param.name); });

/// An object with so many properties, each with this schema and a name of so many characters.
json::value many_properties(std::size_t count, char const* schema, std::size_t characters, bool required) {
    json::object properties;
    json::array names;
    for (std::size_t i = 0; i < count; ++i) {
        auto const name = std::to_string(1000 + i) + std::string(characters - 4, 'x');
        properties[name] = json::parse(schema);
        if (required) names.emplace_back(name);
    }
    return json::object{
        {"type", "object"}, {"properties", properties}, {"required", names}, {"additionalProperties", false}};
}

TEST(SchemaRules, SizesAreLimited) {
    constexpr auto text = R"({"type":"string"})";
    constexpr auto text_or_null = R"({"anyOf":[{"type":"string"},{"type":"null"}]})";
    expect_fault(openai_schema_error(many_properties(1'000, text, 120, true)), "");
    expect_fault(openai_schema_error(many_properties(1'000, text, 121, true)), "120000 characters");
    expect_fault(anthropic_schema_error(many_properties(24, text, 5, false)), "");
    expect_fault(anthropic_schema_error(many_properties(25, text, 5, false)), "optional parameters");
    expect_fault(anthropic_schema_error(many_properties(16, text_or_null, 5, true)), "");
    expect_fault(anthropic_schema_error(many_properties(17, text_or_null, 5, true)), "union types");
}

TEST(OpenaiSchemaRules, AllowTenLevels) {
    auto const nested = [](int levels) {
        std::string text = R"({"type":"string"})";
        for (int i = 1; i < levels; ++i)
            text =
                R"({"type":"object","properties":{"a":)" + text + R"(},"required":["a"],"additionalProperties":false})";
        return json::parse(text);
    };
    EXPECT_FALSE(openai_schema_error(nested(10)));
    EXPECT_TRUE(openai_schema_error(nested(11)));
}

}  // namespace
}  // namespace coax::sim::detail
