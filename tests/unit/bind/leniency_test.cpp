#include "unit/bind/types.hpp"

#include <coax/bind/partial_reader.hpp>
#include <coax/bind/read.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace coax {
namespace {

using namespace types;
using json::leniency;

/// A text that is read with one leniency and refused without it.
struct leniency_case {
    char const* name;
    leniency allowed;
    bool (*reads)(std::string_view text, json::read_options const& options);
    char const* text;
};
void PrintTo(leniency_case const& row, std::ostream* out) { *out << row.name; }
class Leniency : public testing::TestWithParam<leniency_case> {};

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
    EXPECT_TRUE(row.reads(row.text, {.leniency = row.allowed}));
    EXPECT_TRUE(row.reads(row.text, json::read_options{.leniency = json::full_leniency}));
    EXPECT_FALSE(row.reads(row.text, {}));
    json::leniency others = json::full_leniency;  // each leniency is its own
    auto const all = reinterpret_cast<bool*>(&others);
    auto const own = reinterpret_cast<bool const*>(&row.allowed);
    for (std::size_t i = 0; i < sizeof others; ++i) all[i] = !own[i];
    if (!row.allowed.code_fences) EXPECT_FALSE(row.reads(row.text, {.leniency = others}));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Leniency,
    testing::Values(
        leniency_case{"fence", {.code_fences = true}, gives<plain, one_x>, "```json\n{\"a\":1,\"b\":\"x\"}\n```\n"},
        leniency_case{"fence_without_language", {.code_fences = true}, gives<std::vector<int>, list>, "```\n[1,2]```"},
        leniency_case{"fence_around_a_number", {.code_fences = true}, gives<int, [] { return 7; }>, "```json\n7\n```"},
        leniency_case{
            "prose", {.prose = true}, gives<plain, one_x>, "Sure! Here it is: {\"a\":1,\"b\":\"x\"}\nAnything else?"},
        leniency_case{
            "prose_with_brackets", {.prose = true}, gives<plain, one_x>, "I used {braces}: {\"a\":1,\"b\":\"x\"} {ok}"},
        leniency_case{
            "prose_and_fence", {.prose = true}, gives<std::vector<int>, list>, "Here [sic]:\n```json\n[1,2]\n```"},
        leniency_case{"comma_in_object", {.trailing_commas = true}, gives<plain, one_x>, R"({"a":1,"b":"x",})"},
        leniency_case{"comma_in_list", {.trailing_commas = true}, gives<std::vector<int>, list>, "[1,2 , ]"},
        leniency_case{"comma_in_what_is_skipped",
                      {.trailing_commas = true},
                      gives<plain, one_x>,
                      R"({"z":[{"y":1,},],"a":1,"b":"x"})"},
        leniency_case{"prose_around_a_set",
                      {.prose = true},
                      gives<std::set<int>, [] { return std::set<int>{1, 2}; }>,
                      "These: [2,1]."},
        leniency_case{"prose_around_a_pair",
                      {.prose = true},
                      gives<std::pair<int, int>, [] { return std::pair{1, 2}; }>,
                      "It is [1,2]"},
        leniency_case{"prose_around_alternatives",
                      {.prose = true},
                      gives<std::variant<circle, square>, [] { return std::variant<circle, square>{square{2, {}}}; }>,
                      "A square: {\"side\":2}!"},
        leniency_case{"comment_to_the_end_of_the_line",
                      {.comments = true},
                      gives<plain, one_x>,
                      "{\"a\":1, // the \"first\"\n\"b\":\"x\"} // done"},
        leniency_case{"comment_between_signs",
                      {.comments = true},
                      gives<std::vector<int>, list>,
                      "[1/* one */,/* two: */ 2]/**/"},
        leniency_case{"single_quotes", {.single_quotes = true}, gives<plain, one_x>, "{'a':1,'b':'x','z':'it\\'s'}"},
        leniency_case{
            "single_quoted_enum", {.single_quotes = true}, gives<colour, [] { return colour::blue; }>, "'blue'"},
        leniency_case{
            "single_quoted_key_of_a_map", {.single_quotes = true}, gives<std::map<std::string, int>, table>, "{'k':1}"},
        leniency_case{"bare_keys", {.bare_keys = true}, gives<plain, one_x>, R"({a:1, b :"x", z_9:{y:2}})"},
        leniency_case{"infinity", {.special_numbers = true}, gives<double, [] { return -INFINITY; }>, "-Infinity"},
        leniency_case{
            "infinity_that_is_skipped", {.special_numbers = true}, gives<plain, one_x>, R"({"z":NaN,"a":1,"b":"x"})"},
        leniency_case{"python_true", {.python_words = true}, gives<bool, [] { return true; }>, "True"},
        leniency_case{
            "python_none", {.python_words = true}, gives<plain, one_x>, R"({"a":1,"b":"x","c":None,"z":False})"},
        leniency_case{
            "number_in_a_string", {.scalars_in_strings = true}, gives<plain, one_x>, R"({"a":" 1 ","b":"x"})"},
        leniency_case{
            "boolean_in_a_string", {.scalars_in_strings = true}, gives<bool, [] { return true; }>, R"("true")"},
        leniency_case{"number_for_a_string",
                      {.scalars_as_strings = true},
                      gives<std::string, [] { return std::string{"1.50"}; }>,
                      "1.50"},
        leniency_case{"boolean_for_a_string",
                      {.scalars_as_strings = true},
                      gives<std::string, [] { return std::string{"true"}; }>,
                      "true"},
        leniency_case{"enum_case", {.enum_case = true}, gives<colour, [] { return colour::blue; }>, R"("Blue")"},
        leniency_case{"clamp_integer",
                      {.clamp_numbers = true},
                      gives<signed char, [] { return static_cast<signed char>(-128); }>,
                      "-129"},
        leniency_case{
            "clamp_huge", {.clamp_numbers = true}, gives<int, [] { return INT32_MAX; }>, "99999999999999999999999"},
        leniency_case{
            "clamp_real", {.clamp_numbers = true}, gives<double, [] { return 1.7976931348623157e308; }>, "1e999"},
        leniency_case{"line_break",
                      {.control_characters = true},
                      gives<std::string, [] { return std::string{"a\nb"}; }>,
                      "\"a\nb\""},
        leniency_case{
            "escape", {.bad_escapes = true}, gives<std::string, [] { return std::string{"a$ d"}; }>, R"("a\$ \d")"},
        leniency_case{"bad_utf8",
                      {.bad_utf8 = true},
                      gives<std::string, [] { return std::string{"\xEF\xBF\xBD("}; }>,
                      "\"\xC3(\""}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Leniency, NanIsRead) {
    auto const read = json::read<double>("NaN", json::read_options{.leniency = json::full_leniency});
    ASSERT_TRUE(read) << read.error();
    EXPECT_TRUE(std::isnan(*read));
}

TEST(Leniency, StrictTextsReadAsBefore) {
    auto const read = json::read<everything>(everything_text, json::read_options{.leniency = json::full_leniency});
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, everything_value());
}

