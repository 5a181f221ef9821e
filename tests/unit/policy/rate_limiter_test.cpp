#include "support/run_coro.hpp"

#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/tasks/map.hpp>

#include <gmock/gmock.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;
using testing::ElementsAre;

struct log_entry {
    int id;
    clock::duration at;
    friend bool operator==(log_entry const&, log_entry const&) = default;
    friend void PrintTo(log_entry const& one, std::ostream* out) {
        *out << one.id << " at " << std::chrono::duration_cast<std::chrono::milliseconds>(one.at).count() << " ms";
    }
};

/// What goes out through one limiter and when.
struct traffic {
    rate_limiter& quota;
    clock::time_point start;
    std::vector<log_entry> sent{};

    asio::awaitable<void> send(int id, std::int64_t tokens) {
        auto held = co_await quota.reserve(tokens);
        sent.push_back({id, now(co_await asio::this_coro::executor) - start});
        held.settle(tokens);
    }
};

TEST(RateLimiter, UnlimitedNeitherWaitsNorCounts) {
    auto body = []() -> asio::awaitable<void> {
        rate_limiter quota;
        for (int i = 0; i < 1000; ++i) {
            auto held = co_await quota.reserve(1'000'000);
            EXPECT_TRUE(held);
            held.settle(2'000'000);
            EXPECT_FALSE(held);
        }
        EXPECT_TRUE(quota.try_reserve());
    };
    run_virtual(body());
}

TEST(RateLimiter, AnHourAt500AMinuteLetsExactlyThatThrough) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.requests_per_minute = 500}};
        auto const start = now(executor);
        int sent = 0;
        while (now(executor) - start <= 1h) {
            auto held = co_await quota.reserve();
            if (now(executor) - start <= 1h) ++sent;
            held.settle(0);
        }
        EXPECT_EQ(sent, 500 + 60 * 500);
    };
    run_virtual(body());
}

TEST(RateLimiter, ServesInTheOrderOfAskingAlsoABigOne) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.tokens_per_minute = 6000}};
        traffic lane{quota, now(executor)};
        std::vector<std::unique_ptr<started>> all;
        int id = 0;
        for (auto tokens : {6000, 3000, 100, 100})
            all.push_back(std::make_unique<started>(executor, lane.send(id++, tokens)));
        co_await sleep_for(10s);
        EXPECT_EQ(quota.waiting(), 3U);
        EXPECT_FALSE(quota.try_reserve(1));
        co_await sleep_for(1h);
        EXPECT_THAT(lane.sent, ElementsAre(log_entry{0, 0s}, log_entry{1, 30s}, log_entry{2, 31s}, log_entry{3, 32s}));
    };
    run_virtual(body());
}

TEST(RateLimiter, EvenSpacingSendsOneAtATime) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.requests_per_minute = 120, .even_spacing = true}};
        traffic lane{quota, now(executor)};
        for (int i = 0; i < 4; ++i) co_await lane.send(i, 0);
        EXPECT_THAT(lane.sent,
                    ElementsAre(log_entry{0, 0s}, log_entry{1, 500ms}, log_entry{2, 1s}, log_entry{3, 1500ms}));
    };
    run_virtual(body());
}

TEST(RateLimiter, UnsettledReservationFlowsBackAndWakesTheNext) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.requests_per_minute = 1, .tokens_per_minute = 100}};
        traffic lane{quota, now(executor)};
        auto first = co_await quota.reserve(100);
        started next{executor, lane.send(1, 100)};
        co_await sleep_for(1s);
        EXPECT_FALSE(next.done());
        first.cancel();
        co_await sleep_for(1s);
        EXPECT_TRUE(next.done());
        EXPECT_THAT(lane.sent, ElementsAre(log_entry{1, 1s}));
    };
    run_virtual(body());
}

TEST(RateLimiter, SettlingLessWakesTheNextSooner) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.tokens_per_minute = 600}};
        traffic lane{quota, now(executor)};
        auto first = co_await quota.reserve(600);
        started next{executor, lane.send(1, 100)};
        co_await sleep_for(2s);
        first.settle(550);
        EXPECT_FALSE(first);
        co_await sleep_for(1h);
        EXPECT_THAT(lane.sent, ElementsAre(log_entry{1, 5s}));
    };
    run_virtual(body());
}

TEST(RateLimiter, PauseHoldsAllAlsoAnUnlimitedOne) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota;
        traffic lane{quota, now(executor)};
        quota.pause_until(now(executor) + 20s);
        EXPECT_FALSE(quota.try_reserve());
        started a{executor, lane.send(1, 0)};
        co_await sleep_for(1s);
        quota.pause_for(30s);
        co_await sleep_for(1h);
        co_await lane.send(2, 0);
        EXPECT_THAT(lane.sent, ElementsAre(log_entry{1, 31s}, log_entry{2, 3601s}));
    };
    run_virtual(body());
}

TEST(RateLimiter, APauseBeforeTheFirstReservationCountsOnTheClockOfThat) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota;
        traffic lane{quota, now(executor)};
        quota.pause_for(20s);
        EXPECT_FALSE(quota.try_reserve());
        co_await lane.send(1, 0);
        EXPECT_EQ(lane.sent.size(), 1U);
        EXPECT_GT(lane.sent[0].at, 19s);
        EXPECT_LE(lane.sent[0].at, 20s) << "less what passed on the real clock meanwhile";
    };
    run_virtual(body());
}

