#include "loopback/cli_queue.hpp"

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

TEST_F(CliQueue, WorkersAskForVectors) {
    queue_setting const s{{}};
    auto const worker = s.start_worker();
    std::vector<std::string> flags{"embed",
                                   s.input,
                                   "--out",
                                   s.out,
                                   "--queue",
                                   s.queue(),
                                   "--quiet",
                                   "--model",
                                   "m",
                                   "--dimensions",
                                   "4",
                                   "--base-url",
                                   s.server.url() + "/v1",
                                   "--texts-per-request",
                                   "16",
                                   "--ca-file",
                                   s.folder.path("ca.pem")};
    program batch{flags, s.variables};
    auto const end = batch.wait(patience);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    auto const lines = lines_of(s.out);
    expect_each_once(lines, 200);
    EXPECT_TRUE(all_ok(lines));
    for (auto const& line : lines) EXPECT_EQ(std::ranges::count(line.output.text(), ','), 3) << line.output.text();
    EXPECT_LT(s.server.stats().requests, 100U) << "several texts in one request";
    EXPECT_EQ(worker->wait(patience).exit_code, 0);
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

}  // namespace
}  // namespace coax