TEST(Leniency, WhatIsAllowedStillFitsTheType) {
    auto const read = json::read<plain>(R"({a:'one',b:'x'})", json::read_options{.leniency = json::full_leniency});
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

struct refused_case {
    char const* name;
    leniency allowed;
    result<void> (*read)(std::string_view text, json::read_options const& options);
    char const* text;
    char const* message;
};
void PrintTo(refused_case const& row, std::ostream* out) { *out << row.name; }
class LeniencyRefuses : public testing::TestWithParam<refused_case> {};

template <class T>
result<void> as(std::string_view text, json::read_options const& options) {
    T value{};
    return json::read_into(value, text, options);
}

TEST_P(LeniencyRefuses, WhatItDoesNotAllow) {
    auto const& row = GetParam();
    auto const read = row.read(row.text, {.leniency = row.allowed});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message, row.message);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LeniencyRefuses,
    testing::Values(
        refused_case{"escape_at_the_end",
                     {.bad_escapes = true},
                     as<std::string>,
                     "\"a\\",
                     "expected an escape that JSON has, found the end of the text (line 1, column 4)"},
        refused_case{"no_closing_quote",
                     {.control_characters = true},
                     as<std::string>,
                     "\"a\n",
                     "expected the closing quote of a string, found the end of the text (line 2, column 1)"},
        refused_case{"bad_escape_beside_line_breaks",
                     {.control_characters = true},
                     as<std::string>,
                     "\"\n\\q\"",
                     "expected an escape that JSON has, found 'q' (line 2, column 2)"},
        refused_case{"line_break_beside_bad_escapes",
                     {.bad_escapes = true},
                     as<std::string>,
                     "\"\\q\n\"",
                     "expected an escape instead of a control character, found byte 10 (line 1, column 4)"},
        refused_case{"bad_utf8_beside_line_breaks",
                     {.control_characters = true},
                     as<std::string>,
                     "\"\n\xFF\"",
                     "expected UTF-8 in a string, found byte 255 (line 2, column 1)"},
        refused_case{"bad_utf8_in_a_bare_key",
                     {.bare_keys = true},
                     as<std::map<std::string, int>>,
                     "{a\xFF:1}",
                     "expected UTF-8 in a string, found byte 255 (line 1, column 3)"},
        refused_case{"single_quotes_without_an_end",
                     {.single_quotes = true},
                     as<std::string>,
                     "'a",
                     "expected the closing quote of a string, found the end of the text (line 1, column 3)"},
        refused_case{"single_quoted_text_of_another_pattern",
                     {.single_quotes = true},
                     as<colour>,
                     "'pink'",
                     "expected one of \"red\", \"green\", \"blue\", found \"pink\" (line 1, column 1)"},
        refused_case{"words_in_a_string_for_a_number",
                     {.scalars_in_strings = true},
                     as<int>,
                     R"("one")",
                     "expected an integer, found a string (line 1, column 1)"},
        refused_case{"string_in_a_string",
                     {.scalars_in_strings = true},
                     as<int>,
                     R"("\"1\"")",
                     "expected an integer, found a string (line 1, column 1)"},
        refused_case{"cut_string_for_a_number",
                     {.scalars_in_strings = true},
                     as<int>,
                     R"("1)",
                     "expected the closing quote of a string, found the end of the text (line 1, column 3)"},
        refused_case{"list_for_a_string",
                     {.scalars_as_strings = true},
                     as<std::string>,
                     "[1]",
                     "expected a string, found an array (line 1, column 1)"},
        refused_case{"infinity_for_an_integer",
                     {.special_numbers = true},
                     as<int>,
                     "Infinity",
                     "expected an integer, found 'I' (line 1, column 1)"},
        refused_case{"python_word_of_another_case",
                     {.python_words = true},
                     as<bool>,
                     "TRUE",
                     "expected a value, found 'T' (line 1, column 1)"},
        refused_case{"two_commas",
                     {.trailing_commas = true},
                     as<std::vector<int>>,
                     "[1,,]",
                     "expected a value, found ',' (line 1, column 4)"},
        refused_case{"comma_alone",
                     {.trailing_commas = true},
                     as<std::map<std::string, int>>,
                     "{,}",
                     "expected a key in quotes, found ',' (line 1, column 2)"},
        refused_case{"fence_without_an_end_and_more",
                     {.code_fences = true},
                     as<int>,
                     "```json\n7\nmore",
                     "expected the end of the text, found 'm' (line 3, column 1)"},
        refused_case{"prose_without_a_value",
                     {.prose = true},
                     as<plain>,
                     "I cannot do that.",
                     "expected a value, found 'I' (line 1, column 1)"},
        refused_case{"prose_around_a_scalar",
                     {.prose = true},
                     as<int>,
                     "It is 7.",
                     "expected a value, found 'I' (line 1, column 1)"},
        refused_case{"prose_with_an_open_object_only",
                     {.prose = true},
                     as<plain>,
                     "Here: {\"a\":1",
                     "expected ',' or '}' in an object, found the end of the text (line 1, column 13)"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Leniency, TwoTogetherRepairOneString) {
    json::read_options const options{.leniency = {.single_quotes = true, .control_characters = true, .bad_utf8 = true}};
    EXPECT_EQ(*json::read<std::string>("'a\n\xFF\\'\\u00e9'", options), "a\n\xEF\xBF\xBD'\u00e9");
    EXPECT_EQ(*json::read<std::string>("\"\xFF\"", {.check_utf8 = false, .leniency = {.control_characters = true}}),
              "\xFF");
    EXPECT_EQ(*json::read<std::string>(R"("\uD83D\u12 ")", {.leniency = {.bad_escapes = true}}), "\xEF\xBF\xBDu12 ");
}

