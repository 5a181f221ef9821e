// An ordinary limit of a service, unknown at first, costs time and no record. In virtual time.

#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/map.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::openai_error;
using test::openai_text;

/// A service that allows `count` requests in `period`: refilled steadily, or in windows.
struct limited_service {
    double count;
    std::chrono::milliseconds period;
    bool in_windows{false};
    bool states_limits{true};
    std::optional<std::chrono::seconds> retry_after{};  ///< None: as long as it takes, rounded up.

    double left{count};
    clock::duration updated{};
    std::size_t requests{0};
    std::size_t refused{0};

    http_response respond(clock::duration now) {
        ++requests;
        refill(now);
        bool const admitted = left >= 1.0;
        if (admitted)
            left -= 1.0;
        else
            ++refused;
        auto response = admitted ? openai_text("ok") : openai_error(429, "rate_limit_exceeded");
        auto const wait =
            admitted ? 0s : retry_after.value_or(std::chrono::ceil<std::chrono::seconds>(until(1.0, now)));
        if (!admitted) response.headers.add("retry-after", std::to_string(wait.count()));
        if (states_limits) state_limits(response.headers, now);
        return response;
    }

private:
    void refill(clock::duration now) {
        if (in_windows && now / period != updated / period) left = count;
        if (!in_windows) left = std::min(count, left + count * (now - updated) / std::chrono::duration<double>{period});
        updated = now;
    }
    [[nodiscard]] clock::duration until(double wanted, clock::duration now) const {
        if (left >= wanted) return 0s;
        if (in_windows) return period - now % period;
        return std::chrono::ceil<clock::duration>(std::chrono::duration<double>{period} * ((wanted - left) / count));
    }
    void state_limits(header_list& headers, clock::duration now) const {
        auto const reset = std::chrono::ceil<std::chrono::milliseconds>(until(count, now)).count();
        headers.add("x-ratelimit-limit-requests", std::to_string(std::lround(count)));
        headers.add("x-ratelimit-remaining-requests", std::to_string(static_cast<long>(std::max(0.0, left))));
        headers.add("x-ratelimit-reset-requests", std::to_string(reset) + "ms");
    }
};

struct limit_case {
    char const* name;
    limited_service service;
    clock::duration most_time;  ///< For all records.
    double most_requests;       ///< For each record.
};
void PrintTo(limit_case const& row, std::ostream* out) { *out << row.name; }
class OrdinaryLimit : public testing::TestWithParam<limit_case> {};

TEST_P(OrdinaryLimit, LosesNothingWithoutAnyOption) {
    constexpr std::size_t record_count = 1'300;
    auto service = GetParam().service;
    runtime rt{virtual_time{7}};
    auto const start = rt.time().now();
    client_options options{.service = {.api_key = "sk-test", .model = "m"}};
    options.service.transport = std::make_shared<memory_transport>([&](http_request const&) {
        return memory_transport::timed_response{.response = service.respond(rt.time().now() - start), .delay = 400ms};
    });
    options.policies.max_concurrency = 256;
    client const llm{rt.executor(), options};
    std::vector<int> records(record_count);
    auto const outcomes =
        rt.run(map(std::move(records), {.concurrency = 256}, [&](int) { return llm.chat("one record"); }));
    for (auto const& one : outcomes) ASSERT_TRUE(one) << one.error();
    EXPECT_EQ(llm.statistics().attempts, service.requests);
    EXPECT_EQ(llm.statistics().usage.total_tokens(), 15 * std::int64_t{record_count});
    EXPECT_LE(rt.time().now() - start, GetParam().most_time);
    EXPECT_LE(static_cast<double>(service.requests), GetParam().most_requests * record_count);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, OrdinaryLimit,
    testing::Values(limit_case{"1000_a_minute_stated", {.count = 1000, .period = 1min}, 30s, 1.1},
                    limit_case{"300_a_minute_stated", {.count = 300, .period = 1min}, 230s, 1.1},
                    limit_case{"300_a_minute_come_back_in_1_s",
                               {.count = 300, .period = 1min, .states_limits = false, .retry_after = 1s},
                               300s,
                               2},
                    limit_case{
                        "300_in_windows_come_back_in_1_s",
                        {.count = 300, .period = 1min, .in_windows = true, .states_limits = false, .retry_after = 1s},
                        300s,
                        2},
                    limit_case{"300_in_windows_stated", {.count = 300, .period = 1min, .in_windows = true}, 300s, 1.5},
                    limit_case{"ten_a_second_stated", {.count = 10, .period = 1s}, 160s, 1.5}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(OrdinaryLimit, OfTokensIsKeptByTheEstimateWhereNoUsageIsTold) {
    test::fake_service service;
    auto silent = openai_text("fine");
    silent.body =
        R"({"id":"a","choices":[{"index":0,"message":{"role":"assistant","content":"fine"},"finish_reason":"stop"}]})";
    service.then(std::move(silent));
    auto options = service.options();
    options.policies.rate_limits = {.tokens_per_minute = 6'000, .burst = 10s};
    options.policies.expected_output_tokens = 300;
    runtime rt{virtual_time{}};
    auto const start = rt.time().now();
    client const llm{rt.executor(), options};
    for (int i = 0; i < 8; ++i) (void)rt.run(llm.chat("hello"));
    EXPECT_GT(rt.time().now() - start, 13s) << "8 of 300 tokens at 100 a second, 1000 of them at once";
}

}  // namespace
}  // namespace coax
