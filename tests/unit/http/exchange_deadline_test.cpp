#include "http/exchange_deadline.hpp"

#include "support/run_coro.hpp"

#include <coax/runtime/clock.hpp>
#include <coax/sync/async_semaphore.hpp>
#include <coax/sync/single_flight.hpp>

#include <gtest/gtest.h>

#include <string>

namespace coax::http::detail {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;

/// What every wait of an exchange that is no socket's goes through.
struct waiting {
    explicit waiting(asio::any_io_executor const& executor, exchange_limits wanted)
        : limits{wanted}, deadline{executor, limits, to} {
        deadline.start(limit::none);
    }

    origin to{.host = "a"};
    exchange_limits limits;
    exchange_deadline deadline;
};

asio::awaitable<int> slow(int& gone) {
    auto const guard = std::shared_ptr<void>(nullptr, [&gone](void*) { ++gone; });
    co_await sleep_for(10s);
    co_return 7;
}

TEST(ExchangeDeadline, AnOperationInTimeGivesItsValue) {
    auto body = []() -> asio::awaitable<void> {
        waiting one{co_await asio::this_coro::executor, {.total = 11s}};
        int gone = 0;
        auto const got = co_await one.deadline.run(slow(gone));
        EXPECT_TRUE(got && *got == 7);
    };
    run_virtual(body());
}

TEST(ExchangeDeadline, ALimitThatPassesCancelsTheOperationAndIsNamed) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        waiting one{executor, {.connect = 5s, .total = 20s}};
        int gone = 0;
        one.deadline.begin_connecting();
        auto const start = now(executor);
        auto const got = co_await one.deadline.run(slow(gone));
        EXPECT_FALSE(got);
        if (!got) EXPECT_EQ(to_string(got.error()), "timeout: the connect limit of 5000 ms passed at https://a");
        EXPECT_EQ(now(executor) - start, 5s);
        EXPECT_EQ(gone, 1);
    };
    run_virtual(body());
}

TEST(ExchangeDeadline, TheCallersCancellationIsNoTimeout) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        int gone = 0;
        auto call = [](int& count) -> asio::awaitable<void> {
            waiting one{co_await asio::this_coro::executor, {.total = 5s}};
            auto const got = co_await one.deadline.run(slow(count));
            EXPECT_EQ(got.error().code, errc::cancelled);
        };
        started caller{executor, call(gone)};
        co_await sleep_for(1s);
        caller.cancel();
        co_await sleep_for(1ms);
        EXPECT_TRUE(caller.done());
        EXPECT_EQ(gone, 1);
    };
    run_virtual(body());
}

TEST(ExchangeDeadline, WhoGivesUpWaitingForAPermitLosesNone) {
    auto body = []() -> asio::awaitable<void> {
        waiting one{co_await asio::this_coro::executor, {.total = 5s}};
        async_semaphore handshakes{1};
        auto first = handshakes.try_acquire();
        auto const second = co_await one.deadline.run(handshakes.acquire());
        EXPECT_FALSE(second);
        first.reset();
        EXPECT_EQ(handshakes.available(), 1U);
    };
    run_virtual(body());
}

/// As the look-up of a name: the system's cannot be stopped, yet no request may wait for it beyond its limits.
TEST(ExchangeDeadline, ASharedCallThatHangsIsLeftInTime) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto hangs = []() -> asio::awaitable<int> {
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
            co_await sleep_for(1h);
            co_return 7;
        };
        single_flight<std::string, int> look_ups{when_abandoned::finish};
        {
            waiting one{executor, {.total = 5s}};
            auto const start = now(executor);
            EXPECT_FALSE(co_await one.deadline.run(look_ups.run("a", hangs)));
            EXPECT_EQ(now(executor) - start, 5s);
        }
        EXPECT_EQ(look_ups.in_flight(), 1U);
        waiting late{executor, {}};
        auto const got = co_await late.deadline.run(look_ups.run("a", hangs));
        EXPECT_TRUE(got && *got == 7);
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax::http::detail
