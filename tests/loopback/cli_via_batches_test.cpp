// `coax batch --via batch-api` against the simulator: whatever becomes of the service's batches, each row that is paid
// is in the output, and each other one is asked again once.
#include "loopback/cli_batch.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace test;
using kind = sim::batch_fault_kind;

/// 200 rows in two batches.
struct via_setting : batch_setting {
    explicit via_setting(sim::options options) : batch_setting{std::move(options)} {
        variables.emplace_back("OPENAI_API_KEY", "sk-test-key");
    }

    [[nodiscard]] std::vector<std::string> via(std::vector<std::string> more = {}) const {
        std::vector<std::string> all{"--provider",   "openai", "--via",        "batch-api",
                                     "--batch-rows", "100",    "--batch-poll", "0.05"};
        all.insert(all.end(), more.begin(), more.end());
        return flags(std::move(all));
    }
    [[nodiscard]] program_end run_via(std::vector<std::string> more = {}) const {
        return run_program(via(std::move(more)), variables);
    }
    /// The same without the way.
    [[nodiscard]] program_end run_live(std::vector<std::string> more = {}) const {
        std::vector<std::string> all{"--provider", "openai", "--batch-poll", "0.05"};
        all.insert(all.end(), more.begin(), more.end());
        return run_program(flags(std::move(all)), variables);
    }
    [[nodiscard]] std::string ledger() const { return out + ".batches"; }
    [[nodiscard]] std::uint64_t paid() const {
        auto const stats = server.stats();
        return stats.batch_rows + stats.model_requests;
    }
};

std::size_t failed_lines(std::vector<output_line> const& lines) {
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(), [](auto const& line) { return line.status == "error"; }));
}

struct end_case {
    char const* name;
    std::vector<sim::batch_fault> faults;
    std::vector<std::string> flags;
    int exit_code;
    std::uint64_t batches;
    std::uint64_t in_batches;  ///< Rows paid there.
    std::uint64_t live;        ///< Rows asked alone.
    std::size_t lines;
    std::size_t failed;
};
void PrintTo(end_case const& row, std::ostream* out) { *out << row.name; }
class BatchEnds : public testing::TestWithParam<end_case> {};