TEST(Leniency, ClampsEveryKindOfNumber) {
    json::read_options const options{.leniency = {.clamp_numbers = true}};
    EXPECT_EQ(*json::read<unsigned>("-1", options), 0U);
    EXPECT_EQ(*json::read<std::uint64_t>("99999999999999999999", options), UINT64_MAX);
    EXPECT_EQ(*json::read<std::int64_t>("-99999999999999999999", options), INT64_MIN);
    EXPECT_EQ(*json::read<std::int8_t>("1e3", options), 127);
    EXPECT_EQ(*json::read<float>("-1e39", options), -3.4028234663852886e38F);
    EXPECT_EQ(*json::read<float>("Infinity", {.leniency = {.special_numbers = true}}), INFINITY);
}

TEST(Leniency, EnumNamesMustMeanOneEnumerator) {
    json::read_options const options{.leniency = {.enum_case = true}};
    enum class shade { dark_red, DARK_RED, light };
    EXPECT_EQ(*json::read<shade>(R"("Light")", options), shade::light);
    EXPECT_EQ(*json::read<shade>(R"("dark_red")", options), shade::dark_red);
    EXPECT_FALSE(json::read<shade>(R"("Dark-Red")", options)) << "two have this name";
}

/// Bad text, and what is read with `bad_utf8` alone; U stands for U+FFFD.
struct repaired_case {
    char const* name;
    char const* text;
    char const* expected;
};
void PrintTo(repaired_case const& row, std::ostream* out) { *out << row.name; }
class Repairs : public testing::TestWithParam<repaired_case> {
public:
    static std::string with_marks(std::string text) {
        for (auto at = text.find('U'); at != std::string::npos; at = text.find('U', at))
            text.replace(at, 1, "\xEF\xBF\xBD");
        return text;
    }
};

