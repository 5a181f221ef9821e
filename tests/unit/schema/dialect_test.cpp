// Each dialect held against its service's documentation: keyword by keyword, limit by limit, and the schemas that the
// compiler makes against those rewritten at run time.
#include "unit/bind/all_types.hpp"
#include "unit/schema/dialects.hpp"
#include "unit/schema/sdk_models.hpp"

#include <coax/schema/codec.hpp>
#include <coax/schema/detail/limit_counter.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <array>
#include <functional>

namespace coax {
namespace {

using namespace types;
using test::anthropic;
using test::openai;

namespace bj = boost::json;

constexpr char const* dialect_names[] = {"json_schema", "openai_strict", "anthropic", "azure_strict",
                                         "gemini",      "gemini_schema", "grammar"};

// --- one row for each keyword, one column for each dialect ---

/// What becomes of a property's schema: + the keyword stays, . it moves into the description, - it is refused; a
/// letter: it is said in another way, which `rewritten` tells after that letter.
struct keyword_case {
    char const* keyword;
    char const* schema;
    char const* outcomes;  ///< In the order of `schema_dialect`: JSON Schema, OpenAI, Anthropic, aZure, Gemini,
                           ///< gemini_Schema, LLama.cpp.
    std::map<char, char const*> rewritten{};
    char const* note{""};           ///< What tells two rows of a keyword apart.
    char const* definitions{"{}"};  ///< `$defs` of the root.
};
void PrintTo(keyword_case const& row, std::ostream* out) { *out << row.keyword << row.note; }

class KeywordInDialect : public testing::TestWithParam<std::tuple<keyword_case, std::size_t>> {};

TEST_P(KeywordInDialect, StaysMovesOrIsRefused) {
    auto const& [row, dialect] = GetParam();
    auto const schema = R"({"type":"object","properties":{"p":)" + std::string{row.schema} +
                        R"(},"required":["p"],"$defs":)" + row.definitions + "}";
    auto const text = runtime_schema::parse(schema).value().for_dialect(static_cast<schema_dialect>(dialect));
    char const outcome = row.outcomes[dialect];
    ASSERT_EQ(text.has_value(), outcome != '-') << (text ? *text : text.error().message);
    if (!text) {
        EXPECT_TRUE(text.error().where.starts_with("/properties/p")) << text.error();
        return;
    }
    auto const property = bj::parse(*text).at("properties").at("p");
    auto const& members = property.as_object();
    auto const* const description = members.if_contains("description");
    bool const is_told = description != nullptr && std::string_view{description->as_string()}.find(
                                                       row.keyword + std::string{": "}) != std::string_view::npos;
    EXPECT_EQ(is_told, outcome == '.') << *text;
    if (outcome == '+')
        EXPECT_EQ(members.at(row.keyword), bj::parse(row.schema).at(row.keyword));
    else if (outcome == '.')
        EXPECT_FALSE(members.contains(row.keyword)) << *text;
    else
        EXPECT_EQ(property, bj::parse(row.rewritten.at(outcome))) << *text;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, KeywordInDialect,
    testing::Combine(
        testing::Values(
            //                                                                           JOAZGSL
            keyword_case{"minimum", R"({"type":"integer","minimum":1})", "++..+++"},
            keyword_case{"minimum", R"({"type":"number","minimum":0.5})", "++..++.", {}, "_of_a_real"},
            keyword_case{"maximum", R"({"type":"integer","maximum":1})", "++..+++"},
            keyword_case{"exclusiveMinimum", R"({"type":"integer","exclusiveMinimum":1})", "++....+"},
            keyword_case{"exclusiveMaximum", R"({"type":"integer","exclusiveMaximum":1})", "++....+"},
            keyword_case{"exclusiveMaximum", R"({"type":"number","exclusiveMaximum":1})", "++.....", {}, "_of_a_real"},
            keyword_case{"multipleOf", R"({"type":"integer","multipleOf":2})", "++....."},
            keyword_case{"minLength", R"({"type":"string","minLength":1})", "+....++"},
            keyword_case{"maxLength", R"({"type":"string","maxLength":1})", "+....++"},
            keyword_case{"pattern", R"({"type":"string","pattern":"^a$"})", "++...++"},
            keyword_case{"pattern", R"({"type":"string","pattern":"a"})", "++...+.", {}, "_anywhere"},
            keyword_case{"format", R"({"type":"string","format":"date-time"})", "+++.+++", {}, "_date_time"},
            keyword_case{"format", R"({"type":"string","format":"date"})", "+++.+++", {}, "_date"},
            keyword_case{"format", R"({"type":"string","format":"time"})", "+++.+.+", {}, "_time"},
            keyword_case{"format", R"({"type":"string","format":"duration"})", "+++.+..", {}, "_duration"},
            keyword_case{"format", R"({"type":"string","format":"email"})", "+++.+..", {}, "_email"},
            keyword_case{"format", R"({"type":"string","format":"hostname"})", "+++.+..", {}, "_hostname"},
            keyword_case{"format", R"({"type":"string","format":"ipv4"})", "+++.+..", {}, "_ipv4"},
            keyword_case{"format", R"({"type":"string","format":"ipv6"})", "+++.+..", {}, "_ipv6"},
            keyword_case{"format", R"({"type":"string","format":"uri"})", "+.+.+..", {}, "_uri"},
            keyword_case{"format", R"({"type":"string","format":"uuid"})", "+++.+.+", {}, "_uuid"},
            keyword_case{"format", R"({"type":"string","format":"x"})", "+...+..", {}, "_unknown"},
            keyword_case{"contentEncoding", R"({"type":"string","contentEncoding":"base64"})", "+......"},
            keyword_case{
                "minItems", R"({"type":"array","items":{"type":"string"},"minItems":1})", "+++.+++", {}, "_one"},
            keyword_case{
                "minItems", R"({"type":"array","items":{"type":"string"},"minItems":2})", "++..+++", {}, "_two"},
            keyword_case{"maxItems", R"({"type":"array","items":{"type":"string"},"maxItems":2})", "++..+++"},
            keyword_case{"uniqueItems", R"({"type":"array","items":{"type":"string"},"uniqueItems":true})", "+......"},
            keyword_case{"contains", R"({"type":"array","items":{"type":"string"},"contains":{"const":"a"}})",
                         "+......"},
            keyword_case{"minContains", R"({"type":"array","items":{"type":"string"},"minContains":1})", "+......"},
            keyword_case{"maxContains", R"({"type":"array","items":{"type":"string"},"maxContains":1})", "+......"},
            keyword_case{"minProperties", R"({"type":"object","properties":{},"minProperties":1})", "+....+."},
            keyword_case{"maxProperties", R"({"type":"object","properties":{},"maxProperties":1})", "+....+."},
            keyword_case{"propertyNames", R"({"type":"object","properties":{},"propertyNames":{"maxLength":3}})",
                         "+......"},
            keyword_case{"patternProperties",
                         R"({"type":"object","properties":{},"patternProperties":{"^a":{}}})",
                         "+---.-.",
                         {},
                         "_alone"},
            keyword_case{"patternProperties",
                         R"({"type":"object","properties":{"b":{"type":"string"}},"patternProperties":{"^a":{}}})",
                         "+......"},
            keyword_case{"dependentRequired", R"({"type":"object","properties":{},"dependentRequired":{"a":["b"]}})",
                         "+......"},
            keyword_case{"dependentSchemas", R"({"type":"object","properties":{},"dependentSchemas":{"a":{}}})",
                         "+......"},
            keyword_case{"default", R"({"type":"string","default":"a"})", "+....+."},
            keyword_case{"examples", R"({"type":"string","examples":["a"]})", "+......"},
            keyword_case{"deprecated", R"({"type":"string","deprecated":true})", "+......"},
            keyword_case{"not", R"({"type":"string","not":{"const":"a"}})", "+......"},
            keyword_case{"if", R"({"type":"string","if":{"const":"a"}})", "+......"},
            keyword_case{"then", R"({"type":"string","then":{"const":"a"}})", "+......"},
            keyword_case{"else", R"({"type":"string","else":{"const":"a"}})", "+......"},
            keyword_case{"x-own", R"({"type":"string","x-own":1})", "+......"},
            keyword_case{"title", R"({"type":"string","title":"T"})", "+++++++"},
            keyword_case{"description", R"({"type":"string","description":"D"})", "+++++++"},
            keyword_case{"enum", R"({"type":"string","enum":["a","b"]})", "+++++++"},
            keyword_case{"enum", R"({"type":"integer","enum":[1,2]})", "+++++.+", {}, "_of_integers"},
            keyword_case{"enum", R"({"type":"boolean","enum":[true]})", "++++..+", {}, "_of_booleans"},
            keyword_case{"const",
                         R"({"type":"string","const":"a"})",
                         "++++es+",
                         {{'e', R"({"type":"string","enum":["a"]})"}, {'s', R"({"type":"STRING","enum":["a"]})"}}},
            keyword_case{"const", R"({"const":{"a":1}})", "+---.-+", {}, "_of_an_object"},
            keyword_case{"$comment",
                         R"({"type":"string","$comment":"c"})",
                         "+dddded",
                         {{'d', R"({"type":"string"})"}, {'e', R"({"type":"STRING"})"}}},
            keyword_case{"type",
                         R"({"type":["string","null"]})",
                         "++a+an+",
                         {{'a', R"({"anyOf":[{"type":"string"},{"type":"null"}]})"},
                          {'n', R"({"type":"STRING","nullable":true})"}},
                         "_or_null"},
            keyword_case{
                "type",
                R"({"type":["string","integer"],"minLength":1,"title":"T"})",
                "+aaaabc",
                {{'a',
                  R"({"title":"T","anyOf":[{"type":"string","description":"{minLength: 1}"},{"type":"integer"}]})"},
                 {'b', R"({"title":"T","anyOf":[{"type":"STRING","minLength":1},{"type":"INTEGER"}]})"},
                 {'c', R"({"title":"T","anyOf":[{"type":"string","minLength":1},{"type":"integer"}]})"}},
                "_of_several"},
            keyword_case{"$ref",
                         R"({"$ref":"#/$defs/s"})",
                         "+++++s+",
                         {{'s', R"({"type":"STRING"})"}},
                         "",
                         R"({"s":{"type":"string"}})"},
            keyword_case{"$ref",
                         R"({"$ref":"#/$defs/s"})",
                         "++-++-+",
                         {},
                         "_to_itself_when_optional",
                         R"({"s":{"type":"object","properties":{"s":{"$ref":"#/$defs/s"}}}})"},
            keyword_case{"$ref",
                         R"({"$ref":"#/$defs/s"})",
                         "++-+--+",
                         {},
                         "_to_itself_always",
                         R"({"s":{"type":"object","properties":{"s":{"$ref":"#/$defs/s"}},"required":["s"]}})"},
            keyword_case{"oneOf",
                         R"({"oneOf":[{"type":"string"},{"type":"integer"}]})",
                         "+aaaaba",
                         {{'a', R"({"anyOf":[{"type":"string"},{"type":"integer"}]})"},
                          {'b', R"({"anyOf":[{"type":"STRING"},{"type":"INTEGER"}]})"}}},
            keyword_case{"allOf",
                         R"({"allOf":[{"type":"string"},{"minLength":1}]})",
                         "+bbbbac",
                         {{'a', R"({"type":"STRING","minLength":1})"},
                          {'b', R"({"type":"string","description":"{minLength: 1}"})"},
                          {'c', R"({"type":"string","minLength":1})"}}},
            keyword_case{"allOf",
                         R"({"allOf":[{"type":"string"}]})",
                         "+aaaaba",
                         {{'a', R"({"type":"string"})"}, {'b', R"({"type":"STRING"})"}},
                         "_of_one"},
            keyword_case{"allOf",
                         R"({"type":"string","pattern":"^a$","allOf":[{"pattern":"^b$"}]})",
                         "+......",
                         {},
                         "_of_what_cannot_stand_together"},
            keyword_case{"prefixItems", R"({"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}]})",
                         "+---+--"},
            keyword_case{"prefixItems",
                         R"({"type":"array","prefixItems":[{"type":"string"},{"type":"string"}]})",
                         "+iii+bi",
                         {{'i', R"({"type":"array","items":{"type":"string"}})"},
                          {'b', R"({"type":"ARRAY","items":{"type":"STRING"}})"}},
                         "_of_one_type"},
            keyword_case{"additionalProperties", R"({"type":"object","additionalProperties":{"type":"string"}})",
                         "+---+-+"}),
        testing::Range(std::size_t{0}, schema_dialect_count)),
    [](auto const& row) {
        std::string name = std::string{std::get<0>(row.param).keyword} + std::get<0>(row.param).note + "_in_" +
                           dialect_names[std::get<1>(row.param)];
        std::erase_if(name, [](char c) { return c == '$' || c == '-'; });
        return name;
    });

