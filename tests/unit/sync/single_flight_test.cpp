#include "support/run_coro.hpp"

#include <coax/sync/single_flight.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;

struct calls {
    int begun{0};
    int ended{0};
    int gone{0};
};

using flights = single_flight<std::string, int>;

asio::awaitable<int> slow(calls& all, errc failure = {}) {
    ++all.begun;
    auto const guard = std::shared_ptr<void>(nullptr, [&all](void*) { ++all.gone; });
    co_await sleep_for(10s);
    ++all.ended;
    if (failure != errc{}) throw_error({.code = failure});
    co_return all.begun;
}
asio::awaitable<void> ask(flights& all, std::string key, calls& count, int& got, errc failure = {}) {
    got = co_await all.run(std::move(key), [&count, failure] { return slow(count, failure); });
}

TEST(SingleFlight, EqualKeysShareOneCall) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        flights all;
        calls count;
        int got[3] = {};
        started a{executor, ask(all, "x", count, got[0])};
        co_await sleep_for(5s);
        started b{executor, ask(all, "x", count, got[1])};
        started c{executor, ask(all, "y", count, got[2])};
        EXPECT_EQ(all.in_flight(), 2U);
        co_await sleep_for(6s);
        EXPECT_EQ(got[0], got[1]);
        EXPECT_EQ(count.begun, 2);
        EXPECT_FALSE(c.done());
        co_await sleep_for(5s);
        EXPECT_TRUE(c.done());
        EXPECT_EQ(all.in_flight(), 0U);
        int again = 0;
        co_await ask(all, "x", count, again);
        EXPECT_EQ(again, 3);  // nothing is kept
    };
    run_virtual(body());
}

TEST(SingleFlight, AFailureReachesAllWhoWait) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        flights all;
        calls count;
        int got = 0;
        started a{executor, ask(all, "x", count, got, errc::refused)};
        started b{executor, ask(all, "x", count, got)};
        co_await sleep_for(11s);
        EXPECT_EQ(a.failure(), errc::refused);
        EXPECT_EQ(b.failure(), errc::refused);
    };
    run_virtual(body());
}

TEST(SingleFlight, WhatThrowsBeforeItIsACoroutineReachesAllWhoWait) {
    auto body = []() -> asio::awaitable<void> {
        single_flight<std::string, int> all;
        auto const refused = [](bool fails) -> asio::awaitable<int> {
            if (fails) throw_error({.code = errc::refused});
            return [](int value) -> asio::awaitable<int> { co_return value; }(1);
        };
        auto const failed = co_await as_result(all.run("x", [&] { return refused(true); }));
        EXPECT_EQ(failed.error().code, errc::refused);
        EXPECT_EQ(co_await all.run("x", [&] { return refused(false); }), 1);
    };
    run_virtual(body());
}

TEST(SingleFlight, TheCallSurvivesTheOneWhoStartedIt) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        flights all;
        calls count;
        int first = 0;
        int second = 0;
        started a{executor, ask(all, "x", count, first)};
        started b{executor, ask(all, "x", count, second)};
        a.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(a.failure(), errc::cancelled);
        EXPECT_EQ(count.gone, 0);
        co_await sleep_for(10s);
        EXPECT_EQ(second, 1);
    };
    run_virtual(body());
}

TEST(SingleFlight, TheLastOneToLeaveCancelsTheCallAndWaitsForIt) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        flights all;
        calls count;
        int got = 0;
        started a{executor, ask(all, "x", count, got)};
        started b{executor, ask(all, "x", count, got)};
        a.cancel();
        b.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(b.failure(), errc::cancelled);
        EXPECT_EQ(count.gone, 1);
        EXPECT_EQ(count.ended, 0);
        EXPECT_EQ(all.in_flight(), 0U);
    };
    run_virtual(body());
}

asio::awaitable<int> deaf(calls& all) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_return co_await slow(all);
}

