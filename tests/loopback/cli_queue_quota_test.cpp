// One quota for all workers of a queue.
#include "loopback/cli_queue.hpp"
#include "support/rounds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace test;

class CliQueueQuota : public CliQueue {};

TEST_F(CliQueueQuota, TheFleetsQuotaIsNeverExceeded) {
    queue_setting const s{{.requests_per_minute = 600}};
    auto const one = s.start_worker();
    auto const two = s.start_worker();
    auto const three = s.start_worker();
    auto const end = s.start_batch({"--rpm", "600"})->wait(patience);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    expect_each_once(lines_of(s.out), 200);
    auto const stats = s.server.stats();
    EXPECT_EQ(stats.responses_by_status.count(429), 0U);
    EXPECT_EQ(stats.model_requests, 200U);
    for (auto* worker : {one.get(), two.get(), three.get()}) EXPECT_EQ(worker->wait(patience).exit_code, 0);
}

/// Of what a quota of 1,200 a minute, of which a quarter may be used at once, allows.
TEST_F(CliQueueQuota, TheQuotaIsUsedThroughDeathAndRestart) {
    if (test::rounds(0, 1) == 0) GTEST_SKIP() << "takes half a minute: COAX_LONG_TESTS";
    constexpr int rows = 800;
    queue_setting s{{.requests_per_minute = 1'200, .latency = {.first_byte = 100ms, .first_byte_spread = 200ms}},
                    {"--appendonly", "yes", "--appendfsync", "no"}};
    std::string text;
    for (int i = 0; i < rows; ++i)
        text += R"({"id":"post-)" + std::to_string(i) + R"(","text":"post )" + std::to_string(i) + "\"}\n";
    s.input = s.folder.write("many.jsonl", text);
    std::vector<std::unique_ptr<program>> workers;
    for (int i = 0; i < 3; ++i) workers.push_back(s.start_worker({"--lease", "2", "--concurrency", "32"}));
    auto const batch = s.start_batch({"--rpm", "1200"});
    ASSERT_TRUE(soon([&] { return s.requests() > 0; })) << batch->errors();
    auto const begun = std::chrono::steady_clock::now();
    ASSERT_TRUE(soon([&] { return s.done() >= 320; }));
    workers[2]->signal(SIGKILL);
    workers.pop_back();
    ASSERT_TRUE(soon([&] { return s.done() >= 400; }));
    s.redis.kill();
    s.redis.start();
    EXPECT_EQ(batch->wait(120s).exit_code, 0);
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begun;
    auto const stats = s.server.stats();
    auto const used = static_cast<double>(stats.model_requests) / (300.0 + 20.0 * took.count());
    std::printf("utilisation %.3f: %d requests for %d rows in %.1f s, %d refused\n", used,
                static_cast<int>(stats.model_requests), rows, took.count(),
                static_cast<int>(stats.responses_by_status.count(429)));
    auto const lines = lines_of(s.out);
    expect_each_once(lines, rows);
    EXPECT_TRUE(all_ok(lines));
    EXPECT_EQ(stats.responses_by_status.count(429), 0U);
    EXPECT_GE(used, 0.95);
    for (auto& worker : workers) EXPECT_EQ(worker->wait(patience).exit_code, 0);
}

TEST_F(CliQueueQuota, TheFleetSpendsNoMoreThanItMay) {
    queue_setting const s{{}};
    auto const facts =
        s.folder.write("facts.json", R"({"as_of": "2026-11-28", "models": [{"id": "m", "service": "compatible",
        "max_output_tokens": 60, "usd_per_million": {"input": 1, "output": 1}}]})");
    program batch{s.batch({"--max-cost", "0.005", "--max-tokens", "60", "--facts", facts}), s.variables};
    auto const one = s.start_worker({"--concurrency", "16", "--facts", facts});
    auto const two = s.start_worker({"--concurrency", "16", "--facts", facts});
    auto const end = batch.wait(patience);
    EXPECT_EQ(end.exit_code, 3) << end.errors;
    EXPECT_NE(end.errors.find("spending limit"), std::string::npos) << end.errors;
    EXPECT_EQ(one->wait(patience).exit_code, 3);
    EXPECT_EQ(two->wait(patience).exit_code, 3);
    auto const done = s.done();
    EXPECT_GT(done, 10U);
    EXPECT_LT(done, 200U);
    EXPECT_EQ(s.requests(), done);
    auto const status = run_program({"queue", "status", "--queue", s.queue()}, s.variables).output;
    EXPECT_NE(status.find("of 0.005 USD spent, 0.00 set aside"), std::string::npos) << status;
    auto const stats = s.server.stats();
    auto const spent = 1e-6 * static_cast<double>(stats.prompt_tokens + stats.completion_tokens);
    EXPECT_LE(spent, 0.005);
    EXPECT_GT(spent, 0.0035);  // what one request may cost at most was not left
}

}  // namespace
}  // namespace coax
