#include "sim/schema_value.hpp"

#include "sim/pattern_text.hpp"
#include "unit/sim/schema_check.hpp"

#include <gtest/gtest.h>

#include <set>

namespace coax::sim::detail {
namespace {

struct schema_case {
    char const* name;
    char const* schema;
};
void PrintTo(schema_case const& row, std::ostream* out) { *out << row.name; }

schema_case const schema_rows[] = {
    {"bool_and_null",
     R"({"type":"object","properties":{"a":{"type":"boolean"},"b":{"type":"null"}},"required":["a","b"],"additionalProperties":false})"},
    {"integer_range",
     R"({"type":"object","properties":{"n":{"type":"integer","minimum":3,"maximum":5}},"required":["n"]})"},
    {"integer_exclusive",
     R"({"type":"object","properties":{"n":{"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":5}},"required":["n"]})"},
    {"integer_multiple",
     R"({"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":40,"multipleOf":7}},"required":["n"]})"},
    {"integer_huge_bounds",
     R"({"type":"object","properties":{"n":{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}},"required":["n"]})"},
    {"number_only_minimum",
     R"({"type":"object","properties":{"n":{"type":"number","minimum":1000}},"required":["n"]})"},
    {"number_only_maximum", R"({"type":"object","properties":{"n":{"type":"number","maximum":-5}},"required":["n"]})"},
    {"number_narrow",
     R"({"type":"object","properties":{"n":{"type":"number","minimum":0.001,"maximum":0.002}},"required":["n"]})"},
    {"number_exclusive",
     R"({"type":"object","properties":{"n":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":0.01}},"required":["n"]})"},
    {"number_multiple",
     R"({"type":"object","properties":{"n":{"type":"number","minimum":0,"maximum":3,"multipleOf":0.25}},"required":["n"]})"},
    {"confidence",
     R"({"type":"object","properties":{"confidence":{"type":"number","minimum":0,"maximum":1}},"required":["confidence"]})"},
    {"enum_and_const",
     R"({"type":"object","properties":{"e":{"enum":["a",2,null]},"c":{"const":"x"}},"required":["e","c"]})"},
    {"nullable_types",
     R"({"type":"object","properties":{"s":{"type":["string","null"]},"n":{"type":["null","integer"]}},"required":["s","n"]})"},
    {"any_of",
     R"({"type":"object","properties":{"v":{"anyOf":[{"type":"string","maxLength":4},{"type":"null"},{"type":"integer","minimum":7}]}},"required":["v"]})"},
    {"one_of_objects",
     R"({"type":"object","properties":{"v":{"oneOf":[{"type":"object","properties":{"k":{"const":"a"}},"required":["k"],"additionalProperties":false},{"type":"object","properties":{"k":{"const":"b"},"n":{"type":"integer"}},"required":["k","n"],"additionalProperties":false}]}},"required":["v"]})"},
    {"all_of",
     R"({"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"integer"}},"required":["b"]}]})"},
    {"array_bounds",
     R"({"type":"object","properties":{"l":{"type":"array","items":{"type":"integer"},"minItems":4,"maxItems":6}},"required":["l"]})"},
    {"array_at_most_one",
     R"({"type":"object","properties":{"l":{"type":"array","items":{"type":"string"},"maxItems":1}},"required":["l"]})"},
    {"array_unique",
     R"({"type":"object","properties":{"l":{"type":"array","items":{"enum":["a","b","c"]},"minItems":3,"uniqueItems":true}},"required":["l"]})"},
    {"array_of_arrays",
     R"({"type":"object","properties":{"l":{"type":"array","items":{"type":"array","items":{"type":"number"},"minItems":2}}},"required":["l"]})"},
    {"map", R"({"type":"object","additionalProperties":{"type":"integer","minimum":0},"minProperties":2})"},
    {"length_bounds",
     R"({"type":"object","properties":{"s":{"type":"string","minLength":40,"maxLength":45},"t":{"type":"string","maxLength":3}},"required":["s","t"]})"},
    {"formats",
     R"({"type":"object","properties":{"a":{"type":"string","format":"date-time"},"b":{"type":"string","format":"date"},"c":{"type":"string","format":"email"},"d":{"type":"string","format":"uuid"}},"required":["a","b","c","d"]})"},
    {"pattern_plate",
     R"({"type":"object","properties":{"p":{"type":"string","pattern":"^[A-Z]{2}-[0-9]{3,5}$"}},"required":["p"]})"},
    {"pattern_choice",
     R"({"type":"object","properties":{"p":{"type":"string","pattern":"^(north|south)(east|west)?\\.[a-f\\d]+$"}},"required":["p"]})"},
    {"recursive_tree",
     R"({"type":"object","properties":{"v":{"type":"integer"},"kids":{"type":"array","items":{"$ref":"#"}}},"required":["v","kids"],"additionalProperties":false})"},
    {"recursive_list",
     R"({"$defs":{"node":{"type":"object","properties":{"v":{"type":"string"},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false}},"type":"object","properties":{"head":{"$ref":"#/$defs/node"}},"required":["head"],"additionalProperties":false})"},
    {"recursive_expression",
     R"({"$defs":{"e":{"anyOf":[{"type":"object","properties":{"l":{"$ref":"#/$defs/e"},"r":{"$ref":"#/$defs/e"}},"required":["l","r"],"additionalProperties":false},{"type":"number"}]}},"type":"object","properties":{"e":{"$ref":"#/$defs/e"}},"required":["e"],"additionalProperties":false})"},
    {"pointer_escapes",
     R"({"$defs":{"a/b~c":{"type":"integer"}},"type":"object","properties":{"n":{"$ref":"#/$defs/a~1b~0c"}},"required":["n"]})"},
};

constexpr std::array<std::string_view, 4> prompts{
    "", "Hi", "Überraschung! 日本語のテキスト 😀 \"quoted\" \x01 control",
    "I waited three hours in Oslo. Never again, the staff was rude and the food cold."};

class MadeValue : public testing::TestWithParam<schema_case> {};

TEST_P(MadeValue, SatisfiesItsSchemaInEitherOrder) {
    auto const schema = json::parse(GetParam().schema);
    test::schema_check const check{schema};
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        prompt_words const prompt{prompts[seed % prompts.size()]};
        random_source random{seed};
        auto const made = make_value(schema, prompt, random,
                                     seed % 2 == 0 ? member_order::as_declared : member_order::required_first);
        ASSERT_EQ(check(made), "") << "seed " << seed;
        ASSERT_EQ(check(json::parse(to_json(made))), "") << "as text, seed " << seed;
    }
}

TEST_P(MadeValue, NoLongerSatisfiesItOnceBroken) {
    auto const schema = json::parse(GetParam().schema);
    test::schema_check const check{schema};
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        random_source random{seed};
        auto made = make_value(schema, prompt_words{prompts[3]}, random);
        break_value(made, schema, random);
        ASSERT_NE(check(made), "") << "seed " << seed << ": " << to_json(made);
    }
}

TEST_P(MadeValue, FollowsFromItsSeed) {
    auto const schema = json::parse(GetParam().schema);
    auto const once = [&](std::uint64_t seed) {
        random_source random{seed};
        return to_json(make_value(schema, prompt_words{prompts[3]}, random));
    };
    EXPECT_EQ(once(7), once(7));
}

INSTANTIATE_TEST_SUITE_P(Rows, MadeValue, testing::ValuesIn(schema_rows),
                         [](auto const& row) { return std::string(row.param.name); });

struct sentiment_case {
    char const* name;
    char const* prompt;
    char const* expected;
};
void PrintTo(sentiment_case const& row, std::ostream* out) { *out << row.name; }
class SentimentLabel : public testing::TestWithParam<sentiment_case> {};

TEST_P(SentimentLabel, FollowsThePrompt) {
    auto const schema =
        json::parse(R"({"enum":["very_negative","negative","neutral","mixed","positive","very_positive"]})");
    random_source random{1};
    EXPECT_EQ(make_value(schema, prompt_words{GetParam().prompt}, random), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SentimentLabel,
    testing::Values(sentiment_case{"sad", "I waited three hours.", "negative"},
                    sentiment_case{"very_sad", "I waited for hours, never again, awful!", "very_negative"},
                    sentiment_case{"glad", "What a great day", "positive"},
                    sentiment_case{"very_glad", "I love it, wonderful, best coffee", "very_positive"},
                    sentiment_case{"negated", "This was not good.", "negative"},
                    sentiment_case{"none", "The train leaves at nine.", "neutral"},
                    sentiment_case{"both", "Great food, rude staff", "mixed"},
                    sentiment_case{"emoji", "😡", "negative"}, sentiment_case{"empty", "", "neutral"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(MadeValue, PicksTheLabelThePromptNames) {
    auto const schema = json::parse(R"({"enum":["invoice","contract","letter"]})");
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        random_source random{seed};
        EXPECT_EQ(make_value(schema, prompt_words{"Is this contract signed?"}, random), "contract");
    }
}

TEST(MadeValue, ChangesWithTheSeed) {
    auto const schema = json::parse(
        R"({"type":"object","properties":{"s":{"type":"string"},"n":{"type":"integer"}},"required":["s","n"]})");
    std::set<std::string> texts;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        random_source random{seed};
        texts.insert(to_json(make_value(schema, prompt_words{prompts[3]}, random)));
    }
    EXPECT_GT(texts.size(), 10U);
}

TEST(MadeValue, PutsRequiredMembersFirstWhereTheServiceDoes) {
    auto const schema =
        json::parse(R"({"type":"object","properties":{"a":{"type":"null"},"b":{"type":"null"}},"required":["b"]})");
    bool both = false;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        random_source random{seed};
        auto const text = to_json(make_value(schema, prompt_words{""}, random, member_order::required_first));
        both = both || text == R"({"b":null,"a":null})";
        EXPECT_TRUE(text == R"({"b":null,"a":null})" || text == R"({"b":null})") << text;
    }
    EXPECT_TRUE(both);
}

TEST(MadeValue, EndsWhereTheSchemaHasNoEnd) {
    auto const schema = json::parse(
        R"({"$defs":{"x":{"type":"object","properties":{"x":{"$ref":"#/$defs/x"}},"required":["x"]}},"$ref":"#/$defs/x"})");
    random_source random{1};
    EXPECT_TRUE(make_value(schema, prompt_words{""}, random).is_object());
}

TEST(MadeValue, StaysBoundedWhereASchemaBranchesWithoutEnd) {
    for (char const* text :
         {R"({"type":"object","properties":{"l":{"$ref":"#"},"r":{"$ref":"#"}},"required":["l","r"]})",
          R"({"type":"array","items":{"$ref":"#"},"minItems":1000000})",
          R"({"type":"array","items":{"type":"string","minLength":1000000},"minItems":10000})"}) {
        random_source random{1};
        EXPECT_LT(to_json(make_value(json::parse(text), prompt_words{"some words"}, random)).size(),
                  std::size_t{4} << 20U)
            << text;
    }
}

TEST(MadeValue, StaysBoundedUnderAbsurdBounds) {
    auto const schema = json::parse(R"({"type":"array","items":{"type":"integer"},"minItems":1000000000})");
    random_source random{1};
    EXPECT_EQ(make_value(schema, prompt_words{""}, random).as_array().size(), 10'000U);
}

TEST(TextMatching, SaysNoToWhatItDoesNotUnderstand) {
    random_source random{1};
    for (char const* pattern : {"(?=a)b", "a\\1", "\\pL", "(", "[", "a{3", "*", "a{2,1}", "\\"})
        EXPECT_FALSE(text_matching(pattern, random)) << pattern;
}

}  // namespace
}  // namespace coax::sim::detail
