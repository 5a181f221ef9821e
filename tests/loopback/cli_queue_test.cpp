#include "loopback/cli_batch.hpp"
#include "support/redis_server.hpp"
#include "support/rounds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr auto patience = 60s;

/// `eventually` on a machine where several programs start at once, beside others.
bool soon(std::function<bool()> const& condition) {
    for (int i = 0; i < 4; ++i)
        if (eventually(condition)) return true;
    return false;
}

/// 200 records, a simulator, a Redis, and the flags to bring them together.
struct queue_setting : batch_setting {
    redis_server redis;

    explicit queue_setting(sim::options options, std::vector<std::string> redis_flags = {})
        : batch_setting{std::move(options)}, redis{std::move(redis_flags)} {}

    [[nodiscard]] std::string queue() const { return redis.url() + "/0/job"; }
    [[nodiscard]] std::vector<std::string> batch(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"--queue", queue(), "--quiet"});
        return flags(std::move(more));
    }
    [[nodiscard]] std::unique_ptr<program> start_batch(std::vector<std::string> more = {}) const {
        return std::make_unique<program>(batch(std::move(more)), variables);
    }
    [[nodiscard]] std::unique_ptr<program> start_worker(std::vector<std::string> more = {}) const {
        std::vector<std::string> all{
            "worker",     "--queue", queue(),     "--until-empty",      "--base-url", server.url() + "/v1",
            "--progress", "none",    "--ca-file", folder.path("ca.pem")};
        all.insert(all.end(), more.begin(), more.end());
        return std::make_unique<program>(std::move(all), variables);
    }
    /// A member of `coax queue status --json`.
    [[nodiscard]] std::uint64_t status(std::string const& member) const {
        auto const end = run_program({"queue", "status", "--queue", queue(), "--json"}, variables);
        auto const read = json::read<std::map<std::string, json_value>>(end.output);
        EXPECT_TRUE(read) << end.output << end.errors;
        return read ? json::read<std::uint64_t>(read->at(member)).value_or(0) : 0;
    }
    [[nodiscard]] std::size_t done() const { return count_lines(out); }
    [[nodiscard]] std::uint64_t requests() const { return server.stats().model_requests; }
};

class CliQueue : public testing::Test {
protected:
    void SetUp() override {
        if (!redis_server::is_installed()) GTEST_SKIP() << "redis-server is not installed: scripts/setup installs it";
    }
};

TEST_F(CliQueue, WorkersDoEachRowOnceAndAnswerAsABatchAlone) {
    queue_setting const s{{}};
    auto const one = s.start_worker({"--json"});
    auto const two = s.start_worker({"--json"});
    auto const end = s.start_batch({"--ordered"})->wait(patience);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const lines = lines_of(s.out);
    expect_each_once(lines, 200);
    EXPECT_TRUE(all_ok(lines));
    for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i].index, i);
    EXPECT_EQ(s.requests(), 200U);
    std::uint64_t ok = 0;
    for (auto const* worker : {one.get(), two.get()}) {
        auto const left = const_cast<program*>(worker)->wait(patience);
        EXPECT_EQ(left.exit_code, 0) << left.errors;
        auto const read = json::read<std::map<std::string, json_value>>(left.output);
        ASSERT_TRUE(read) << left.output;
        ok += json::read<std::uint64_t>(read->at("ok")).value_or(0);
    }
    EXPECT_EQ(ok, 200U);
    EXPECT_EQ(s.status("waiting"), 0U);

    // The same batch alone has the same answers.
    auto const with_queue = lines_of(s.out);
    queue_setting alone{{}};
    EXPECT_EQ(alone.run({"--ordered", "--quiet"}).exit_code, 0);
    auto const without = lines_of(alone.out);
    ASSERT_EQ(without.size(), with_queue.size());
    for (std::size_t i = 0; i < without.size(); ++i) EXPECT_EQ(without[i].output.text(), with_queue[i].output.text());
}

TEST_F(CliQueue, TheRowsOfAKilledWorkerAreTakenOver) {
    queue_setting const s{{.latency = {.first_byte = 150ms}}};
    auto const batch = s.start_batch();
    auto const one = s.start_worker({"--concurrency", "8", "--lease", "5"});
    auto const two = s.start_worker({"--concurrency", "8", "--lease", "5"});
    auto const victim = s.start_worker({"--concurrency", "8", "--lease", "5"});
    ASSERT_TRUE(soon([&] { return s.done() >= 40; })) << batch->errors();
    victim->signal(SIGKILL);
    EXPECT_EQ(batch->wait(patience).exit_code, 0);
    auto const lines = lines_of(s.out);
    expect_each_once(lines, 200);
    EXPECT_TRUE(all_ok(lines));
    EXPECT_LE(s.requests(), 208U);  // the killed one's rows were paid and lost
    EXPECT_EQ(one->wait(patience).exit_code, 0);
    EXPECT_EQ(two->wait(patience).exit_code, 0);
}