TEST_P(BatchEnds, EachPaidRowIsThereAndEachOtherAskedOnceMore) {
    auto const& want = GetParam();
    via_setting const s{{.batch_faults = want.faults}};
    auto const end = s.run_via(want.flags);
    EXPECT_EQ(end.exit_code, want.exit_code) << end.errors;
    auto const stats = s.server.stats();
    EXPECT_EQ(stats.batches, want.batches) << end.errors;
    EXPECT_EQ(stats.batch_rows, want.in_batches);
    EXPECT_EQ(stats.model_requests, want.live);
    auto const lines = lines_of(s.out);
    EXPECT_EQ(lines.size(), want.lines);
    EXPECT_EQ(failed_lines(lines), want.failed);
    if (want.lines == 200) expect_each_once(lines, 200);
    EXPECT_FALSE(std::filesystem::exists(s.ledger()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BatchEnds,
    testing::Values(
        end_case{"completed", {}, {}, 0, 2, 200, 0, 200, 0},
        end_case{"results_in_another_order", {{.kind = kind::out_of_order}}, {}, 0, 2, 200, 0, 200, 0},
        end_case{"expired_with_half", {{.kind = kind::expire, .share = 0.5, .batch = 1}}, {}, 0, 3, 200, 0, 200, 0},
        end_case{"half_failed_in_passing",
                 {{.kind = kind::fail_rows, .share = 0.5, .batch = 1, .http_status = 503}},
                 {},
                 0,
                 3,
                 200,
                 0,
                 200,
                 0},
        end_case{"half_refused",
                 {{.kind = kind::fail_rows, .share = 0.5, .batch = 1, .http_status = 400}},
                 {},
                 1,
                 2,
                 150,
                 0,
                 200,
                 50},
        end_case{"did_not_pass_its_check", {{.kind = kind::invalid, .batch = 1}}, {}, 0, 3, 200, 0, 200, 0},
        end_case{"vanished", {{.kind = kind::vanish, .batch = 1}}, {}, 0, 3, 200, 0, 200, 0},
        end_case{"making_was_not_answered", {{.kind = kind::lost_answer, .batch = 1}}, {}, 0, 2, 200, 0, 200, 0},
        end_case{"unfinished_go_live",
                 {{.kind = kind::expire, .share = 0.5, .batch = 1}},
                 {"--unfinished", "live"},
                 0,
                 2,
                 150,
                 50,
                 200,
                 0},
        end_case{"unfinished_are_left",
                 {{.kind = kind::expire, .share = 0.5, .batch = 1}},
                 {"--unfinished", "leave"},
                 1,
                 2,
                 150,
                 0,
                 150,
                 0},
        end_case{"rounds_end", {{.kind = kind::expire, .share = 0.5}}, {"--batch-rounds", "2"}, 3, 3, 150, 0, 150, 0}),
    [](auto const& row) { return std::string{row.param.name}; });

TEST(CliViaBatches, KilledWhileTheServiceWorksIsResumedWithTheSameBatches) {
    via_setting const s{{.batch_duration = 700ms}};
    program first{s.via(), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().batches == 2; })) << first.errors();
    first.signal(SIGKILL);
    EXPECT_EQ(first.wait().exit_code, 128 + SIGKILL);
    EXPECT_TRUE(std::filesystem::exists(s.ledger()));
    auto const rest = s.run_via({"--resume"});
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().batches, 2U);
    EXPECT_EQ(s.paid(), 200U);
}

TEST(CliViaBatches, ResumedLiveWaitsForWhatIsUnderWay) {
    via_setting const s{{.batch_duration = 500ms, .batch_faults = {{.kind = kind::expire, .share = 0.25, .batch = 2}}}};
    program first{s.via(), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().batches == 2; })) << first.errors();
    first.signal(SIGINT);
    auto const ended = first.wait();
    EXPECT_EQ(ended.exit_code, 130) << ended.errors;
    EXPECT_NE(ended.errors.find("--cancel-batches"), std::string::npos) << ended.errors;
    auto const rest = s.run_live({"--resume"});
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().batch_rows, 125U);
    EXPECT_EQ(s.server.stats().model_requests, 75U);
}

TEST(CliViaBatches, CancelledBatchesGiveWhatTheyHave) {
    via_setting const s{{.batch_duration = 5s}};
    program first{s.via(), s.variables};
    ASSERT_TRUE(eventually([&] { return s.server.stats().batches == 2; })) << first.errors();
    first.signal(SIGINT);
    EXPECT_EQ(first.wait().exit_code, 130);
    for (auto const& flags : {std::vector<std::string>{"--cancel-batches"}, {}}) {
        auto const refused = s.run_live(flags);
        EXPECT_EQ(refused.exit_code, 2);
        EXPECT_NE(refused.errors.find("--resume"), std::string::npos) << refused.errors;
    }
    auto const rest = s.run_live({"--resume", "--cancel-batches"});
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_LT(s.server.stats().batch_rows, 200U);
    EXPECT_EQ(s.paid(), 200U);
}

TEST(CliViaBatches, LiveIsResumedByBatches) {
    via_setting const s{{.latency = {.first_byte = 30ms}}};
    program first{s.flags({"--provider", "openai", "--concurrency", "8"}), s.variables};
    ASSERT_TRUE(eventually([&] { return count_lines(s.out) >= 16; })) << first.errors();
    first.signal(SIGINT);
    EXPECT_EQ(first.wait().exit_code, 130);
    auto const done = lines_of(s.out).size();
    auto const rest = s.run_via({"--resume"});
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().batch_rows, 200U - done);
}

