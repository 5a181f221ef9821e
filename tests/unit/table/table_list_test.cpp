#include "support/compressed.hpp"
#include "unit/table/table_rows.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coax {
namespace {

using test::rows_of;
using test::temp_folder;
using test::texts_of;
using texts = std::vector<std::string>;

TEST(TableList, ReadsOneFileAfterTheOther) {
    temp_folder const folder;
    auto const a = folder.write("a.csv", "id,n\n1,2\n");
    auto const b = folder.write("b.csv.gz", test::compressed("id,m\nx,y\n1\n", test::compression::gzip));
    auto const c = folder.write("c.csv", "n,id\n2.5,3\n");
    auto table = read_tables({a, b, c}).value();
    ASSERT_EQ(table->columns().size(), 3U);
    EXPECT_EQ(table->columns()[0], (table_column{"id", column_type::json}));  // text here, integers there
    EXPECT_EQ(table->columns()[1], (table_column{"n", column_type::number}));
    EXPECT_EQ(texts_of(rows_of(*table)),
              (texts{R"({"id":1,"n":2})", R"({"id":"x","m":"y"})", b + ":3: 1 field where the table has 2 columns",
                     R"({"n":2.5,"id":3})"}));
}

TEST(TableList, WhatIsWrongWithAnyFileIsToldAtOnce) {
    temp_folder const folder;
    auto const good = folder.write("a.csv", "id\n1\n");
    auto const bad = folder.write("b.csv", "id,id\n1,2\n");
    EXPECT_EQ(read_tables({good, bad}).error().where, bad + ":1:4");
    EXPECT_EQ(read_tables({good, folder.path("c.csv")}).error().where, folder.path("c.csv"));
    EXPECT_EQ(read_tables({}).error().code, errc::invalid_argument);
}

TEST(TableList, ColumnsThatOneFileDoesNotKnowAreNotKnown) {
    temp_folder const folder;
    auto table = read_tables({folder.write("a.csv", "id\n1\n"), folder.write("b.jsonl", "{\"id\":2}\n")}).value();
    EXPECT_TRUE(table->columns().empty());
    EXPECT_EQ(texts_of(rows_of(*table)), (texts{R"({"id":1})", R"({"id":2})"}));
}

TEST(ExpandPaths, PatternsBecomeSortedNames) {
    temp_folder const folder;
    auto const b = folder.write("b.csv", "");
    auto const a = folder.write("a.csv", "");
    auto const odd = folder.write("odd[1].csv", "");
    EXPECT_EQ(expand_paths({folder.path("[ab].csv"), odd, "-", "plain.csv"}).value(),
              (texts{a, b, odd, "-", "plain.csv"}));
    auto const why = expand_paths({folder.path("*.tsv")}).error();
    EXPECT_EQ(why.where, folder.path("*.tsv"));
    EXPECT_EQ(why.message, "no file has such a name");
}

}  // namespace
}  // namespace coax
