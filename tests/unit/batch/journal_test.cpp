#include "unit/batch/file_size_limit.hpp"
#include "unit/batch/output_lines.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/batch/journal.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace coax {
namespace {

using namespace test;

TEST(BatchJournal, AppendsWholeLinesThatAreThereAtOnce) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    auto journal = batch_journal::open(path);
    ASSERT_TRUE(journal) << journal.error();
    EXPECT_FALSE(journal->wants_rows());
    ASSERT_TRUE(write(*journal, ok(0, "a", "x")));
    auto const first = to_json_line(ok(0, "a", "x"), output_kind::text) + '\n';
    EXPECT_EQ(temp_folder::read(path), first);
    ASSERT_TRUE(write(*journal, ok(1, "b", "y")));
    ASSERT_TRUE(journal->close());
    EXPECT_EQ(temp_folder::read(path), first + to_json_line(ok(1, "b", "y"), output_kind::text) + '\n');
}

TEST(BatchJournal, UnusedFileIsNotLeftBehind) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    {
        ASSERT_TRUE(batch_journal::open(path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(BatchJournal, ABatchOfNoRecordsLeavesAnEmptyFile) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    auto journal = batch_journal::open(path);
    ASSERT_TRUE(journal);
    ASSERT_TRUE(journal->close());
    EXPECT_TRUE(std::filesystem::is_empty(path));
    auto again = batch_journal::open(path);  // an empty file is as good as none, but not ours to remove
    ASSERT_TRUE(again);
    again->discard_if_unused();
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(BatchJournal, EmptyFileOfSomeoneElseStays) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", "");
    {
        ASSERT_TRUE(batch_journal::open(path));
    }
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(BatchJournal, FileWithSomethingInItIsRefusedAndUnchanged) {
    temp_folder const folder;
    auto const path = folder.write("out.jsonl", line_a);
    auto const journal = batch_journal::open(path);
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().code, errc::io_failed);
    EXPECT_EQ(journal.error().where, path);
    EXPECT_EQ(temp_folder::read(path), line_a);
}

TEST(BatchJournal, SecondWriterIsRefused) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    auto const first = batch_journal::open(path);
    ASSERT_TRUE(first);
    auto const second = batch_journal::open(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, "another batch is writing it");
}

TEST(BatchJournal, UnwritablePlaceIsNamed) {
    temp_folder const folder;
    auto const path = folder.path("absent/out.jsonl");
    auto const journal = batch_journal::open(path);
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().where, path);
}

TEST(BatchJournal, ALinkToNoFileYetIsFollowed) {
    temp_folder const folder;
    std::filesystem::create_symlink("real.jsonl", folder.path("out.jsonl"));
    auto journal = batch_journal::open(folder.path("out.jsonl"));
    ASSERT_TRUE(journal) << journal.error();
    ASSERT_TRUE(write(*journal, ok(0, "a", "x")));
    EXPECT_EQ(temp_folder::read(folder.path("real.jsonl")), line_of(ok(0, "a", "x")));
}

TEST(BatchJournal, APipeWhoseReaderLeavesIsAnError) {
    temp_folder const folder;
    auto const path = folder.path("pipe");
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    auto const previous = std::signal(SIGPIPE, SIG_IGN);
    int const reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
    auto journal = batch_journal::open(path);
    ASSERT_TRUE(journal) << journal.error();
    EXPECT_TRUE(write(*journal, ok(0, "a", "x")));
    EXPECT_EQ(batch_journal::open(path, {.resume = resume_mode::matching}).error().code, errc::invalid_argument);
    ::close(reader);
    auto const written = write(*journal, ok(0, "a", "x"));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().cause.value(), EPIPE);
    std::signal(SIGPIPE, previous);
}

TEST(BatchJournal, LineThatDoesNotFitIsTakenBack) {
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    auto journal = batch_journal::open(path);
    ASSERT_TRUE(journal);
    ASSERT_TRUE(write(*journal, ok(0, "a", "x")));
    auto const first = line_of(ok(0, "a", "x"));
    {
        file_size_limit const full{first.size() + 30};
        auto const written = write(*journal, ok(1, "b", "y"));
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().code, errc::io_failed);
        EXPECT_EQ(written.error().where, path);
    }
    EXPECT_EQ(temp_folder::read(path), first);
    ASSERT_TRUE(write(*journal, ok(2, "c", "z")));
    EXPECT_EQ(temp_folder::read(path), first + line_of(ok(2, "c", "z")));
}

TEST(BatchJournal, AnswersEqualQuestionsFromItsLines) {
    temp_folder const folder;
    auto journal = batch_journal::open(folder.path("out.jsonl"));
    ASSERT_TRUE(journal);
    std::string const text(100'000, 'x');
    ASSERT_TRUE(journal->write(ok(7, "a", text), output_kind::text, false, {.sent = 1}));
    ASSERT_TRUE(journal->write(ok(8, "b", R"({"n":"1"})"), output_kind::json, false, {.sent = 2}));
    batch_result<std::string> failed{.index = 9, .key = "c"};
    failed.value = error{.code = errc::refused};
    ASSERT_TRUE(journal->write(failed, output_kind::text, false, {.sent = 3}));
    auto const first = journal->answer_to(1);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->index, 7U);
    EXPECT_EQ(first->output.text(), '"' + text + '"');
    EXPECT_EQ(journal->answer_to(2)->output.text(), R"({"n":"1"})");
    EXPECT_FALSE(journal->answer_to(3)) << "a failure is no answer";
    EXPECT_FALSE(journal->answer_to(4));
}

TEST(BatchJournal, RemembersTheLastAnswersWithinItsBound) {
    temp_folder const folder;
    auto journal = batch_journal::open(folder.path("out.jsonl"), {.remembered_answers = 64});
    ASSERT_TRUE(journal);
    for (std::uint64_t i = 1; i <= 1'000; ++i)
        ASSERT_TRUE(
            journal->write(ok(i, "k", std::to_string(i)), output_kind::text, false, {.sent = i * 2'654'435'761U}));
    int found = 0;
    for (std::uint64_t i = 1; i <= 1'000; ++i)
        if (auto const answer = journal->answer_to(i * 2'654'435'761U)) {
            EXPECT_EQ(answer->index, i);
            ++found;
        }
    EXPECT_GE(found, 32);
    EXPECT_LE(found, 64);
    EXPECT_TRUE(journal->answer_to(std::uint64_t{1'000} * 2'654'435'761U));
}

TEST(BatchJournal, OnlyTheFirstLineTellsTheRun) {
    temp_folder const folder;
    run_identity const run{.digests = {.prompt = 1}, .prompt = "Judge", .shard = "2/3", .records = 9};
    auto journal = batch_journal::open(folder.path("out.jsonl"), {.run = run});
    ASSERT_TRUE(journal);
    ASSERT_TRUE(write(*journal, ok(0, "a", "x")));
    ASSERT_TRUE(write(*journal, ok(1, "b", "x")));
    auto const text = temp_folder::read(folder.path("out.jsonl"));
    auto const at = text.find(R"("run":{"prompt":"Judge","model":"","schema":"","service":"","parameters":"",)"
                              R"("shard":"2/3","records":9})");
    EXPECT_LT(at, text.find('\n')) << text;
    EXPECT_EQ(text.find(R"("run":)", at + 1), std::string::npos);
}

}  // namespace
}  // namespace coax