TEST(RateLimiter, WhatWasTakenBeforeTheFirstReservationRefillsOnTheClockOfThat) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.requests_per_minute = 60, .burst = 1s}};
        traffic lane{quota, now(executor)};
        EXPECT_TRUE(quota.try_reserve().has_value());
        for (int i = 0; i < 3; ++i) co_await lane.send(i, 0);
        EXPECT_GT(lane.sent[2].at, 1s);
        EXPECT_LE(lane.sent[2].at, 3s);
    };
    run_virtual(body());
}

TEST(RateLimiter, ExtremeWaitsAndTokensDoNotOverflow) {
    auto body = []() -> asio::awaitable<void> {
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.tokens_per_minute = most}};
        quota.pause_for(clock::duration::min());
        for (int i = 0; i < 3; ++i) {
            auto held = co_await quota.reserve(most);
            quota.settle(held, most, {.limit_tokens = most, .remaining_tokens = most, .reset_tokens = 1ms});
        }
        auto held = co_await quota.reserve(most);
        quota.settle(held, {.code = errc::timeout, .input_tokens = most, .output_tokens = most}, 1s);
        quota.pause_for(clock::duration::max());
        quota.lower_to({.remaining_requests = 0, .reset_requests = std::chrono::milliseconds::max()});
        EXPECT_EQ((co_await as_result(with_timeout(1h, quota.reserve()))).error().code, errc::timeout);
        EXPECT_LT(now(executor).time_since_epoch(), 26h);
    };
    run_virtual(body());
}

TEST(RateLimiter, TightensFromTheServicesReport) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.requests_per_minute = 60}};
        traffic lane{quota, now(executor)};
        co_await lane.send(1, 0);
        quota.lower_to({.remaining_requests = 0});
        co_await lane.send(2, 0);
        EXPECT_THAT(lane.sent, ElementsAre(log_entry{1, 0s}, log_entry{2, 1s}));
    };
    run_virtual(body());
}

TEST(RateLimiter, CancelledWaiterLosesNoQuotaAndLetsThoseBehindThrough) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.tokens_per_minute = 60}};
        traffic lane{quota, now(executor)};
        co_await lane.send(0, 60);
        started big{executor, lane.send(1, 60)};
        started small{executor, lane.send(2, 5)};
        co_await sleep_for(2s);
        big.cancel();
        co_await sleep_for(1h);
        EXPECT_EQ(big.failure(), errc::cancelled);
        EXPECT_THAT(lane.sent, ElementsAre(log_entry{0, 0s}, log_entry{2, 5s}));
        EXPECT_TRUE(quota.try_reserve(60));
    };
    run_virtual(body());
}

TEST(RateLimiter, TimeoutWhileWaitingLosesNothing) {
    auto body = []() -> asio::awaitable<void> {
        rate_limiter quota{{.requests_per_minute = 1}};
        (co_await quota.reserve()).settle(0);
        auto const late = co_await as_result(with_timeout(59s, quota.reserve()));
        EXPECT_EQ(late.error().code, errc::timeout);
        EXPECT_EQ(quota.waiting(), 0U);
        EXPECT_TRUE(co_await with_timeout(2s, quota.reserve()));
    };
    run_virtual(body());
}

TEST(RateLimiter, BoundsItsQueue) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.requests_per_minute = 1, .max_waiting = 1}};
        traffic lane{quota, now(executor)};
        co_await lane.send(0, 0);
        started waits{executor, lane.send(1, 0)};
        co_await sleep_for(1s);
        auto const third = co_await as_result(quota.reserve());
        EXPECT_EQ(third.error().code, errc::too_large);
        EXPECT_EQ(third.error().where, "max_waiting");
        co_await sleep_for(1h);
        EXPECT_TRUE(waits.done());
    };
    run_virtual(body());
}

TEST(RateLimiter, CloseEndsWaitersAndLaterCallers) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        rate_limiter quota{{.requests_per_minute = 1}};
        traffic lane{quota, now(executor)};
        co_await lane.send(0, 0);
        started a{executor, lane.send(1, 0)};
        started b{executor, lane.send(2, 0)};
        co_await sleep_for(1s);
        quota.close();
        co_await sleep_for(1s);
        EXPECT_EQ(a.failure(), errc::closed);
        EXPECT_EQ(b.failure(), errc::closed);
        EXPECT_EQ((co_await as_result(quota.reserve())).error().code, errc::closed);
        EXPECT_FALSE(quota.try_reserve());
    };
    run_virtual(body());
}

TEST(RateLimiter, RefusesANegativeEstimate) {
    auto body = []() -> asio::awaitable<void> {
        rate_limiter quota;
        EXPECT_EQ((co_await as_result(quota.reserve(-1))).error().code, errc::invalid_argument);
    };
    run_virtual(body());
}

TEST(RateLimiter, WaitersDieWithTheirContextAndOthersAreServed) {
    rate_limiter quota{{.requests_per_minute = 60'000, .burst = 1ms}};  // one every millisecond
    traffic lane{quota, clock::real().now()};
    quota.pause_for(300ms);  // longer than a busy machine takes to come back
    asio::io_context alive;
    std::optional<started> lives;
    {
        asio::io_context dying;
        started dies{dying.get_executor(), lane.send(0, 0)};
        dying.poll();
        lives.emplace(alive.get_executor(), lane.send(1, 0));
        alive.poll();
        EXPECT_EQ(quota.waiting(), 2U);
    }
    EXPECT_EQ(quota.waiting(), 1U);
    alive.run_for(10s);
    EXPECT_EQ(lane.sent.size(), 1U);
    EXPECT_TRUE(lives->done());
}

}  // namespace
}  // namespace coax
