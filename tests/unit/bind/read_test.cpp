#include "unit/bind/types.hpp"

#include <coax/bind/read.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace coax {
namespace {

using namespace types;

TEST(Read, FillsEveryKindOfField) {
    auto const read = json::read<everything>(everything_text);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, everything_value());
}

TEST(Read, EveryCutTextIsACleanError) {
    std::string_view const text{everything_text};
    for (std::size_t size = 0; size < text.size(); ++size) {
        std::string const cut{text.substr(0, size)};  // its own memory: a byte too far is seen by the sanitizer
        auto const read = json::read<everything>(cut);
        ASSERT_FALSE(read) << cut;
        EXPECT_EQ(read.error().code, errc::invalid_json);
        EXPECT_NE(read.error().message.find("expected"), std::string::npos) << read.error();
    }
}

TEST(Read, EveryChangedByteEndsWithoutHarm) {
    std::string text{everything_text};
    for (std::size_t at = 0; at < text.size(); ++at)
        for (char const other : {'"', '{', ']', ',', '\\', '0', 'n', '\0', '\x80', ' '}) {
            char const own = std::exchange(text[at], other);
            static_cast<void>(json::read<everything>(text));
            text[at] = own;
        }
}

TEST(Read, KeysMayComeInAnyOrderWithSpaceAnywhere) {
    auto const read = json::read<plain>(" {\n\t\"c\" : null ,\r\n \"b\":\"x\"  , \"a\" : -0 } ");
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, (plain{0, "x", std::nullopt}));
}

TEST(Read, KeysMayBeEscaped) {
    auto const read = json::read<plain>(R"({"\u0061":1,"b":"x"})");
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->a, 1);
}

TEST(Read, RecursiveTypesReadThemselves) {
    auto const read = json::read<node>(
        R"({"name":"a","children":[{"name":"b","children":[]},{"name":"c","children":[],"next":null}],"next":{"name":"d","children":[]}})");
    ASSERT_TRUE(read) << read.error();
    ASSERT_EQ(read->children.size(), 2U);
    EXPECT_EQ(read->children[1].name, "c");
    ASSERT_NE(read->next, nullptr);
    EXPECT_EQ(read->next->name, "d");
}

TEST(Read, NamesOnTheWireAndSkippedFields) {
    auto const read = json::read<renamed>(R"({"the-text/~":"t","hidden":9,"last":1})");
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->text, "t");
    EXPECT_EQ(read->hidden, 7);
    auto const missing = json::read<renamed>(R"({"last":1})");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().where, "/the-text~1~0");
}

TEST(Read, RootMayBeAnyType) {
    EXPECT_EQ(*json::read<int>(" 7 "), 7);
    EXPECT_EQ(*json::read<std::string>(R"("x")"), "x");
    EXPECT_EQ(json::read<std::vector<plain>>("[]")->size(), 0U);
    EXPECT_TRUE(json::read<empty>("{}"));
    EXPECT_FALSE(*json::read<std::optional<int>>("null"));
    EXPECT_TRUE(json::read<json_value>(" null ")->is_null());
}

TEST(ReadInto, KeepsWhatTheTextDoesNotName) {
    plain value{1, "kept", 2.0};
    ASSERT_TRUE(json::read_into(value, R"({"a":5})", {.require_fields = false}));
    EXPECT_EQ(value, (plain{5, "kept", 2.0}));
}

// --- every way to be wrong: where, and in which words ---

struct refusal_case {
    char const* name;
    result<void> (*read)(std::string_view text);
    char const* text;
    char const* where;
    char const* message;
};
void PrintTo(refusal_case const& row, std::ostream* out) { *out << row.name; }
class ReadRefuses : public testing::TestWithParam<refusal_case> {};

template <class T>
result<void> as(std::string_view text) {
    T value{};
    return json::read_into(value, text);
}

