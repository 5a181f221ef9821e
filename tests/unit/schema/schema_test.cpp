#include "unit/bind/types.hpp"
#include "unit/schema/dialects.hpp"

#include <coax/schema/codec.hpp>
#include <coax/schema/runtime_schema.hpp>
#include <coax/schema/schema.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace coax {
namespace {

using namespace types;
using test::anthropic;
using test::openai;

constexpr auto plain_dialect = schema_dialect::json_schema;

struct address {
    std::string street{};
    std::optional<std::string> zip{};
    static constexpr auto coax_schema = describe("Where", field(&address::zip, {.pattern = "^\\d+$"}));
};

struct customer {
    std::string name{};
    std::optional<int> age{};
    address home{};
    std::optional<address> work{};
    std::optional<colour> paint{};
    std::vector<std::string> tags{};
    std::array<double, 2> position{};
    std::variant<int, std::string> id{};
    std::optional<std::variant<int, bool>> key{};
    std::chrono::sys_seconds since{};
    unsigned visits{};

    static constexpr auto coax_schema = describe(
        {.description = "A \"customer\"\n\\ of ours", .title = "Customer"},
        field(&customer::name, {.description = "As written", .title = "Name", .min_length = 1, .max_length = 80}),
        field(&customer::age, {.minimum = 0, .maximum = 150}), field(&customer::home, "Where they live"),
        field(&customer::tags, {.min_length = 2, .format = "email", .min_items = 2, .max_items = 5}),
        field(&customer::id, "Number or name"));
};

struct tree {
    int value{};
    std::vector<tree> children{};
    std::unique_ptr<tree> twin{};
};
struct forest {
    std::vector<tree> trees{};
    std::map<std::string, int> names{};
    json_value more{};

