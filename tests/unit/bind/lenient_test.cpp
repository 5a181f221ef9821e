#include "unit/bind/types.hpp"

#include <coax/bind/read.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace coax {
namespace {

using namespace types;
using json::leniency;

/// A text that is read with one leniency and refused without it.
struct forgiven_case {
    char const* name;
    leniency forgiven;
    bool (*reads)(std::string_view text, json::read_options const& options);
    char const* text;
};
void PrintTo(forgiven_case const& row, std::ostream* out) { *out << row.name; }
class Leniency : public testing::TestWithParam<forgiven_case> {};

/// Whether the text reads as `Expected`.
template <class T, auto Expected>
bool gives(std::string_view text, json::read_options const& options) {
    auto const read = json::read<T>(text, options);
    return read && *read == Expected();
}

constexpr auto one_x = [] { return plain{1, "x", std::nullopt}; };
constexpr auto list = [] { return std::vector<int>{1, 2}; };
constexpr auto table = [] { return std::map<std::string, int>{{"k", 1}}; };

TEST_P(Leniency, ReadsWhatStrictRefuses) {
    auto const& row = GetParam();
    EXPECT_TRUE(row.reads(row.text, {.leniency = row.forgiven}));
    EXPECT_TRUE(row.reads(row.text, json::full_leniency_options));
    EXPECT_FALSE(row.reads(row.text, {}));
    json::leniency others = json::full_leniency;  // each leniency is its own
    auto const all = reinterpret_cast<bool*>(&others);
    auto const own = reinterpret_cast<bool const*>(&row.forgiven);
    for (std::size_t i = 0; i < sizeof others; ++i) all[i] = !own[i];
    if (!row.forgiven.code_fences) EXPECT_FALSE(row.reads(row.text, {.leniency = others}));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Leniency,
    testing::Values(
        forgiven_case{"fence", {.code_fences = true}, gives<plain, one_x>, "```json\n{\"a\":1,\"b\":\"x\"}\n```\n"},
        forgiven_case{"fence_without_language", {.code_fences = true}, gives<std::vector<int>, list>, "```\n[1,2]```"},
        forgiven_case{"fence_around_a_number", {.code_fences = true}, gives<int, [] { return 7; }>, "```json\n7\n```"},
        forgiven_case{
            "prose", {.prose = true}, gives<plain, one_x>, "Sure! Here it is: {\"a\":1,\"b\":\"x\"}\nAnything else?"},
        forgiven_case{
            "prose_with_brackets", {.prose = true}, gives<plain, one_x>, "I used {braces}: {\"a\":1,\"b\":\"x\"} {ok}"},
        forgiven_case{
            "prose_and_fence", {.prose = true}, gives<std::vector<int>, list>, "Here [sic]:\n```json\n[1,2]\n```"},
        forgiven_case{"comma_in_object", {.trailing_commas = true}, gives<plain, one_x>, R"({"a":1,"b":"x",})"},
        forgiven_case{"comma_in_list", {.trailing_commas = true}, gives<std::vector<int>, list>, "[1,2 , ]"},
        forgiven_case{"comma_in_what_is_skipped",
                      {.trailing_commas = true},
                      gives<plain, one_x>,
                      R"({"z":[{"y":1,},],"a":1,"b":"x"})"},
        forgiven_case{"prose_around_a_set",
                      {.prose = true},
                      gives<std::set<int>, [] { return std::set<int>{1, 2}; }>,
                      "These: [2,1]."},
        forgiven_case{"prose_around_a_pair",
                      {.prose = true},
                      gives<std::pair<int, int>, [] { return std::pair{1, 2}; }>,
                      "It is [1,2]"},
        forgiven_case{"prose_around_alternatives",
                      {.prose = true},
                      gives<std::variant<circle, square>, [] { return std::variant<circle, square>{square{2, {}}}; }>,
                      "A square: {\"side\":2}!"},
        forgiven_case{"comment_to_the_end_of_the_line",
                      {.comments = true},
                      gives<plain, one_x>,
                      "{\"a\":1, // the \"first\"\n\"b\":\"x\"} // done"},
        forgiven_case{"comment_between_signs",
                      {.comments = true},
                      gives<std::vector<int>, list>,
                      "[1/* one */,/* two: */ 2]/**/"},
        forgiven_case{"single_quotes", {.single_quotes = true}, gives<plain, one_x>, "{'a':1,'b':'x','z':'it\\'s'}"},
        forgiven_case{
            "single_quoted_enum", {.single_quotes = true}, gives<colour, [] { return colour::blue; }>, "'blue'"},
        forgiven_case{
            "single_quoted_key_of_a_map", {.single_quotes = true}, gives<std::map<std::string, int>, table>, "{'k':1}"},
        forgiven_case{"bare_keys", {.bare_keys = true}, gives<plain, one_x>, R"({a:1, b :"x", z_9:{y:2}})"},
        forgiven_case{"infinity", {.special_numbers = true}, gives<double, [] { return -INFINITY; }>, "-Infinity"},
        forgiven_case{
            "infinity_that_is_skipped", {.special_numbers = true}, gives<plain, one_x>, R"({"z":NaN,"a":1,"b":"x"})"},
        forgiven_case{"python_true", {.python_words = true}, gives<bool, [] { return true; }>, "True"},
        forgiven_case{
            "python_none", {.python_words = true}, gives<plain, one_x>, R"({"a":1,"b":"x","c":None,"z":False})"},
        forgiven_case{
            "number_in_a_string", {.scalars_in_strings = true}, gives<plain, one_x>, R"({"a":" 1 ","b":"x"})"},
        forgiven_case{
            "boolean_in_a_string", {.scalars_in_strings = true}, gives<bool, [] { return true; }>, R"("true")"},
        forgiven_case{"number_for_a_string",
                      {.scalars_as_strings = true},
                      gives<std::string, [] { return std::string{"1.50"}; }>,
                      "1.50"},
        forgiven_case{"boolean_for_a_string",
                      {.scalars_as_strings = true},
                      gives<std::string, [] { return std::string{"true"}; }>,
                      "true"},
        forgiven_case{"enum_case", {.enum_case = true}, gives<colour, [] { return colour::blue; }>, R"("Blue")"},
        forgiven_case{"clamp_integer",
                      {.clamp_numbers = true},
                      gives<signed char, [] { return static_cast<signed char>(-128); }>,
                      "-129"},
        forgiven_case{
            "clamp_huge", {.clamp_numbers = true}, gives<int, [] { return INT32_MAX; }>, "99999999999999999999999"},
        forgiven_case{
            "clamp_real", {.clamp_numbers = true}, gives<double, [] { return 1.7976931348623157e308; }>, "1e999"},
        forgiven_case{"line_break",
                      {.control_characters = true},
                      gives<std::string, [] { return std::string{"a\nb"}; }>,
                      "\"a\nb\""},
        forgiven_case{
            "escape", {.bad_escapes = true}, gives<std::string, [] { return std::string{"a$ d"}; }>, R"("a\$ \d")"},
        forgiven_case{"half_a_pair",
                      {.bad_escapes = true},
                      gives<std::string, [] { return std::string{"\xEF\xBF\xBDx"}; }>,
                      R"("\ud83dx")"},
        forgiven_case{"bad_utf8",
                      {.bad_utf8 = true},
                      gives<std::string, [] { return std::string{"\xEF\xBF\xBD("}; }>,
                      "\"\xC3(\""}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Leniency, NanIsRead) {
    auto const read = json::read<double>("NaN", json::full_leniency_options);
    ASSERT_TRUE(read) << read.error();
    EXPECT_TRUE(std::isnan(*read));
}

TEST(Leniency, StrictTextsReadAsBefore) {
    auto const read = json::read<everything>(everything_text, json::full_leniency_options);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, everything_value());
}

TEST(Leniency, WhatIsForgivenStillFitsTheType) {
    auto const read = json::read<plain>(R"({a:'one',b:'x'})", json::full_leniency_options);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().where, "/a");
    EXPECT_EQ(read.error().message, "expected an integer, found a string (line 1, column 4)");
}

