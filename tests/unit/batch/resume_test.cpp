#include "unit/batch/output_lines.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/batch/journal.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace test;

constexpr response_origin made_with{.prompt = 1, .model = 2, .schema = 3, .service = 4, .parameters = 5};

/// A row of the input: its key ("": its index) and what is sent.
struct input_row {
    std::string key{};
    std::string sent{};
};
using input = std::vector<input_row>;

std::string key_of(input const& rows, std::uint64_t index) {
    return rows[index].key.empty() ? std::to_string(index) : rows[index].key;
}

row_identity identity(input const& rows, std::uint64_t index) {
    auto const& [key, sent] = rows[index];
    return {.key = key.empty() ? 0 : key_digest(key, false),
            .sent = sent_digest(sent),
            .record = digest_of(key_of(rows, index) + sent)};
}

/// The line of a row, whose answer is what was sent, in capitals.
std::string answer_line(input const& rows, std::uint64_t index, response_origin const& origin = made_with) {
    return line_of(ok(index, key_of(rows, index), "to " + rows[index].sent),
                   {.origin = origin, .row = identity(rows, index)});
}

std::string answers_to(input const& rows) {
    std::string text;
    for (std::uint64_t i = 0; i < rows.size(); ++i) text += answer_line(rows, i);
    return text;
}

/// Shows a journal all rows, and begins it.
result<resume_counts> match(batch_journal& journal, input const& rows) {
    for (int passes = 0; journal.wants_rows(); ++passes) {
        EXPECT_LT(passes, 2);
        for (std::uint64_t i = 0; i < rows.size(); ++i) {
            auto const key = key_of(rows, i);
            journal.row({i, key, identity(rows, i)});
        }
        journal.rows_ended();
    }
    return journal.begin();
}

journal_options resuming(bool retry_failed = false) {
    return {.resume = resume_mode::matching, .retry_failed = retry_failed, .run = {.digests = made_with}};
}

/// Writes the answers to all rows that a journal lacks. @returns How many that were.
int finish(batch_journal& journal, input const& rows) {
    int asked = 0;
    for (std::uint64_t i = 0; i < rows.size(); ++i) {
        if (journal.contains(i)) continue;
        EXPECT_TRUE(write(journal, ok(i, key_of(rows, i), "to " + rows[i].sent), identity(rows, i)));
        ++asked;
    }
    EXPECT_TRUE(journal.close());
    return asked;
}

input const abc{{"a", "A"}, {"b", "B"}, {"c", "C"}};

struct resume_case {
    char const* name;
    std::function<std::string()> file;
    input rows;
    std::string counts;
    int asked;
};
void PrintTo(resume_case const& row, std::ostream* out) { *out << row.name; }
class Resumed : public testing::TestWithParam<resume_case> {};

