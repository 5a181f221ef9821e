#include "unit/table/table_rows.hpp"

#include <coax/arrow/arrow_files.hpp>
#include <coax/table/arrow_stream.hpp>
#include <coax/table/write_table.hpp>

#include <gtest/gtest.h>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <filesystem>
#include <ostream>
#include <parquet/arrow/writer.h>
#include <string>
#include <string_view>
#include <vector>

namespace coax {
namespace {

using test::rows_of;
using test::temp_folder;
using test::texts_of;

class ArrowFiles : public testing::TestWithParam<std::string_view> {
protected:
    static void SetUpTestSuite() { use_arrow_files(); }
    [[nodiscard]] static std::string named(temp_folder const& folder, char const* name) {
        return folder.path(std::string{name} + std::string{GetParam()});
    }
};

/// A table whose columns are known.
class known_table final : public table_source {
public:
    known_table(std::unique_ptr<table_source> rows, std::vector<table_column> columns)
        : rows_{std::move(rows)}, columns_{std::move(columns)} {}
    std::vector<table_column> const& columns() const noexcept override { return columns_; }
    result<std::optional<table_row>> next() override { return rows_->next(); }

private:
    std::unique_ptr<table_source> rows_;
    std::vector<table_column> columns_;
};

result<std::uint64_t> convert(std::string const& from, std::string const& to, table_write_options options = {}) {
    auto table = read_table(from);
    return table ? write_table(**table, to, std::move(options)) : result<std::uint64_t>{table.error()};
}

TEST_P(ArrowFiles, KeepRowsAndTypes) {
    temp_folder const folder;
    auto const from = folder.write("a.csv",
                                   "id,score,ok,name,none\n"
                                   "9007199254740993,0.1,true,Zoë,\n"
                                   "-1,-2.5e300,false,\"a,\"\"b\n\",\n"
                                   ",,,\"\",\n");
    auto const to = named(folder, "b");
    auto const written = convert(from, to);
    ASSERT_TRUE(written) << written.error();
    EXPECT_EQ(*written, 3U);
    auto const table = read_table(to);
    ASSERT_TRUE(table) << table.error();
    auto const& columns = (*table)->columns();
    ASSERT_EQ(columns.size(), 5U);
    EXPECT_EQ(columns[0], (table_column{"id", column_type::integer}));
    EXPECT_EQ(columns[1], (table_column{"score", column_type::number}));
    EXPECT_EQ(columns[2], (table_column{"ok", column_type::boolean}));
    EXPECT_EQ(columns[3], (table_column{"name", column_type::text}));
    EXPECT_EQ(texts_of(rows_of(**table)),
              (std::vector<std::string>{R"({"id":9007199254740993,"score":0.1,"ok":true,"name":"Zoë","none":null})",
                                        R"({"id":-1,"score":-2.5e+300,"ok":false,"name":"a,\"b\n","none":null})",
                                        R"({"id":null,"score":null,"ok":null,"name":"","none":null})"}));
}