TEST(Leniency, CommentsAreNoneInsideStringsAndBeforeTheValue) {
    json::read_options const options{.leniency = {.prose = true, .comments = true, .single_quotes = true}};
    EXPECT_EQ(*json::read<plain>(R"(https://x.org/*: {"a":1,"b":"http://x /* y */ \"// z"})", options),
              (plain{1, "http://x /* y */ \"// z", {}}));
    EXPECT_EQ(*json::read<plain>("{'a':1,/*'*/'b':'//'}", options), (plain{1, "//", {}}));
    EXPECT_FALSE(json::read<plain>(R"({"a":1,"b":"x"/* })", options)) << "a comment without an end is none";
    EXPECT_EQ(json::read<plain>("{/*c*/\"a\":true,\"b\":\"x\"}", options).error().message,
              "expected an integer, found true (line 1, column 11)");
}

TEST(Leniency, AValueKeepsJson) {
    EXPECT_FALSE(json::read<json_value>("{'a':1}", json::full_leniency_options));
    EXPECT_FALSE(json::read<json_value>("[1,]", json::full_leniency_options));
}

TEST(Leniency, EveryCutTextEndsWithoutHarm) {
    std::string_view const text{
        "Well:\n```json\n{a:'it\\'s',\"b\":\"\\ud83d\\q\n\xC3\",'c':[NaN,True,\"3\",],}\n``` bye"};
    for (std::size_t size = 0; size <= text.size(); ++size) {
        std::string const cut{text.substr(0, size)};
        static_cast<void>(json::read<plain>(cut, json::full_leniency_options));
        static_cast<void>(json::read<std::map<std::string, std::string>>(cut, json::full_leniency_options));
        static_cast<void>(json::read<everything>(cut, json::full_leniency_options));
    }
}

// --- bounds and violations ---

TEST(ReadOptions, SizeIsBounded) {
    EXPECT_TRUE(json::read<int>("123", {.max_bytes = 3}));
    EXPECT_EQ(json::read<int>("1234", {.max_bytes = 3}).error().message,
              "expected at most 3 bytes, found 4 (line 1, column 1)");
}

TEST(ReadOptions, ViolationsAreBounded) {
    auto const read = json::read<std::vector<int>>("[true,true,true]", {.max_violations = 2});
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().message.starts_with("at least 2 violations: ")) << read.error();
}

TEST(FindViolations, TellsEachWithItsPlace) {
    auto const found = json::find_violations<judgement>("{\"label\":\"x\",\n \"confidence\":2}");
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0], (json::violation{"/label", R"(one of "red", "green", "blue")", R"("x")",
                                         "{\"label\": >>> \"x\",  \"confidence\":2}", 1, 10}));
    EXPECT_EQ(found[1].pointer, "/confidence");
    EXPECT_EQ(found[1].expected, "at most 1");
    EXPECT_EQ(found[1].found, "2");
    EXPECT_EQ(found[1].line, 2U);
    EXPECT_EQ(found[1].column, 15U);
    EXPECT_EQ(found[2].pointer, "/emotions");
    EXPECT_TRUE(json::find_violations<plain>(R"({"a":1,"b":"x"})").empty());
}

TEST(FindViolations, MakesAListToMendFrom) {
    auto const list_of = json::to_string(json::find_violations<plain>(R"({"a":"x","b":"y"})"));
    EXPECT_EQ(list_of,
              "- /a: expected an integer, found a string (line 1, column 6, near: {\"a\": >>> \"x\",\"b\":\"y\"})\n");
}

}  // namespace
}  // namespace coax
