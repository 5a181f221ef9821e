#include "loopback/cli_batch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace test;
using setting = batch_setting;

TEST(CliSignals, InterruptedAndResumedAsksNothingTwice) {
    setting const s{{.latency = {.first_byte = 200ms}}};  // five seconds in all: no busy machine ends it early
    program first{s.flags({"--concurrency", "8"}), s.variables};
    ASSERT_TRUE(eventually([&] { return count_lines(s.out) >= 16; })) << first.errors();
    first.signal(SIGINT);
    auto const end = first.wait();
    EXPECT_EQ(end.exit_code, 130) << end.errors;
    auto const done = lines_of(s.out).size();
    EXPECT_LT(done, 200U);
    EXPECT_EQ(s.server.stats().model_requests, done);  // all that was sent is written
    EXPECT_NE(end.errors.find(std::to_string(200 - done) + " records remain"), std::string::npos) << end.errors;

    auto const rest = s.run({"--concurrency", "64", "--resume"});
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().model_requests, 200U);
}

TEST(CliSignals, AnInterruptDoesNotWaitForQuota) {
    setting const s{{}};
    program run{s.flags({"--concurrency", "16", "--rpm", "8"}), s.variables};
    ASSERT_TRUE(eventually([&] { return count_lines(s.out) == 8; })) << run.errors();
    run.signal(SIGINT);
    auto const end = run.wait(5s);
    EXPECT_EQ(end.exit_code, 130) << end.errors;
    EXPECT_EQ(lines_of(s.out).size(), 8U);
    EXPECT_NE(end.errors.find("192 records remain"), std::string::npos) << end.errors;
}

TEST(CliSignals, AnInterruptDoesNotWaitForBackOffs) {
    setting const s{{.faults = {{.kind = sim::fault_kind::rate_limited, .after_requests = 3, .wait = 60s}}}};
    program run{s.flags({"--concurrency", "4"}), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().model_requests >= 4; })) << run.errors();
    run.signal(SIGINT);
    auto const end = run.wait(5s);
    EXPECT_EQ(end.exit_code, 130) << end.errors;
    EXPECT_EQ(lines_of(s.out).size(), 3U);
    EXPECT_NE(end.errors.find("197 records remain"), std::string::npos) << end.errors;
}

TEST(CliSignals, SecondInterruptAborts) {
    setting const s{{.faults = {{.kind = sim::fault_kind::stall}}}};
    program run{s.flags({"--concurrency", "4"}), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().model_requests >= 4; })) << run.errors();
    run.signal(SIGINT);
    ASSERT_TRUE(eventually([&] { return run.errors().find("stopping") != std::string::npos; }));
    run.signal(SIGINT);
    EXPECT_EQ(run.wait().exit_code, 130);
    EXPECT_TRUE(lines_of(s.out).empty());
}

TEST(CliSignals, StandardInputAndOutputTakeTheFilesPlace) {
    if (::access("/proc/self/fd", X_OK) != 0) GTEST_SKIP() << "no /proc here, as in a bare root";
    setting s{{}};
    s.input = s.out = "-";
    program run{s.flags({"--quiet"}), s.variables, rows};
    auto const end = run.wait();
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(end.errors, "");
    EXPECT_EQ(std::count(end.output.begin(), end.output.end(), '\n'), 3) << end.output;
    EXPECT_EQ(run_program(s.flags({"--resume"}), s.variables, rows).exit_code, 2);
    auto const bad = run_program(s.flags(), s.variables, rows + "hello\n");
    EXPECT_NE(bad.errors.find("(-:4)"), std::string::npos) << bad.errors;
}

TEST(CliSignals, AReaderOfTheOutputThatLeavesEndsIt) {
    setting s{{}};
    s.out = s.folder.path("pipe");
    ASSERT_EQ(::mkfifo(s.out.c_str(), 0600), 0);
    int const reader = ::open(s.out.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    program run{s.flags({"--concurrency", "2", "--rpm", "600", "--even-spacing"}), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().model_requests >= 2; })) << run.errors();
    ::close(reader);
    auto const end = run.wait();
    EXPECT_EQ(end.exit_code, 3) << end.errors;
    EXPECT_NE(end.errors.find("Broken pipe"), std::string::npos) << end.errors;
    EXPECT_TRUE(std::filesystem::exists(s.out));
}

TEST(CliSignals, ABlockedOutputDoesNotKeepCtrlCFromAborting) {
    setting s{{}};
    s.out = s.folder.path("pipe");
    ASSERT_EQ(::mkfifo(s.out.c_str(), 0600), 0);
    int const reader = ::open(s.out.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    std::string const full(1U << 20U, 'x');
    while (::write(reader, full.data(), full.size()) > 0) {
    }
    program run{s.flags({"--concurrency", "1"}), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().model_requests >= 1; })) << run.errors();
    run.signal(SIGINT);
    ASSERT_TRUE(eventually([&] { return run.errors().find("stopping") != std::string::npos; }));
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(5s).exit_code, 130);
    ::close(reader);
}

TEST(CliSignals, AHangUpIsAnOrderlyEnd) {
    setting const s{{.latency = {.first_byte = 200ms}}};  // five seconds in all: no busy machine ends it early
    program run{s.flags({"--concurrency", "8"}), s.variables};
    ASSERT_TRUE(eventually([&] { return count_lines(s.out) >= 16; })) << run.errors();
    run.signal(SIGHUP);
    run.signal(SIGHUP);
    EXPECT_EQ(run.wait().exit_code, 130);
    EXPECT_EQ(s.server.stats().model_requests, lines_of(s.out).size());
}

TEST(CliSignals, ALimitOfFileSizesIsAFullDisk) {
    setting const s{{}};
    auto const run = "ulimit -f 16; exec " + quoted(s.flags({"--concurrency", "2", "--quiet"}));
    auto const end = run_shell(run, s.variables);
    EXPECT_EQ(end.exit_code, 3) << end.errors;
    EXPECT_NE(end.errors.find("File too large"), std::string::npos) << end.errors;
    EXPECT_GT(lines_of(s.out).size(), 5U);
}

TEST(CliSignals, ClosedStandardFilesDoNotMixIntoTheOutput) {
    setting const s{{}};
    auto const end = run_shell("exec " + quoted(s.flags({"--progress-every", "0.01"})) + " <&- >&- 2>&-", s.variables);
    EXPECT_EQ(end.exit_code, 0);
    expect_each_once(lines_of(s.out), 200);
}

}  // namespace
}  // namespace coax
