#include "unit/schema/dialects.hpp"

#include <coax/schema/runtime_schema.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <string>

namespace coax {
namespace {

using test::anthropic;
using test::openai;

constexpr std::string_view order_schema = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "An order",
  "type": "object",
  "properties": {
    "id": {"type": "integer", "minimum": 1, "exclusiveMaximum": 100, "multipleOf": 2},
    "name": {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]*$"},
    "when": {"type": "string", "format": "date-time"},
    "size": {"enum": ["small", "large"]},
    "fixed": {"const": {"a": 1, "b": [true]}},
    "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3, "uniqueItems": true},
    "note": {"type": ["string", "null"], "description": "A note"},
    "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}},
    "pay": {"anyOf": [{"type": "object", "properties": {"card": {"type": "integer"}}, "required": ["card"]},
                      {"type": "object", "properties": {"cash": {"type": "number"}}, "required": ["cash"]},
                      {"type": "string"}]},
    "one": {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 10}]},
    "all": {"allOf": [{"type": "integer"}, {"minimum": 5}]},
    "none": {"not": {"type": "string"}}
  },
  "required": ["id", "name"],
  "additionalProperties": false,
  "$defs": {"part": {"type": "object", "properties": {"n": {"type": "integer"}, "below": {"type": "array", "items": {"$ref": "#/$defs/part"}}},
                     "required": ["n"]}}
})";

runtime_schema order() { return runtime_schema::parse(order_schema).value(); }

struct answer_case {
    char const* name;
    char const* answer;
    char const* where;    ///< Null: the answer is valid.
    char const* message;  ///< Its beginning.
};
void PrintTo(answer_case const& row, std::ostream* out) { *out << row.name; }
class Validate : public testing::TestWithParam<answer_case> {};