TEST(CliViaBatches, TokensAreBilledAtHalfThePrice) {
    via_setting const s{{}};
    auto const facts =
        s.folder.write("facts.json", R"({"as_of": "2026-11-28", "models": [{"id": "m", "service": "openai",
        "max_output_tokens": 200, "usd_per_million": {"input": 1, "output": 1}, "batch_percent": 50}]})");
    auto flags = s.via({"--facts", facts, "--json", "--max-cost", "1"});
    auto const end = run_program(flags, s.variables);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    struct told {
        std::int64_t input_tokens{0};
        std::int64_t output_tokens{0};
        std::string cost_usd{};
    };
    auto const summary = json::read<told>(end.output, {.require_fields = false});
    ASSERT_TRUE(summary) << end.output;
    auto const tokens = static_cast<double>(summary->input_tokens + summary->output_tokens);
    EXPECT_NEAR(std::stod(summary->cost_usd), tokens / 2e6, 1e-9) << end.output;
    EXPECT_NE(temp_folder::read(s.out).find(R"("tier":"batch")"), std::string::npos);
}

TEST(CliViaBatches, MoneyThatDoesNotReachLeavesRows) {
    via_setting const s{{}};
    auto const facts =
        s.folder.write("facts.json", R"({"as_of": "2026-11-28", "models": [{"id": "m", "service": "openai",
        "max_output_tokens": 200, "usd_per_million": {"input": 1, "output": 1}, "batch_percent": 50}]})");
    auto const end = s.run_via({"--facts", facts, "--max-cost", "0.001"});
    EXPECT_EQ(end.exit_code, 3) << end.errors;
    auto const lines = lines_of(s.out);
    EXPECT_GT(lines.size(), 0U);
    EXPECT_LT(lines.size(), 200U);
    EXPECT_EQ(s.server.stats().batch_rows, lines.size());
}

TEST(CliViaBatches, ProgressTellsOfTheServicesBatches) {
    via_setting const s{{.batch_duration = 400ms}};
    auto const end = s.run_via({"--progress", "json", "--progress-every", "0.05"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_NE(end.errors.find(R"("batches":[{"id":"batch_)"), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find(R"("state":"in_progress")"), std::string::npos) << end.errors;
}

TEST(CliViaBackground, KilledWhileTheServiceWorksIsResumedWithTheSameResponses) {
    via_setting const s{{.latency = {.first_byte = 8s}}};
    std::vector<std::string> const way{"--provider",    "openai",       "--api", "responses",     "--via",
                                       "background=2h", "--batch-poll", "0.1",   "--concurrency", "200"};
    program first{s.flags(way), s.variables};
    auto const kept = [&] {
        auto const text = temp_folder::read(s.out + ".background");
        return std::count(text.begin(), text.end(), '\n');
    };
    ASSERT_TRUE(eventually([&] { return kept() == 200; })) << first.errors();
    first.signal(SIGKILL);
    EXPECT_EQ(first.wait().exit_code, 128 + SIGKILL);
    auto again = way;
    again.emplace_back("--resume");
    auto const rest = s.run(again);
    EXPECT_EQ(rest.exit_code, 0) << rest.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.server.stats().model_requests, 200U) << "none is begun twice";
    EXPECT_NE(temp_folder::read(s.out).find(R"("tier":"background_2h")"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(s.out + ".background"));
}

TEST(CliViaBatches, WhatCannotGoThereIsRefusedBeforeAnythingIsSent) {
    via_setting const s{{}};
    for (auto const& more : {std::vector<std::string>{"--provider", "vertex"}, {"--provider", "azure_ai"}}) {
        auto const end = s.run_via(more);
        EXPECT_EQ(end.exit_code, 2) << end.errors;
    }
    EXPECT_EQ(s.server.stats().requests, 0U);
    EXPECT_FALSE(std::filesystem::exists(s.out));
}

}  // namespace
}  // namespace coax
