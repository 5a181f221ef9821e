#pragma once

#include "loopback/cli_batch.hpp"
#include "support/redis_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coax::test {

inline constexpr std::chrono::seconds patience{60};

/// `eventually` on a machine where several programs start at once, beside others.
inline bool soon(std::function<bool()> const& condition) {
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

}  // namespace coax::test