TEST_P(Repairs, BadTextWhereverItIs) {
    auto const expected = with_marks(GetParam().expected);
    json::read_options const options{.leniency = {.bad_utf8 = true}};
    std::string const whole = std::string{R"({"a":1,"b":)"} + GetParam().text + R"(,"z":[)" + GetParam().text + "]}";
    EXPECT_FALSE(json::read<plain>(whole));
    auto const read = json::read<plain>(whole, options);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->b, expected);
    auto const kept = json::read<json_value>(whole, options);
    ASSERT_TRUE(kept) << kept.error();
    EXPECT_EQ(json::read<plain>(*kept)->b, expected) << kept->text();
    json::partial_reader<plain> pieces{options};
    for (char const c : whole) pieces.feed({&c, 1});
    EXPECT_TRUE(pieces.is_complete());
    EXPECT_EQ(pieces.value().b, expected);
    EXPECT_EQ(pieces.finish()->b, expected);
}

INSTANTIATE_TEST_SUITE_P(Rows, Repairs,
                         testing::Values(repaired_case{"one_byte", "\"a\xFFz\"", "aUz"},
                                         repaired_case{"a_cut_sequence", "\"a\xE2\x82\"", "aUU"},
                                         repaired_case{"latin_1", "\"caf\xE9 au lait\"", "cafU au lait"},
                                         repaired_case{"a_surrogate_in_utf8", "\"\xED\xA0\x80\"", "UUU"},
                                         repaired_case{"first_half", R"("\ud83dx")", "Ux"},
                                         repaired_case{"second_half", R"("x\uDE00")", "xU"},
                                         repaired_case{"halves_in_the_wrong_order", R"("\uDE00\ud83d")", "UU"},
                                         repaired_case{"half_before_another_escape", R"("\ud83d\u0041\n")", "UA\n"},
                                         repaired_case{"half_before_a_pair", R"("\ud83d\ud83d\ude00")", "U\U0001F600"},
                                         repaired_case{"beside_escapes", "\"\\\"\xFF\\\\\"", "\"U\\"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(Repairs, ALongTextOfBadBytes) {
    std::string const text(5000, '\xFF');
    auto const read = json::read<std::string>('"' + text + '"', {.leniency = {.bad_utf8 = true}});
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, Repairs::with_marks(std::string(5000, 'U')));
}

TEST(Repairs, AByteOrderMarkIsSkipped) {
    json::read_options const options{.leniency = {.bad_utf8 = true}};
    std::string_view const text{"\xEF\xBB\xBF{\"a\":1,\"b\":\"x\"}"};
    EXPECT_FALSE(json::read<plain>(text));
    EXPECT_EQ(*json::read<plain>(text, options), one_x());
    json::partial_reader<plain> pieces{options};
    for (char const c : text) pieces.feed({&c, 1});
    EXPECT_EQ(pieces.value(), one_x());
    EXPECT_EQ(*pieces.finish(), one_x());
}

TEST(Repairs, AValueHasNullForNan) {
    auto const read = json::read<json_value>(R"({"a":[NaN,-Infinity,"NaN"]})", {.leniency = {.special_numbers = true}});
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->text(), R"({"a":[null,null,"NaN"]})");
}

TEST(WireOptions, TakeWhatServicesGetWrong) {
    auto const read =
        json::read<plain>("\xEF\xBB\xBF{\"a\":null,\"b\":\"\xFF\\ud800\",\"logprobs\":[NaN]}", json::wire_options);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, (plain{0, Repairs::with_marks("UU"), {}}));
}