TEST_F(CliQueue, AKilledCoordinatorFindsWhatWasDoneMeanwhile) {
    queue_setting const s{{.latency = {.first_byte = 50ms}}};
    auto const worker = s.start_worker({"--concurrency", "8"});
    auto const first = s.start_batch();
    ASSERT_TRUE(soon([&] { return s.done() >= 40; })) << first->errors();
    first->signal(SIGKILL);
    first->wait();
    auto const written = s.done();
    ASSERT_TRUE(soon([&] { return s.requests() >= 120; }));
    EXPECT_LT(written, 120U);
    auto const end = s.start_batch({"--resume"})->wait(patience);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.requests(), 200U);
    EXPECT_EQ(worker->wait(patience).exit_code, 0);
}

/// What is written outlives the process of Redis without being synced.
TEST_F(CliQueue, ARedisThatIsStartedAnewLosesNothing) {
    queue_setting s{{.latency = {.first_byte = 50ms}}, {"--appendonly", "yes", "--appendfsync", "no"}};
    auto const worker = s.start_worker({"--concurrency", "8"});
    auto const batch = s.start_batch();
    ASSERT_TRUE(soon([&] { return s.done() >= 40; })) << batch->errors();
    s.redis.kill();
    s.redis.start();
    auto const end = batch->wait(patience);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const lines = lines_of(s.out);
    expect_each_once(lines, 200);
    EXPECT_TRUE(all_ok(lines));
    EXPECT_EQ(s.requests(), 200U);
    EXPECT_EQ(worker->wait(patience).exit_code, 0);
}

/// Never answers the first two requests about one record.
sim::options with_poison(std::shared_ptr<std::atomic<int>> const& stalls) {
    return {.stall_limit = 60s,
            .handler = [stalls](sim::recorded_request const& request) -> std::optional<sim::scripted_response> {
                if (request.body.find(" 7\"") == std::string::npos || stalls->fetch_sub(1) <= 0) return std::nullopt;
                return sim::scripted_response{.fault = sim::fault{.kind = sim::fault_kind::stall}};
            }};
}

TEST_F(CliQueue, ARowThatWorkersDieOfGoesToTheDeadLettersAndCanBeTriedAgain) {
    auto const stalls = std::make_shared<std::atomic<int>>(1);
    queue_setting const s{with_poison(stalls)};
    auto const batch = s.start_batch();
    auto const victim = s.start_worker({"--lease", "4", "--max-deliveries", "1"});
    ASSERT_TRUE(soon([&] { return s.done() >= 199; })) << batch->errors();
    victim->signal(SIGKILL);
    auto const heir = s.start_worker({"--lease", "4", "--max-deliveries", "1"});
    auto const end = batch->wait(patience);
    EXPECT_EQ(end.exit_code, 1) << end.errors;
    EXPECT_EQ(heir->wait(patience).exit_code, 0);
    auto const lines = lines_of(s.out);
    expect_each_once(lines, 200);
    auto const failed = std::ranges::find(lines, "error", &output_line::status);
    ASSERT_NE(failed, lines.end());
    EXPECT_EQ(failed->key, "post-7");
    EXPECT_NE(failed->error.at("message").text().find("given up after 1 deliveries"), std::string::npos);
    EXPECT_EQ(s.status("dead"), 1U);

    EXPECT_EQ(run_program({"queue", "retry", "--queue", s.queue(), "--json"}, s.variables).output, "{\"retried\":1}\n");
    EXPECT_EQ(s.status("dead"), 0U);
    auto const again = s.start_worker();
    EXPECT_EQ(s.start_batch({"--resume", "--retry-failed"})->wait(patience).exit_code, 0);
    EXPECT_EQ(again->wait(patience).exit_code, 0);
    EXPECT_TRUE(all_ok(lines_of(s.out)));
    EXPECT_EQ(s.requests(), 200U);  // the stalled one was answered by the handler
}

TEST_F(CliQueue, AnInterruptedWorkerFinishesWhatItHasAndLeavesNothingBehind) {
    queue_setting const s{{.latency = {.first_byte = 100ms}}};
    auto const batch = s.start_batch();
    auto const first = s.start_worker({"--concurrency", "8"});
    ASSERT_TRUE(soon([&] { return s.done() >= 16; })) << batch->errors();
    first->signal(SIGINT);
    auto const left = first->wait(10s);
    EXPECT_EQ(left.exit_code, 130) << left.errors;
    EXPECT_EQ(s.status("in_work"), 0U);
    auto const paid = s.requests();
    ASSERT_TRUE(soon([&] { return s.done() == paid; }));  // all that was sent is stored
    auto const second = s.start_worker();
    EXPECT_EQ(batch->wait(patience).exit_code, 0);
    EXPECT_EQ(second->wait(patience).exit_code, 0);
    expect_each_once(lines_of(s.out), 200);
    EXPECT_EQ(s.requests(), 200U);
}

