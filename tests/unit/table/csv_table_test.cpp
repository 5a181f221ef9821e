#include "support/rounds.hpp"
#include "table/cell.hpp"
#include "unit/table/table_rows.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using test::failure_of;
using test::rows_of;
using test::temp_folder;
using test::texts_of;
using texts = std::vector<std::string>;

std::string types_of(table_source const& table) {
    std::string text;
    for (auto const& column : table.columns())
        text.append(text.empty() ? "" : " ").append(column.name).append(":").append(to_string(column.type));
    return text;
}

struct column_case {
    char const* name;
    texts values;
    column_type type;
};
void PrintTo(column_case const& row, std::ostream* out) { *out << row.name; }
class ColumnType : public testing::TestWithParam<column_case> {};

TEST_P(ColumnType, IsTheNarrowestThatKeepsWhatTheFieldsSay) {
    table::detail::type_guess guess;
    for (auto const& value : GetParam().values) guess.add(value);
    EXPECT_EQ(to_string(guess.type()), to_string(GetParam().type));
    for (auto const& value : GetParam().values) {  // as JSON it has the same characters
        std::string json;
        table::detail::append_guessed(json, value, guess.type());
        EXPECT_TRUE(json == value || json == '"' + value + '"') << json;
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rows, ColumnType,
    testing::Values(
        column_case{"none", {}, column_type::text}, column_case{"integers", {"1", "-20", "0"}, column_type::integer},
        column_case{"largest_integer", {"9223372036854775807", "-9223372036854775808"}, column_type::integer},
        column_case{"too_large_an_integer", {"1", "9223372036854775808"}, column_type::text},
        column_case{"leading_zeros", {"007", "1"}, column_type::text}, column_case{"plus", {"+1"}, column_type::text},
        column_case{"numbers", {"1", "1.50", "-0.1e-5", "1E9"}, column_type::number},
        column_case{"half_a_number", {"1."}, column_type::text}, column_case{"point_first", {".5"}, column_type::text},
        column_case{"infinite", {"1e999"}, column_type::text},
        column_case{"not_a_number", {"1.5", "nan"}, column_type::text},
        column_case{"hexadecimal", {"0x10"}, column_type::text}, column_case{"blank_before", {" 1"}, column_type::text},
        column_case{"booleans", {"true", "false"}, column_type::boolean},
        column_case{"boolean_and_integer", {"true", "1"}, column_type::text},
        column_case{"another_case", {"True"}, column_type::text},
        column_case{"dates", {"2026-11-29", "2024-02-29"}, column_type::date},
        column_case{"no_such_day", {"2023-02-29"}, column_type::text}, column_case{"minus", {"-"}, column_type::text},
        column_case{"mixed", {"1", "x"}, column_type::text}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(CsvTable, RowsAreObjectsWithTypes) {
    temp_folder const folder;
    auto const path = folder.write("in.csv",
                                   "\xEF\xBB\xBFid,score,ok,day,zip,text\r\n"
                                   "1,1.50,true,2026-11-29,01234,\"a \"\"b\"\",\nc\"\r\n"
                                   "2,,false,2026-11-30,99999,\r\n"
                                   "\r\n"
                                   "3,2e3,,,10115,\"\"\r\n");
    auto table = read_table(path).value();
    EXPECT_EQ(types_of(*table), "id:integer score:number ok:boolean day:date zip:text text:text");
    auto const rows = rows_of(*table);
    EXPECT_EQ(texts_of(rows),
              (texts{R"({"id":1,"score":1.50,"ok":true,"day":"2026-11-29","zip":"01234","text":"a \"b\",\nc"})",
                     R"({"id":2,"score":null,"ok":false,"day":"2026-11-30","zip":"99999","text":null})",
                     R"({"id":3,"score":2e3,"ok":null,"day":null,"zip":"10115","text":""})"}));
    EXPECT_EQ(rows[1].line, 4U);
    EXPECT_EQ(rows[2].where, path + ":6");
}

TEST(CsvTable, WhatDoesNotFitAFoundTypeIsTextAndAGivenOneAProblem) {
    temp_folder const folder;
    auto const path = folder.write("in.csv", "id,n\n1,1\n2,2\nx,y\n4,+7\n");
    EXPECT_EQ(texts_of(rows_of(path, {.sample_rows = 2})),
              (texts{R"({"id":1,"n":1})", R"({"id":2,"n":2})", R"({"id":"x","n":"y"})", R"({"id":4,"n":"+7"})"}));
    table_options const given{.types = {{"id", column_type::text}, {"n", column_type::integer}}};
    EXPECT_EQ(texts_of(rows_of(path, given)),
              (texts{R"({"id":"1","n":1})", R"({"id":"2","n":2})", path + ":4:3: column \"n\" is no integer: \"y\"",
                     R"({"id":"4","n":7})"}));
    EXPECT_EQ(texts_of(rows_of(path, {.sample_rows = 0}))[0], R"({"id":"1","n":"1"})");
}

TEST(CsvTable, GivenTypesUnderstandOtherSpellings) {
    temp_folder const folder;
    auto const path = folder.write("in.csv", "b,x,j,d\nTRUE,.5,\"{\"\"a\"\": [1]}\",2026-11-29\n0,-1.,3,\n");
    table_options const given{.types = {{"b", column_type::boolean},
                                        {"x", column_type::number},
                                        {"j", column_type::json},
                                        {"d", column_type::date}}};
    EXPECT_EQ(texts_of(rows_of(path, given)),
              (texts{R"({"b":true,"x":0.5,"j":{"a":[1]},"d":"2026-11-29"})", R"({"b":false,"x":-1,"j":3,"d":null})"}));
}

TEST(CsvTable, BadRowsAreProblemsThatNameFileLineAndColumn) {
    temp_folder const folder;
    auto const path = folder.write("in.csv",
                                   "id,text\n1,a\n2\n3,b,c\n\"4\n\",\"d\"x\n5,\"\xFF\"\n6,"
                                   "0123456789012345678901234567890\n7,ok\n8,\"open\n");
    auto const rows = rows_of(path, {.max_field_bytes = 30});
    EXPECT_EQ(texts_of(rows),
              (texts{R"({"id":1,"text":"a"})", path + ":3: 1 field where the table has 2 columns",
                     path + ":4: 3 fields where the table has 2 columns",
                     path + ":6:6: text after the closing quote: a quote within quotes is written twice",
                     path + ":7:3: column \"text\" is not UTF-8: make the file UTF-8 with iconv",
                     path + ":8:3: the field is larger than 30 bytes", R"({"id":7,"text":"ok"})",
                     path + ":10:3: the quote that opens here is never closed"}));
    EXPECT_EQ(rows[5].problem->code, errc::too_large);
    EXPECT_EQ(rows[1].problem->code, errc::invalid_json);
    EXPECT_EQ(rows[3].line, 5U);
}

struct dialect_case {
    char const* name;
    char const* file;
    std::string text;
    table_options options;
    texts rows;
};
void PrintTo(dialect_case const& row, std::ostream* out) { *out << row.name; }
class CsvDialect : public testing::TestWithParam<dialect_case> {};

TEST_P(CsvDialect, IsUnderstood) {
    temp_folder const folder;
    EXPECT_EQ(texts_of(rows_of(folder.write(GetParam().file, GetParam().text), GetParam().options)), GetParam().rows);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, CsvDialect,
    testing::Values(dialect_case{"tabs_by_name", "in.tsv", "a\tb\n1\tx,y\n", {}, {R"({"a":1,"b":"x,y"})"}},
                    dialect_case{"tab_by_name", "in.tab", "a\tb\n1\t2\n", {}, {R"({"a":1,"b":2})"}},
                    dialect_case{"semicolons_seen", "in.csv", "a;b\n1,5;2\n", {}, {R"({"a":"1,5","b":2})"}},
                    dialect_case{"tabs_seen", "in.csv", "a\tb\n1\t2\n", {}, {R"({"a":1,"b":2})"}},
                    dialect_case{"comma_first", "in.csv", "a;b,c\n1,2\n", {}, {R"({"a;b":1,"c":2})"}},
                    dialect_case{"commas_in_quotes_are_none", "in.csv", "\"a,b\";c\n1;2\n", {}, {R"({"a,b":1,"c":2})"}},
                    dialect_case{"separator_given", "in.csv", "a|b\n1|2\n", {.separator = '|'}, {R"({"a":1,"b":2})"}},
                    dialect_case{
                        "format_given", "in.txt", "a,b\n1,2\n", {.format = table_format::csv}, {R"({"a":1,"b":2})"}},
                    dialect_case{"named_otherwise", "in.txt", "a,b\n1,2\n", {.name = "x.csv"}, {R"({"a":1,"b":2})"}},
                    dialect_case{"no_header",
                                 "in.csv",
                                 "1,2\n3,4\n",
                                 {.header = false},
                                 {R"({"column_1":1,"column_2":2})", R"({"column_1":3,"column_2":4})"}},
                    dialect_case{"column_without_a_name", "in.csv", ",b\n1,2\n", {}, {R"({"column_1":1,"b":2})"}},
                    dialect_case{"one_column", "in.csv", "a\n1\n\n2", {}, {R"({"a":1})", R"({"a":2})"}},
                    dialect_case{"header_alone", "in.csv", "a,b", {}, {}}, dialect_case{"empty", "in.csv", "", {}, {}},
                    dialect_case{"jsonl", "in.jsonl", "{\"a\": 1}\n", {}, {R"({"a":1})"}}),
    [](auto const& row) { return std::string(row.param.name); });

struct refused_case {
    char const* name;
    char const* file;
    std::string text;
    table_options options;
    errc code;
    std::string where;  ///< "@" stands for the path.
    std::string message;
};
void PrintTo(refused_case const& row, std::ostream* out) { *out << row.name; }
class RefusedTable : public testing::TestWithParam<refused_case> {};

TEST_P(RefusedTable, IsToldBeforeItsRows) {
    temp_folder const folder;
    auto const path = folder.write(GetParam().file, GetParam().text);
    auto const table = read_table(path, GetParam().options);
    ASSERT_FALSE(table);
    auto where = GetParam().where;
    if (where.starts_with('@')) where.replace(0, 1, path);
    EXPECT_EQ(table.error().code, GetParam().code);
    EXPECT_EQ(table.error().where, where);
    EXPECT_NE(table.error().message.find(GetParam().message), std::string::npos) << table.error().message;
}
INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedTable,
    testing::Values(
        refused_case{"name_twice",
                     "in.csv",
                     "\xC3\xA4,b,\xC3\xA4\n",
                     {},
                     errc::invalid_argument,
                     "@:1:5",
                     "the header names column \"\xC3\xA4\" twice"},
        refused_case{"name_not_utf8", "in.csv", "a,\xFF\n", {}, errc::invalid_argument, "@:1:3", "is not UTF-8"},
        refused_case{"bad_header", "in.csv", "a,\"b\"c\n", {}, errc::invalid_argument, "@:1:6", "closing quote"},
        refused_case{"type_of_no_column",
                     "in.csv",
                     "id,text\n",
                     {.types = {{"txet", column_type::text}}},
                     errc::invalid_argument,
                     "@",
                     "no column \"txet\": did you mean \"text\"? There are \"id\", \"text\""},
        refused_case{"utf16",
                     "in.csv",
                     std::string("\xFF\xFE"
                                 "a\0",
                                 4),
                     {},
                     errc::io_failed,
                     "@",
                     "iconv"},
        refused_case{"parquet", "in.parquet", "PAR1", {}, errc::invalid_argument, "@", "libparquet-dev"},
        refused_case{"arrow", "in.arrow", "ARROW1", {}, errc::invalid_argument, "@", "COAX_WITH_ARROW"},
        refused_case{"parquet_in_gzip", "in.parquet.gz", "PAR1", {}, errc::invalid_argument, "@", "inside"},
        refused_case{
            "separator_is_a_quote", "in.csv", "", {.separator = '"'}, errc::invalid_argument, "separator", "ASCII"},
        refused_case{"field_of_nothing",
                     "in.csv",
                     "",
                     {.max_field_bytes = 0},
                     errc::invalid_argument,
                     "max_field_bytes",
                     "must be in"}),
    [](auto const& row) { return std::string(row.param.name); });