/// Whatever the file had: in the end each row has its own answer, once, and the same again has nothing to ask.
TEST_P(Resumed, AsksWhatIsMissingOrChangedAndSaysHowMany) {
    auto const& [name, file, rows, counts, asked] = GetParam();
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", file());
    {
        auto journal = batch_journal::open(path, resuming());
        ASSERT_TRUE(journal) << journal.error();
        auto const found = match(*journal, rows);
        ASSERT_TRUE(found) << found.error();
        EXPECT_EQ(to_string(*found), counts);
        EXPECT_EQ(found->undone(), static_cast<std::uint64_t>(asked));
        EXPECT_EQ(finish(*journal, rows), asked);
    }
    auto journal = batch_journal::open(path, resuming());
    ASSERT_TRUE(journal) << journal.error();
    ASSERT_TRUE(match(*journal, rows));
    for (std::uint64_t i = 0; i < rows.size(); ++i) {
        EXPECT_TRUE(journal->contains(i)) << i;
        auto const answer = journal->answer_to(identity(rows, i).sent);
        ASSERT_TRUE(answer) << i;
        EXPECT_EQ(answer->output.text(), "\"to " + rows[i].sent + '"');
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rows, Resumed,
    testing::Values(
        resume_case{"all_done", [] { return answers_to(abc); }, abc, "3 rows done; to ask: 0 missing", 0},
        resume_case{"one_missing", [] { return answer_line(abc, 2) + answer_line(abc, 0); }, abc,
                    "2 rows done; to ask: 1 missing", 1},
        resume_case{"one_changed",
                    [] { return answers_to(abc); },
                    {{"a", "A"}, {"b", "new"}, {"c", "C"}},
                    "2 rows done; to ask: 0 missing, 1 changed",
                    1},
        resume_case{"one_put_before_them",
                    [] { return answers_to(abc); },
                    {{"z", "Z"}, {"a", "A"}, {"b", "B"}, {"c", "C"}},
                    "3 rows done, 3 at another place; to ask: 1 missing",
                    1},
        resume_case{"in_another_order",
                    [] { return answers_to(abc); },
                    {{"c", "C"}, {"b", "B"}, {"a", "A"}},
                    "3 rows done, 2 at another place; to ask: 0 missing",
                    0},
        resume_case{"without_keys_and_one_put_before_them",
                    [] { return answers_to({{"", "A"}, {"", "B"}}); },
                    {{"", "Z"}, {"", "A"}, {"", "B"}},
                    "2 rows done, 2 at another place; to ask: 1 missing",
                    1},
        resume_case{"equal_rows_without_keys",
                    [] { return answers_to({{"", "A"}, {"", "A"}, {"", "B"}}); },
                    {{"", "A"}, {"", "B"}, {"", "A"}},
                    "3 rows done, 2 at another place; to ask: 0 missing",
                    0},
        resume_case{"a_line_damaged",
                    [] {
                        auto text = answers_to(abc);
                        text[text.find("to B")] = 'T';
                        return text;
                    },
                    abc, "2 rows done; to ask: 1 missing; 1 damaged lines (the first is line 2) are as good as none",
                    1},
        resume_case{"half_a_line_in_the_middle",
                    [] { return answer_line(abc, 0).substr(0, 40) + '\n' + answer_line(abc, 1); }, abc,
                    "1 rows done; to ask: 2 missing; 1 damaged lines (the first is line 1) are as good as none", 2},
        resume_case{"a_line_that_lost_its_checksum",
                    [] {
                        auto const line = answer_line(abc, 1);
                        return answer_line(abc, 0) + line.substr(0, line.find(",\"crc\"")) + "}\n";
                    },
                    abc, "1 rows done; to ask: 2 missing; 1 damaged lines (the first is line 2) are as good as none",
                    2}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Resume, CutsATornLastLineWhereverItWasTorn) {
    temp_folder const folder;
    auto const whole = answer_line(abc, 0);
    auto const torn = answer_line(abc, 1);
    for (std::size_t length = 0; length < torn.size(); ++length) {
        auto const path = folder.write("out.jsonl", whole + torn.substr(0, length));
        auto journal = batch_journal::open(path, resuming());
        ASSERT_TRUE(journal) << length << journal.error();
        auto const found = match(*journal, abc);
        ASSERT_TRUE(found) << length << found.error();
        EXPECT_EQ(found->kept, 1U);
        EXPECT_EQ(found->missing, 2U);
        EXPECT_EQ(temp_folder::read(path), whole);
    }
}

TEST(Resume, OutputsWithoutChecksumsGoOn) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", line_a + line_b);
    auto journal = batch_journal::open(path, resuming());
    ASSERT_TRUE(journal) << journal.error();
    auto const found = match(*journal, abc);
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(
        to_string(*found),
        "2 rows done, 1 of them failed, 2 known by their keys only: whether they have changed was not checked; to "
        "ask: 1 missing");
    EXPECT_EQ(finish(*journal, abc), 1);
    auto const text = temp_folder::read(path);
    EXPECT_EQ(text.substr(0, line_a.size() + line_b.size()), line_a + line_b);
}

TEST(Resume, OutputsWithoutChecksumsKnowTheirRowsByTheirRecords) {
    temp_folder const folder;
    auto const old_line = [](std::uint64_t index) {
        auto origin = made_with;
        origin.record = identity(abc, index).record;
        auto line = line_of(ok(index, abc[index].key, "x"), {.origin = origin});
        return line.substr(0, line.find(",\"crc\"")) + "}\n";
    };
    auto const path = folder.write("out.jsonl", old_line(0) + old_line(1));
    auto journal = batch_journal::open(path, resuming());
    ASSERT_TRUE(journal) << journal.error();
    auto const found = match(*journal, {{"a", "A"}, {"b", "new"}, {"c", "C"}});
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(to_string(*found), "1 rows done; to ask: 1 missing, 1 changed");
}

TEST(Resume, FailedRowsAreAskedAgainOnRequestAndTheirLinesStayUntilThereIsSomethingBetter) {
    temp_folder const folder;
    auto const before = line_a + line_b + line_c + "{\"ind";
    auto const path = folder.write("out.jsonl", before);
    auto journal = batch_journal::open(path, resuming(true));
    ASSERT_TRUE(journal) << journal.error();
    auto const found = match(*journal, abc);
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(found->retried, 1U);
    EXPECT_EQ(found->kept, 2U);
    EXPECT_EQ(found->failed, 0U);
    EXPECT_FALSE(journal->contains(1));
    EXPECT_EQ(temp_folder::read(path), line_a + line_b + line_c);
    EXPECT_EQ(finish(*journal, abc), 1);
    auto const text = temp_folder::read(path);
    EXPECT_EQ(text.substr(0, line_a.size() + line_c.size()), line_a + line_c);
    EXPECT_NE(text.find(R"({"index":1,"key":"b","status":"ok")"), std::string::npos);
}

TEST(Resume, ToTakeLinesOutChangesNothingElse) {
    temp_folder const folder;
    auto const path = folder.write("real.jsonl", line_a + line_b);
    auto const link = folder.path("out.jsonl");
    auto const other = folder.write("out.jsonl.new", "mine");
    std::filesystem::create_symlink("real.jsonl", link);
    std::filesystem::permissions(path, std::filesystem::perms{0600});
    input const rows{{"a", "A"}, {"b", "B"}};
    auto journal = batch_journal::open(link, resuming(true));
    ASSERT_TRUE(journal) << journal.error();
    ASSERT_TRUE(match(*journal, rows));
    EXPECT_EQ(finish(*journal, rows), 1);
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(temp_folder::read(path).substr(0, line_a.size()), line_a);
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0600});
    EXPECT_EQ(temp_folder::read(other), "mine");
    auto const files = std::filesystem::directory_iterator{folder.path("")};
    EXPECT_EQ(std::distance(begin(files), end(files)), 3);
}