/// A service's record in which any member may change its type.
struct loose_record {
    std::string id{"none"};
    int index{7};
    std::optional<plain> usage{};
    std::vector<int> calls{};
    colour paint{colour::green};
    std::map<std::string, int> counts{};
    friend bool operator==(loose_record const&, loose_record const&) = default;
};

TEST(IgnoreMismatches, LeavesWhatDoesNotFit) {
    auto options = json::wire_options;
    options.ignore_mismatches = true;
    EXPECT_EQ(*json::read<loose_record>(
                  R"({"id":[1],"index":"x","usage":"12","calls":{},"paint":"pink","counts":[["a"]]})", options),
              loose_record{});
    EXPECT_EQ(json::read<loose_record>(R"({"usage":{"a":"x","b":"y"}})", options)->usage, (plain{0, "y", {}}));
    EXPECT_FALSE(json::read<loose_record>(R"({"id":[1)", options)) << "what is no JSON stays an error";
    options.leniency.scalars_in_strings = options.leniency.scalars_as_strings = true;
    auto const read = json::read<loose_record>(R"({"id":12,"index":"3","calls":["4",5]})", options);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, (loose_record{.id = "12", .index = 3, .calls = {4, 5}}));
}

struct drawn {
    std::string type{};
    int size{};
    static constexpr auto coax_schema = describe(doc{}, field(&drawn::type, {.constant = "drawn_circle"}));
};
struct painted {
    colour type{};
    int size{};
    static constexpr auto coax_schema = describe(doc{}, field(&painted::type, {.constant = "red"}));
};
using figure = std::variant<drawn, painted>;