TEST_P(ReadRefuses, FollowsTheTable) {
    auto const& row = GetParam();
    auto const read = row.read(row.text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::invalid_json);
    EXPECT_EQ(read.error().where, row.where);
    EXPECT_EQ(read.error().message, row.message);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ReadRefuses,
    testing::Values(
        refusal_case{"nothing", as<plain>, "", "", "expected a value, found the end of the text (line 1, column 1)"},
        refusal_case{"more_than_one_value", as<int>, "1 2", "",
                     "expected the end of the text, found 2 (line 1, column 3)"},
        refusal_case{"other_kind", as<plain>, R"({"a":1,"b":{}})", "/b",
                     "expected a string, found an object (line 1, column 12)"},
        refusal_case{"null_for_a_value", as<plain>, R"({"a":null,"b":""})", "/a",
                     "expected an integer, found null (line 1, column 6)"},
        refusal_case{"missing", as<plain>, R"({"a":1})", "/b",
                     "expected a string, found nothing: the key is required (line 1, column 7)"},
        refusal_case{"fraction", as<int>, "1.5", "", "expected an integer, found 1.5 (line 1, column 1)"},
        refusal_case{"overflow", as<std::int8_t>, "128", "",
                     "expected an integer from -128 to 127, found 128 (line 1, column 1)"},
        refusal_case{"underflow", as<std::int8_t>, "-129", "",
                     "expected an integer from -128 to 127, found -129 (line 1, column 1)"},
        refusal_case{"negative", as<unsigned>, "-1", "",
                     "expected an integer from 0 to 4294967295, found -1 (line 1, column 1)"},
        refusal_case{
            "huge", as<std::uint64_t>, "18446744073709551616", "",
            "expected an integer from 0 to 18446744073709551615, found 18446744073709551616 (line 1, column 1)"},
        refusal_case{"too_large_a_real", as<double>, "1e400", "",
                     "expected a number that fits a double, found 1e400 (line 1, column 1)"},
        refusal_case{"too_large_a_float", as<float>, "1e39", "",
                     "expected a number that fits a float, found 1e39 (line 1, column 1)"},
        refusal_case{"large_despite_its_exponent", as<float>, "1000000000000000000000000000000000000000000000e-2", "",
                     "expected a number that fits a float, found 1000000000000000000000000000000000000000... (line 1, "
                     "column 1)"},
        refusal_case{"leading_zero", as<int>, "01", "", "expected the end of the text, found 1 (line 1, column 2)"},
        refusal_case{"lone_minus", as<int>, "-", "", "expected a value, found '-' (line 1, column 1)"},
        refusal_case{"bare_fraction", as<double>, "1.", "", "expected a value, found '1' (line 1, column 1)"},
        refusal_case{"plus", as<double>, "+1", "", "expected a value, found '+' (line 1, column 1)"},
        refusal_case{"not_a_number", as<double>, "NaN", "", "expected a value, found 'N' (line 1, column 1)"},
        refusal_case{"unknown_enum_name", as<colour>, R"("pink")", "",
                     "expected one of \"red\", \"green\", \"blue\", found \"pink\" (line 1, column 1)"},
        refusal_case{"number_for_an_enum", as<colour>, "1", "",
                     "expected one of \"red\", \"green\", \"blue\", found 1 (line 1, column 1)"},
        refusal_case{"half_a_literal", as<bool>, "tru", "", "expected a value, found 't' (line 1, column 1)"},
        refusal_case{"trailing_comma_in_object", as<plain>, R"({"a":1,})", "",
                     "expected a key in quotes, found '}' (line 1, column 8)"},
        refusal_case{"trailing_comma_in_array", as<std::vector<int>>, "[1,]", "/1",
                     "expected a value, found ']' (line 1, column 4)"},
        refusal_case{"broken_key_after_an_escaped_one", as<plain>, R"({"\u007a":1,"\u007a\q":2})", "",
                     "expected an escape that JSON has, found 'q' (line 1, column 21)"},
        refusal_case{"below_an_escaped_key", as<std::map<std::string, int>>, R"({"\u007a":1,"\u0079":true})", "/y",
                     "expected an integer, found true (line 1, column 22)"},
        refusal_case{"no_colon", as<plain>, R"({"a" 1})", "/a",
                     "expected ':' after the key, found 1 (line 1, column 6)"},
        refusal_case{"single_quotes", as<plain>, "{'a':1}", "",
                     "expected a key in quotes, found ''' (line 1, column 2)"},
        refusal_case{"line_and_column", as<plain>, "{\n  \"b\": \"\u00e9\", \"a\": x}", "/a",
                     "expected a value, found 'x' (line 2, column 18)"},
        refusal_case{"too_few_items", as<std::array<int, 2>>, "[1]", "",
                     "expected 2 items, found 1 (line 1, column 1)"},
        refusal_case{"too_many_items", as<std::array<int, 2>>, "[1,2,3]", "",
                     "expected 2 items, found 3 (line 1, column 1)"},
        refusal_case{"deep_pointer", as<std::map<std::string, std::vector<int>>>, R"({"a/b~c":[1,true]})", "/a~1b~0c/1",
                     "expected an integer, found true (line 1, column 13)"},
        refusal_case{"no_such_date", as<std::chrono::sys_seconds>, R"("2026-02-29T00:00:00Z")", "",
                     "expected a date and time such as \"2026-11-20T23:15:00Z\", found \"2026-02-29T00:00:00Z\" (line "
                     "1, column 1)"},
        refusal_case{"no_alternative", as<shape>, "3", "",
                     "expected an object or a string, found 3 (line 1, column 1)"},
        refusal_case{"closest_alternative", as<shape>, R"({"side":1,"note":2})", "/note",
                     "expected a string, found 2 (line 1, column 18)"},
        refusal_case{"control_character", as<std::string>, "\"a\nb\"", "",
                     "expected an escape instead of a control character, found byte 10 (line 1, column 3)"},
        refusal_case{"unknown_escape", as<std::string>, R"("\x")", "",
                     "expected an escape that JSON has, found 'x' (line 1, column 3)"},
        refusal_case{"short_hex", as<std::string>, R"("\u12")", "",
                     "expected four hexadecimal digits after \\u, found a string (line 1, column 6)"},
        refusal_case{"lone_surrogate", as<std::string>, R"("\ud83dx")", "",
                     "expected the second half of a surrogate pair, found 'x' (line 1, column 8)"},
        refusal_case{
            "wrong_order_of_surrogates", as<std::string>, R"("\ude00")", "",
            "expected the first half of a surrogate pair before its second half, found a string (line 1, column 8)"},
        refusal_case{"not_utf8", as<std::string>, "\"abc\xC3(\"", "",
                     "expected UTF-8 in a string, found byte 195 (line 1, column 5)"},
        refusal_case{"not_utf8_in_what_is_skipped", as<plain>, "{\"z\":[\"\xED\xA0\x80\"]}", "/z",
                     "expected UTF-8 in a string, found byte 237 (line 1, column 8)"},
        refusal_case{"junk_in_what_is_skipped", as<plain>, R"({"z":[1 2]})", "/z",
                     "expected ',' or ']' in an array, found 2 (line 1, column 9)"},
        refusal_case{"below_minimum", as<judgement>, R"({"label":"red","confidence":-0.5,"emotions":["joy"]})",
                     "/confidence", "expected at least 0, found -0.5 (line 1, column 29)"},
        refusal_case{"above_maximum", as<foreign>, R"({"count":6,"word":""})", "/count",
                     "expected at most 5, found 6 (line 1, column 10)"},
        refusal_case{"too_few_listed", as<judgement>, R"({"label":"red","confidence":0,"emotions":[]})", "/emotions",
                     "expected at least 1 items, found 0 (line 1, column 42)"},
        refusal_case{"too_many_listed", as<judgement>,
                     R"({"label":"red","confidence":0,"emotions":["aa","bb","cc","dd"]})", "/emotions",
                     "expected at most 3 items, found 4 (line 1, column 42)"},
        refusal_case{"item_too_short_in_code_points", as<judgement>,
                     "{\"label\":\"red\",\"confidence\":0,\"emotions\":[\"bb\",\"\u00e4\"]}", "/emotions/1",
                     "expected at least 2 characters, found 1 (line 1, column 48)"},
        refusal_case{"item_of_another_pattern", as<judgement>, R"({"label":"red","confidence":0,"emotions":["A1"]})",
                     "/emotions/0", "expected a string that matches ^[a-z\u00e4]+$, found another (line 1, column 43)"},
        refusal_case{
            "several_at_once", as<judgement>, R"({"label":"x","confidence":2})", "/label",
            "3 violations: /label: expected one of \"red\", \"green\", \"blue\", found \"x\" (line 1, column 10); "
            "/confidence: expected at most 1, found 2 (line 1, column 27); "
            "/emotions: expected an array, found nothing: the key is required (line 1, column 28)"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Read, StopsAtEightViolations) {
    auto const read = json::read<std::vector<int>>("[true,true,true,true,true,true,true,true,true,true]");
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().message.starts_with("at least 8 violations: /0: ")) << read.error();
    EXPECT_NE(read.error().message.find("/7"), std::string::npos);
    EXPECT_EQ(read.error().message.find("/8"), std::string::npos);
}

TEST(Read, ForgetsViolationsWhenTheTextBreaks) {
    auto const read = json::read<std::vector<int>>("[true,true,}");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().where, "/2");
    EXPECT_EQ(read.error().message, "expected a value, found '}' (line 1, column 12)");
}

