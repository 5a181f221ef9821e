#include "support/rounds.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/batch/record_batch.hpp>
#include <coax/batch/results.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace coax {
namespace record_batch_test {

using test::temp_folder;

double resident_megabytes() {
    long pages = 0;
    long resident = 0;
    std::ifstream{"/proc/self/statm"} >> pages >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

/// Records without end, up to `count`.
result<stream<batch_record>> count_to(std::uint64_t count) {
    return generate([count, next = std::uint64_t{0}]() mutable -> asio::awaitable<std::optional<batch_record>> {
        if (next == count) co_return std::nullopt;
        batch_record record{.index = next, .line = next + 1, .key = std::to_string(next)};
        record.fields = json_value::parse(std::to_string(next)).value();
        ++next;
        co_return record;
    });
}

asio::awaitable<batch_output<std::string>> echo(std::string text) {
    co_return batch_output<std::string>{std::move(text)};
}

record_batch echo_batch(std::uint64_t count) {
    return {.open = [count] { return count_to(count); },
            .work = [](batch_record const& record) { return echo("answer to " + record.key); },
            .sent = [](batch_record const& record) { return "question " + record.fields.text(); }};
}

/// Each index of an output once, with its own answer.
void expect_all(std::string const& path, std::uint64_t count) {
    auto lines = detail::result_lines::open(path).value();
    std::vector<bool> seen(count);
    std::uint64_t found = 0;
    while (auto line = lines.next().value()) {
        ASSERT_LT(line->index, count);
        ASSERT_FALSE(seen[line->index]) << line->index;
        seen[line->index] = true;
        ASSERT_EQ(line->value.value().text(), "\"answer to " + std::to_string(line->index) + '"');
        ++found;
    }
    EXPECT_EQ(found, count);
}

/// A million rows in the long form: 16 bytes each are remembered for equal ones up to that many, nothing else grows.
TEST(RecordBatch, MemoryDoesNotGrowWithTheRows) {
    auto const count = static_cast<std::uint64_t>(test::rounds(20'000, 1'000'000));
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    runtime rt;
    auto const run = [&](std::uint64_t rows, std::string const& to) {
        auto const batch = echo_batch(rows);
        auto const journal =
            std::make_shared<batch_journal>(batch_journal::open(to, {.remembered_answers = 4'096}).value());
        auto const summary = rt.run(run_records(batch, journal, {.total = rows}));
        EXPECT_EQ(summary.ok, rows);
        EXPECT_TRUE(journal->close());
    };
    run(2'000, folder.path("warm.jsonl"));
    auto const before = resident_megabytes();
    run(count, path);
    auto const after = resident_megabytes();
    std::printf("%llu rows: %.1f MB before, %.1f MB after\n", static_cast<unsigned long long>(count), before, after);
    if (!test::is_sanitized) EXPECT_LT(after - before, 3.0);
    expect_all(path, count);
}

/// 16 bytes for each of 1,048,576 answers, however many there are.
TEST(BatchJournal, WhatItRemembersIsBounded) {
    auto const count = static_cast<std::uint64_t>(test::rounds(100'000, 3'000'000));
    temp_folder const folder;
    auto journal = batch_journal::open(folder.path("out.jsonl"), {.sync_lines = 0});
    ASSERT_TRUE(journal);
    batch_result<std::string> outcome{.key = "k"};
    outcome.value = std::string{"yes"};
    auto const before = resident_megabytes();
    for (; outcome.index < count; ++outcome.index) {
        auto const sent = sent_digest(std::to_string(outcome.index));
        ASSERT_TRUE(journal->write(outcome, output_kind::text, false, {.sent = sent}));
    }
    if (!test::is_sanitized) EXPECT_LT(resident_megabytes() - before, 16.8 + 1.0);
    int found = 0;
    for (auto index = count - 1'000; index < count; ++index)
        if (auto const known = journal->answer_to(sent_digest(std::to_string(index)))) {
            EXPECT_EQ(known->index, index);
            ++found;
        }
    EXPECT_GT(found, 990);
}

TEST(RecordBatch, GoesOnWithHalfOfIt) {
    auto const count = static_cast<std::uint64_t>(test::rounds(2'000, 200'000));
    temp_folder const folder;
    auto const path = folder.path("out.jsonl");
    runtime rt;
    for (auto const& [rows, kept] : {std::pair{count / 2, std::uint64_t{0}}, std::pair{count, count / 2}}) {
        auto const batch = echo_batch(rows);
        auto const journal =
            std::make_shared<batch_journal>(batch_journal::open(path, {.resume = resume_mode::matching}).value());
        auto const found = rt.run(match_records(batch, journal));
        EXPECT_EQ(found.kept, kept);
        EXPECT_EQ(rt.run(run_records(batch, journal, {})).ok, rows - kept);
        EXPECT_TRUE(journal->close());
    }
    expect_all(path, count);
}

TEST(RecordBatch, AShardHasItsRowsOnly) {
    temp_folder const folder;
    runtime rt;
    std::uint64_t rows = 0;
    for (std::uint32_t number = 1; number <= 3; ++number) {
        auto batch = echo_batch(300);
        batch.shard = {number, 3};
        auto const journal =
            std::make_shared<batch_journal>(batch_journal::open(folder.path(std::to_string(number))).value());
        rows += rt.run(run_records(batch, journal, {})).ok;
    }
    EXPECT_EQ(rows, 300U);
}

}  // namespace record_batch_test
}  // namespace coax
