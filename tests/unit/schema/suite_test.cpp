// What the JSON-Schema suite asks and was once answered wrong: a schema, values that fit and values that do not. And
// what is malformed, wherever it stands, is refused and never read.
#include <coax/schema/runtime_schema.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace coax {
namespace {

struct suite_case {
    char const* name;
    char const* schema;
    std::vector<char const*> valid;
    std::vector<char const*> invalid;
};
void PrintTo(suite_case const& row, std::ostream* out) { *out << row.name; }
class Suite : public testing::TestWithParam<suite_case> {};

TEST_P(Suite, TellsValidFromInvalid) {
    auto const schema = runtime_schema::parse(GetParam().schema);
    ASSERT_TRUE(schema) << schema.error();
    for (auto const* value : GetParam().valid) EXPECT_TRUE(schema->validate(value)) << value;
    for (auto const* value : GetParam().invalid) EXPECT_FALSE(schema->validate(value)) << value;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Suite,
    testing::Values(
        suite_case{"true_root", "true", {"1", "null", "{}"}, {}}, suite_case{"false_root", "false", {}, {"1", "null"}},
        suite_case{"property_names_enum",
                   R"({"propertyNames":{"enum":["a","b"]}})",
                   {"{}", R"({"a":1,"b":2})", "3"},
                   {R"({"c":1})"}},
        suite_case{"property_names_const", R"({"propertyNames":{"const":"a"}})", {R"({"a":1})"}, {R"({"b":1})"}},
        suite_case{"property_names_length", R"({"propertyNames":{"maxLength":2}})", {R"({"ab":1})"}, {R"({"abc":1})"}},
        suite_case{
            "property_names_pattern", R"({"propertyNames":{"pattern":"^a+$"}})", {R"({"aa":1})"}, {R"({"aA":1})"}},
        suite_case{"property_names_by_reference",
                   R"({"propertyNames":{"$ref":"#/$defs/n"},"$defs":{"n":{"enum":["a"]}}})",
                   {R"({"a":1})"},
                   {R"({"b":1})"}},
        suite_case{"counts_with_decimals",
                   R"({"minLength":2.0,"maxItems":1.0,"minProperties":1.0})",
                   {R"("ab")", "[1]", R"({"a":1})"},
                   {R"("a")", "[1,2]", "{}"}},
        suite_case{"empty_enum", R"({"enum":[]})", {}, {"1", "null", "{}"}},
        suite_case{"dependencies",
                   R"({"dependencies":{"a":["b"],"c":{"required":["d"]},"e":false}})",
                   {"{}", R"({"a":1,"b":2})", R"({"c":1,"d":1})", "1"},
                   {R"({"a":1})", R"({"c":1})", R"({"e":1})"}},
        suite_case{"items_of_draft_7",
                   R"({"items":[{"type":"integer"}],"additionalItems":{"type":"string"}})",
                   {R"([1,"a"])", "[]"},
                   {R"(["a"])", "[1,2]"}},
        suite_case{"exclusive_flags_of_draft_4",
                   R"({"minimum":1,"exclusiveMinimum":true,"maximum":3,"exclusiveMaximum":false})",
                   {"2", "3"},
                   {"1", "4"}},
        suite_case{
            "nullable", R"({"type":"string","nullable":true,"maxLength":1})", {R"("a")", "null"}, {"1", R"("ab")"}},
        suite_case{"nullable_reference",
                   R"({"$ref":"#/$defs/a","nullable":true,"$defs":{"a":{"type":"integer"}}})",
                   {"1", "null"},
                   {R"("a")"}},
        suite_case{
            "nullable_enum", R"({"type":"string","nullable":true,"enum":["a"]})", {R"("a")", "null"}, {R"("b")"}},
        suite_case{"recursive_ref",
                   R"({"type":"object","properties":{"a":{"$recursiveRef":"#"}},"additionalProperties":false})",
                   {R"({"a":{"a":{}}})"},
                   {R"({"a":{"b":1}})"}},
        suite_case{
            "dynamic_ref_without_a_choice",
            R"({"type":"array","items":{"$dynamicRef":"#x"},"$defs":{"x":{"$dynamicAnchor":"x","type":"string"}}})",
            {R"(["a"])"},
            {"[1]"}},
        suite_case{"percent_encoded_reference",
                   R"({"$ref":"#/$defs/a%25b%20c~1d","$defs":{"a%b c/d":{"type":"integer"}}})",
                   {"1"},
                   {R"("a")"}},
        suite_case{"reference_into_older_words",
                   R"({"items":[{"type":"integer"}],"properties":{"a":{"$ref":"#/items/0"}}})",
                   {R"({"a":1})"},
                   {R"({"a":"b"})"}},
        suite_case{
            "reference_to_what_is_no_keyword",
            R"({"$ref":"#/components/schemas/a","components":{"schemas":{"a":{"$ref":"#/components/schemas/b"},"b":{"type":"integer","nullable":true}}}})",
            {"1", "null"},
            {R"("a")"}},
        suite_case{
            "identifiers",
            R"({"$id":"http://example.com/root.json","$ref":"item.json#/$defs/n","$defs":{"i":{"$id":"item.json","$defs":{"n":{"$ref":"#m"},"m":{"$anchor":"m","type":"integer"}}}}})",
            {"1"},
            {R"("a")"}},
        suite_case{"unicode_properties_by_their_long_names",
                   R"({"pattern":"^\\p{Letter}+\\p{Decimal_Number}?$"})",
                   {R"("π")", R"("a1")"},
                   {R"("1")", R"("-")"}},
        suite_case{"spaces_of_ecma", R"({"pattern":"^\\s$"})", {"\"\u00a0\"", "\"\ufeff\"", "\"\u2029\""}, {R"("a")"}},
        suite_case{"no_spaces_of_ecma", R"({"pattern":"^\\S$"})", {R"("a")"}, {"\"\u00a0\"", "\"\u2003\""}},
        suite_case{
            "escapes_of_ecma", R"({"pattern":"^\\u0041[\\u{1F600}]\\cA?[^]$"})", {"\"A\U0001F600x\""}, {R"("Bx")"}},
        suite_case{"multiple_of_large_numbers", R"({"multipleOf":0.5})", {"1e308", "4.5"}, {"4.51"}},
        suite_case{
            "large_bounds", R"({"maximum":9223372036854775807})", {"9223372036854775807"}, {"9223372036854775808"}},
        suite_case{"leap_second",
                   R"({"format":"time"})",
                   {R"("23:59:60Z")", R"("15:59:60-08:00")", R"("01:29:60+01:30")"},
                   {R"("22:59:60Z")", R"("23:58:60Z")", R"("23:59:60+01:00")"}},
        suite_case{"leap_second_of_a_day",
                   R"({"format":"date-time"})",
                   {R"("1998-12-31T23:59:60Z")"},
                   {R"("1998-12-31T23:58:60Z")", R"("1998-12-31T22:59:60Z")"}},
        suite_case{"duration",
                   R"({"format":"duration"})",
                   {R"("P4DT12H30M5S")", R"("P2W")", R"("PT36H")", R"("P1Y2M3D")"},
                   {R"("P1Y2D")", R"("PT1H2S")", R"("PT0,5S")", R"("P")", R"("P1D2H")"}},
        suite_case{"email",
                   R"({"format":"email"})",
                   {R"("\"joe bloggs\"@example.com")", R"("joe@[127.0.0.1]")", R"("joe@[IPv6:::1]")",
                    R"("te~st@example.com")"},
                   {R"("a@b@c")", R"("joe@[127.0.0.300]")", R"("\"a@example.com")", R"(".a@example.com")"}},
        suite_case{"hostname",
                   R"({"format":"hostname"})",
                   {R"("www.example.com")", R"("xn--bcher-kva.example")", R"("xn--4gbwdl.xn--wgbh1c")"},
                   {R"("xn--X")", R"("xn--hello-txk")", R"("xn--al-0ea")", R"("XN--aa---o47jg78q")", R"("a..b")"}},
        suite_case{"uri",
                   R"({"format":"uri"})",
                   {R"("http://[::1]:80/a?b#c")", R"("urn:oasis:names")", R"("mailto:a@b.c")"},
                   {R"("https://[@example.org/t")", R"("http://example.com:abc/")", R"("http:/[::1]")", R"("/a")"}}),
    [](auto const& row) { return std::string(row.param.name); });

// --- malformed schemas ---

class Malformed : public testing::TestWithParam<char const*> {};

/// Wherever it stands, it is refused with its place, and never read.
TEST_P(Malformed, IsRefused) {
    std::string const bad = GetParam();
    for (auto const& schema :
         {bad, R"({"$ref":"#/x","x":)" + bad + "}", R"({"items":{"$ref":"#/a/b"},"a":{"b":)" + bad + "}}",
          R"({"anyOf":[{"$ref":"#/examples/0"}],"examples":[)" + bad + "]}"}) {
        auto const parsed = runtime_schema::parse(schema);
        ASSERT_FALSE(parsed) << schema;
        EXPECT_EQ(parsed.error().code, errc::invalid_argument);
        if (schema != bad) EXPECT_FALSE(parsed.error().where.empty()) << schema;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Malformed,
    testing::Values(R"({"type":5})", R"({"type":[]})", R"({"enum":"a"})", R"({"properties":[]})",
                    R"({"properties":{"a":1}})", R"({"required":"a"})", R"({"required":[1]})", R"({"minLength":"a"})",
                    R"({"multipleOf":0})", R"({"multipleOf":-1})", R"({"pattern":5})", R"({"pattern":"("})",
                    R"({"pattern":"\\u{1F60"})", R"({"pattern":"\\p{L"})", R"({"format":5})",
                    R"({"contentEncoding":5})", R"({"title":{}})", R"({"description":[]})", R"({"anyOf":{}})",
                    R"({"allOf":[]})", R"({"items":"a"})", R"({"items":[5]})", R"({"not":5})",
                    R"({"additionalProperties":"no"})", R"({"patternProperties":{"(":{}}})", R"({"$ref":5})",
                    R"({"dependencies":{"a":5}})", R"({"dependencies":{"a":[5]}})",
                    R"({"dependentRequired":{"a":"b"}})", R"({"uniqueItems":"yes"})", R"({"nullable":"yes"})",
                    R"({"exclusiveMinimum":"1"})", R"({"minItems":1.5})", R"({"$defs":{"a":7}})", R"({"$id":5})",
                    R"({"$dynamicRef":"#none"})", R"({"unevaluatedProperties":false})", R"({"divisibleBy":2})",
                    R"({"disallow":"string"})", R"({"prefixItems":{}})", R"({"$ref":"#/none"})"));

TEST(Malformed, ReferencesToAChoiceOfSchemasAreRefusedByName) {
    auto const parsed = runtime_schema::parse(
        R"({"items":{"$dynamicRef":"#x"},"$defs":{"a":{"$id":"a","$dynamicAnchor":"x"},"b":{"$dynamicAnchor":"x"}}})");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().where, "/items/$dynamicRef");
    EXPECT_NE(parsed.error().message.find("$dynamicRef"), std::string::npos);
}

TEST(Malformed, SizesAreBounded) {
    EXPECT_FALSE(runtime_schema::parse(R"({"description":")" + std::string(5U << 20U, 'x') + "\"}"));
    std::string many = R"({"anyOf":[{"type":"null"})";
    std::string definitions;
    for (int i = 0; i < 1'100; ++i) {
        many += R"(,{"$ref":"#/$defs/d)" + std::to_string(i) + "\"}";
        definitions += (i == 0 ? "\"d" : ",\"d") + std::to_string(i) + "\":{}";
    }
    EXPECT_FALSE(runtime_schema::parse(many + R"(],"$defs":{)" + definitions + "}}"));
}

TEST(Suite, WordsOfAViolationAreBounded) {
    auto const circle = runtime_schema::parse(
        R"({"anyOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"type":"string","anyOf":[{"$ref":"#"},{"$ref":"#/$defs/a"}]}}})");
    EXPECT_FALSE(circle->validate("1"));
}

}  // namespace
}  // namespace coax