TEST(Leniency, TagsTellAlternativesApart) {
    json::read_options const full{.leniency = json::full_leniency};
    EXPECT_EQ(std::get<painted>(*json::read<figure>(R"({"size":1,"type":"red"})", full)).size, 1);
    EXPECT_EQ(json::read<figure>(R"({"type":"red","size":"x"})", full).error().message,
              "expected an integer, found a string (line 1, column 22)");
    EXPECT_EQ(
        json::read<figure>(R"({"type":"square","size":1})", {.leniency = {.trailing_commas = true}}).error().where,
        "/type");
    EXPECT_EQ(std::get<painted>(*json::read<figure>("{size:1,'type':'red',}", full)).size, 1);
    json::read_options const any_case{.leniency = {.enum_case = true}};
    EXPECT_EQ(std::get<drawn>(*json::read<figure>(R"({"type":"Drawn-Circle","size":2})", any_case)).type,
              "drawn_circle");
    EXPECT_EQ(std::get<painted>(*json::read<figure>(R"({"type":"RED","size":2})", any_case)).type, colour::red);
    EXPECT_EQ(json::read<drawn>(R"({"type":"DRAWN CIRCLE","size":2})", any_case)->type, "drawn_circle");
    EXPECT_FALSE(json::read<figure>(R"({"type":"RED","size":2})"));
    EXPECT_FALSE(json::read<drawn>(R"({"type":"Circle","size":2})", any_case));
}

TEST(Leniency, AValueKeepsJson) {
    EXPECT_FALSE(json::read<json_value>("{'a':1}", json::read_options{.leniency = json::full_leniency}));
    EXPECT_FALSE(json::read<json_value>("[1,]", json::read_options{.leniency = json::full_leniency}));
}

TEST(Leniency, EveryCutTextEndsWithoutHarm) {
    std::string_view const text{
        "Well:\n```json\n{a:'it\\'s',\"b\":\"\\ud83d\\q\n\xC3\",'c':[NaN,True,\"3\",],}\n``` bye"};
    for (std::size_t size = 0; size <= text.size(); ++size) {
        std::string const cut{text.substr(0, size)};
        static_cast<void>(json::read<plain>(cut, json::read_options{.leniency = json::full_leniency}));
        static_cast<void>(
            json::read<std::map<std::string, std::string>>(cut, json::read_options{.leniency = json::full_leniency}));
        static_cast<void>(json::read<everything>(cut, json::read_options{.leniency = json::full_leniency}));
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
                                         "{\"label\": >>> \"x\",  \"confidence\":2}", 1, 10, 9}));
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

struct greeting {
    std::string text{};
    static constexpr auto coax_schema = describe(doc{}, field(&greeting::text, {.pattern = "^lost, found .+$"}));
};

TEST(FindViolations, KeepsAPatternWithTheWordsOfAMessageWhole) {
    auto const found = json::find_violations<greeting>(R"({"text":"x"})");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].expected, "a string that matches ^lost, found .+$");
    EXPECT_EQ(found[0].found, "another");
    EXPECT_EQ(json::read<greeting>(R"({"text":"x"})").error().message,
              "expected a string that matches ^lost, found .+$, found another (line 1, column 9)");
}

TEST(FindViolations, SaysWithoutAnExpectationWhatIsWrongWithAKeyOrItem) {
    auto const unknown = json::find_violations<plain>(R"({"a":1,"b":"x","q":1})", {.refuse_unknown_keys = true});
    ASSERT_EQ(unknown.size(), 1U);
    EXPECT_EQ(unknown[0], (json::violation{.pointer = "/q",
                                           .found = "unknown key",
                                           .near = "{\"a\":1,\"b\":\"x\",\" >>> q\":1}",
                                           .line = 1,
                                           .column = 17,
                                           .offset = 16}));
    EXPECT_TRUE(json::to_string(unknown).starts_with("- /q: unknown key (line 1, ")) << json::to_string(unknown);
    EXPECT_EQ(json::read<plain>(R"({"a":1,"a":1,"b":"x"})", {.refuse_duplicate_keys = true}).error().message,
              "duplicate key (line 1, column 9)");
    EXPECT_EQ(json::find_violations<std::set<int>>("[1,1]").at(0).found, "duplicate item");
}

}  // namespace
}  // namespace coax