// --- limits ---

/// A schema of one shape and some size: the largest that fits, and one more.
struct limit_case {
    char const* name;
    schema_dialect dialect;
    std::size_t most;
    std::string (*make)(std::size_t size);
    char const* words;
    char const* where;  ///< Of the first place that is too much.
};
void PrintTo(limit_case const& row, std::ostream* out) { *out << row.name; }
class DialectLimit : public testing::TestWithParam<limit_case> {};

TEST_P(DialectLimit, IsReachedAndNotPassed) {
    auto const& row = GetParam();
    auto const of_size = [&](std::size_t size) {
        return runtime_schema::parse(row.make(size)).value().for_dialect(row.dialect);
    };
    auto const fits = of_size(row.most);
    EXPECT_TRUE(fits) << fits.error();
    auto const passes = of_size(row.most + 1);
    ASSERT_FALSE(passes);
    EXPECT_EQ(passes.error().code, errc::invalid_argument);
    EXPECT_NE(passes.error().message.find(row.words), std::string::npos) << passes.error();
    EXPECT_EQ(passes.error().where, row.where);
}

/// An object with `count` properties, of which `make(i)` makes the members of "properties".
std::string object_of(std::size_t count, std::function<std::string(std::size_t)> const& make, bool required = true) {
    std::string properties;
    std::string names;
    for (std::size_t i = 0; i < count; ++i) {
        auto const comma = i == 0 ? "" : ",";
        properties += comma + make(i);
        names += comma + std::string{"\"p"} + std::to_string(i) + '"';
    }
    return R"({"type":"object","properties":{)" + properties + R"(},"required":[)" + (required ? names : "") + "]}";
}
std::string member_of(std::size_t i, std::string const& schema) { return "\"p" + std::to_string(i) + "\":" + schema; }

