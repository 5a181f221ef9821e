#include "unit/table/table_rows.hpp"

#include <coax/table/arrow_stream.hpp>
#include <coax/table/write_table.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coax {
namespace {

using test::rows_of;
using test::temp_folder;
using test::texts_of;
using texts = std::vector<std::string>;

/// A table of JSON lines whose columns are known.
class known_table final : public table_source {
public:
    known_table(std::string const& path, std::vector<table_column> columns)
        : rows_{read_table(path).value()}, columns_{std::move(columns)} {}
    std::vector<table_column> const& columns() const noexcept override { return columns_; }
    result<std::optional<table_row>> next() override { return rows_->next(); }

private:
    std::unique_ptr<table_source> rows_;
    std::vector<table_column> columns_;
};

std::vector<table_column> const all_types{
    {"i", column_type::integer}, {"n", column_type::number},    {"b", column_type::boolean}, {"t", column_type::text},
    {"d", column_type::date},    {"s", column_type::timestamp}, {"j.x", column_type::json}};

TEST(WriteArrow, WhatIsWrittenIsReadAsItWas) {
    temp_folder const folder;
    texts const lines{
        R"({"i":1,"n":0.5,"b":true,"t":"a\u00e4","d":"2026-11-29","s":"2026-11-29T08:00:00.000001Z","j.x":"[1,{\"a\":null}]"})",
        R"({"i":null,"n":null,"b":null,"t":null,"d":null,"s":null,"j.x":null})",
        R"({"i":-9223372036854775808,"n":-2,"b":false,"t":"","d":"1969-12-31","s":"1969-12-31T23:59:59Z","j.x":"{}"})"};
    std::string text;
    for (auto line : lines) {
        if (auto const at = line.find(R"("[1,{\"a\":null}]")"); at != std::string::npos)
            line.replace(at, std::string{R"("[1,{\"a\":null}]")"}.size(), R"([1,{"a":null}])");
        if (auto const at = line.find(R"("{}")"); at != std::string::npos) line.replace(at, 4, "{}");
        text += line + '\n';
    }
    for (std::size_t const rows_per_batch : {1U, 2U, 3U, 100U}) {
        ArrowArrayStream stream{};
        auto rows = std::make_unique<known_table>(folder.write("in.jsonl", text), all_types);
        ASSERT_TRUE(write_arrow(std::move(rows), stream, {.rows_per_batch = rows_per_batch}));
        auto table = read_arrow(stream).value();
        ASSERT_EQ(table->columns().size(), all_types.size());
        EXPECT_EQ(table->columns()[5].type, column_type::timestamp);
        auto expected = lines;
        expected[0].replace(expected[0].find("\\u00e4"), 6, "\xC3\xA4");
        EXPECT_EQ(texts_of(rows_of(*table)), expected) << rows_per_batch;
    }
}

/// Rows through a stream, with the columns that they turn out to have.
texts written_and_read(temp_folder const& folder, std::string const& lines, std::vector<table_column>& columns) {
    auto const path = folder.write("in.jsonl", lines);
    auto found = find_columns(*read_table(path).value(), 0).value();
    ArrowArrayStream stream{};
    EXPECT_TRUE(write_arrow(std::make_unique<known_table>(path, std::move(found)), stream, {.rows_per_batch = 2}));
    auto table = read_arrow(stream).value();
    columns = table->columns();
    return texts_of(rows_of(*table));
}

TEST(WriteArrow, NestedValuesStayNested) {
    temp_folder const folder;
    texts const lines{
        R"({"a":{"n":1,"deep":{"t":"x","flags":[true,null]}},"list":[{"v":0.5},null,{"v":null}],"two":[[1],[],null]})",
        R"({"a":null,"list":[],"two":null})", R"({"a":{"n":null,"deep":null},"list":null,"two":[[2,3]]})"};
    std::string text;
    for (auto const& line : lines) text += line + '\n';
    std::vector<table_column> columns;
    EXPECT_EQ(written_and_read(folder, text, columns), lines);
    std::vector<table_column> const wanted{
        {"a",
         column_type::json,
         {{"n", column_type::integer},
          {"deep",
           column_type::json,
           {{"t", column_type::text}, {"flags", column_type::json, {{"", column_type::boolean}}}}}}},
        {"list", column_type::json, {{"", column_type::json, {{"v", column_type::number}}}}},
        {"two", column_type::json, {{"", column_type::json, {{"", column_type::integer}}}}}};
    EXPECT_EQ(columns, wanted);
}

/// Values without one form are their JSON as text, and none is lost.
TEST(WriteArrow, ValuesOfSeveralFormsAreText) {
    temp_folder const folder;
    std::vector<table_column> columns;
    auto const text = written_and_read(folder,
                                       "{\"a\":{\"n\":1},\"b\":[1,\"x\"],\"c\":{},\"d\":[12345678901234567890]}\n"
                                       "{\"a\":[1],\"b\":[],\"c\":{},\"d\":[1]}\n",
                                       columns);
    EXPECT_EQ(text, (texts{R"({"a":"{\"n\":1}","b":["1","\"x\""],"c":"{}","d":["12345678901234567890"]})",
                           R"({"a":"[1]","b":[],"c":"{}","d":["1"]})"}));
    for (auto const* member : {R"({"a":{"n":1,"more":2}})", R"({"a":[1]})", R"({"a":{"n":"x"}})"}) {
        auto const path = folder.write("in.jsonl", member);
        ArrowArrayStream stream{};
        std::vector<table_column> const narrow{{"a", column_type::json, {{"n", column_type::integer}}}};
        ASSERT_TRUE(write_arrow(std::make_unique<known_table>(path, narrow), stream));
        ArrowArray batch{};
        EXPECT_EQ(stream.get_next(&stream, &batch), EINVAL) << member;
        stream.release(&stream);
    }
}

TEST(WriteArrow, ColumnsMayBeMovedOutOfTheirBatch) {
    temp_folder const folder;
    ArrowArrayStream stream{};
    ASSERT_TRUE(write_arrow(read_table(folder.write("in.csv", "a,b\n1,xyz\n2,w\n")).value(), stream));
    ArrowSchema schema{};
    ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
    ArrowSchema kept_schema = *schema.children[1];
    schema.children[1]->release = nullptr;
    schema.release(&schema);
    EXPECT_STREQ(kept_schema.name, "b");
    EXPECT_STREQ(kept_schema.format, "u");
    kept_schema.release(&kept_schema);
    ArrowArray batch{};
    ASSERT_EQ(stream.get_next(&stream, &batch), 0);
    ArrowArray kept = *batch.children[1];
    batch.children[1]->release = nullptr;
    batch.release(&batch);
    EXPECT_EQ(batch.release, nullptr);
    ArrowArray end{};
    ASSERT_EQ(stream.get_next(&stream, &end), 0);
    EXPECT_EQ(end.release, nullptr);
    stream.release(&stream);
    EXPECT_EQ(std::string(static_cast<char const*>(kept.buffers[2]), 4), "xyzw");  // outlives stream and batch
    kept.release(&kept);
}

TEST(WriteArrow, WhatDoesNotFitEndsTheStreamAndIsTold) {
    temp_folder const folder;
    auto const path = folder.write("in.jsonl", "{\"a\":1}\n{\"a\":\"x\"}\n");
    ArrowArrayStream stream{};
    ASSERT_TRUE(write_arrow(std::make_unique<known_table>(path, std::vector<table_column>{{"a", column_type::integer}}),
                            stream));
    ArrowArray batch{};
    EXPECT_EQ(stream.get_last_error(&stream), nullptr);
    EXPECT_EQ(stream.get_next(&stream, &batch), EINVAL);
    EXPECT_EQ(std::string{stream.get_last_error(&stream)}, path + ":2: column \"a\" is no integer: \"x\"");
    stream.release(&stream);
    EXPECT_FALSE(write_arrow(read_table(path).value(), stream));
    EXPECT_FALSE(write_arrow(read_table(folder.write("b.csv", "a\n1\n")).value(), stream, {.rows_per_batch = 0}));
}

}  // namespace
}  // namespace coax
