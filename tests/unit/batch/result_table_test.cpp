#include "unit/batch/temp_file.hpp"

#include <coax/batch/result_table.hpp>
#include <coax/table/read_table.hpp>
#include <coax/table/write_table.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coax {
namespace {

using test::temp_folder;

std::string ok_line(int index, std::string const& output) {
    return R"({"index":)" + std::to_string(index) + R"(,"key":"k","status":"ok","output":)" + output +
           R"(,"usage":{"input_tokens":10,"output_tokens":)" + std::to_string(index) +
           R"(},"attempts":1,"latency_ms":12,"more":{"x":1}})" + "\n";
}

/// A batch's input and output, and the table of both.
struct joined {
    temp_folder folder{};
    std::string input{};
    std::string journal{};
    result_table_options options{};

    joined() = default;
    /// A table of three rows, and these lines.
    explicit joined(std::string const& lines)
        : input{folder.write("in.csv", "id,zip,text\n7,01234,a\n8,,b\n9,10115,\"c,d\"\n")},
          journal{folder.write("j.jsonl", lines)} {}

    [[nodiscard]] result<std::unique_ptr<table_source>> open() const {
        return read_results(journal, [this] { return read_table(input); }, options);
    }
    /// As the file that it becomes.
    [[nodiscard]] std::string text(std::string_view name = "out.csv") const {
        auto rows = open();
        if (!rows) return to_string(rows.error());
        auto const written = write_table(**rows, folder.path(name));
        return written ? temp_folder::read(folder.path(name)) : to_string(written.error());
    }
};

TEST(ResultTable, HasInputAnswersAndFactsInTheOrderOfTheInput) {
    joined all{ok_line(2, R"({"label":"x","score":{"value":0.5,"why":"w"}})") +
               R"({"index":1,"key":8,"status":"error","error":{"code":"refused","message":"no, no"},)"
               R"("usage":{"input_tokens":3,"output_tokens":0},"attempts":2,"latency_ms":7})"
               "\n" +
               ok_line(0, R"({"label":"y","tags":["s"]})")};
    all.options.model = "m";
    all.options.cost = [](usage const& used, billing::tier) {
        return std::optional{std::to_string(used.input_tokens) + ".5"};
    };
    EXPECT_EQ(all.text(),
              "id,zip,text,label,score.value,score.why,tags,error,error_kind,model,input_tokens,output_tokens,cost,"
              "attempts,latency_ms\n"
              "7,01234,a,y,,,\"[\"\"s\"\"]\",,,m,10,0,10.5,1,12\n"
              "8,,b,,,,,\"no, no\",refused,m,3,0,3.5,2,7\n"
              "9,10115,\"c,d\",x,0.5,w,,,,m,10,2,10.5,1,12\n");
    auto const table = all.open().value();
    EXPECT_EQ(table->columns()[0], (table_column{"id", column_type::integer}));
    EXPECT_EQ(table->columns()[4], (table_column{"score.value", column_type::number}));
    EXPECT_EQ(table->columns()[6], (table_column{"tags", column_type::json, {{}}}));
}

TEST(ResultTable, NestedAnswersStayNestedWhereThatIsWanted) {
    joined all{ok_line(0, R"({"a":{"b":1}})") + ok_line(1, R"({"a":null})") + ok_line(2, R"({"a":{}})")};
    all.options.flatten = false;
    all.options.columns = {"id", "a"};
    EXPECT_EQ(all.text("out.jsonl"), "{\"id\":7,\"a\":{\"b\":1}}\n{\"id\":8,\"a\":null}\n{\"id\":9,\"a\":{}}\n");
    EXPECT_EQ(all.open().value()->columns()[1], (table_column{"a", column_type::json, {{"b", column_type::integer}}}));
    all.options.columns = {"a.b", "id"};
    EXPECT_EQ(all.open().value()->columns()[0], (table_column{"a.b", column_type::integer}));
    EXPECT_EQ(all.text(), "a.b,id\n1,7\n,8\n,9\n");
}

TEST(ResultTable, TextIsTheOutputAndNamesThatMeetGetAPrefix) {
    joined all{ok_line(0, R"("x")") + ok_line(1, "[1]") + ok_line(2, R"({"id":"z","text":5})")};
    all.input = all.folder.write("in.csv", "id,error,output\n1,e,o\n2,e,o\n3,e,o\n");
    all.options.columns = {"output",       "output.output", "output.id", "text",  "error",
                           "result.error", "index",         "key",       "status"};
    EXPECT_EQ(all.text(),
              "output,output.output,output.id,text,error,result.error,index,key,status\n"
              "o,x,,,e,,0,k,ok\no,[1],,,e,,1,k,ok\no,,z,5,e,,2,k,ok\n");
}

TEST(ResultTable, ColumnsAreChosenAndLeftOut) {
    joined all{ok_line(0, "1") + ok_line(1, "2") + ok_line(2, "3")};
    all.options.exclude = {"text", "error", "error_kind", "input_tokens", "output_tokens", "attempts"};
    EXPECT_EQ(all.text(), "id,zip,output,latency_ms\n7,01234,1,12\n8,,2,12\n9,10115,3,12\n");
    all.options.columns = {"output", "id"};
    all.options.exclude = {};
    EXPECT_EQ(all.text(), "output,id\n1,7\n2,8\n3,9\n");
    all.options.columns = {"outptu"};
    auto const why = all.open().error();
    EXPECT_EQ(why.where, "columns");
    EXPECT_NE(why.message.find("did you mean \"output\""), std::string::npos) << why;
}

TEST(ResultTable, RowsOfJsonLinesKeepTheirTypes) {
    joined all;
    all.input = all.folder.write(
        "in.jsonl", "{\"id\":\"007\",\"meta\":{\"n\":1.50}}\nbroken\n{\"id\":7,\"big\":12345678901234567890}\n");
    all.journal = all.folder.write("j.jsonl", ok_line(0, "1") + ok_line(2, "2"));
    all.options.columns = {"id", "meta.n", "big", "output"};
    EXPECT_EQ(all.text(), "id,meta.n,big,output\n007,1.50,,1\n,,,\n7,,12345678901234567890,2\n");
    all.options.flatten = false;
    all.options.columns = {"id", "meta"};
    EXPECT_EQ(all.text("out.jsonl"),
              "{\"id\":\"007\",\"meta\":{\"n\":1.50}}\n{\"id\":null,\"meta\":null}\n{\"id\":7,\"meta\":null}\n");
}

TEST(ResultTable, ALaterLineWinsAndATornOneDoesNotCount) {
    joined all{ok_line(0, "1") + ok_line(0, "2") + R"({"index":1,"key":"k","status":"ok","outp)"};
    all.options.columns = {"id", "output"};
    EXPECT_EQ(all.text(), "id,output\n7,2\n8,\n9,\n");
    all.options.limit = 1;
    EXPECT_EQ(all.text(), "id,output\n7,2\n");
}

TEST(ResultTable, LongLinesAreReadWhole) {
    std::string const text(300'000, 'x');
    joined all{ok_line(0, '"' + text + '"') + ok_line(1, "1") + ok_line(2, "1")};
    all.options.columns = {"output"};
    EXPECT_EQ(all.text(), "output\n" + text + "\n1\n1\n");
}

TEST(ResultTable, ALineThatNoBatchWroteIsAnError) {
    joined const all{ok_line(0, "1") + "{\"index\":1}\n"};
    EXPECT_EQ(all.open().error().where, all.journal + ":2");
}

TEST(ResultTable, ManyDifferentMembersStayWithinTheirObject) {
    std::string counts;
    for (int i = 0; i < 1'200; ++i) counts += (i == 0 ? "{\"w" : ",\"w") + std::to_string(i) + "\":1";
    joined const all{ok_line(0, "{\"counts\":" + counts + "}}") + ok_line(1, "{\"counts\":{}}")};
    auto const table = all.open().value();
    EXPECT_EQ(table->columns()[3], (table_column{"counts", column_type::json}));
}

TEST(UniqueKeys, AKeyThatStandsTwiceIsToldWithBothPlaces) {
    temp_folder const folder;
    auto const check = [&](std::string const& text, record_options options = {}) {
        auto const path = folder.write("in.jsonl", text);
        return check_unique_keys([&] { return read_table(path); }, options);
    };
    EXPECT_TRUE(check("{\"id\":1}\n{\"id\":\"1\"}\n{\"id\":2}\n"));  // a number and a text
    EXPECT_TRUE(check("{}\n{\"id\":null}\n{\"id\":null}\n"));        // told by their indices
    auto const twice = check("{\"id\":\"a\"}\nbroken\n{\"id\":\"b\"}\n{\"id\":\"a\"}\n").error();
    EXPECT_EQ(twice.code, errc::invalid_argument);
    EXPECT_EQ(twice.where, folder.path("in.jsonl") + ":4");
    EXPECT_NE(twice.message.find("\"a\" is that of " + folder.path("in.jsonl") + ":1"), std::string::npos) << twice;
    EXPECT_FALSE(check("{\"x\":1}\n{\"x\":1}\n", {.key_field = "x"}));
}

TEST(RecordsOfTables, CsvRowsAreRecordsWithTypedKeys) {
    temp_folder const folder;
    auto const path = folder.write("in.csv", "id,text\n7,a\n\"8\n\",b\n,c\n10\n");
    std::vector<std::string> keys;
    std::vector<std::string> places;
    auto const take = [&](batch_record const& record) -> result<void> {
        keys.push_back((record.numeric_key ? "#" : "") + record.key);
        places.push_back(record.where);
        return {};
    };
    EXPECT_EQ(check_records(path, {}, take, true).value(), 4U);
    EXPECT_EQ(keys, (std::vector<std::string>{"7", "8\n", "2"}));
    EXPECT_EQ(places[2], path + ":5");
    EXPECT_EQ(check_records(path, {}, {}).error().where, path + ":6");
    EXPECT_EQ(check_records(folder.write("n.csv", "id\n7\n8\n"), {}, take).value(), 2U);
    EXPECT_EQ(keys.back(), "#8");
}

}  // namespace
}  // namespace coax