TEST(SingleFlight, FurtherCancellationsOfTheLastOneChangeNothing) {
    auto body = []() -> asio::awaitable<void> {
        flights all;
        calls count;
        auto ask_deaf = [](flights& some, calls& counts) -> asio::awaitable<void> {
            co_await some.run("x", [&counts] { return deaf(counts); });
        };
        started only{co_await asio::this_coro::executor, ask_deaf(all, count)};
        for (int i = 0; i < 3; ++i) {
            only.cancel();
            co_await sleep_for(1ms);
            EXPECT_FALSE(only.done());
        }
        co_await sleep_for(1h);
        EXPECT_EQ(only.failure(), errc::cancelled);
        EXPECT_EQ(count.ended, 1);
        EXPECT_EQ(all.in_flight(), 0U);
    };
    run_virtual(body());
}

TEST(SingleFlight, ACallThatIsToFinishSurvivesAllWhoWaitAndServesWhoAsksNext) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        flights all{when_abandoned::finish};
        calls count;
        int got = 0;
        {
            started a{executor, ask(all, "x", count, got)};
            started b{executor, ask(all, "x", count, got)};
            a.cancel();
            b.cancel();
            co_await sleep_for(1ms);
            EXPECT_EQ(a.failure(), errc::cancelled);
            EXPECT_EQ(b.failure(), errc::cancelled);
        }
        EXPECT_EQ(count.gone, 0);
        EXPECT_EQ(all.in_flight(), 1U);
        started c{executor, ask(all, "x", count, got)};
        co_await sleep_for(10s);
        EXPECT_TRUE(c.done());
        EXPECT_EQ(got, 1);
        EXPECT_EQ(count.begun, 1);
        EXPECT_EQ(all.in_flight(), 0U);
    };
    run_virtual(body());
}

TEST(SingleFlight, WhoComesAfterTheLastLeftStartsAnew) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        flights all;
        calls count;
        int got = 0;
        auto ask_deaf = [](flights& some, calls& counts) -> asio::awaitable<void> {
            co_await some.run("x", [&counts] { return deaf(counts); });
        };
        started a{executor, ask_deaf(all, count)};
        a.cancel();
        started joined{executor, ask(all, "x", count, got)};
        joined.cancel();  // the first has not left yet: this one shares its call
        co_await sleep_for(1s);
        EXPECT_EQ(count.begun, 1);
        EXPECT_TRUE(a.done());
        EXPECT_FALSE(joined.done());  // the last to leave waits for the end of what it cancelled
        started anew{executor, ask(all, "x", count, got)};
        EXPECT_EQ(count.begun, 2);
        co_await sleep_for(11s);
        EXPECT_EQ(joined.failure(), errc::cancelled);
        EXPECT_TRUE(anew.done());
        EXPECT_FALSE(anew.failure());
        EXPECT_EQ(all.in_flight(), 0U);
    };
    run_virtual(body());
}

TEST(SingleFlight, ACallThatNeverSuspendsIsJustACall) {
    auto body = []() -> asio::awaitable<void> {
        single_flight<int, void> all;
        int times = 0;
        auto one = [&times]() -> asio::awaitable<void> {
            ++times;
            co_return;
        };
        co_await all.run(1, one);
        co_await all.run(1, one);
        EXPECT_EQ(times, 2);
        single_flight<int, int> flat;
        auto refuses = []() -> asio::awaitable<result<int>> { co_return error{.code = errc::refused}; };
        EXPECT_EQ((co_await as_result(flat.run(1, refuses))).error().code, errc::refused);
    };
    run_virtual(body());
}

TEST(SingleFlight, TheDeathOfTheCallsContextEndsThoseWhoWait) {
    flights all;
    calls count;
    int got = 0;
    asio::io_context alive;
    auto dying = std::make_unique<asio::io_context>();
    started a{dying->get_executor(), ask(all, "x", count, got)};
    dying->poll();
    started b{alive.get_executor(), ask(all, "x", count, got)};
    alive.poll();
    EXPECT_EQ(count.begun, 1);
    dying.reset();
    EXPECT_EQ(count.gone, 1);
    alive.restart();
    alive.run();
    EXPECT_EQ(b.failure(), errc::closed);
    EXPECT_EQ(all.in_flight(), 0U);
}

}  // namespace
}  // namespace coax