// --- options ---

TEST(ReadOptions, UnknownKeysAreSkippedUnlessRefused) {
    constexpr std::string_view text = R"({"a":1,"zz":{"deep":[1,2,{}]},"b":"x"})";
    EXPECT_TRUE(json::read<plain>(text));
    auto const refused = json::read<plain>(text, {.refuse_unknown_keys = true});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, "/zz");
}

TEST(ReadOptions, LastDuplicateCountsUnlessRefused) {
    constexpr std::string_view text = R"({"a":1,"b":"x","a":2})";
    EXPECT_EQ(json::read<plain>(text)->a, 2);
    auto const refused = json::read<plain>(text, {.refuse_duplicate_keys = true});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, "/a");
    using table = std::map<std::string, int>;
    EXPECT_EQ(json::read<table>(R"({"k":1,"k":2})")->at("k"), 2);
    EXPECT_FALSE(json::read<table>(R"({"k":1,"k":2})", {.refuse_duplicate_keys = true}));
}

TEST(ReadOptions, DepthIsBounded) {
    auto const nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
    EXPECT_TRUE(json::read<json_value>(nested(64)));
    auto const refused = json::read<json_value>(nested(65));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "expected at most 64 levels of arrays and objects, found more (line 1, column 66)");
    EXPECT_FALSE(json::read<json_value>(std::string(1'000'000, '[')));
    EXPECT_TRUE(json::read<json_value>(nested(100), {.max_depth = 100}));
}

