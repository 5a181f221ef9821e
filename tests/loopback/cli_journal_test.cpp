#include "loopback/cli_batch.hpp"
#include "support/rounds.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace test;
using setting = batch_setting;

constexpr std::uint64_t concurrency = 4;

std::vector<std::string> with_concurrency(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--concurrency", std::to_string(concurrency), "--sync-every", "0.05"});
    return more;
}

/// Kills a run at some moment. @returns Whether it was killed before its end.
bool kill_at_random(setting const& s, std::vector<std::string> const& more, std::mt19937& dice) {
    program run{s.flags(with_concurrency(more)), s.variables};
    std::this_thread::sleep_for(std::chrono::milliseconds{std::uniform_int_distribution{20, 300}(dice)});
    run.signal(SIGKILL);
    auto const end = run.wait();
    EXPECT_TRUE(end.exit_code == 128 + SIGKILL || end.exit_code == 0) << end.errors;
    return end.exit_code == 128 + SIGKILL;
}

/// Only what was in flight at a kill is paid twice.
TEST(CliJournal, KilledAtRandomMomentsHasEachRowOnce) {
    std::mt19937 dice{7};
    for (int kills = 0, wanted = rounds(12, 200); kills < wanted;) {
        setting const s{{.latency = {.first_byte = 15ms, .first_byte_spread = 20ms}}};
        std::uint64_t killed = 0;
        std::vector<std::string> more;
        while (kills < wanted && kill_at_random(s, more, dice)) {
            ++kills;
            ++killed;
            if (std::filesystem::exists(s.out)) more = {"--resume"};
        }
        auto const rest = s.run(with_concurrency({"--resume"}));
        ASSERT_EQ(rest.exit_code, 0) << rest.errors;
        expect_each_once(lines_of(s.out), 200);
        EXPECT_LE(s.server.stats().model_requests, 200 + killed * concurrency);
    }
}

TEST(CliJournal, AFullDiskEndsTheRunAndTheNextGoesOn) {
    setting const s{{.latency = {.first_byte = 2ms}}};
    for (int const blocks : {20, 60}) {
        auto const flags =
            s.flags(with_concurrency(blocks == 20 ? std::vector<std::string>{} : std::vector<std::string>{"--resume"}));
        auto const end = run_shell("ulimit -f " + std::to_string(blocks) + "; exec " + quoted(flags), s.variables);
        EXPECT_EQ(end.exit_code, 3) << end.errors;
        EXPECT_NE(end.errors.find("File too large (" + s.out), std::string::npos) << end.errors;
        auto const text = temp_folder::read(s.out);
        EXPECT_EQ(text.back(), '\n') << "half a line";
    }
    auto const rest = s.run(with_concurrency({"--resume"}));
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_LE(s.server.stats().model_requests, 200 + 2 * concurrency);
}

/// Runs commands in a mount namespace of their own. `DISK` is a file system in memory of 48 KB; the folder is gone with
/// the namespace. Exit 77: none can be mounted here.
program_end run_with_small_disk(setting const& s, std::string const& commands) {
    auto const disk = s.folder.path("disk");
    std::filesystem::create_directory(disk);
    auto const script = "mount -t tmpfs -o size=48k none \"$DISK\" || exit 77\n" + commands;
    auto variables = s.variables;
    variables.insert(variables.end(), {{"DISK", disk}, {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}});
    return run_shell("unshare -m sh -c '" + script + "' || exit $?", variables);
}

TEST(CliJournal, AFullFileSystemEndsTheRunAndTheNextGoesOn) {
    setting s{{.latency = {.first_byte = 2ms}}};
    auto const kept = s.folder.path("kept.jsonl");
    s.out = s.folder.path("disk/out.jsonl");
    auto run = s.flags(with_concurrency());
    auto again = s.flags(with_concurrency({"--resume"}));
    auto const words = [](std::vector<std::string> const& flags) {
        std::string line = COAX_PROGRAM;
        for (auto const& flag : flags) line += " \"" + flag + '"';
        return line;
    };
    auto const end = run_with_small_disk(
        s, words(run) + "; echo first $?\ntail -c 1 \"$DISK/out.jsonl\" | od -An -c\n" +
               "mount -o remount,size=8m \"$DISK\"\n" + words(again) + "; echo second $?\ncp \"$DISK/out.jsonl\" \"" +
               kept + "\"\n" + "mount -o remount,ro \"$DISK\"\n" + words(again) + "; echo third $?\n");
    if (end.exit_code == 77 || end.errors.find("unshare") != std::string::npos) GTEST_SKIP() << end.errors;
    EXPECT_NE(end.output.find("first 3\n  \\n\nsecond 0\nthird 2\n"), std::string::npos) << end.output << end.errors;
    EXPECT_NE(end.errors.find("No space left on device (" + s.out), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find("Read-only file system (" + s.out), std::string::npos) << end.errors;
    expect_each_once(lines_of(kept), 200);
    EXPECT_LE(s.server.stats().model_requests, 200 + concurrency);
}

