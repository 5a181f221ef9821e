#include "unit/table/table_rows.hpp"

#include <coax/table/write_table.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace coax {
namespace {

using test::rows_of;
using test::temp_folder;
using test::texts_of;
using texts = std::vector<std::string>;

struct written_case {
    char const* name;
    char const* from;
    std::string text;
    char const* to;
    table_write_options options;
    std::string written;
};
void PrintTo(written_case const& row, std::ostream* out) { *out << row.name; }
class WriteTable : public testing::TestWithParam<written_case> {};

TEST_P(WriteTable, GivesTheText) {
    temp_folder const folder;
    auto table = read_table(folder.write(GetParam().from, GetParam().text)).value();
    auto const path = folder.path(GetParam().to);
    auto const written = write_table(*table, path, GetParam().options);
    ASSERT_TRUE(written) << written.error();
    EXPECT_EQ(temp_folder::read(path), GetParam().written);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, WriteTable,
    testing::Values(
        written_case{"the_same",
                     "a.csv",
                     "id,x,t\n1,1.50,a\n2,,\"b,\"\"c\"\"\"\n",
                     "b.csv",
                     {},
                     "id,x,t\n1,1.50,a\n2,,\"b,\"\"c\"\"\"\n"},
        written_case{"tabs", "a.csv", "id,t\n1,\"a,b\"\n2,\"c\td\"\n", "b.tsv", {}, "id\tt\n1\ta,b\n2\t\"c\td\"\n"},
        written_case{"null_and_empty", "a.csv", "a,b\n,\"\"\n", "b.csv", {}, "a,b\n,\"\"\n"},
        written_case{
            "single_nulls", "a.jsonl", "{\"a\":null}\n{\"a\":\"\"}\n", "b.csv", {.columns = {"a"}}, "a\n\"\"\n\"\"\n"},
        written_case{"blanks_and_breaks", "a.csv", "a,b\n\" x\",\"y\r\nz\"\n", "b.csv", {}, "a,b\n\" x\",\"y\r\nz\"\n"},
        written_case{"no_sylk", "a.csv", "ID,a\n1,2\n", "b.csv", {}, "\"ID\",a\n1,2\n"},
        written_case{
            "nested",
            "a.jsonl",
            R"({"a":{"b":{"c":1},"d":[1,"x"]},"e":true,"f.g":2})",
            "b.csv",
            {.columns = {"e", "a.b.c", "a.d", "a", "f.g", "none"}},
            "e,a.b.c,a.d,a,f.g,none\ntrue,1,\"[1,\"\"x\"\"]\",\"{\"\"b\"\":{\"\"c\"\":1},\"\"d\"\":[1,\"\"x\"\"]}\","
            "2,\n"},
        written_case{"csv_to_jsonl", "a.csv", "id,t\n1,\n", "b.jsonl", {}, "{\"id\":1,\"t\":null}\n"},
        written_case{
            "jsonl_as_it_is", "a.jsonl", "{\"b\":1, \"a\":{\"x\":2}}\n", "b.jsonl", {}, "{\"b\":1,\"a\":{\"x\":2}}\n"},
        written_case{"jsonl_columns",
                     "a.jsonl",
                     "{\"b\":1, \"a\":{\"x\":2}}\n",
                     "b.jsonl",
                     {.columns = {"a", "a.x", "c"}},
                     "{\"a\":{\"x\":2},\"a.x\":2,\"c\":null}\n"}),
    [](auto const& row) { return std::string(row.param.name); });

/// Rows until one breaks.
class broken_table final : public table_source {
public:
    std::vector<table_column> const& columns() const noexcept override { return columns_; }
    result<std::optional<table_row>> next() override {
        if (++count_ > 15'000) return error{.code = errc::io_failed, .message = "the disk is gone"};
        return std::optional{table_row{.fields = json_value::parse("{\"a\":1}").value()}};
    }

private:
    std::vector<table_column> columns_{{"a", column_type::integer}};
    int count_{0};
};

TEST(WriteTableFile, IsThereWholeOrNotAtAll) {
    temp_folder const folder;
    auto const path = folder.write("out.csv", "old\n");
    broken_table table;
    EXPECT_EQ(write_table(table, path).error().message, "the disk is gone");
    EXPECT_EQ(temp_folder::read(path), "old\n");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path("")}, {}), 1);
}

TEST(WriteTableFile, TakesThePlaceAndModeOfTheOldOneBehindALink) {
    temp_folder const folder;
    auto const path = folder.write("out.csv", "old\n");
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    std::filesystem::create_symlink("out.csv", folder.path("link.csv"));
    auto table = read_table(folder.write("in.csv", "a\n1\n")).value();
    EXPECT_EQ(write_table(*table, folder.path("link.csv")).value(), 1U);
    EXPECT_EQ(temp_folder::read(path), "a\n1\n");
    EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link.csv")));
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0600});
}

TEST(WriteTableFile, RefusesWhatItCannotWrite) {
    temp_folder const folder;
    auto const open = [&] { return read_table(folder.write("in.jsonl", "{\"a\":1}\n")).value(); };
    EXPECT_EQ(write_table(*open(), folder.path("b.csv")).error().where, "columns");
    EXPECT_EQ(write_table(*open(), folder.path("b.csv"), {.columns = {"a", "a"}}).error().where, "columns");
    EXPECT_EQ(write_table(*open(), folder.path("b.parquet")).error().where, folder.path("b.parquet"));
    EXPECT_EQ(write_table(*open(), "/dev/null", {.format = table_format::jsonl}).error().where, "/dev/null");
    EXPECT_EQ(write_table(*open(), "/no/such/b.jsonl").error().code, errc::io_failed);
    auto bad = read_table(folder.write("bad.jsonl", "{\n")).value();
    EXPECT_EQ(write_table(*bad, folder.path("c.jsonl")).error().where, folder.path("bad.jsonl") + ":1");
    EXPECT_FALSE(std::filesystem::exists(folder.path("c.jsonl")));
}

TEST(FindColumns, AreThoseThatRowsHave) {
    temp_folder const folder;
    auto const path = folder.write(
        "in.jsonl", "{\"id\":1,\"a\":{\"x\":1,\"y\":null}}\n{\n{\"id\":\"b\",\"a\":{\"x\":2.5},\"z\":[]}\n");
    EXPECT_EQ(find_columns(*read_table(path).value()).value(),
              (std::vector<table_column>{{"id", column_type::json},
                                         {"a.x", column_type::number},
                                         {"a.y", column_type::text},
                                         {"z", column_type::json, {{}}}}));
    EXPECT_EQ(find_columns(*read_table(path).value(), 2).value(),
              (std::vector<table_column>{{"id", column_type::json},
                                         {"a", column_type::json, {{"x", column_type::number}, {"y"}}},
                                         {"z", column_type::json, {{}}}}));
}

}  // namespace
}  // namespace coax