TEST_P(ArrowFiles, HoldManyBatches) {
    temp_folder const folder;
    std::string text{"id,name\n"};
    for (int i = 0; i < 200'000; ++i) text += std::to_string(i) + ",row " + std::to_string(i) + '\n';
    auto const to = named(folder, "b");
    ASSERT_TRUE(convert(folder.write("a.csv", text), to));
    auto const back = convert(to, folder.path("c.csv"));
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(*back, 200'000U);
    EXPECT_EQ(temp_folder::read(folder.path("c.csv")), text);
}

TEST_P(ArrowFiles, KeepObjectsAndLists) {
    temp_folder const folder;
    std::string const lines{
        "{\"a\":{\"n\":1,\"t\":[\"x\",null]},\"l\":[{\"v\":0.5},null]}\n{\"a\":null,\"l\":[]}\n"
        "{\"a\":{\"n\":null,\"t\":[]},\"l\":null}\n"};
    auto const path = folder.write("a.jsonl", lines);
    auto const found = find_columns(*read_table(path).value(), 0).value();
    auto const to = named(folder, "b");
    known_table rows{read_table(path).value(), found};
    auto const written = write_table(rows, to);
    ASSERT_TRUE(written) << written.error();
    auto const table = read_table(to).value();
    EXPECT_EQ(table->columns(), found);
    EXPECT_EQ(texts_of(rows_of(*table)), texts_of(rows_of(path)));
}

TEST_P(ArrowFiles, HaveTheColumnsThatAreAskedFor) {
    temp_folder const folder;
    auto const from = folder.write("a.csv", "a,b,c\n1,x,true\n");
    auto const to = named(folder, "b");
    ASSERT_TRUE(convert(from, to, {.columns = {"c", "a"}}));
    EXPECT_EQ(texts_of(rows_of(to)), std::vector<std::string>{R"({"c":true,"a":1})"});
}

TEST_P(ArrowFiles, AreThereWholeOrNotAtAll) {
    temp_folder const folder;
    auto const from = folder.write("a.csv", "a,b\n1,2\n3\n");
    auto const to = named(folder, "b");
    auto const written = convert(from, to);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().where, from + ":3");
    EXPECT_FALSE(std::filesystem::exists(to));
}

TEST_P(ArrowFiles, WithoutRowsHaveTheirColumns) {
    temp_folder const folder;
    auto const to = named(folder, "b");
    ASSERT_TRUE(convert(folder.write("a.csv", "a,b\n"), to));
    auto const table = read_table(to);
    ASSERT_TRUE(table) << table.error();
    EXPECT_EQ((*table)->columns().size(), 2U);
    EXPECT_TRUE(texts_of(rows_of(**table)).empty());
}

TEST_P(ArrowFiles, ThatAreDamagedAreNoTables) {
    temp_folder const folder;
    auto const whole = named(folder, "b");
    ASSERT_TRUE(convert(folder.write("a.csv", "a,b\n1,x\n2,y\n"), whole));
    auto const text = temp_folder::read(whole);
    for (std::size_t size = 0; size < text.size(); size += 7) {
        auto const cut = folder.write("cut" + std::string{GetParam()}, text.substr(0, size));
        auto table = read_table(cut);
        if (!table) {
            EXPECT_EQ(table.error().code, errc::io_failed);
            EXPECT_EQ(table.error().where, cut);
            continue;
        }
        // A stream may end after any batch, and has no mark of its end that must be there.
        for (;;) {
            auto const row = (*table)->next();
            if (!row || !*row) break;
        }
        EXPECT_EQ(GetParam(), ".arrows") << size;
    }
}

TEST_P(ArrowFiles, HaveTheirCompressionInside) {
    temp_folder const folder;
    auto const wrong = convert(folder.write("a.csv", "a\n1\n"), named(folder, "b") + ".gz");
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message.find("inside"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Rows, ArrowFiles, testing::Values(".parquet", ".arrow", ".feather", ".arrows"),
                         [](auto const& row) { return std::string{row.param.substr(1)}; });

/// A Parquet file by Arrow's own writer, of one column.
std::string parquet_of(temp_folder const& folder, std::shared_ptr<::arrow::Array> const& values) {
    auto const path = folder.path("made.parquet");
    auto const table = ::arrow::Table::Make(::arrow::schema({::arrow::field("x", values->type())}), {values});
    auto const sink = ::arrow::io::FileOutputStream::Open(path).ValueOrDie();
    EXPECT_TRUE(parquet::arrow::WriteTable(*table, ::arrow::default_memory_pool(), sink).ok());
    EXPECT_TRUE(sink->Close().ok());
    return path;
}

TEST(ParquetOfOthers, ListsAndDatesAreRead) {
    use_arrow_files();
    temp_folder const folder;
    auto const values = std::make_shared<::arrow::Int32Builder>();
    ::arrow::ListBuilder lists{::arrow::default_memory_pool(), values};
    ASSERT_TRUE(lists.Append().ok() && values->AppendValues({1, 2}).ok() && lists.AppendNull().ok());
    auto const table = read_table(parquet_of(folder, lists.Finish().ValueOrDie()));
    ASSERT_TRUE(table) << table.error();
    EXPECT_EQ(texts_of(rows_of(**table)), (std::vector<std::string>{R"({"x":[1,2]})", R"({"x":null})"}));
    ::arrow::Date32Builder dates;
    ASSERT_TRUE(dates.Append(20'000).ok());
    auto const dated = read_table(parquet_of(folder, dates.Finish().ValueOrDie()));
    ASSERT_TRUE(dated) << dated.error();
    EXPECT_EQ(texts_of(rows_of(**dated)), std::vector<std::string>{R"({"x":"2024-10-04"})"});
}

TEST(ParquetOfOthers, AColumnWithoutAFormInJsonIsNamed) {
    use_arrow_files();
    temp_folder const folder;
    ::arrow::Time64Builder times{::arrow::time64(::arrow::TimeUnit::MICRO), ::arrow::default_memory_pool()};
    ASSERT_TRUE(times.Append(1).ok());
    auto const table = read_table(parquet_of(folder, times.Finish().ValueOrDie()));
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, errc::invalid_argument);
    EXPECT_NE(to_string(table.error()).find("x"), std::string::npos) << table.error();
}

}  // namespace
}  // namespace coax