TEST_P(Validate, FollowsTheTable) {
    auto const& row = GetParam();
    auto const checked = order().validate(row.answer);
    ASSERT_EQ(checked.has_value(), row.where == nullptr) << (checked ? "" : to_string(checked.error()));
    if (checked) return;
    EXPECT_EQ(checked.error().code, errc::invalid_json);
    EXPECT_EQ(checked.error().where, row.where);
    EXPECT_EQ(checked.error().message.substr(0, std::string_view{row.message}.size()), row.message);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Validate,
    testing::Values(
        answer_case{"least", R"({"id":2,"name":"ab"})", nullptr, ""},
        answer_case{
            "most",
            R"({"id":98.0,"name":"abcd","when":"2026-01-01T00:00:00Z","size":"large","fixed":{"b":[true],"a":1.0},
        "tags":["x","y"],"note":null,"parts":[{"n":1,"below":[{"n":2}]}],"pay":{"cash":1.5},"one":3,"all":7,"none":1})",
            nullptr, ""},
        answer_case{"null_for_an_optional", R"({"id":2,"name":"ab","when":null,"tags":null})", nullptr, ""},
        answer_case{"not_json", R"({"id":2,)", "",
                    "expected a key in quotes, found the end of the text (line 1, column 9)"},
        answer_case{"other_root", "[]", "", "expected an object, found an array (line 1, column 1)"},
        answer_case{"missing", R"({"id":2})", "/name",
                    "expected a string, found nothing: the key is required (line 1, column 8)"},
        answer_case{"null_for_a_required", R"({"id":null,"name":"ab"})", "/id",
                    "expected an integer, found null (line 1, column 7)"},
        answer_case{"unknown_key", R"({"id":2,"name":"ab","x":1})", "/x", "unknown key (line 1, column 25)"},
        answer_case{"minimum", R"({"id":0,"name":"ab"})", "/id", "expected at least 1, found 0"},
        answer_case{"exclusive_maximum", R"({"id":100,"name":"ab"})", "/id", "expected less than 100, found 100"},
        answer_case{"multiple", R"({"id":3,"name":"ab"})", "/id", "expected a multiple of 2, found 3"},
        answer_case{"fraction", R"({"id":2.5,"name":"ab"})", "/id", "expected an integer, found 2.5"},
        answer_case{"short_in_code_points", "{\"id\":2,\"name\":\"\u00e4\"}", "/name",
                    "2 violations: /name: expected at least 2 characters, found 1"},
        answer_case{"long", R"({"id":2,"name":"abcde"})", "/name", "expected at most 4 characters, found 5"},
        answer_case{"pattern", R"({"id":2,"name":"AB"})", "/name",
                    "expected a string that matches ^[a-z]*$, found another"},
        answer_case{"date", R"({"id":2,"name":"ab","when":"soon"})", "/when", "expected a date and time"},
        answer_case{"enum", R"({"id":2,"name":"ab","size":"huge"})", "/size",
                    R"(expected one of "small", "large", found "huge")"},
        answer_case{"const", R"({"id":2,"name":"ab","fixed":{"a":1}})", "/fixed",
                    R"(expected {"a":1,"b":[true]}, found {"a":1})"},
        answer_case{"few_items", R"({"id":2,"name":"ab","tags":[]})", "/tags", "expected at least 1 items, found 0"},
        answer_case{"same_items", R"({"id":2,"name":"ab","tags":["x","x"]})", "/tags/1",
                    "duplicate item (line 1, column 33)"},
        answer_case{"item", R"({"id":2,"name":"ab","tags":["x", 1]})", "/tags/1",
                    "expected a string, found 1 (line 1, column 34)"},
        answer_case{"types", R"({"id":2,"name":"ab","note":1})", "/note", "expected a string or null, found 1"},
        answer_case{"through_references", R"({"id":2,"name":"ab","parts":[{"n":1,"below":[{"n":"x"}]}]})",
                    "/parts/0/below/0/n", "expected an integer, found a string (line 1, column 51)"},
        answer_case{"closest_alternative", R"({"id":2,"name":"ab","pay":{"cash":"x"}})", "/pay/cash",
                    "expected a number, found a string"},
        answer_case{"no_alternative", R"({"id":2,"name":"ab","pay":3})", "/pay",
                    "expected an object or a string, found 3"},
        answer_case{"two_alternatives", R"({"id":2,"name":"ab","one":12})", "/one",
                    "expected a value that fits one alternative, found one that fits 2"},
        answer_case{"all_of", R"({"id":2,"name":"ab","all":4})", "/all", "expected at least 5, found 4"},
        answer_case{"not", R"({"id":2,"name":"ab","none":"x"})", "/none", "expected a value that does not fit"},
        answer_case{"several", R"({"id":"x","name":3})", "/id",
                    "2 violations: /id: expected an integer, found a string (line 1, column 7); /name: expected a "
                    "string, found 3"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Validate, EveryCutAnswerIsACleanError) {
    auto const schema = order();
    std::string_view const whole = R"({"id":2,"name":"ab","parts":[{"n":1,"below":[{"n":2}]}],"pay":{"cash":1.5}})";
    ASSERT_TRUE(schema.validate(whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(schema.validate(std::string{whole.substr(0, size)}));
}

TEST(Validate, SchemasWithoutAnEndEnd) {
    EXPECT_TRUE(runtime_schema::parse(R"({"$ref":"#"})")->validate("1")) << "it asks for nothing";
    auto const forks = runtime_schema::parse(
        R"({"anyOf":[{"type":"array","items":{"$ref":"#"}},{"type":"array","items":{"$ref":"#"},"minItems":1}]})");
    EXPECT_FALSE(forks->validate(std::string(60, '[') + "1" + std::string(60, ']')));
}

struct schema_case {
    char const* name;
    char const* schema;
    char const* where;
};
void PrintTo(schema_case const& row, std::ostream* out) { *out << row.name; }
class ParseSchema : public testing::TestWithParam<schema_case> {};

TEST_P(ParseSchema, NamesTheOffence) {
    auto const schema = runtime_schema::parse(GetParam().schema);
    ASSERT_FALSE(schema);
    EXPECT_EQ(schema.error().code, errc::invalid_argument);
    EXPECT_EQ(schema.error().where, GetParam().where) << schema.error();
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ParseSchema,
    testing::Values(schema_case{"not_json", "{", ""}, schema_case{"no_object", "[]", ""},
                    schema_case{"unknown_type", R"({"type":"text"})", "/type"},
                    schema_case{"deep", R"({"properties":{"a/b":{"items":{"minimum":"1"}}}})",
                                "/properties/a~1b/items/minimum"},
                    schema_case{"no_such_reference", R"({"items":{"$ref":"#/$defs/x"}})", "/items/$ref"},
                    schema_case{"reference_to_elsewhere", R"({"$ref":"https://example.com/x"})", "/$ref"},
                    schema_case{"pattern", R"({"pattern":"("})", "/pattern"},
                    schema_case{"enum", R"({"enum":{}})", "/enum"},
                    schema_case{"required", R"({"required":"a"})", "/required"},
                    schema_case{"negative_length", R"({"minLength":-1})", "/minLength"},
                    schema_case{"step_of_zero", R"({"multipleOf":0})", "/multipleOf"},
                    schema_case{"any_of", R"({"anyOf":{}})", "/anyOf"},
                    schema_case{"unsupported", R"({"unevaluatedProperties":false})", "/unevaluatedProperties"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ParseSchema, BoundsItsDepth) {
    std::string schema;
    for (int i = 0; i < 100; ++i) schema += R"({"items":)";
    EXPECT_FALSE(runtime_schema::parse(schema));
}

TEST(RuntimeSchema, NameIsTheTitleMadeSafe) {
    EXPECT_EQ(order().name(), "An_order");
    EXPECT_EQ(runtime_schema::parse("{}")->name(), "answer");
}

struct transform_case {
    char const* name;
    schema_dialect dialect;
    char const* schema;
    char const* expected;  ///< JSON, or "error" and the pointer.
};
void PrintTo(transform_case const& row, std::ostream* out) { *out << row.name; }
class ForDialect : public testing::TestWithParam<transform_case> {};

TEST_P(ForDialect, FollowsTheTable) {
    auto const& row = GetParam();
    auto const text = runtime_schema::parse(row.schema).value().for_dialect(row.dialect);
    if (std::string_view const expected{row.expected}; expected.starts_with("error")) {
        ASSERT_FALSE(text);
        EXPECT_EQ(text.error().code, errc::invalid_argument);
        EXPECT_EQ("error" + text.error().where, expected);
        return;
    }
    ASSERT_TRUE(text) << text.error();
    EXPECT_EQ(boost::json::parse(*text), boost::json::parse(row.expected)) << *text;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ForDialect,
    testing::Values(
        transform_case{"plain_stays", schema_dialect::json_schema, R"({"minLength":1,"x":2})",
                       R"({"minLength":1,"x":2})"},
        transform_case{
            "openai_requires_all", openai,
            R"({"$schema":"x","type":"object","properties":{"a":{"type":"integer","minimum":1},"b":{"type":"string"},"c":{"enum":["x"]}},"required":["a"]})",
            R"({"type":"object","properties":{"a":{"type":"integer","minimum":1},"b":{"type":["string","null"]},
            "c":{"type":["string","null"],"enum":["x",null]}},"required":["a","b","c"],"additionalProperties":false})"},
        transform_case{
            "openai_tells_lengths", openai,
            R"({"type":"object","properties":{"a":{"type":"string","description":"A","minLength":1,"pattern":"x","format":"uri"}},"required":["a"]})",
            R"({"type":"object","properties":{"a":{"type":"string","description":"A\n\n{minLength: 1, format: uri}","pattern":"x"}},"required":["a"],"additionalProperties":false})"},
        transform_case{
            "openai_keeps_recursion", openai,
            R"({"type":"object","properties":{"next":{"$ref":"#","description":"d"},"list":{"type":"array","items":{"$ref":"#/$defs/n"}}},"required":["list"],"$defs":{"n":{"type":"object","properties":{}}}})",
            R"({"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}],"description":"d"},"list":{"type":"array","items":{"$ref":"#/$defs/n"}}},
            "required":["next","list"],"additionalProperties":false,"$defs":{"n":{"type":"object","properties":{},"required":[],"additionalProperties":false}}})"},
        transform_case{
            "openai_splits_types", openai,
            R"({"type":"object","properties":{"a":{"type":["string","integer"],"minimum":1,"description":"d"}},"required":["a"]})",
            R"({"type":"object","properties":{"a":{"description":"d","anyOf":[{"type":"string"},{"type":"integer","minimum":1}]}},"required":["a"],"additionalProperties":false})"},
        transform_case{
            "one_of_becomes_any_of", openai,
            R"({"type":"object","properties":{"a":{"oneOf":[{"type":"string"},{"type":"object","properties":{}}]}},"required":["a"]})",
            R"({"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"object","properties":{},"required":[],"additionalProperties":false}]}},"required":["a"],"additionalProperties":false})"},
        transform_case{
            "openai_wraps_a_root", openai, R"({"type":"array","items":{"type":"string"}})",
            R"({"type":"object","properties":{"value":{"type":"array","items":{"type":"string"}}},"required":["value"],"additionalProperties":false})"},
        transform_case{
            "openai_wraps_a_root_that_contains_itself", openai, R"({"type":"array","items":{"$ref":"#"}})",
            R"({"type":"object","properties":{"value":{"type":"array","items":{"$ref":"#/$defs/root"}}},"required":["value"],"additionalProperties":false,
            "$defs":{"root":{"type":"array","items":{"$ref":"#/$defs/root"}}}})"},
        transform_case{
            "openai_wraps_alternatives", openai, R"({"anyOf":[{"type":"string"},{"type":"integer"}]})",
            R"({"type":"object","properties":{"value":{"anyOf":[{"type":"string"},{"type":"integer"}]}},"required":["value"],"additionalProperties":false})"},
        transform_case{
            "map", openai,
            R"({"type":"object","properties":{"m":{"type":"object","additionalProperties":{"type":"string"}}}})",
            "error/properties/m/additionalProperties"},
        transform_case{"untyped", openai, R"({"type":"object","properties":{"m":{}}})", "error/properties/m"},
        transform_case{"bare_array", openai, R"({"type":"object","properties":{"m":{"type":"array"}}})",
                       "error/properties/m"},
        transform_case{
            "anthropic_tells_bounds", anthropic,
            R"({"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":10,"description":"A number"},"l":{"type":"array","items":{"type":"string"},"minItems":2},
            "o":{"type":"array","items":{"type":"string"},"minItems":1}},"required":["n"]})",
            R"({"type":"object","properties":{"n":{"type":"integer","description":"A number\n\n{minimum: 1, maximum: 10}"},
            "l":{"type":"array","items":{"type":"string"},"description":"{minItems: 2}"},"o":{"type":"array","items":{"type":"string"},"minItems":1}},
            "required":["n"],"additionalProperties":false})"},
        transform_case{
            "anthropic_null_union", anthropic,
            R"({"type":"object","properties":{"n":{"type":["string","null"]}},"required":["n"]})",
            R"({"type":"object","properties":{"n":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":["n"],"additionalProperties":false})"},
        transform_case{
            "openai_keeps_one_type_beside_null", openai,
            R"({"type":"object","properties":{"n":{"type":["integer","null"],"minimum":1},"e":{"type":["string","null"],"enum":["a",null]}},"required":["n"]})",
            R"({"type":"object","properties":{"n":{"type":["integer","null"],"minimum":1},"e":{"type":["string","null"],"enum":["a",null]}},
            "required":["n","e"],"additionalProperties":false})"},
        transform_case{
            "openai_keeps_the_words_beside_a_reference", openai,
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/s","description":"d"}},"required":["a"],"$defs":{"s":{"type":"string"},"unused":{}}})",
            R"({"type":"object","properties":{"a":{"anyOf":[{"$ref":"#/$defs/s"}],"description":"d"}},"required":["a"],"additionalProperties":false,"$defs":{"s":{"type":"string"}}})"},
        transform_case{
            "anthropic_spends_no_union_on_them", anthropic,
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/s","description":"d"}},"required":["a"],"$defs":{"s":{"type":"string"}}})",
            R"({"type":"object","properties":{"a":{"type":"string","description":"d"}},"required":["a"],"additionalProperties":false})"},
        transform_case{
            "grammar_names_the_root", schema_dialect::grammar,
            R"({"type":"object","properties":{"next":{"$ref":"#"}}})",
            R"({"type":"object","properties":{"next":{"$ref":"#/$defs/root"}},"required":[],"$defs":{"root":{"type":"object","properties":{"next":{"$ref":"#/$defs/root"}},"required":[]}}})"},
        transform_case{
            "definitions_of_one_name_are_told_apart", schema_dialect::grammar,
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/s"},"b":{"$ref":"#/definitions/s"}},"$defs":{"s":{"type":"string"}},"definitions":{"s":{"type":"integer"}}})",
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/s"},"b":{"$ref":"#/$defs/s_2"}},"required":[],"$defs":{"s":{"type":"string"},"s_2":{"type":"integer"}}})"},
        transform_case{
            "a_root_may_name_a_definition", openai,
            R"({"$ref":"#/$defs/r","$defs":{"r":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/r"},{"type":"null"}]}},"required":["next"]}}})",
            R"({"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"],"additionalProperties":false})"},
        transform_case{
            "null_may_stand_first", schema_dialect::gemini_schema,
            R"({"type":"object","properties":{"a":{"anyOf":[{"type":"null"},{"type":"string","description":"in"}],"title":"out"}},"required":["a"]})",
            R"({"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true,"title":"out","description":"in"}},"required":["a"]})"},
        transform_case{
            "anthropic_recursion_through_others", anthropic,
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":["object","null"],"properties":{"b":{"$ref":"#/$defs/b"}}},
            "b":{"type":"array","items":{"$ref":"#/$defs/a"}}}})",
            "error/properties/a"},
        transform_case{
            "anthropic_sharing_is_no_recursion", anthropic,
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/s"},"b":{"$ref":"#/$defs/s"}},"required":["a","b"],"$defs":{"s":{"type":"string"}}})",
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/s"},"b":{"$ref":"#/$defs/s"}},"required":["a","b"],"additionalProperties":false,"$defs":{"s":{"type":"string"}}})"},
        transform_case{"anthropic_recursion", anthropic, R"({"type":"object","properties":{"next":{"$ref":"#"}}})",
                       "error/properties/next"}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
