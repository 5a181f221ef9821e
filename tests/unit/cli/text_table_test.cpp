#include "cli/text_table.hpp"

#include "cli/display_text.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace coax::cli {
namespace {

struct display_case {
    char const* name;
    std::string text;
    std::size_t width;
    std::string shown;
    std::size_t columns;
};
void PrintTo(display_case const& row, std::ostream* out) { *out << row.name; }
class DisplayText : public testing::TestWithParam<display_case> {};

TEST_P(DisplayText, FitsItsWidth) {
    auto const shown = to_display(GetParam().text, GetParam().width);
    EXPECT_EQ(shown.text, GetParam().shown);
    EXPECT_EQ(shown.width, GetParam().columns);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, DisplayText,
    testing::Values(display_case{"fits", "abc", 3, "abc", 3}, display_case{"cut", "abcd", 3, "ab…", 3},
                    display_case{"empty", "", 3, "", 0}, display_case{"no_room", "abc", 0, "", 0},
                    display_case{"one_column", "abc", 1, "…", 1}, display_case{"wide", "漢字", 4, "漢字", 4},
                    display_case{"wide_cut", "漢字漢", 5, "漢字…", 5},
                    display_case{"wide_cut_before_its_half", "漢字漢", 4, "漢…", 3},
                    display_case{"combining", "e\xCC\x81\xCC\x82x", 2, "e\xCC\x81\xCC\x82x", 2},
                    display_case{"combining_stays_with_its_letter", "abe\xCC\x81xyz", 4, "abe\xCC\x81…", 4},
                    display_case{"emoji", "🙂!", 3, "🙂!", 3},
                    display_case{"line_breaks", "a\r\n\tb", 9, "a\\r\\n\\tb", 8},
                    display_case{"escape", "\x1b[2J", 9, "\\x1b[2J", 7},
                    display_case{"escape_is_not_parted", "\x1b\x1b", 7, "\\x1b…", 5},
                    display_case{"c1", "\xC2\x9B", 9, "\\x9b", 4}, display_case{"delete", "\x7F", 9, "\\x7f", 4},
                    display_case{"direction", "a\xE2\x80\xAE", 9, "a\\u202e", 7},
                    display_case{"not_utf8", "a\xFF\xE2\x82", 20, "a\\xff\\xe2\\x82", 13}),
    [](auto const& row) { return std::string(row.param.name); });

std::vector<json_value> rows_of(std::vector<std::string> const& texts) {
    std::vector<json_value> rows;
    for (auto const& text : texts) rows.push_back(json_value::parse(text).value());
    return rows;
}

TEST(TextTable, NumbersStandAtTheRightAndNullIsNothing) {
    EXPECT_EQ(to_text_table({{"n", column_type::integer}, {"a.b", column_type::text}},
                            rows_of({R"({"n":1,"a":{"b":"x"}})", R"({"n":null,"a":{"b":null}})", R"({"n":-10})"}), 80),
              "  n  a.b\n───  ───\n  1  x\n\n-10\n");
}

TEST(TextTable, NarrowColumnsKeepTheirsAndTheOthersShareTheRest) {
    auto const rows = rows_of({R"({"a":"12","b":"12345678901234567890","c":"12345678901234567890"})"});
    std::vector<table_column> const columns{{"a"}, {"b"}, {"c"}};
    EXPECT_EQ(to_text_table(columns, rows, 26),
              "a   b           c\n──  ──────────  ──────────\n12  123456789…  123456789…\n");
    EXPECT_EQ(to_text_table(columns, rows, 14),
              "a   b\n──  ──────────\n12  123456789…\n… 1 more column (--columns): c\n");
    EXPECT_EQ(to_text_table({}, {}, 80), "\n\n");
}

}  // namespace
}  // namespace coax::cli