    static constexpr auto coax_schema = describe("Trees", field(&forest::names, {.minimum = 1, .max_items = 9}));
};
struct park {
    std::vector<tree> trees{};
};

struct written_case {
    char const* name;
    std::string_view schema;
    char const* expected;
};
void PrintTo(written_case const& row, std::ostream* out) { *out << row.name; }
class JsonSchema : public testing::TestWithParam<written_case> {};

TEST_P(JsonSchema, IsAsWrittenByHand) {
    EXPECT_EQ(boost::json::parse(GetParam().schema), boost::json::parse(GetParam().expected)) << GetParam().schema;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, JsonSchema,
    testing::Values(
        written_case{"boolean", json_schema<bool>, R"({"type":"boolean"})"},
        written_case{"unsigned", json_schema<unsigned>, R"({"type":"integer","minimum":0,"maximum":4294967295})"},
        written_case{"optional", json_schema<std::optional<double>>, R"({"type":["number","null"]})"},
        written_case{"anything", json_schema<json_value>, "{}"},
        written_case{"empty", json_schema<empty>, R"({"type":"object","properties":{},"required":[]})"},
        written_case{
            "renamed_and_skipped", json_schema<renamed>,
            R"({"type":"object","description":"Names and skips","properties":{"the-text/~":{"type":"string","description":"The text"},"last":{"type":"integer","minimum":-2147483648,"maximum":2147483647}},
            "required":["the-text/~","last"]})"},
        written_case{
            "of_others", json_schema<foreign>,
            R"({"type":"object","title":"Foreign","description":"Of others","properties":{"count":{"type":"integer","minimum":-5,"maximum":5},"word":{"type":"string"}},
            "required":["count","word"]})"},
        written_case{"customer", json_schema<customer>,
                     R"({"type":"object","title":"Customer","description":"A \"customer\"\n\\ of ours","properties":{
        "name":{"type":"string","title":"Name","description":"As written","minLength":1,"maxLength":80},
        "age":{"type":["integer","null"],"minimum":0,"maximum":150},
        "home":{"$ref":"#/$defs/address","description":"Where they live"},
        "work":{"anyOf":[{"$ref":"#/$defs/address"},{"type":"null"}]},
        "paint":{"type":["string","null"],"enum":["red","green","blue",null]},
        "tags":{"type":"array","items":{"type":"string","minLength":2,"format":"email"},"minItems":2,"maxItems":5},
        "position":{"type":"array","items":{"type":"number"},"minItems":2,"maxItems":2},
        "id":{"anyOf":[{"type":"integer","minimum":-2147483648,"maximum":2147483647},{"type":"string"}],"description":"Number or name"},
        "key":{"anyOf":[{"type":"integer","minimum":-2147483648,"maximum":2147483647},{"type":"boolean"},{"type":"null"}]},
        "since":{"type":"string","format":"date-time"},
        "visits":{"type":"integer","minimum":0,"maximum":4294967295}},
        "required":["name","home","tags","position","id","since","visits"],
        "$defs":{"address":{"type":"object","description":"Where","properties":{"street":{"type":"string"},"zip":{"type":["string","null"],"pattern":"^\\d+$"}},"required":["street"]}}})"},
        written_case{"customer_openai", json_schema<customer, openai>,
                     R"({"type":"object","title":"Customer","description":"A \"customer\"\n\\ of ours","properties":{
        "name":{"type":"string","title":"Name","description":"As written\n\n{minLength: 1, maxLength: 80}"},
        "age":{"type":["integer","null"],"minimum":0,"maximum":150},
        "home":{"anyOf":[{"$ref":"#/$defs/address"}],"description":"Where they live"},
        "work":{"anyOf":[{"$ref":"#/$defs/address"},{"type":"null"}]},
        "paint":{"type":["string","null"],"enum":["red","green","blue",null]},
        "tags":{"type":"array","items":{"type":"string","description":"{minLength: 2}","format":"email"},"minItems":2,"maxItems":5},
        "position":{"type":"array","items":{"type":"number"},"minItems":2,"maxItems":2},
        "id":{"anyOf":[{"type":"integer","minimum":-2147483648,"maximum":2147483647},{"type":"string"}],"description":"Number or name"},
        "key":{"anyOf":[{"type":"integer","minimum":-2147483648,"maximum":2147483647},{"type":"boolean"},{"type":"null"}]},
        "since":{"type":"string","format":"date-time"},
        "visits":{"type":"integer","minimum":0,"maximum":4294967295}},
        "required":["name","age","home","work","paint","tags","position","id","key","since","visits"],"additionalProperties":false,
        "$defs":{"address":{"type":"object","description":"Where","properties":{"street":{"type":"string"},"zip":{"type":["string","null"],"pattern":"^\\d+$"}},
            "required":["street","zip"],"additionalProperties":false}}})"},
        written_case{"customer_anthropic", json_schema<customer, anthropic>,
                     R"({"type":"object","title":"Customer","description":"A \"customer\"\n\\ of ours","properties":{
        "name":{"type":"string","title":"Name","description":"As written\n\n{minLength: 1, maxLength: 80}"},
        "age":{"type":"integer","description":"{minimum: 0, maximum: 150}"},
        "home":{"type":"object","description":"Where they live","properties":{"street":{"type":"string"},"zip":{"type":"string","description":"{pattern: ^\\d+$}"}},
            "required":["street"],"additionalProperties":false},
        "work":{"$ref":"#/$defs/address"},
        "paint":{"type":"string","enum":["red","green","blue"]},
        "tags":{"type":"array","items":{"type":"string","description":"{minLength: 2}","format":"email"},"description":"{minItems: 2, maxItems: 5}"},
        "position":{"type":"array","items":{"type":"number"},"description":"{minItems: 2, maxItems: 2}"},
        "id":{"anyOf":[{"type":"integer","description":"{minimum: -2147483648, maximum: 2147483647}"},{"type":"string"}],"description":"Number or name"},
        "key":{"anyOf":[{"type":"integer","description":"{minimum: -2147483648, maximum: 2147483647}"},{"type":"boolean"}]},
        "since":{"type":"string","format":"date-time"},
        "visits":{"type":"integer","description":"{minimum: 0, maximum: 4294967295}"}},
        "required":["name","home","tags","position","id","since","visits"],"additionalProperties":false,
        "$defs":{"address":{"type":"object","description":"Where","properties":{"street":{"type":"string"},"zip":{"type":"string","description":"{pattern: ^\\d+$}"}},
            "required":["street"],"additionalProperties":false}}})"},
        written_case{
            "recursive_root", json_schema<tree>,
            R"({"type":"object","properties":{"value":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"children":{"type":"array","items":{"$ref":"#/$defs/tree"}},
        "twin":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}},"required":["value","children"],
        "$defs":{"tree":{"type":"object","properties":{"value":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"children":{"type":"array","items":{"$ref":"#/$defs/tree"}},
        "twin":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}},"required":["value","children"]}}})"},
        written_case{
            "recursive_root_openai", json_schema<tree, openai>,
            R"({"type":"object","properties":{"value":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"children":{"type":"array","items":{"$ref":"#"}},
        "twin":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["value","children","twin"],"additionalProperties":false})"},
        written_case{
            "recursive_part", json_schema<forest>,
            R"({"type":"object","description":"Trees","properties":{"trees":{"type":"array","items":{"$ref":"#/$defs/tree"}},
        "names":{"type":"object","additionalProperties":{"type":"integer","minimum":1,"maximum":2147483647},"maxProperties":9},"more":{}},"required":["trees","names","more"],
        "$defs":{"tree":{"type":"object","properties":{"value":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"children":{"type":"array","items":{"$ref":"#/$defs/tree"}},
        "twin":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}},"required":["value","children"]}}})"},
        written_case{"recursive_openai", json_schema<park, openai>,
                     R"({"type":"object","properties":{"trees":{"type":"array","items":{"$ref":"#/$defs/tree"}}},
        "required":["trees"],"additionalProperties":false,
        "$defs":{"tree":{"type":"object","properties":{"value":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"children":{"type":"array","items":{"$ref":"#/$defs/tree"}},
        "twin":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}},"required":["value","children","twin"],"additionalProperties":false}}})"}),
    [](auto const& row) { return std::string(row.param.name); });