TEST(CliJournal, ADiskThatDoesNotKeepLinesEndsTheRun) {
    if (is_sanitized) GTEST_SKIP() << "a sanitizer's library comes first";
    for (auto const* call : {"1", "2", "3"}) {
        setting const s{{.latency = {.first_byte = 10ms}}};
        auto variables = s.variables;
        variables.insert(
            variables.end(),
            {{"LD_PRELOAD", COAX_FAILING_FSYNC}, {"COAX_FAIL_FSYNC_OF", "out.jsonl"}, {"COAX_FAIL_FSYNC_AT", call}});
        auto const end = run_program(s.flags(with_concurrency()), variables);
        EXPECT_EQ(end.exit_code, 3) << end.errors;
        EXPECT_NE(end.errors.find("Input/output error (" + s.out), std::string::npos) << end.errors;
        EXPECT_LT(s.server.stats().model_requests, 200U) << "it went on without a disk";
        auto const rest = s.run(with_concurrency({"--resume"}));
        EXPECT_EQ(rest.exit_code, 0) << rest.errors;
        expect_each_once(lines_of(s.out), 200);
    }
}

TEST(CliJournal, ASecondRunOnTheSameFileIsTurnedAway) {
    setting const s{{.latency = {.first_byte = 20ms}}};
    program first{s.flags(with_concurrency()), s.variables};
    ASSERT_TRUE(eventually([&] { return count_lines(s.out) >= 4; })) << first.errors();
    for (std::vector<std::string> const& more : {std::vector<std::string>{}, {"--resume"}}) {
        auto const second = s.run(more);
        EXPECT_EQ(second.exit_code, 2) << second.errors;
        EXPECT_NE(second.errors.find("another batch is writing it"), std::string::npos) << second.errors;
    }
    EXPECT_EQ(first.wait().exit_code, 0);
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().model_requests, 200U);
}

TEST(CliJournal, AnOutputThatCannotBeWrittenIsToldBeforeAnythingIsSent) {
    setting const s{{}};
    std::ofstream{s.out} << R"({"index":0,"key":"post-0","status":"ok","output":{}})" << '\n';
    auto const before = temp_folder::read(s.out);
    ::chmod(s.out.c_str(), 0444);
    ::chmod(s.folder.path("").c_str(), 0755);
    bool const is_root = ::geteuid() == 0;
    if (is_root && run_shell("setpriv --reuid=65534 --clear-groups true", {}).exit_code != 0)
        GTEST_SKIP() << "nobody else can be had";
    auto const as_nobody = is_root ? std::string{"exec setpriv --reuid=65534 --clear-groups "} : std::string{"exec "};
    auto const end = run_shell(as_nobody + quoted(s.flags({"--resume"})), s.variables);
    EXPECT_EQ(end.exit_code, 2) << end.errors;
    EXPECT_NE(end.errors.find("Permission denied (" + s.out), std::string::npos) << end.errors;
    EXPECT_EQ(temp_folder::read(s.out), before);
    EXPECT_EQ(s.server.stats().model_requests, 0U);
}

TEST(CliJournal, EqualRowsAreAskedOnceUnlessEachIsToBe) {
    setting s{{.latency = {.first_byte = 20ms}}};
    std::string text;
    for (int i = 0; i < 200; ++i)
        text += R"({"id":"post-)" + std::to_string(i) + R"(","text":")" + std::to_string(i % 5) + "\"}\n";
    s.folder.write("in.jsonl", text);
    auto const end = s.run(with_concurrency({"--limit", "150"}));
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_NE(end.errors.find("equal     145 records took the answer of an equal one"), std::string::npos)
        << end.errors;
    EXPECT_EQ(s.server.stats().model_requests, 5U);
    auto const rest = s.run(with_concurrency({"--resume"}));  // answers of an earlier run are answers
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    EXPECT_EQ(s.server.stats().model_requests, 5U);
    auto const lines = lines_of(s.out);
    expect_each_once(lines, 200);
    std::map<std::uint64_t, std::string> answers;
    for (auto const& line : lines)
        EXPECT_EQ(answers.try_emplace(line.index % 5, line.output.text()).first->second, line.output.text());
    s.out = s.folder.path("each.jsonl");
    EXPECT_EQ(s.run({"--ask-equal"}).exit_code, 0);
    EXPECT_EQ(s.server.stats().model_requests, 205U);
}

