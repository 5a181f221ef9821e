// What pydantic, zod, OpenAPI, TypeScript and others write, in the words of a strict dialect: nothing is lost, and what
// cannot be said is refused where it stands.
#include <coax/schema/runtime_schema.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace coax {
namespace {

namespace bj = boost::json;

struct flat_case {
    char const* name;
    char const* schema;
    char const* expected;  ///< JSON, or "error" and the pointer.
    schema_dialect dialect{schema_dialect::openai_strict};
};
void PrintTo(flat_case const& row, std::ostream* out) { *out << row.name; }
class FlatSchema : public testing::TestWithParam<flat_case> {};

TEST_P(FlatSchema, SaysAllInOnePlace) {
    auto const& row = GetParam();
    auto const text = runtime_schema::parse(row.schema).value().for_dialect(row.dialect);
    if (std::string_view const expected{row.expected}; expected.starts_with("error")) {
        ASSERT_FALSE(text) << *text;
        EXPECT_EQ(text.error().code, errc::invalid_argument);
        EXPECT_EQ("error" + text.error().where, expected) << text.error();
        return;
    }
    ASSERT_TRUE(text) << text.error();
    EXPECT_EQ(bj::parse(*text), bj::parse(row.expected)) << *text;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FlatSchema,
    testing::Values(
        flat_case{
            "pydantic_nested_model_keeps_its_description",
            R"({"$defs":{"Address":{"properties":{"city":{"title":"City","type":"string"}},"required":["city"],"title":"Address","type":"object"}},
            "properties":{"home":{"$ref":"#/$defs/Address","description":"Where"},"work":{"anyOf":[{"$ref":"#/$defs/Address"},{"type":"null"}],"description":"Office"}},
            "required":["home"],"title":"Person","type":"object"})",
            R"({"type":"object","title":"Person","properties":{"home":{"anyOf":[{"$ref":"#/$defs/Address"}],"description":"Where"},
            "work":{"anyOf":[{"$ref":"#/$defs/Address"},{"type":"null"}],"description":"Office"}},"required":["home","work"],"additionalProperties":false,
            "$defs":{"Address":{"type":"object","title":"Address","properties":{"city":{"type":"string","title":"City"}},"required":["city"],"additionalProperties":false}}})"},
        flat_case{
            "pydantic_dict_of_an_enum",
            R"({"$defs":{"Color":{"enum":["red","green"],"title":"Color","type":"string"}},
            "properties":{"m":{"additionalProperties":{"type":"integer"},"propertyNames":{"$ref":"#/$defs/Color"},"type":"object"}},"required":["m"],"type":"object"})",
            R"({"type":"object","properties":{"m":{"type":"object","properties":{"red":{"type":["integer","null"]},"green":{"type":["integer","null"]}},
            "required":["red","green"],"additionalProperties":false}},"required":["m"],"additionalProperties":false})"},
        flat_case{
            "zod_record_of_an_enum",
            R"({"type":"object","propertyNames":{"type":"string","enum":["a","b"]},"additionalProperties":{"type":"number"},"required":["a","b"]})",
            R"({"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}},"required":["a","b"],"additionalProperties":false})"},
        flat_case{
            "zod_intersection",
            R"({"type":"object","properties":{"u":{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},
            {"type":"object","properties":{"b":{"type":"number"}},"required":["b"]}]}},"required":["u"],"additionalProperties":false})",
            R"({"type":"object","properties":{"u":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"number"}},"required":["a","b"],
            "additionalProperties":false}},"required":["u"],"additionalProperties":false})"},
        flat_case{
            "openapi_inheritance",
            R"({"allOf":[{"$ref":"#/components/schemas/Pet"},{"type":"object","properties":{"bark":{"type":"boolean"}},"required":["bark"]}],
            "components":{"schemas":{"Pet":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"discriminator":{"propertyName":"k"}}}}})",
            R"({"type":"object","properties":{"name":{"type":"string"},"bark":{"type":"boolean"}},"required":["bark","name"],"additionalProperties":false})"},
        flat_case{
            "openapi_parent_that_names_its_children",
            R"({"type":"object","properties":{"pet":{"$ref":"#/components/schemas/Pet"}},"required":["pet"],"components":{"schemas":{
            "Pet":{"type":"object","required":["t"],"properties":{"t":{"type":"string"}},"oneOf":[{"$ref":"#/components/schemas/Cat"},{"$ref":"#/components/schemas/Dog"}]},
            "Cat":{"allOf":[{"$ref":"#/components/schemas/Pet"},{"type":"object","properties":{"t":{"const":"c"},"m":{"type":"string"}},"required":["m"]}]},
            "Dog":{"allOf":[{"$ref":"#/components/schemas/Pet"},{"type":"object","properties":{"t":{"const":"d"},"b":{"type":"string"}},"required":["b"]}]}}}})",
            R"({"type":"object","properties":{"pet":{"$ref":"#/$defs/Pet"}},"required":["pet"],"additionalProperties":false,"$defs":{"Pet":{"anyOf":[
            {"type":"object","properties":{"t":{"type":"string","const":"c"},"m":{"type":"string"}},"required":["t","m"],"additionalProperties":false},
            {"type":"object","properties":{"t":{"type":"string","const":"d"},"b":{"type":"string"}},"required":["t","b"],"additionalProperties":false}]}}})"},
        flat_case{
            "all_of_beside_properties",
            R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"allOf":[{"properties":{"b":{"type":"string"}},"required":["b"]}]})",
            R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a","b"],"additionalProperties":false})"},
        flat_case{
            "all_of_one_reference_stays_a_reference",
            R"({"type":"object","properties":{"a":{"allOf":[{"$ref":"#/definitions/A"}],"description":"d"}},"required":["a"],"definitions":{"A":{"type":"string"}}})",
            R"({"type":"object","properties":{"a":{"anyOf":[{"$ref":"#/$defs/A"}],"description":"d"}},"required":["a"],"additionalProperties":false,"$defs":{"A":{"type":"string"}}})"},
        flat_case{
            "bounds_beside_a_reference",
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/N","maximum":5}},"required":["a"],"$defs":{"N":{"type":"integer","minimum":1,"maximum":9}}})",
            R"({"type":"object","properties":{"a":{"type":"integer","minimum":1,"maximum":5}},"required":["a"],"additionalProperties":false})"},
        flat_case{
            "any_of_beside_one_of",
            R"({"type":"object","properties":{"v":{"anyOf":[{"type":"string"},{"type":"integer"}],"oneOf":[{"type":"string","pattern":"a"},{"type":"integer","minimum":3}]}},"required":["v"]})",
            R"({"type":"object","properties":{"v":{"anyOf":[{"type":"string","pattern":"a"},{"type":"integer","minimum":3}]}},"required":["v"],"additionalProperties":false})"},
        flat_case{
            "alternatives_of_what_is_required",
            R"({"type":"object","properties":{"in":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"anyOf":[{"required":["a"]},{"required":["b"]}]}},"required":["in"]})",
            R"({"type":"object","properties":{"in":{"anyOf":[
            {"type":"object","properties":{"a":{"type":"string"},"b":{"type":["string","null"]}},"required":["a","b"],"additionalProperties":false},
            {"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":"string"}},"required":["a","b"],"additionalProperties":false}]}},
            "required":["in"],"additionalProperties":false})"},
        flat_case{
            "condition_on_properties",
            R"({"type":"object","properties":{"in":{"type":"object","properties":{"k":{"enum":["a","b"]}},"required":["k"],"if":{"properties":{"k":{"const":"a"}}},
            "then":{"properties":{"x":{"type":"integer"}},"required":["x"]},"else":{"properties":{"y":{"type":"string"}},"required":["y"]}}},"required":["in"]})",
            R"({"type":"object","properties":{"in":{"anyOf":[
            {"type":"object","properties":{"k":{"type":"string","const":"a"},"x":{"type":"integer"}},"required":["k","x"],"additionalProperties":false},
            {"type":"object","properties":{"k":{"type":"string","enum":["a","b"]},"y":{"type":"string"}},"required":["k","y"],"additionalProperties":false}]}},
            "required":["in"],"additionalProperties":false})"},
        flat_case{
            "pydantic_recursive_root",
            R"({"allOf":[{"$ref":"#/$defs/Node"}],"$defs":{"Node":{"properties":{"next":{"anyOf":[{"$ref":"#/$defs/Node"},{"type":"null"}]}},"required":["next"],"type":"object"}}})",
            R"({"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"],"additionalProperties":false})"},
        flat_case{
            "never", R"({"type":"object","properties":{"a":{"type":"string"},"b":{"not":{}}},"required":["a"]})",
            R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false})"},
        flat_case{
            "impossible_alternative_is_left_out",
            R"({"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false,"anyOf":[{"required":["a"]},{"required":["b"]}]})",
            R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false})"},
        flat_case{"free_object", R"({"type":"object","properties":{"meta":{"type":"object"}}})",
                  "error/properties/meta"},
        flat_case{"free_object_that_says_so",
                  R"({"type":"object","properties":{"meta":{"type":"object","additionalProperties":true}}})",
                  "error/properties/meta/additionalProperties"},
        flat_case{"free_root", R"({"type":"object"})", "error", schema_dialect::anthropic},
        flat_case{"other_properties_with_a_schema",
                  R"({"type":"object","properties":{"id":{"type":"string"}},"additionalProperties":{"type":"number"}})",
                  "error/additionalProperties"},
        flat_case{"required_without_its_property",
                  R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a","b"]})", "error/required/1"},
        flat_case{"required_without_its_property_where_any_value_may_be",
                  R"({"type":"object","properties":{"a":{"type":"string"}},"required":["b"]})",
                  R"({"type":"object","properties":{"a":{"type":"string"},"b":{}},"required":["b"]})",
                  schema_dialect::grammar},
        flat_case{
            "fixed_tuple",
            R"({"type":"object","properties":{"t":{"type":"array","prefixItems":[{"type":"number"},{"type":"number"}],"items":false,"minItems":2}},"required":["t"]})",
            R"({"type":"object","properties":{"t":{"type":"array","minItems":2,"maxItems":2,"items":{"type":"number"}}},"required":["t"],"additionalProperties":false})"},
        flat_case{
            "tuple_of_several_types",
            R"({"type":"object","properties":{"t":{"type":"array","prefixItems":[{"type":"number"},{"type":"string"}],"items":false}}})",
            "error/properties/t/prefixItems"},
        flat_case{
            "dependent_properties",
            R"({"type":"object","properties":{"card":{"type":"string"}},"dependencies":{"card":{"properties":{"zip":{"type":"string"}}}}})",
            R"({"type":"object","description":"{dependentSchemas: {\"card\":{\"properties\":{\"zip\":{\"type\":\"string\"}}}}}",
            "properties":{"card":{"type":["string","null"]},"zip":{"type":["string","null"]}},"required":["card","zip"],"additionalProperties":false})"},
        flat_case{
            "recursive_ref",
            R"({"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","properties":{"kids":{"type":"array","items":{"$recursiveRef":"#"}}},"required":["kids"]})",
            R"({"type":"object","properties":{"kids":{"type":"array","items":{"$ref":"#"}}},"required":["kids"],"additionalProperties":false})"},
        flat_case{
            "openapi_nullable",
            R"({"type":"object","properties":{"a":{"$ref":"#/definitions/A","nullable":true},"s":{"type":"string","nullable":true,"enum":["x"]},"n":{"type":"integer","nullable":false}},
            "required":["a","s","n"],"definitions":{"A":{"type":"object","properties":{"x":{"type":"string"}},"required":["x"]}}})",
            R"({"type":"object","properties":{"a":{"anyOf":[{"$ref":"#/$defs/A"},{"type":"null"}]},"s":{"type":["string","null"],"enum":["x",null]},"n":{"type":"integer"}},
            "required":["a","s","n"],"additionalProperties":false,
            "$defs":{"A":{"type":"object","properties":{"x":{"type":"string"}},"required":["x"],"additionalProperties":false}}})"},
        flat_case{
            "typescript_generic",
            R"({"$ref":"#/definitions/Rec%3Cstring%3E","definitions":{"Rec<string>":{"type":"object","properties":{"v":{"$ref":"#/definitions/Box%3CA%2FB%3E"}},"required":["v"]},
            "Box<A/B>":{"type":"string"}}})",
            R"({"type":"object","properties":{"v":{"$ref":"#/$defs/Box_A_B_"}},"required":["v"],"additionalProperties":false,"$defs":{"Box_A_B_":{"type":"string"}}})"},
        flat_case{
            "draft_4_bounds_and_tuples",
            R"({"$schema":"http://json-schema.org/draft-04/schema#","type":"object","properties":{"n":{"type":"number","minimum":0,"exclusiveMinimum":true},
            "t":{"type":"array","items":[{"type":"string"},{"type":"string"}],"additionalItems":false}},"required":["n","t"]})",
            R"({"type":"object","properties":{"n":{"type":"number","exclusiveMinimum":0},"t":{"type":"array","maxItems":2,"items":{"type":"string"}}},
            "required":["n","t"],"additionalProperties":false})"},
        flat_case{
            "names_of_schemas",
            R"({"$id":"https://example.com/a.json","type":"object","properties":{"x":{"$ref":"b.json"},"y":{"$ref":"#yes"}},"required":["x","y"],
            "$defs":{"b":{"$id":"b.json","type":"string"},"c":{"$anchor":"yes","type":"boolean"}}})",
            R"({"type":"object","properties":{"x":{"$ref":"#/$defs/b"},"y":{"$ref":"#/$defs/c"}},"required":["x","y"],"additionalProperties":false,
            "$defs":{"b":{"type":"string"},"c":{"type":"boolean"}}})"},
        flat_case{
            "contradiction",
            R"({"type":"object","properties":{"a":{"allOf":[{"type":"string"},{"type":"integer"}]}},"required":["a"]})",
            "error/properties/a"},
        flat_case{
            "closed_parts_that_exclude_each_other",
            R"({"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false,"required":["a"]},
                  {"properties":{"b":{"type":"string"}},"required":["b"]}]})",
            "error"},
        flat_case{
            "impossible_property_is_left_out",
            R"({"type":"object","properties":{"a":{"type":"string"},"b":false},"required":["a"]})",
            R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false})"},
        flat_case{"no_value_at_all", "false", "error"}, flat_case{"any_value_at_all", "true", "error"},
        flat_case{
            "what_is_in_an_all_of_is_found_where_it_stands",
            R"({"type":"object","properties":{"a":{"allOf":[{"type":"object","properties":{"m":{"type":"object"}}},{"required":["m"]}]}}})",
            "error/properties/a"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(FlatSchema, LeavesPlainJsonSchemaInTheWordsOf2020) {
    auto const text =
        runtime_schema::parse(
            R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object","dependencies":{"a":["b"]},"properties":{"n":{"type":"string","nullable":true}}})")
            ->for_dialect(schema_dialect::json_schema);
    EXPECT_EQ(
        bj::parse(*text),
        bj::parse(
            R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","dependentRequired":{"a":["b"]},
        "properties":{"n":{"type":["string","null"]}}})"))
        << *text;
}

/// Definitions that each refer to the next twice: 2^40 when they are written out.
std::string doubling(char const* around) {
    std::string definitions;
    for (int i = 0; i < 40; ++i) {
        auto const next = R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}";
        definitions += R"("d)" + std::to_string(i) + R"(":{"type":"object","properties":{"a":)" + next + R"(,"b":)" +
                       next + R"(},"required":["a","b"]},)";
    }
    return std::string{R"({"type":"object","properties":{"r":)"} + around + R"(},"required":["r"],"$defs":{)" +
           definitions + R"("d40":{"type":"string"}}})";
}