struct leaf_of_seven {
    int count{};
    std::string label{};
    static constexpr auto coax_schema =
        describe("A leaf", field(&leaf_of_seven::count, {.description = "How often it was seen", .minimum = 0}),
                 field(&leaf_of_seven::label, "What is written on it"));
};
template <int Levels>
struct three_below {
    three_below<Levels - 1> left{}, middle{}, right{};
};
template <>
struct three_below<1> {
    leaf_of_seven left{}, middle{}, right{};
};

TEST(JsonSchema, ATypeThatIsUsedOftenIsWrittenOnce) {
    EXPECT_LT((json_schema<three_below<7>>.size()), 2000U) << "a copy for each use would take 250,000";
    EXPECT_LT((json_schema<three_below<7>, openai>.size()), 2500U);
    EXPECT_LT((json_schema<three_below<7>, anthropic>.size()), 2500U);
    constexpr std::string_view inlined = json_schema<three_below<2>, schema_dialect::gemini_schema>;
    EXPECT_EQ(inlined.find("$"), std::string_view::npos) << "no references there";
    constexpr std::string_view once = json_schema<park, openai>;
    EXPECT_EQ(once.find("leaf_of_seven"), std::string_view::npos);
}

TEST(JsonSchema, KeepsTheOrderOfTheFields) {
    constexpr std::string_view schema = json_schema<plain, openai>;
    EXPECT_LT(schema.find("\"a\""), schema.find("\"b\""));
    EXPECT_LT(schema.find("\"b\""), schema.find("\"c\""));
}

/// Two ways to the same text: made by the compiler, and rewritten from the plain schema at run time.
TEST(JsonSchema, RuntimeRewritingAgreesForOpenai) {
    auto const rewritten = runtime_schema::parse(json_schema<customer>).value().for_dialect(openai);
    ASSERT_TRUE(rewritten) << rewritten.error();
    EXPECT_EQ(boost::json::parse(*rewritten), boost::json::parse(json_schema<customer, openai>)) << *rewritten;
}

TEST(JsonSchema, HoldsForWhatIsWritten) {
    auto const schema = runtime_schema::parse(json_schema<everything>).value();
    for (bool const omit : {true, false}) {
        auto const checked = schema.validate(json::write(everything_value(), {.omit_empty_optionals = omit}));
        EXPECT_TRUE(checked) << checked.error();
    }
    EXPECT_FALSE(schema.validate(R"({"flag":1})"));
}

// Nothing is made at run time: the text is there for the compiler.
static_assert(
    json_schema<plain> ==
    R"({"type":"object","properties":{"a":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"b":{"type":"string"},"c":{"type":["number","null"]}},"required":["a","b"]})");

namespace one {
struct list {
    std::vector<list> below{};
};
}  // namespace one
namespace two {
struct list {
    std::vector<list> below{};
};
}  // namespace two
struct both_lists {
    one::list a{};
    two::list b{};
};