std::string nested_objects(std::size_t levels) {
    std::string schema = R"({"type":"string"})";
    for (; levels != 0; --levels) schema = object_of(1, [&](std::size_t i) { return member_of(i, schema); });
    return schema;
}
/// Every other level is a list, and every object stands behind a reference.
std::string nested_through_references(std::size_t levels) {
    std::string definitions;
    for (std::size_t i = 2; i <= levels; ++i) {
        auto const next =
            i == levels ? R"({"type":"string"})" : R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}";
        definitions += (i == 2 ? "" : ",") + std::string{"\"d"} + std::to_string(i) + "\":" +
                       (i % 2 == 0 ? R"({"type":"array","items":)" + next + "}"
                                   : object_of(1, [&](std::size_t j) { return member_of(j, next); }));
    }
    return R"({"type":"object","properties":{"p":{"$ref":"#/$defs/d2"}},"required":["p"],"$defs":{)" + definitions +
           "}}";
}
std::string many_properties(std::size_t count) {
    return object_of(count, [](std::size_t i) { return member_of(i, R"({"type":"string"})"); });
}
std::string many_optionals(std::size_t count) {
    return object_of(count, [](std::size_t i) { return member_of(i, R"({"type":"string"})"); }, false);
}
std::string many_unions(std::size_t count) {
    return object_of(count, [](std::size_t i) {
        return member_of(
            i, i % 2 == 0 ? R"({"anyOf":[{"type":"string"},{"type":"integer"}]})" : R"({"type":["string","null"]})");
    });
}
/// Enums of 100 values each.
std::string many_values(std::size_t count) {
    auto const enums = (count + 99) / 100;
    return object_of(enums, [&](std::size_t i) {
        std::string values;
        for (auto j = i * 100; j < std::min(count, i * 100 + 100); ++j)
            values += (values.empty() ? "" : ",") + std::to_string(j);
        return member_of(i, R"({"type":"integer","enum":[)" + values + "]}");
    });
}
/// 300 values of one enum, with so many characters together.
std::string long_enum(std::size_t characters) {
    std::string values;
    for (std::size_t i = 0; i < 300; ++i) {
        auto const number = std::to_string(1000 + i);
        auto const length = characters / 300 + (i < characters % 300 ? 1 : 0);
        values += (i == 0 ? "\"" : ",\"") + number + std::string(length - number.size(), 'x') + '"';
    }
    return object_of(1, [&](std::size_t i) { return member_of(i, R"({"type":"string","enum":[)" + values + "]}"); });
}
/// Characters in a property's name, an enum, a constant and the name of a definition, which is cut to 64.
std::string long_names(std::size_t characters) {
    std::string const quarter(characters / 4, 'x');
    std::string const rest(characters - 2 * (characters / 4) - 64 - 6, 'x');  // p1, p2 and p3
    return R"({"type":"object","properties":{")" + rest + R"(":{"type":"string"},"p1":{"type":"string","enum":[")" +
           quarter + R"("]},"p2":{"type":"string","const":")" + quarter + R"("},"p3":{"$ref":"#/$defs/)" + quarter +
           R"("}},"required":[")" + rest + R"(","p1","p2","p3"],"$defs":{")" + quarter + R"(":{"type":"string"}}})";
}