TEST(ReadOptions, DepthIsBoundedInRecursiveTypes) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += R"({"name":"x","children":[)";
    EXPECT_NE(json::read<node>(text).error().message.find("levels"), std::string::npos);
}

TEST(ReadOptions, Utf8MayGoUnchecked) {
    EXPECT_EQ(*json::read<std::string>("\"\xFF\"", {.check_utf8 = false}), "\xFF");
}

TEST(ReadOptions, DocsMayGoUnchecked) {
    EXPECT_TRUE(json::read<foreign>(R"({"count":99,"word":""})", {.check_docs = false}));
}

TEST(ReadOptions, WireFormToleratesMissingAndNull) {
    auto const read = json::read<everything>(R"({"flag":null,"text":null,"list":null,"pair":null,"form":null,"low":4})",
                                             json::wire_options);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->low, 4);
    EXPECT_FALSE(json::read<everything>(R"({"low":"4"})", json::wire_options)) << "a wrong kind stays an error";
}

// --- numbers, dates, variants ---

struct real_case {
    char const* name;
    char const* text;
    double expected;
};
void PrintTo(real_case const& row, std::ostream* out) { *out << row.name; }
class ReadReal : public testing::TestWithParam<real_case> {};

TEST_P(ReadReal, FollowsTheTable) {
    auto const read = json::read<double>(GetParam().text);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, GetParam().expected);
    EXPECT_EQ(std::signbit(*read), std::signbit(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(Rows, ReadReal,
                         testing::Values(real_case{"zero", "0", 0.0}, real_case{"minus_zero", "-0", -0.0},
                                         real_case{"tenth", "0.1", 0.1},
                                         real_case{"many_digits", "0.1000000000000000055511151231257827", 0.1},
                                         real_case{"exponent", "1.5E+3", 1500}, real_case{"smallest", "5e-324", 5e-324},
                                         real_case{"vanishing", "1e-400", 0.0},
                                         real_case{"vanishing_negative", "-1e-400", -0.0},
                                         real_case{"many_zeros_and_tiny", "0.00e-999999999999999999999", 0.0},
                                         real_case{"small_by_its_digits", "0.000001e-320", 0.0},
                                         real_case{"largest", "1.7976931348623157e308", 1.7976931348623157e308},
                                         real_case{"above_2_53", "9007199254740993", 9007199254740992.0},
                                         real_case{"pi", "3.14159265358979", 3.14159265358979},
                                         real_case{"nineteen_characters", "1234567890.12345678", 1234567890.12345678}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ReadReal, LargeAndSmallByTheirDigits) {
    std::string const zeros(400, '0');
    EXPECT_FALSE(json::read<double>("1" + zeros + "e-5"));
    EXPECT_FALSE(json::read<double>("-1" + zeros + ".5"));
    EXPECT_EQ(*json::read<double>("0." + zeros + "1e+5"), 0.0);
    EXPECT_EQ(*json::read<double>("1" + zeros + "e-400"), 1.0);
}

TEST(ReadInteger, ZeroFractionsAndExponentsAreIntegers) {
    EXPECT_EQ(*json::read<int>("1.0"), 1);
    EXPECT_EQ(*json::read<int>("-2e2"), -200);
    EXPECT_EQ(*json::read<std::uint64_t>("1e15"), 1'000'000'000'000'000U);
    EXPECT_FALSE(json::read<std::int8_t>("1e3"));
    EXPECT_FALSE(json::read<unsigned>("-1.0"));
    EXPECT_EQ(*json::read<std::uint64_t>("9223372036854775808"), 9223372036854775808U);
    EXPECT_EQ(*json::read<std::int64_t>("9223372036854775807"), INT64_MAX);
    EXPECT_FALSE(json::read<std::int64_t>("9223372036854775808"));
}

struct date_case {
    char const* name;
    char const* text;
    std::optional<long long> expected;
};
void PrintTo(date_case const& row, std::ostream* out) { *out << row.name; }
class ReadDateTime : public testing::TestWithParam<date_case> {};

TEST_P(ReadDateTime, FollowsTheTable) {
    auto const read = json::read<std::chrono::sys_seconds>('"' + std::string{GetParam().text} + '"');
    ASSERT_EQ(read.has_value(), GetParam().expected.has_value());
    if (!read) return;
    EXPECT_EQ(read->time_since_epoch().count(), *GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Rows, ReadDateTime,
                         testing::Values(date_case{"epoch", "1970-01-01T00:00:00Z", 0},
                                         date_case{"before_it", "1969-12-31T23:59:59Z", -1},
                                         date_case{"east", "1970-01-01T01:00:00+01:00", 0},
                                         date_case{"west", "1969-12-31T16:30:00-07:30", 0},
                                         date_case{"fraction", "1970-01-01T00:00:01.999999Z", 1},
                                         date_case{"small_letters", "1970-01-01t00:00:00z", 0},
                                         date_case{"leap_second", "1970-01-01T23:59:60Z", 86400},
                                         date_case{"no_leap_second", "1970-01-01T00:00:60Z", std::nullopt},
                                         date_case{"leap_day", "2024-02-29T00:00:00Z", 1709164800},
                                         date_case{"no_zone", "1970-01-01T00:00:00", std::nullopt},
                                         date_case{"no_time", "1970-01-01", std::nullopt},
                                         date_case{"empty_fraction", "1970-01-01T00:00:00.Z", std::nullopt},
                                         date_case{"hour_24", "1970-01-01T24:00:00Z", std::nullopt},
                                         date_case{"month_13", "1970-13-01T00:00:00Z", std::nullopt},
                                         date_case{"rest", "1970-01-01T00:00:00Zx", std::nullopt},
                                         date_case{"ends_in_fraction", "1970-01-01T00:00:00.5", std::nullopt},
                                         date_case{"nothing", "", std::nullopt}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ReadVariant, TakesTheAlternativeThatKnowsEveryKey) {
    EXPECT_TRUE(std::holds_alternative<circle>(*json::read<shape>(R"({"radius":1})")));
    EXPECT_TRUE(std::holds_alternative<square>(*json::read<shape>(R"({"note":"n","side":1})")));
    EXPECT_TRUE(std::holds_alternative<std::string>(*json::read<shape>(R"("x")")));
    EXPECT_TRUE(std::holds_alternative<circle>(*json::read<shape>(R"({"radius":1,"more":2})")))
        << "unknown keys are skipped";
    using number = std::variant<int, double>;
    EXPECT_EQ(std::get<int>(*json::read<number>("3")), 3);
    EXPECT_EQ(std::get<double>(*json::read<number>("3.5")), 3.5);
}

struct twin_a;
struct twin_b;
using twin = std::variant<std::unique_ptr<twin_a>, std::unique_ptr<twin_b>>;
struct twin_a {
    std::vector<twin> below{};
    int a{};
};
struct twin_b {
    std::vector<twin> below{};
    int b{};
};

TEST(ReadVariant, NestedAlternativesEndInBoundedTime) {
    std::string text;
    constexpr int levels = 25;
    for (int i = 0; i < levels; ++i) text += R"({"below":[)";
    text += R"({"c":1})";
    for (int i = 0; i < levels; ++i) text += "]}";
    auto const read = json::read<twin>(text);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("fewer alternatives"), std::string::npos) << read.error();
}

}  // namespace
}  // namespace coax