TEST(JsonSchema, DefinitionsOfOneNameAreToldApart) {
    EXPECT_EQ(
        json_schema<both_lists>,
        R"({"type":"object","properties":{"a":{"$ref":"#/$defs/list"},"b":{"$ref":"#/$defs/list_2"}},"required":["a","b"],)"
        R"("$defs":{"list":{"type":"object","properties":{"below":{"type":"array","items":{"$ref":"#/$defs/list"}}},"required":["below"]},)"
        R"("list_2":{"type":"object","properties":{"below":{"type":"array","items":{"$ref":"#/$defs/list_2"}}},"required":["below"]}}})");
}

struct numbers {
    double a{}, b{}, c{}, d{}, e{};
    static constexpr auto coax_schema =
        describe("n", field(&numbers::a, {.minimum = 0.1, .maximum = 99.99}),
                 field(&numbers::b, {.minimum = -1e-7, .maximum = 1e22}),
                 field(&numbers::c, {.minimum = -0.000125, .maximum = 1234567.875}),
                 field(&numbers::d, {.minimum = -9223372036854775807LL - 1, .maximum = 9223372036854775807LL}),
                 field(&numbers::e, {.minimum = 1.0 / 3, .maximum = 3.0}));
};

TEST(JsonSchema, NumbersReadBackAsTheyWere) {
    auto const schema = boost::json::parse(json_schema<numbers>);
    auto const bound = [&](char const* name, char const* key) {
        return schema.at("properties").at(name).at(key).to_number<double>();
    };
    EXPECT_EQ(bound("a", "minimum"), 0.1);
    EXPECT_EQ(bound("a", "maximum"), 99.99);
    EXPECT_DOUBLE_EQ(bound("b", "minimum"), -1e-7);
    EXPECT_DOUBLE_EQ(bound("b", "maximum"), 1e22);
    EXPECT_EQ(bound("c", "minimum"), -0.000125);
    EXPECT_EQ(bound("c", "maximum"), 1234567.875);
    EXPECT_EQ(schema.at("properties").at("d").at("minimum").as_int64(), INT64_MIN);
    EXPECT_EQ(schema.at("properties").at("d").at("maximum").as_int64(), INT64_MAX);
    EXPECT_DOUBLE_EQ(bound("e", "minimum"), 1.0 / 3);
    EXPECT_EQ(bound("e", "maximum"), 3.0);
}

template <class T>
struct box {
    T inside{};
};

TEST(SchemaName, FitsWhatServicesAccept) {
    EXPECT_EQ(json::codec_of<plain>.name, "plain");
    for (auto const name :
         {json::codec_of<box<std::vector<std::map<std::string, plain>>>>.name, json::codec_of<box<int>>.name}) {
        EXPECT_TRUE(std::all_of(name.begin(), name.end(), coax::bind::detail::is_name_character)) << name;
        EXPECT_LE(name.size(), 64U);
        EXPECT_TRUE(name.starts_with("box"));
    }
}

struct deep_codec {
    box<box<box<box<box<box<box<box<box<box<int>>>>>>>>>> in{};
};

TEST(Codec, WrapsARootThatIsNoObjectWhereTheDialectWantsOne) {
    EXPECT_EQ(
        json::codec_of<bool>.schema(openai).value(),
        R"({"type":"object","properties":{"value":{"type":"boolean"}},"required":["value"],"additionalProperties":false})");
    EXPECT_EQ(json::codec_of<bool>.schema(plain_dialect).value(), R"({"type":"boolean"})");
}

TEST(Codec, RefusesWhatTheDialectCannotExpress) {
    auto const why = [](auto const& codec, schema_dialect dialect) {
        auto const schema = codec.schema(dialect);
        return schema ? std::string{"none"} : schema.error().message;
    };
    EXPECT_EQ(why(json::codec_of<park>, openai), "none");
    EXPECT_NE(why(json::codec_of<park>, anthropic).find("nothing can contain itself"), std::string::npos);
    EXPECT_NE(why(json::codec_of<std::map<std::string, int>>, openai).find("a map cannot be expressed"),
              std::string::npos);
    EXPECT_NE(why(json::codec_of<deep_codec>, openai).find("nested deeper"), std::string::npos);
    EXPECT_EQ(why(json::codec_of<deep_codec>, plain_dialect), "none");
}

}  // namespace
}  // namespace coax
