#include "unit/bind/types.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/schema/codec.hpp>

#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

namespace coax {
namespace {

using namespace types;

TEST(Write, ReadsBackAsTheSameValue) {
    auto const text = json::write(everything_value());
    auto const back = json::read<everything>(text);
    ASSERT_TRUE(back) << back.error() << text;
    EXPECT_EQ(*back, everything_value());
    EXPECT_EQ(json::write(*back), text);
}

TEST(Write, RecursiveTypesWriteThemselves) {
    constexpr std::string_view text =
        R"({"name":"a","children":[{"name":"b","children":[]}],"next":{"name":"c","children":[]}})";
    EXPECT_EQ(json::write(*json::read<node>(text)), text);
}

TEST(Write, EmptyOptionalsAreLeftOutUnlessAskedFor) {
    plain const value{1, "x", std::nullopt};
    EXPECT_EQ(json::write(value), R"({"a":1,"b":"x"})");
    EXPECT_EQ(json::write(value, {.omit_empty_optionals = false}), R"({"a":1,"b":"x","c":null})");
}

TEST(Write, NamesOnTheWireAndSkippedFields) {
    EXPECT_EQ(json::write(renamed{"t", 1, 2}), R"({"the-text/~":"t","last":2})");
}

TEST(Write, AppendsToWhatIsThere) {
    std::string out = "x";
    json::write_to(out, std::vector<int>{1, 2});
    EXPECT_EQ(out, "x[1,2]");
}

struct string_case {
    char const* name;
    std::string text;
    char const* expected;
};
void PrintTo(string_case const& row, std::ostream* out) { *out << row.name; }
class WriteString : public testing::TestWithParam<string_case> {};

TEST_P(WriteString, FollowsTheTable) { EXPECT_EQ(json::write(GetParam().text), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Rows, WriteString,
    testing::Values(string_case{"empty", "", R"("")"}, string_case{"quote_and_backslash", "a\"b\\c/", R"("a\"b\\c/")"},
                    string_case{"letters_for_controls", "\b\t\n\f\r", R"("\b\t\n\f\r")"},
                    string_case{"other_controls", std::string{"\0\v\x1f\x7f", 4}, "\"\\u0000\\u000b\\u001f\x7f\""},
                    string_case{"utf8_stays", "\u00e9\u20ac\U0001F600", "\"\u00e9\u20ac\U0001F600\""},
                    string_case{"stray_byte", "long enough \xFF text", "\"long enough \uFFFD text\""},
                    string_case{"cut_sequence", "\xE2\x82", "\"\uFFFD\""},
                    string_case{"surrogate", "\xED\xA0\x80.", "\"\uFFFD.\""},
                    string_case{"cut_before_a_quote", "\xC3\"", "\"\uFFFD\\\"\""}),
    [](auto const& row) { return std::string(row.param.name); });

struct number_case {
    char const* name;
    double value;
    char const* expected;
};
void PrintTo(number_case const& row, std::ostream* out) { *out << row.name; }
class WriteReal : public testing::TestWithParam<number_case> {};

TEST_P(WriteReal, FollowsTheTable) { EXPECT_EQ(json::write(GetParam().value), GetParam().expected); }

TEST(WriteReals, HaveTheDigitsOfToChars) {
    for (int thousandths = -2'000'000; thousandths <= 200'000'000; thousandths += 997) {
        for (double const value : {thousandths / 1000.0, std::nextafter(thousandths / 1000.0, 0.0)}) {
            char digits[32];
            auto const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
            ASSERT_EQ(json::write(value), std::string_view(digits, static_cast<std::size_t>(end - digits)));
        }
    }
}

TEST(WriteStrings, OfAnyLengthStandBehindWhatIsThere) {
    for (std::size_t size = 0; size < 300; ++size) {
        std::string text(size, 'a');
        if (size != 0) text[size / 2] = '\n';
        std::string expected = "x\"" + text + "\"";
        if (size != 0) expected.replace(2 + size / 2, 1, "\\n");
        std::string out = "x";
        json::append_string(out, text);
        ASSERT_EQ(out, expected);
    }
}

INSTANTIATE_TEST_SUITE_P(Rows, WriteReal,
                         testing::Values(number_case{"shortest", 0.1, "0.1"}, number_case{"whole", 3, "3"},
                                         number_case{"large", 1e300, "1e+300"},
                                         number_case{"smallest", 5e-324, "5e-324"},
                                         number_case{"nan", std::numeric_limits<double>::quiet_NaN(), "null"},
                                         number_case{"infinity", -std::numeric_limits<double>::infinity(), "null"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(Write, FloatsHaveTheDigitsOfAFloat) { EXPECT_EQ(json::write(1.1F), "1.1"); }

TEST(Write, EnumValuesWithoutANameAreNumbers) { EXPECT_EQ(json::write(static_cast<colour>(5)), "5"); }

TEST(Write, DatesThatRfc3339CannotSayAreNull) {
    EXPECT_EQ(json::write(std::chrono::sys_seconds{}), R"("1970-01-01T00:00:00Z")");
    EXPECT_EQ(json::write(std::chrono::sys_days{std::chrono::year{12000} / 1 / 1} + std::chrono::seconds{0}), "null");
}

TEST(Writer, PutsCommasBetween) {
    std::string out;
    json::writer writer{out};
    writer.begin_object().member("model", "m\"").key("messages").begin_array();
    writer.begin_object().member("n", 1).member("ok", true).member("x", 0.5).end_object();
    writer.value("two")
        .value(std::string{"three"})
        .null()
        .raw("[4]")
        .write(plain{1, "x", {}})
        .begin_array()
        .end_array();
    writer.end_array().member("big", std::numeric_limits<std::uint64_t>::max()).end_object();
    EXPECT_EQ(out, R"({"model":"m\"","messages":[{"n":1,"ok":true,"x":0.5},"two","three",null,[4],{"a":1,"b":"x"},[]],)"
                   R"("big":18446744073709551615})");
}

TEST(Writer, StringsThatLookLikeBracketsStillGetCommas) {
    std::string out;
    json::writer{out}.begin_array().value("[").value(":").value("{").value("").end_array();
    EXPECT_EQ(out, R"(["[",":","{",""])");
}

// --- json_value ---

TEST(JsonValue, KeepsCompactText) {
    auto const value = json_value::parse(" { \"a b\" : [ 1 , \"x \\\" y\" ] ,\n\"c\":null } ");
    ASSERT_TRUE(value) << value.error();
    EXPECT_EQ(value->text(), R"({"a b":[1,"x \" y"],"c":null})");
    EXPECT_TRUE(value->is_object());
    EXPECT_TRUE(json_value{}.is_null());
    EXPECT_EQ(json_value::parse("-1")->kind(), json_kind::number);
    EXPECT_EQ(json_value::parse("false")->kind(), json_kind::boolean);
    EXPECT_EQ(json::to_value(std::vector{1, 2}).text(), "[1,2]");
    EXPECT_EQ(*json::read<std::vector<int>>(json::to_value(std::vector{1, 2})), (std::vector{1, 2}));
}

TEST(JsonValue, RefusesWhatIsNotJson) {
    for (std::string_view const text : {"", "{", "{\"a\":}", "[1,]", "1 2", "nul", "'x'", "[1}", "{\"a\":1]"}) {
        auto const value = json_value::parse(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, errc::invalid_json);
    }
}

struct merge_case {
    char const* name;
    char const* body;
    char const* extra;
    char const* expected;
};
void PrintTo(merge_case const& row, std::ostream* out) { *out << row.name; }
class MergeObjects : public testing::TestWithParam<merge_case> {};

TEST_P(MergeObjects, FollowsTheTable) {
    std::string body = GetParam().body;
    auto const merged = json::merge_objects(body, json_value::parse(GetParam().extra).value());
    EXPECT_EQ(merged.has_value(), std::string_view{GetParam().expected} != "error");
    EXPECT_EQ(body, merged ? GetParam().expected : GetParam().body);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, MergeObjects,
    testing::Values(merge_case{"adds", R"({"a":1})", R"({"b":2})", R"({"a":1,"b":2})"},
                    merge_case{"extra_wins", R"({"a":1,"b":2})", R"({"a":[3]})", R"({"a":[3],"b":2})"},
                    merge_case{"in_depth", R"({"a":{"x":1,"y":{"p":1}}})", R"({"a":{"y":{"q":2}}})",
                               R"({"a":{"x":1,"y":{"p":1,"q":2}}})"},
                    merge_case{"object_over_scalar", R"({"a":1})", R"({"a":{"b":1}})", R"({"a":{"b":1}})"},
                    merge_case{"null_is_a_value", R"({"a":1})", R"({"a":null})", R"({"a":null})"},
                    merge_case{"extra_is_no_object", R"({"a":1})", "[1]", "error"},
                    merge_case{"body_is_no_object", "[1]", "{}", "error"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Codec, CarriesAllThatAClientNeeds) {
    auto const& codec = json::codec_of<judgement>;
    EXPECT_EQ(codec.name, "judgement");
    EXPECT_EQ(codec.description, "A judgement");
    judgement value;
    ASSERT_TRUE(codec.read(&value, R"({"label":"green","confidence":0.5,"emotions":["joy"]})"));
    EXPECT_EQ(value.label, colour::green);
    std::string out;
    codec.write(out, &value);
    EXPECT_EQ(out, R"({"label":"green","confidence":0.5,"emotions":["joy"]})");
    EXPECT_TRUE(codec.schema(schema_dialect::anthropic));
}

TEST(Codec, SaysWhyADialectHasNoWordsForAType) {
    auto const schema = json::codec_of<everything>.schema(schema_dialect::openai_strict);
    ASSERT_FALSE(schema);
    EXPECT_EQ(schema.error().code, errc::invalid_argument);
    EXPECT_NE(schema.error().message.find("a map cannot be said"), std::string::npos) << schema.error();
}

}  // namespace
}  // namespace coax
