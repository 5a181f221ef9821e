// Short programs for the thread sanitizer: budgets, breakers, hedges and adaptive limits that threads share.

#include "support/run_coro.hpp"
#include "support/run_everywhere.hpp"

#include <coax/policy/circuit_breaker.hpp>
#include <coax/policy/concurrency.hpp>
#include <coax/policy/fallback.hpp>
#include <coax/policy/hedge.hpp>
#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/retry.hpp>
#include <coax/policy/stack.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/on_executor.hpp>
#include <coax/tasks/when_all.hpp>
#include <coax/tokens/spending_limit.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_everywhere;

TEST(LimitThreads, ABudgetIsNeverOverspent) {
    auto const budget =
        std::make_shared<retry_budget>(retry_budget_options{.capacity = 100, .per_success = 0, .per_second = 0});
    std::atomic<int> sent{0};
    auto work = [&](std::size_t) -> asio::awaitable<void> {
        auto options = retry_options::fixed(1000, 0ms, 0ms);
        options.budget = budget;
        co_await coax::retry(options, [&sent]() -> asio::awaitable<result<int>> {
            ++sent;
            co_return error{.code = errc::overloaded};
        });
    };
    run_everywhere(12, work);
    EXPECT_EQ(sent, 112);
}

TEST(LimitThreads, ASpendingLimitIsNeverOverspent) {
    auto const facts = value_or_throw(model_table::parse(
        R"({"as_of": "", "models": [{"id": "m", "service": "", "usd_per_million": {"input": 0.000001}}]})"));
    spending_limit limit{usd{1'000}, facts};
    auto const plan = limit.plan("m", "", 10).value();
    std::atomic<int> paid{0};
    std::atomic<int> refused{0};
    auto work = [&](std::size_t) -> asio::awaitable<void> {
        for (int i = 0; i < 20; ++i) {
            auto held = co_await as_result(limit.reserve(plan));
            ++(held ? paid : refused);
            if (!held) continue;
            held->begin();
            if (i % 5 == 0) co_await sleep_for(1ms);
            held->settle(usage{.input_tokens = 7});
        }
    };
    run_everywhere(12, work);
    EXPECT_EQ(paid + refused, 240);
    EXPECT_EQ(limit.spent(), usd{7 * paid});
    EXPECT_LE(limit.spent(), limit.most());
    EXPECT_GT(limit.spent() + plan.at_most, limit.most());
    EXPECT_EQ(limit.reserved(), usd{});
}

TEST(LimitThreads, EverythingAtOnceLosesNothing) {
    async_semaphore slots{5};
    adaptive_limit limit{{.initial = 3}};
    rate_limiter quota{{.requests_per_minute = 6'000'000, .burst = 5ms}};
    circuit_breaker breaker{{.failure_rate = 0.3, .minimum_calls = 10, .window = 10ms, .open_for = 1ms}};
    hedger hedges{{.delay = 1ms}};
    std::atomic<int> calls{0};
    std::atomic<int> ended{0};
    auto service = [&calls](attempt) -> asio::awaitable<int> {
        auto const number = ++calls;
        if (number % 3 == 0) co_await sleep_for(2ms);
        if (number % 5 == 0) throw_error({.code = errc::overloaded});
        co_return number;
    };
    auto const call = stack(service, layer::fallback{0}, layer::retry{retry_options::fixed(20, 1ms, 1ms)},
                            layer::circuit_breaker{breaker}, layer::hedge{hedges}, layer::quota{quota, 1},
                            layer::concurrency{slots}, layer::adaptive{limit}, layer::timeout{1s});
    auto work = [&](std::size_t i) -> asio::awaitable<void> {
        for (int round = 0; round < 10; ++round) {
            auto const got = co_await as_result(with_timeout(i % 4 == 0 ? 1ms : 1000ms, call({})));
            if (got || got.error().code == errc::timeout) ++ended;
        }
    };
    run_everywhere(12, work);
    EXPECT_EQ(ended, 120);
    EXPECT_EQ(slots.in_use(), 0U);
    EXPECT_EQ(limit.in_use(), 0U);
    EXPECT_EQ(quota.waiting(), 0U);
}

TEST(LimitThreads, ReportsOfManyThreadsAreTakenOver) {
    rate_limiter quota{{.requests_per_minute = 6'000'000, .burst = 5ms, .server_limits = server_limits::follow}};
    auto work = [&](std::size_t) -> asio::awaitable<void> {
        for (int round = 0; round < 50; ++round) {
            auto held = co_await quota.reserve(1);
            quota.learn({.limit_requests = 6'000'000, .remaining_requests = 400}, held);
            held.settle(1);
        }
    };
    run_everywhere(9, work);
    EXPECT_EQ(quota.requests_per_minute(), 6'000'000);
    EXPECT_EQ(quota.waiting(), 0U);
}

}  // namespace
}  // namespace coax