TEST(CliJournal, LinesComeInOrderWhereThatIsWanted) {
    setting const s{{.latency = {.first_byte = 1ms, .first_byte_spread = 20ms}}};
    auto const end = s.run({"--ordered", "--concurrency", "16", "--window", "20"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const lines = lines_of(s.out);
    ASSERT_EQ(lines.size(), 200U);
    for (std::uint64_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i].index, i);
}

TEST(CliJournal, TooManyFailuresAmongTheLastEndTheRun) {
    setting const s{{.faults = {{.kind = sim::fault_kind::refusal, .probability = 0.5}}}};
    auto const end = s.run(with_concurrency({"--max-failure-rate", "0.2", "--failure-window", "20"}));
    EXPECT_EQ(end.exit_code, 3) << end.errors;
    EXPECT_NE(end.errors.find("of the last 20 records failed"), std::string::npos) << end.errors;
    EXPECT_LT(lines_of(s.out).size(), 40U);
}

TEST(CliShards, ThePartsMakeTheWhole) {
    setting s{{}};
    std::vector<std::string> merge{"merge"};
    for (int part = 1; part <= 3; ++part) {
        s.out = s.folder.path("out." + std::to_string(part) + ".jsonl");
        merge.push_back(s.out);
        auto const end = s.run({"--shard", std::to_string(part) + "/3"});
        EXPECT_EQ(end.exit_code, 0) << end.errors;
        EXPECT_GT(lines_of(s.out).size(), 30U);
    }
    EXPECT_EQ(s.server.stats().model_requests, 200U);
    auto const all = s.folder.path("all.jsonl");
    auto two = merge;
    two.pop_back();
    for (auto* const list : {&two, &merge}) list->insert(list->end(), {"--out", all});
    auto const missing = run_program(two, {});
    EXPECT_EQ(missing.exit_code, 2);
    EXPECT_NE(missing.errors.find("no rows came of part 3/3"), std::string::npos) << missing.errors;
    EXPECT_FALSE(std::filesystem::exists(all));
    auto const merged = run_program(merge, {});
    EXPECT_EQ(merged.exit_code, 0) << merged.errors;
    EXPECT_NE(merged.errors.find("3 parts merged: 200 rows ok, 0 failed"), std::string::npos) << merged.errors;
    expect_each_once(lines_of(all), 200);
}

TEST(CliShards, ATaskOfAJobArrayHasItsPartAndAnOutputOfItsOwn) {
    setting s{{}};
    s.variables.insert(s.variables.end(),
                       {{"SLURM_ARRAY_TASK_ID", "1"}, {"SLURM_ARRAY_TASK_COUNT", "2"}, {"SLURM_ARRAY_TASK_MIN", "0"}});
    auto const end = s.run();
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const own = s.folder.path("out.2-of-2.jsonl");
    EXPECT_NE(end.errors.find("part 2/2 of the batch, as the environment says; its output is " + own),
              std::string::npos)
        << end.errors;
    auto const rows = lines_of(own).size();
    EXPECT_GT(rows, 50U);
    EXPECT_LT(rows, 150U);
    EXPECT_FALSE(std::filesystem::exists(s.out));
}

TEST(CliShards, GnuParallelRunsThem) {
    if (run_shell("command -v parallel", {}).exit_code != 0) GTEST_SKIP() << "GNU parallel is not installed";
    setting s{{}};
    auto flags = s.flags();
    flags.erase(flags.begin(), flags.begin() + 2);  // "batch" and INPUT, which the script has
    auto const out = std::find(flags.begin(), flags.end(), "--out");
    flags.erase(out, out + 2);
    std::string line = COAX_SOURCE_DIR "/examples/shards/parallel.sh 4 '" + s.input + "' '" + s.out + '\'';
    for (auto const& flag : flags) line.append(" '").append(flag).append("'");
    auto variables = s.variables;
    variables.insert(variables.end(),
                     {{"COAX", COAX_PROGRAM}, {"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", s.folder.path("")}});
    auto const end = run_shell(line, variables);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().model_requests, 200U);
}

}  // namespace
}  // namespace coax