/// Bytes of this process that are in memory.
std::size_t resident_bytes() {
    std::size_t all = 0;
    std::size_t resident = 0;
    std::ifstream{"/proc/self/statm"} >> all >> resident;
    return resident * 4'096;
}

TEST(CsvTable, IsReadPastTheSampleInFlatMemory) {
    temp_folder const folder;
    auto const count = test::rounds(20'000, 1'000'000);
    auto const path = folder.path("in.csv");
    std::ofstream file{path};
    file << "id,text\n";
    for (int i = 0; i < count; ++i) file << i << ",\"some text, " << i << " and more of it\"\n";
    file.close();
    auto table = read_table(path).value();
    auto const before = resident_bytes();
    std::uint64_t sum = 0;
    std::uint64_t rows = 0;
    std::string last;
    for (auto row = table->next().value(); row; row = table->next().value(), ++rows) {
        sum += row->line;
        last = row->fields.text();
    }
    EXPECT_LT(resident_bytes(), before + (8U << 20U));
    EXPECT_EQ(rows, static_cast<std::uint64_t>(count));
    EXPECT_EQ(sum, rows * (rows + 3) / 2);
    auto const end = std::to_string(count - 1);
    EXPECT_EQ(last, R"({"id":)" + end + R"(,"text":"some text, )" + end + R"( and more of it"})");
}

TEST(CsvTable, AMissingFileIsAnError) {
    auto const why = failure_of("/no/such/in.csv");
    EXPECT_EQ(why.code, errc::io_failed);
    EXPECT_EQ(why.where, "/no/such/in.csv");
}

}  // namespace
}  // namespace coax
