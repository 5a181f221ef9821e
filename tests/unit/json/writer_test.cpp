#include <coax/json/writer.hpp>

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace coax {
namespace {

std::string written(std::string const& text) {
    std::string out;
    json::append_string(out, text);
    return out;
}
std::string written(double value) {
    std::string out;
    json::append_number(out, value);
    return out;
}

struct string_case {
    char const* name;
    std::string text;
    char const* expected;
};
void PrintTo(string_case const& row, std::ostream* out) { *out << row.name; }
class WriteString : public testing::TestWithParam<string_case> {};

TEST_P(WriteString, FollowsTheTable) { EXPECT_EQ(written(GetParam().text), GetParam().expected); }

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

TEST_P(WriteReal, FollowsTheTable) { EXPECT_EQ(written(GetParam().value), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(Rows, WriteReal,
                         testing::Values(number_case{"shortest", 0.1, "0.1"}, number_case{"whole", 3, "3"},
                                         number_case{"large", 1e300, "1e+300"},
                                         number_case{"smallest", 5e-324, "5e-324"},
                                         number_case{"nan", std::numeric_limits<double>::quiet_NaN(), "null"},
                                         number_case{"infinity", -std::numeric_limits<double>::infinity(), "null"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(WriteReals, HaveTheDigitsOfToChars) {
    for (int thousandths = -2'000'000; thousandths <= 200'000'000; thousandths += 997) {
        for (double const value : {thousandths / 1000.0, std::nextafter(thousandths / 1000.0, 0.0)}) {
            char digits[32];
            auto const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
            ASSERT_EQ(written(value), std::string_view(digits, static_cast<std::size_t>(end - digits)));
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

TEST(Writer, StringsThatLookLikeBracketsStillGetCommas) {
    std::string out;
    json::writer{out}.begin_array().value("[").value(":").value("{").value("").end_array();
    EXPECT_EQ(out, R"(["[",":","{",""])");
}

}  // namespace
}  // namespace coax