/// Definitions that each refer to the next.
std::string chain(std::size_t length, std::string const& before, std::string const& after) {
    std::string definitions;
    for (std::size_t i = 0; i < length; ++i)
        definitions += "\"d" + std::to_string(i) + "\":" + before + R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) +
                       "\"}" + after + ",";
    return R"({"type":"object","properties":{"r":{"$ref":"#/$defs/d0"}},"$defs":{)" + definitions + "\"d" +
           std::to_string(length) + R"(":{"type":"string"}}})";
}

TEST(FlatSchema, BoundsHowDeepReferencesLead) {
    for (auto const& schema : {chain(300, R"({"type":"array","items":)", "}"),
                               chain(300, R"({"allOf":[)", R"(,{"title":"t","minLength":1}]})"), chain(300, "", "")})
        for (std::size_t dialect = 0; dialect < schema_dialect_count; ++dialect) {
            auto const parsed = runtime_schema::parse(schema).value();
            auto const text = parsed.for_dialect(static_cast<schema_dialect>(dialect));
            if (!text) EXPECT_EQ(text.error().code, errc::invalid_argument);
            EXPECT_FALSE(parsed.validate(R"({"r":1})"));
        }
}

TEST(FlatSchema, BoundsWhatGrowsAsItIsWrittenOut) {
    auto const plain = runtime_schema::parse(doubling(R"({"$ref":"#/$defs/d0"})")).value();
    EXPECT_TRUE(plain.for_dialect(schema_dialect::grammar));
    auto const written_out = plain.for_dialect(schema_dialect::gemini_schema);
    ASSERT_FALSE(written_out);
    EXPECT_NE(written_out.error().message.find("too large"), std::string::npos) << written_out.error();
    auto const merged = runtime_schema::parse(
        R"({"allOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/b"}],"$defs":{"a":{"properties":{"n":{"$ref":"#/$defs/a"}}},"b":{"properties":{"n":{"$ref":"#/$defs/b"}}}}})");
    EXPECT_FALSE(merged->for_dialect(schema_dialect::openai_strict));
    auto const circle = runtime_schema::parse(
        R"({"allOf":[{"$ref":"#/$defs/a"},{"minLength":1}],"$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"}]}}})");
    EXPECT_FALSE(circle->for_dialect(schema_dialect::openai_strict));
    EXPECT_FALSE(circle->validate(R"("")"));
}

}  // namespace
}  // namespace coax