TEST_F(CliQueue, NoKeyAndNoPasswordIsInRedisOrInWhatIsSaid) {
    temp_folder const disk;
    queue_setting s{{.api_key = "sk-test-key-of-the-service"},
                    {"--appendonly", "yes", "--dir", disk.path(""), "--requirepass", "word-of-redis"}};
    s.variables = {{"COAX_API_KEY", "sk-test-key-of-the-service"}, {"COAX_QUEUE_PASSWORD", "word-of-redis"}};
    auto const worker = s.start_worker();
    auto const end = s.start_batch()->wait(patience);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const left = worker->wait(patience);
    EXPECT_EQ(left.exit_code, 0) << left.errors;
    std::string kept;
    for (auto const& each : std::filesystem::recursive_directory_iterator{disk.path("")})
        if (each.is_regular_file()) kept += temp_folder::read(each.path().string());
    EXPECT_NE(kept.find("Judge: post"), std::string::npos);
    EXPECT_EQ(kept.find("sk-test-key"), std::string::npos);
    EXPECT_EQ(kept.find("word-of-redis"), std::string::npos);

    s.variables.back().second = "another-word";
    auto const refused = s.start_batch({"--resume=anyway"})->wait(patience);
    EXPECT_EQ(refused.exit_code, 3);
    for (auto const& said : {end.errors, left.errors, refused.errors})
        EXPECT_TRUE(said.find("word-of-redis") == said.npos && said.find("another-word") == said.npos) << said;
    auto const shown = run_program({"queue", "status", "--queue", "redis://:secret@127.0.0.1:1/0/job"}, s.variables);
    EXPECT_EQ(shown.exit_code, 2);
    EXPECT_NE(shown.errors.find("COAX_QUEUE_PASSWORD"), std::string::npos) << shown.errors;
    EXPECT_EQ(shown.errors.find("secret@"), std::string::npos) << shown.errors;
}

TEST_F(CliQueue, AWorkerThatCannotDoTheJobSaysWhyAndEndsTheBatchWhenItIsTheLast) {
    queue_setting s{{.api_key = "sk-right"}};
    auto const batch = s.start_batch();
    auto const worker = s.start_worker();
    auto const left = worker->wait(patience);
    EXPECT_EQ(left.exit_code, 3) << left.errors;
    EXPECT_NE(left.errors.find("answered 401"), std::string::npos) << left.errors;
    auto const end = batch->wait(patience);
    EXPECT_EQ(end.exit_code, 3) << end.errors;
    EXPECT_NE(end.errors.find("no worker is left"), std::string::npos) << end.errors;

    auto const foreign = s.start_worker({"--provider", "mistral", "--base-url", "https://elsewhere.example/v1"});
    auto const refused = foreign->wait(patience);
    EXPECT_NE(refused.exit_code, 0);

    s.variables = {{"COAX_API_KEY", "sk-right"}};
    auto const right = s.start_worker();
    EXPECT_EQ(s.start_batch({"--resume"})->wait(patience).exit_code, 0);
    EXPECT_EQ(right->wait(patience).exit_code, 0);
    expect_each_once(lines_of(s.out), 200);
}

TEST_F(CliQueue, AnotherJobIsRefusedUntilTheQueueIsPurged) {
    queue_setting s{{}};
    auto const first = s.start_batch();
    ASSERT_TRUE(soon([&] { return s.status("waiting") == 200; })) << first->errors();
    first->signal(SIGINT);
    EXPECT_EQ(first->wait(10s).exit_code, 130);
    s.out = s.folder.path("other.jsonl");
    auto other = s.batch();
    replace(other, "--prompt", "Another one: {{text}}");
    auto const refused = run_program(other, s.variables);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.errors.find("purge"), std::string::npos) << refused.errors;
    EXPECT_EQ(run_program({"queue", "purge", "--queue", s.queue()}, s.variables).exit_code, 2);  // without --yes
    auto const purged = run_program({"queue", "purge", "--queue", s.queue(), "--yes", "--json"}, s.variables);
    EXPECT_EQ(purged.output, "{\"purged\":200}\n") << purged.errors;
    auto const worker = s.start_worker();
    EXPECT_EQ(run_program(other, s.variables).exit_code, 0);
    EXPECT_EQ(worker->wait(patience).exit_code, 0);
}

TEST_F(CliQueue, TheFleetsQuotaIsNeverExceeded) {
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
TEST_F(CliQueue, TheQuotaIsUsedThroughDeathAndRestart) {
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

TEST_F(CliQueue, TheFleetSpendsNoMoreThanItMay) {
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
