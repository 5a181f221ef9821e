#include "policy/limit_rule.hpp"
#include "support/run_coro.hpp"
#include "unit/policy/policy_support.hpp"

#include <coax/policy/adaptive_limit.hpp>
#include <coax/tasks/map.hpp>

#include <gtest/gtest.h>

#include <numeric>
#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using coax::policy::detail::limit_rule;
using test::run_virtual;
using test::start;
using test::started;

// ---- the rule

TEST(LimitRule, ARoundOfGoodCallsAddsOne) {
    limit_rule rule{{.initial = 10}};
    for (int i = 0; i < 10; ++i) rule.note(load_signal::good, start, start + 1s, 10);
    EXPECT_EQ(rule.limit(), 10U);  // 10 + 10 * 1/10.x is a little under 11
    rule.note(load_signal::good, start, start + 1s, 10);
    EXPECT_EQ(rule.limit(), 11U);
}

TEST(LimitRule, DoesNotGrowWhileLessThanHalfIsUsed) {
    limit_rule rule{{.initial = 10}};
    for (int i = 0; i < 1000; ++i) rule.note(load_signal::good, start, start + 1s, 4);
    EXPECT_EQ(rule.limit(), 10U);
}

TEST(LimitRule, OverloadShrinksOnceForTheCallsOfOneRound) {
    limit_rule rule{{.initial = 100, .backoff = 0.7}};
    for (int i = 0; i < 100; ++i) rule.note(load_signal::overload, start, start + 1s, 100);
    EXPECT_EQ(rule.limit(), 70U);
    rule.note(load_signal::overload, start + 1s, start + 2s, 70);
    EXPECT_EQ(rule.limit(), 49U);
}

TEST(LimitRule, StaysWithinItsRange) {
    limit_rule low{{.initial = 3, .minimum = 2}};
    for (int i = 0; i < 50; ++i) low.note(load_signal::overload, start + i * 1s, start + i * 1s, 3);
    EXPECT_EQ(low.limit(), 2U);
    limit_rule high{{.initial = 3, .maximum = 5}};
    for (int i = 0; i < 50; ++i) high.note(load_signal::good, start, start + 1s, 5);
    EXPECT_EQ(high.limit(), 5U);
}

TEST(LimitRule, WhatSaysNothingChangesNothing) {
    limit_rule rule{{.initial = 10}};
    for (int i = 0; i < 100; ++i) rule.note(load_signal::none, start, start + 1s, 10);
    EXPECT_EQ(rule.limit(), 10U);
}

TEST(LimitRule, GradientShrinksWhenLatencyRisesAndGrowsWhenItIsLevel) {
    limit_rule rule{{.rule = adaptive_limit_rule::gradient, .initial = 20}};
    for (int i = 0; i < 20; ++i) rule.note(load_signal::good, start, start + 100ms, 20);
    auto const level = rule.limit();
    EXPECT_GT(level, 20U);
    for (int i = 0; i < 20; ++i) rule.note(load_signal::good, start, start + 1s, level);
    EXPECT_LT(rule.limit(), level / 2);
    auto const idle = rule.limit();
    for (int i = 0; i < 100; ++i) rule.note(load_signal::good, start, start + 100ms, 1);
    EXPECT_LE(rule.limit(), idle);
}

struct signal_case {
    char const* name;
    errc code;
    load_signal signal;
};
void PrintTo(signal_case const& row, std::ostream* out) { *out << row.name; }
class LoadSignal : public testing::TestWithParam<signal_case> {};
TEST_P(LoadSignal, FollowsTheTable) { EXPECT_EQ(load_signal_of({.code = GetParam().code}), GetParam().signal); }
INSTANTIATE_TEST_SUITE_P(Rows, LoadSignal,
                         testing::Values(signal_case{"too_many", errc::rate_limited, load_signal::overload},
                                         signal_case{"no_capacity", errc::overloaded, load_signal::overload},
                                         signal_case{"too_slow", errc::timeout, load_signal::overload},
                                         signal_case{"our_fault", errc::bad_request, load_signal::none},
                                         signal_case{"a_crash", errc::server_error, load_signal::none},
                                         signal_case{"cancelled", errc::cancelled, load_signal::none}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(AdaptiveLimitOptions, AreChecked) {
    EXPECT_TRUE(validate(adaptive_limit_options{}));
    EXPECT_EQ(validate(adaptive_limit_options{.minimum = 0}).error().where, "minimum");
    EXPECT_EQ(validate(adaptive_limit_options{.maximum = 0}).error().where, "maximum");
    EXPECT_EQ(validate(adaptive_limit_options{.initial = 2'000}).error().where, "initial");
    EXPECT_EQ(validate(adaptive_limit_options{.growth = 0}).error().where, "growth");
    EXPECT_EQ(validate(adaptive_limit_options{.backoff = 1}).error().where, "backoff");
    EXPECT_EQ(validate(adaptive_limit_options{.tolerance = 0.5}).error().where, "tolerance");
    EXPECT_THROW(adaptive_limit({.minimum = 0}), exception);
}

// ---- around calls (tower's permit leaks: error, drop, cancel)

TEST(AdaptiveLimit, GivesTheSlotBackHoweverTheCallEnds) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        adaptive_limit limit{{.initial = 1}};
        {
            auto untold = co_await limit.acquire();
        }
        EXPECT_EQ(limit.in_use(), 0U);
        auto failed = co_await limit.acquire();
        failed.finish(result<int>{error{.code = errc::bad_request}});
        EXPECT_FALSE(failed);
        failed.finish(load_signal::overload);  // told already
        EXPECT_EQ(limit.limit(), 1U);
        auto held = co_await limit.acquire();
        auto wait = [&limit]() -> asio::awaitable<void> { co_await limit.acquire(); };
        started waiter{executor, wait()};
        co_await sleep_for(1s);
        EXPECT_EQ(limit.waiting(), 1U);
        waiter.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(waiter.failure(), errc::cancelled);
        held.finish(load_signal::good);
        EXPECT_EQ(limit.in_use(), 0U);
    };
    run_virtual(body());
}

TEST(AdaptiveLimit, FindsWhatAServiceCanBear) {
    auto body = []() -> asio::awaitable<void> {
        constexpr int capacity = 40;
        int running = 0;
        int refused = 0;
        adaptive_limit limit{{.initial = 4}};
        std::vector<int> jobs(20'000);
        auto call = [&](int) -> asio::awaitable<void> {
            auto slot = co_await limit.acquire();
            if (running >= capacity) {
                ++refused;
                co_await sleep_for(10ms);
                slot.finish(load_signal::overload);
                co_return;
            }
            ++running;
            co_await sleep_for(1s);
            --running;
            slot.finish(load_signal::good);
        };
        co_await coax::map(jobs, {.concurrency = 500}, call);
        EXPECT_GE(limit.limit(), 20U);
        EXPECT_LE(limit.limit(), 45U);
        EXPECT_LT(refused, 600);
        EXPECT_EQ(limit.in_use(), 0U);
    };
    run_virtual(body());
}

TEST(AdaptiveLimit, CloseEndsWaiters) {
    auto body = []() -> asio::awaitable<void> {
        adaptive_limit limit{{.initial = 1}};
        auto held = co_await limit.acquire();
        limit.close();
        EXPECT_EQ((co_await as_result(limit.acquire())).error().code, errc::closed);
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