constexpr auto azure = schema_dialect::azure_strict;

INSTANTIATE_TEST_SUITE_P(
    Rows, DialectLimit,
    testing::Values(
        limit_case{"openai_levels", openai, 10, nested_objects, "nested deeper",
                   "/properties/p0/properties/p0/properties/p0/properties/p0/properties/p0/properties/p0/properties/p0/"
                   "properties/p0/properties/p0/properties/p0"},
        limit_case{
            "openai_levels_behind_references", openai, 10, nested_through_references, "nested deeper",
            "/properties/p/items/properties/p0/items/properties/p0/items/properties/p0/items/properties/p0/items"},
        limit_case{"azure_levels", azure, 5, nested_objects, "nested deeper",
                   "/properties/p0/properties/p0/properties/p0/properties/p0/properties/p0"},
        limit_case{"openai_properties", openai, 5000, many_properties, "more properties", ""},
        limit_case{"azure_properties", azure, 100, many_properties, "more properties", ""},
        limit_case{"openai_enum_values", openai, 1000, many_values, "more enum values", "/properties/p10"},
        limit_case{"azure_enum_values", azure, 500, many_values, "more enum values", "/properties/p5"},
        limit_case{"openai_long_enum", openai, 15'000, long_enum, "longer names and enum values", "/properties/p0"},
        limit_case{"azure_long_enum", azure, 7'500, long_enum, "longer names and enum values", "/properties/p0"},
        limit_case{"openai_characters", openai, 120'000, long_names, "longer names and enum values", "/properties/p2"},
        limit_case{"azure_characters", azure, 15'000, long_names, "longer names and enum values", "/properties/p2"},
        limit_case{"anthropic_optionals", anthropic, 24, many_optionals, "more optional properties", ""},
        limit_case{"anthropic_unions", anthropic, 16, many_unions, "more unions", "/properties/p16"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(DialectLimit, WhatHoldsItselfIsNotDeep) {
    auto const list = runtime_schema::parse(
        R"({"type":"object","properties":{"next":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}}}}})");
    EXPECT_TRUE(list->for_dialect(openai));
    EXPECT_TRUE(list->for_dialect(azure));
}

// The same limits for types: `codec::schema` runs what `json_schema` runs in the compiler.

template <class T>
struct pair_of {
    T left{};
    T right{};
};
template <class T, int Number = 0>
struct row_of {
    T f0{}, f1{}, f2{}, f3{}, f4{}, f5{}, f6{}, f7{}, f8{}, f9{};
};
/// Ten types, since one that is used again is written, and counted, once.
template <class T>
struct table_of {
    row_of<T, 0> f0{};
    row_of<T, 1> f1{};
    row_of<T, 2> f2{};
    row_of<T, 3> f3{};
    row_of<T, 4> f4{};
    row_of<T, 5> f5{};
    row_of<T, 6> f6{};
    row_of<T, 7> f7{};
    row_of<T, 8> f8{};
    row_of<T, 9> f9{};
};
enum class ten { a, b, c, d, e, f, g, h, i, j };
struct thousand_and_ten {
    table_of<ten> all{};
    ten more{};
};

std::string unsupported_type(json::codec const& type, schema_dialect dialect) {
    auto const schema = type.schema(dialect);
    return schema ? "" : schema.error().message;
}

TEST(DialectLimit, HoldsForStructs) {
    EXPECT_NE(unsupported_type(json::codec_of<table_of<int>>, azure).find("more properties"), std::string::npos)
        << "100 and the 10 that hold them";
    EXPECT_EQ(unsupported_type(json::codec_of<row_of<int>>, azure), "");
    EXPECT_EQ(unsupported_type(json::codec_of<row_of<row_of<int>>>, azure), "") << "10 and 10";
    EXPECT_EQ(unsupported_type(json::codec_of<row_of<ten>>, azure), "");
    EXPECT_EQ(unsupported_type(json::codec_of<table_of<ten>>, openai), "") << "1,000 values";
    EXPECT_NE(unsupported_type(json::codec_of<thousand_and_ten>, openai).find("more enum values"), std::string::npos);
    EXPECT_EQ(unsupported_type(json::codec_of<row_of<pair_of<std::optional<int>>>>, openai), "");
    EXPECT_EQ(unsupported_type(json::codec_of<row_of<pair_of<int>>>, anthropic), "");
    EXPECT_NE(
        unsupported_type(json::codec_of<table_of<std::optional<int>>>, anthropic).find("more optional properties"),
        std::string::npos);
}

/// A struct of as many fields as no compiler should have to read, each a constant if `constant` is not empty.
std::string unsupported_fields(std::size_t count, std::string const& constant, schema_dialect dialect) {
    using namespace bind::detail;
    doc documentation{};
    documentation.constant.data = constant.data();
    documentation.constant.size = constant.size();
    std::vector<field_descriptor> const fields(
        count, {.name = "f", .type = &descriptor_of<std::string>, .documentation = &documentation, .required = true});
    struct_descriptor const structure{.fields = fields.data(), .field_count = count};
    type_descriptor const type{.what = kind::object, .name = "many", .structure = &structure};
    // What a cache holds lives as long as the program, as it does for a type: so the cache does too.
    static std::array<schema::detail::schema_cache, 6> caches{};
    static std::size_t used{0};
    return unsupported_type(json::codec{"many", "", &type, &caches.at(used++)}, dialect);
}

TEST(DialectLimit, HoldsForLargeStructs) {
    EXPECT_EQ(unsupported_fields(5000, "", openai), "");
    EXPECT_NE(unsupported_fields(5001, "", openai).find("more properties"), std::string::npos);
    EXPECT_EQ(unsupported_fields(10, std::string(1'499, 'x'), azure), "") << "with the names 15,000 characters";
    EXPECT_NE(unsupported_fields(10, std::string(1'500, 'x'), azure).find("longer names"), std::string::npos);
    EXPECT_EQ(unsupported_fields(1000, std::string(119, 'x'), openai), "");
    EXPECT_NE(unsupported_fields(1000, std::string(120, 'x'), openai).find("longer names"), std::string::npos);
}

TEST(DialectLimit, LevelsCountThroughDefinitions) {
    using three = row_of<row_of<row_of<int>>>;
    EXPECT_EQ(unsupported_type(json::codec_of<row_of<row_of<three>>>, azure), "");
    EXPECT_NE(unsupported_type(json::codec_of<row_of<row_of<row_of<three>>>>, azure).find("nested deeper"),
              std::string::npos);
}

TEST(LimitCounter, ALongEnumIsOneOfMoreThan250Values) {
    coax::schema::detail::limit_counter counter{coax::schema::detail::openai_strict_rules.most};
    counter.add_enum(250, 15'001);
    EXPECT_EQ(counter.problem(), coax::schema::detail::schema_problem::none);
    counter.add_enum(251, 15'001);
    EXPECT_EQ(counter.problem(), coax::schema::detail::schema_problem::too_many_characters);
}

// --- Gemini: a type may contain itself only through a property that is not required ---

struct required_below_optional;
struct optional_above {
    std::unique_ptr<required_below_optional> below;
};
struct required_below_optional {
    optional_above back;
};

TEST(GeminiRecursion, IsInEveryCircleAPropertyThatIsNotRequired) {
    EXPECT_EQ(unsupported_type(json::codec_of<optional_above>, schema_dialect::gemini), "");
    EXPECT_EQ(unsupported_type(json::codec_of<required_below_optional>, schema_dialect::gemini), "");
    auto const gemini = [](char const* schema) {
        return runtime_schema::parse(schema)->for_dialect(schema_dialect::gemini);
    };
    EXPECT_TRUE(gemini(
        R"({"type":"object","properties":{"below":{"$ref":"#/$defs/b"}},"$defs":{"b":{"type":"object","properties":{"back":{"$ref":"#"}},"required":["back"]}}})"));
    auto const nullable = gemini(
        R"({"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"]})");
    ASSERT_FALSE(nullable) << "null is not enough";
    EXPECT_EQ(nullable.error().where, "/properties/next/anyOf/0");
    EXPECT_FALSE(
        gemini(R"({"type":"object","properties":{"list":{"type":"array","items":{"$ref":"#"}}},"required":["list"]})"))
        << "nor is an empty list";
}

// --- two ways to one schema ---

template <class T>
class Agreement : public testing::Test {};
TYPED_TEST_SUITE(Agreement, all_types);

template <class T>
void expect_agreement() {
    auto const plain_schema =
        runtime_schema::parse(json::codec_of<T>.schema(schema_dialect::json_schema).value()).value();
    for (std::size_t i = 0; i < schema_dialect_count; ++i) {
        auto const dialect = static_cast<schema_dialect>(i);
        auto const compiled = json::codec_of<T>.schema(dialect);
        auto const rewritten = plain_schema.for_dialect(dialect);
        ASSERT_EQ(compiled.has_value(), rewritten.has_value())
            << dialect_names[i] << (compiled ? "" : compiled.error().message)
            << (rewritten ? "" : rewritten.error().message);
        if (compiled)
            EXPECT_EQ(bj::parse(*compiled), bj::parse(*rewritten)) << dialect_names[i] << "\n"
                                                                   << *compiled << "\n"
                                                                   << *rewritten;
    }
}

TYPED_TEST(Agreement, CompilerAndRunTimeAgree) { expect_agreement<TypeParam>(); }

TEST(Agreement, HoldsForTheModelsOfTheSdks) {
    expect_agreement<m_scalars>();
    expect_agreement<m_documented>();
    expect_agreement<m_bounds>();
    expect_agreement<m_multiple>();
    expect_agreement<m_pattern>();
    expect_agreement<m_optional>();
    expect_agreement<m_optional_enum>();
    expect_agreement<m_counted_list>();
    expect_agreement<m_described_nested>();
    expect_agreement<m_optional_nested>();
    expect_agreement<m_union_with_null>();
    expect_agreement<m_tagged>();
    expect_agreement<m_tree>();
    expect_agreement<m_linked>();
    expect_agreement<m_forest>();
    expect_agreement<m_time>();
    expect_agreement<m_matrix>();
    expect_agreement<m_formats>();
    expect_agreement<m_nullable_items>();
    expect_agreement<m_either>();
    expect_agreement<m_other_format>();
    expect_agreement<m_two_marks>();
    expect_agreement<std::vector<m_tree>>();
}

}  // namespace
}  // namespace coax
