#include "unit/batch/temp_file.hpp"

#include <coax/batch/records.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using test::temp_folder;

std::vector<batch_record> read_all(std::string const& path, record_options options = {}) {
    auto records = read_records(path, std::move(options));
    if (!records) {
        ADD_FAILURE() << records.error();
        return {};
    }
    return runtime{virtual_time{}}.run(collect(*records, 1'000));
}

struct file_case {
    char const* name;
    std::string text;
    std::vector<std::string> keys;
};
void PrintTo(file_case const& row, std::ostream* out) { *out << row.name; }
class RecordFile : public testing::TestWithParam<file_case> {};

TEST_P(RecordFile, GivesItsRecordsInOrder) {
    temp_folder const folder;
    std::vector<std::string> keys;
    for (auto const& record : read_all(folder.write("in.jsonl", GetParam().text))) {
        EXPECT_FALSE(record.problem) << *record.problem;
        EXPECT_EQ(record.index, keys.size());
        keys.push_back(record.key);
    }
    EXPECT_EQ(keys, GetParam().keys);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, RecordFile,
    testing::Values(file_case{"empty", "", {}}, file_case{"only_blank_lines", "\n \n\r\n", {}},
                    file_case{"plain", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n", {"a", "b"}},
                    file_case{"no_last_newline", "{\"id\":\"a\"}\n{\"id\":\"b\"}", {"a", "b"}},
                    file_case{"crlf", "{\"id\":\"a\"}\r\n{\"id\":\"b\"}\r\n", {"a", "b"}},
                    file_case{"byte_order_mark", "\xEF\xBB\xBF{\"id\":\"a\"}\n", {"a"}},
                    file_case{"blank_lines_between", "\n{\"id\":\"a\"}\n\n{\"id\":\"b\"}\n\n", {"a", "b"}},
                    file_case{"index_without_id", "{\"x\":1}\n{\"id\":\"b\"}\n", {"0", "b"}},
                    file_case{"id_of_another_type", "{\"id\":7}\n{\"id\":[1]}\n", {"7", "[1]"}},
                    file_case{"escaped_id", "{\"id\":\"\\u00e4\\n\"}\n", {"ä\n"}}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ReadRecords, LinesLongerThanItsBufferAreReadWhole) {
    temp_folder const folder;
    std::string const text(300'000, 'x');
    auto const path = folder.write("in.jsonl", "{\"id\":\"" + text + "\"}\n{\"id\":\"b\"}\n");
    auto const records = read_all(path);
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].key, text);
    EXPECT_EQ(records[1].line, 2U);
}

TEST(ReadRecords, TooLongLineIsAProblemAndTheNextOneIsRead) {
    temp_folder const folder;
    std::string const fits = "{\"id\":\"0123456789\"}";
    auto const path = folder.write(
        "in.jsonl", fits + "\r\n" + "{\"id\":\"01234567890\"}\n" + fits + "\n" + std::string(200'000, ' '));
    auto const records = read_all(path, {.max_line_bytes = fits.size()});
    ASSERT_EQ(records.size(), 4U);
    EXPECT_FALSE(records[0].problem);
    ASSERT_TRUE(records[1].problem);
    EXPECT_EQ(records[1].problem->code, errc::too_large);
    EXPECT_EQ(records[1].problem->where, path + ":2");
    EXPECT_EQ(records[1].index, 1U);
    EXPECT_EQ(records[2].key, "0123456789");
    EXPECT_TRUE(records[3].problem);
}

struct garbage_case {
    char const* name;
    std::string line;
};
void PrintTo(garbage_case const& row, std::ostream* out) { *out << row.name; }
class GarbageLine : public testing::TestWithParam<garbage_case> {};

TEST_P(GarbageLine, IsAProblemThatNamesFileAndLine) {
    temp_folder const folder;
    auto const path = folder.write("in.jsonl", "{\"id\":\"a\"}\n\n" + GetParam().line + "\n{\"id\":\"c\"}\n");
    auto const records = read_all(path);
    ASSERT_EQ(records.size(), 3U);
    ASSERT_TRUE(records[1].problem);
    EXPECT_EQ(records[1].problem->code, errc::invalid_json);
    EXPECT_EQ(records[1].problem->where, path + ":3");
    EXPECT_EQ(records[1].key, "1");
    EXPECT_TRUE(records[1].fields.is_null());
    EXPECT_EQ(records[2].key, "c");
    EXPECT_EQ(records[2].index, 2U);
}
INSTANTIATE_TEST_SUITE_P(Rows, GarbageLine,
                         testing::Values(garbage_case{"no_json", "hello"}, garbage_case{"torn", "{\"id\":\"b\",\"te"},
                                         garbage_case{"array", "[1,2]"}, garbage_case{"number", "17"},
                                         garbage_case{"null", "null"}, garbage_case{"two_values", "{} {}"},
                                         garbage_case{"nul_bytes", std::string(5, '\0')}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ReadRecords, ChosenKeyFieldMustBeThere) {
    temp_folder const folder;
    auto const path = folder.write("in.jsonl", "{\"id\":1,\"name\":\"a\"}\n{\"id\":2}\n");
    auto const records = read_all(path, {.key_field = "name"});
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].key, "a");
    ASSERT_TRUE(records[1].problem);
    EXPECT_EQ(records[1].problem->message, "the record has no member \"name\"");
}

TEST(ReadRecords, StopsAtItsLimit) {
    temp_folder const folder;
    EXPECT_EQ(read_all(folder.write("in.jsonl", "{}\n{}\n{}\n"), {.limit = 2}).size(), 2U);
}

TEST(ReadRecords, UnreadableFilesAreNamed) {
    temp_folder const folder;
    for (auto const& path : {folder.path("absent.jsonl"), folder.path("")}) {
        auto const source = read_records(path);
        ASSERT_FALSE(source);
        EXPECT_EQ(source.error().code, errc::io_failed);
        EXPECT_EQ(source.error().where, path);
        EXPECT_TRUE(source.error().cause);
    }
}

TEST(ReadRecords, WrongOptionsAreNamed) {
    temp_folder const folder;
    auto const records = read_records(folder.write("in.jsonl", "{}\n"), {.max_line_bytes = 1});
    ASSERT_FALSE(records);
    EXPECT_EQ(records.error().where, "max_line_bytes");
}

TEST(CheckRecords, CountsAndStopsAtTheFirstProblem) {
    temp_folder const folder;
    auto const good = folder.write("good.jsonl", "{}\n\n{}\n");
    auto const bad = folder.write("bad.jsonl", "{}\nx\n{}\n");
    EXPECT_EQ(check_records(good, {}, {}).value(), 2U);
    EXPECT_EQ(check_records(bad, {}, {}).error().where, bad + ":2");
    EXPECT_EQ(check_records(bad, {}, {}, true).value(), 3U);
}

TEST(CheckRecords, PutsTheLineToTheCallersError) {
    temp_folder const folder;
    auto const path = folder.write("in.jsonl", "{\"a\":1}\n{\"b\":1}\n");
    auto const outcome = check_records(path, {}, [](batch_record const& record) -> result<void> {
        if (record.index == 1) return error{.code = errc::invalid_argument, .message = "no a"};
        return {};
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message, "no a");
    EXPECT_EQ(outcome.error().where, path + ":2");
}

TEST(RecordsOf, NumbersAListAndEnds) {
    auto source = records_of(std::vector<std::string>{"x", "y"});
    auto const records = runtime{virtual_time{}}.run(collect(source, 10));
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].value, "x");
    EXPECT_EQ(records[1].index, 1U);
    EXPECT_EQ(records[1].key, "1");
    EXPECT_FALSE(source.open());
}

}  // namespace
}  // namespace coax
