#include "support/run_coro.hpp"

#include <coax/sync/async_mutex.hpp>

#include <gmock/gmock.h>

#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;
using testing::ElementsAre;

asio::awaitable<void> hold(async_mutex& one, int id, std::vector<int>& order) {
    auto const lock = co_await one.lock();
    order.push_back(id);
    co_await sleep_for(1s);
    order.push_back(-id);
}

TEST(AsyncMutex, LetsOneInAtATimeInTheOrderOfAsking) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        async_mutex one;
        std::vector<int> order;
        started a{executor, hold(one, 1, order)};
        started b{executor, hold(one, 2, order)};
        EXPECT_TRUE(one.locked());
        EXPECT_EQ(one.waiting(), 1U);
        EXPECT_FALSE(one.try_lock());
        co_await sleep_for(5s);
        EXPECT_THAT(order, ElementsAre(1, -1, 2, -2));
        EXPECT_FALSE(one.locked());
        auto held = one.try_lock();
        EXPECT_TRUE(held && *held);
        held->unlock();
        EXPECT_FALSE(*held);
        EXPECT_FALSE(one.locked());
    };
    run_virtual(body());
}

TEST(AsyncMutex, ACancelledWaiterLosesItsPlaceOnly) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        async_mutex one;
        std::vector<int> order;
        started a{executor, hold(one, 1, order)};
        started b{executor, hold(one, 2, order)};
        started c{executor, hold(one, 3, order)};
        b.cancel();
        co_await sleep_for(5s);
        EXPECT_EQ(b.failure(), errc::cancelled);
        EXPECT_THAT(order, ElementsAre(1, -1, 3, -3));
        EXPECT_FALSE(one.locked());
    };
    run_virtual(body());
}

TEST(AsyncMutex, ItsDeathEndsWaitersAndLeavesTheLockToItsHolder) {
    auto body = []() -> asio::awaitable<void> {
        auto one = std::make_unique<async_mutex>();
        std::vector<int> order;
        auto const held = one->try_lock();
        started waiter{co_await asio::this_coro::executor, hold(*one, 1, order)};
        one.reset();
        co_await sleep_for(1s);
        EXPECT_EQ(waiter.failure(), errc::closed);
        EXPECT_TRUE(*held);
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