TEST(Resume, LinesBeyondTheLimitStay) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", answer_line(abc, 2) + answer_line(abc, 0));
    auto options = resuming();
    options.limit = 2;
    auto journal = batch_journal::open(path, options);
    ASSERT_TRUE(journal) << journal.error();
    auto const found = match(*journal, abc);
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(to_string(*found), "1 rows done; to ask: 1 missing");
    ASSERT_TRUE(write(*journal, ok(1, "b", "x"), identity(abc, 1)));
    EXPECT_EQ(temp_folder::read(path).find(answer_line(abc, 2)), 0U);
}

struct other_input_case {
    char const* name;
    input rows;
    std::string where;
    std::string says;
};
void PrintTo(other_input_case const& row, std::ostream* out) { *out << row.name; }
class OtherInput : public testing::TestWithParam<other_input_case> {};

TEST_P(OtherInput, IsRefusedAndTheFileIsUnchanged) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", answers_to(abc));
    {
        auto journal = batch_journal::open(path, resuming());
        ASSERT_TRUE(journal) << journal.error();
        auto const found = match(*journal, GetParam().rows);
        ASSERT_FALSE(found);
        EXPECT_EQ(found.error().code, errc::invalid_argument);
        EXPECT_EQ(found.error().where, path + GetParam().where);
        EXPECT_NE(found.error().message.find(GetParam().says), std::string::npos) << found.error();
    }
    EXPECT_EQ(temp_folder::read(path), answers_to(abc));
    auto options = resuming();
    options.resume = resume_mode::anyway;
    auto journal = batch_journal::open(path, options);
    ASSERT_TRUE(match(*journal, GetParam().rows));
    (void)finish(*journal, GetParam().rows);
    std::size_t lines = 0;
    for (char const c : temp_folder::read(path)) lines += c == '\n' ? 1 : 0;
    EXPECT_EQ(lines, GetParam().rows.size());
}
INSTANTIATE_TEST_SUITE_P(
    Rows, OtherInput,
    testing::Values(
        other_input_case{"rows_taken_away", {{"b", "B"}, {"c", "C"}}, ":1", "this row is not there now"},
        other_input_case{
            "other_keys", {{"x", "A"}, {"y", "B"}, {"z", "C"}}, ":1", "this row and 2 more are not there now"},
        other_input_case{"most_are_changed", {{"a", "1"}, {"b", "2"}, {"c", "C"}}, ":1", "2 of its rows have changed"}),
    [](auto const& row) { return std::string(row.param.name); });

struct origin_case {
    char const* name;
    void (*change)(run_identity&);
    std::string says;
};
void PrintTo(origin_case const& row, std::ostream* out) { *out << row.name; }
class OtherOrigin : public testing::TestWithParam<origin_case> {};

