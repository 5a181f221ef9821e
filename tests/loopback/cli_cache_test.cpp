#include "loopback/cli_batch.hpp"
#include "support/redis_server.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coax {
namespace {

using setting = test::batch_setting;
using test::lines_of;

/// Runs the batch into another file.
test::program_end run_again(setting const& s, std::vector<std::string> more, std::string const& out) {
    auto flags = s.flags(std::move(more));
    test::replace(flags, "--out", out);
    return test::run_program(std::move(flags), s.variables);
}

TEST(CliCache, ASecondRunAsksNothing) {
    setting const s{{}};
    auto const file = s.folder.path("cache.sqlite");
    auto const first = s.run({"--cache", file});
    EXPECT_EQ(first.exit_code, 0) << first.errors;
    EXPECT_NE(first.errors.find("200 stored"), std::string::npos) << first.errors;
    auto const asked = s.server.stats().requests;

    auto const out = s.folder.path("again.jsonl");
    auto const second = run_again(s, {"--cache", file}, out);
    EXPECT_EQ(second.exit_code, 0) << second.errors;
    EXPECT_EQ(s.server.stats().requests, asked);
    EXPECT_NE(second.errors.find("200 calls answered"), std::string::npos) << second.errors;
    EXPECT_NE(second.errors.find("200 hits, 0 misses"), std::string::npos) << second.errors;
    auto const lines = lines_of(out);
    test::expect_each_once(lines, 200);
    EXPECT_TRUE(test::all_ok(lines));

    auto const fresh = run_again(s, {"--cache", file, "--cache-refresh"}, s.folder.path("fresh.jsonl"));
    EXPECT_EQ(fresh.exit_code, 0) << fresh.errors;
    EXPECT_EQ(s.server.stats().requests, 2 * asked);

    auto const stats = test::run_program({"cache", "stats", "--cache", file}, {});
    EXPECT_TRUE(stats.output.starts_with("200 entries, ")) << stats.output << stats.errors;
    EXPECT_EQ(test::run_program({"cache", "invalidate", "--cache", file, "x"}, {}).output, "0 entries dropped\n");
    EXPECT_EQ(test::run_program({"cache", "clear"}, {{"COAX_CACHE", file}}).exit_code, 0);
    EXPECT_TRUE(test::run_program({"cache", "stats", "--cache", file}, {}).output.starts_with("0 entries"));
}

TEST(CliCache, EqualRecordsAreAskedOnce) {
    setting const s{{}};
    std::string text;
    for (int i = 0; i < 50; ++i) text += "{\"text\":\"the same\"}\n";
    s.folder.write("in.jsonl", text);
    auto const end = s.run({"--cache", "memory", "--cache-ttl", "60"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(s.server.stats().requests, 1U);
    EXPECT_EQ(lines_of(s.out).size(), 50U);
}

TEST(CliCache, AChatTakesItFromWhereTheEnvironmentSays) {
    sim::server const server{};
    test::temp_folder const folder;
    test::program::environment const variables{{"COAX_API_KEY", "sk-test-key"},
                                               {"COAX_CACHE", folder.path("cache.sqlite")}};
    std::vector<std::string> const chat{"chat", "Say hello", "--base-url", server.url() + "/v1", "--model", "m"};
    auto const whole = test::run_program(chat, variables);
    auto streamed = chat;
    streamed.emplace_back("--stream");
    EXPECT_EQ(test::run_program(streamed, variables).output, whole.output);
    EXPECT_EQ(server.stats().requests, 1U);
}

TEST(CliCache, ARedisServerIsSharedAndItsAbsenceIsTold) {
    if (!test::redis_server::is_installed()) GTEST_SKIP() << "redis-server is not installed: scripts/setup installs it";
    test::redis_server redis;
    setting const s{{}};
    EXPECT_EQ(s.run({"--cache", redis.url()}).exit_code, 0);
    auto const asked = s.server.stats().requests;
    auto const second = run_again(s, {"--cache", redis.url()}, s.folder.path("again.jsonl"));
    EXPECT_EQ(second.exit_code, 0) << second.errors;
    EXPECT_EQ(s.server.stats().requests, asked);
    redis.kill();
    auto const alone = run_again(s, {"--cache", redis.url()}, s.folder.path("alone.jsonl"));
    EXPECT_EQ(alone.exit_code, 0) << alone.errors;
    EXPECT_EQ(s.server.stats().requests, 2 * asked);
    EXPECT_NE(alone.errors.find("cache: connect_failed"), std::string::npos) << alone.errors;
}

TEST(CliCache, WhatCannotBeACacheIsWrongUsage) {
    setting const s{{}};
    auto const password = s.run({"--cache", "redis://:word-of-mine@localhost"});
    EXPECT_EQ(password.exit_code, 2);
    EXPECT_NE(password.errors.find("COAX_CACHE"), std::string::npos) << password.errors;
    EXPECT_EQ(password.errors.find("word-of-mine"), std::string::npos);
    EXPECT_EQ(s.run({"--cache", s.input}).exit_code, 3);
    EXPECT_EQ(test::run_program({"cache", "stats"}, {}).exit_code, 2);
    EXPECT_EQ(test::run_program({"cache", "stats", "--cache", "memory"}, {}).exit_code, 2);
}

}  // namespace
}  // namespace coax