TEST_P(OtherOrigin, IsRefusedWithWhatHasChangedAndTheFileIsUnchanged) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    run_identity const run{.digests = made_with,
                           .prompt = "Judge {{text}}",
                           .model = "m",
                           .schema = "",
                           .service = "openai",
                           .parameters = "temperature 0.5"};
    {
        auto journal = batch_journal::open(path, {.run = run});
        ASSERT_TRUE(journal);
        for (std::uint64_t i = 0; i < 2; ++i) ASSERT_TRUE(write(*journal, ok(i, abc[i].key, "x"), identity(abc, i)));
        ASSERT_TRUE(journal->close());
    }
    auto const text = temp_folder::read(path);
    auto options = journal_options{.resume = resume_mode::matching, .run = run};
    GetParam().change(options.run);
    auto const refused = batch_journal::open(path, options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::invalid_argument);
    EXPECT_EQ(refused.error().where, path + ":1");
    EXPECT_NE(refused.error().message.find("made with " + GetParam().says + ':'), std::string::npos) << refused.error();
    EXPECT_EQ(temp_folder::read(path), text);
    options.resume = resume_mode::anyway;
    auto journal = batch_journal::open(path, options);
    ASSERT_TRUE(journal) << journal.error();
    auto const found = match(*journal, abc);
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(found->kept, 2U);
    EXPECT_FALSE(journal->answer_to(identity(abc, 0).sent)) << "an answer of another run";
}
INSTANTIATE_TEST_SUITE_P(
    Rows, OtherOrigin,
    testing::Values(origin_case{"prompt",
                                [](run_identity& run) { run.digests.prompt = 9, run.prompt = "Rate {{text}}"; },
                                R"(another prompt ("Judge {{text}}" then, "Rate {{text}}" now))"},
                    origin_case{"long_prompt",
                                [](run_identity& run) { run.digests.prompt = 9, run.prompt = std::string(1'000, 'x'); },
                                R"(another prompt ("Judge {{text}}" then))"},
                    origin_case{"model_and_schema",
                                [](run_identity& run) {
                                    run.digests.model = run.digests.schema = 9;
                                    run.model = "n", run.schema = "yes_no";
                                },
                                R"(another model ("m" then, "n" now), another schema (none then, "yes_no" now))"},
                    origin_case{"service", [](run_identity& run) { run.digests.service = 9, run.service = "azure"; },
                                R"(another service ("openai" then, "azure" now))"},
                    origin_case{"parameters",
                                [](run_identity& run) { run.digests.parameters = 9, run.parameters = ""; },
                                R"(other parameters ("temperature 0.5" then, none now))"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Resume, WhatALineTellsOfItsRunOutlivesTheLine) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    run_identity const run{.digests = made_with, .model = "m"};
    {
        auto journal = batch_journal::open(path, {.run = run});
        ASSERT_TRUE(journal);
        for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(write(*journal, ok(i, abc[i].key, "x"), identity(abc, i)));
    }
    {
        auto journal = batch_journal::open(path, {.resume = resume_mode::matching, .run = run});
        ASSERT_TRUE(match(*journal, {{"a", "new"}, {"b", "B"}, {"c", "C"}}));
        ASSERT_TRUE(write(*journal, ok(0, "a", "y"), identity(abc, 0)));
    }
    auto const text = temp_folder::read(path);
    EXPECT_LT(text.find(R"("run":{)"), text.find('\n')) << text;
}

TEST(ResponseOriginText, IsReadAsItIsWritten) {
    EXPECT_EQ(to_string(response_origin{.prompt = 0xffffffff, .record = 0x1a}), "ffffffff-0-0-0-0-1a");
    EXPECT_EQ(to_string(parse_origin("ffffffff-0-0-0-0-1a")), "ffffffff-0-0-0-0-1a");
    EXPECT_EQ(to_string(parse_origin("12-zz")), "12-0-0-0-0-0");
    EXPECT_EQ(to_string(parse_origin("")), "0-0-0-0-0-0");
}

struct foreign_case {
    char const* name;
    std::string text;
    int line;
};
void PrintTo(foreign_case const& row, std::ostream* out) { *out << row.name; }
class ForeignOutput : public testing::TestWithParam<foreign_case> {};

TEST_P(ForeignOutput, IsRefusedAndUnchanged) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", GetParam().text);
    for (bool const drop : {false, true}) {
        auto const journal = batch_journal::open(path, resuming(drop));
        ASSERT_FALSE(journal);
        EXPECT_EQ(journal.error().code, errc::invalid_json);
        EXPECT_EQ(journal.error().where, path + ':' + std::to_string(GetParam().line));
        EXPECT_EQ(temp_folder::read(path), GetParam().text);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rows, ForeignOutput,
    testing::Values(foreign_case{"prose", "Dear diary\n", 1}, foreign_case{"other_json", line_a + "{\"id\":1}\n", 2},
                    foreign_case{"unknown_status", "{\"index\":0,\"key\":\"a\",\"status\":\"maybe\"}\n", 1},
                    foreign_case{"negative_index", "{\"index\":-1,\"key\":\"a\",\"status\":\"ok\"}\n", 1},
                    foreign_case{"absurd_index", "{\"index\":99999999999,\"key\":\"a\",\"status\":\"ok\"}\n", 1},
                    foreign_case{"torn_in_the_middle", line_a.substr(0, 10) + "\n" + line_c, 1},
                    foreign_case{"twice", line_a + line_c + line_a, 3}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
