#include "support/run_coro.hpp"

#include <coax/policy/timeout.hpp>
#include <coax/sync/async_semaphore.hpp>
#include <coax/tasks/when_all.hpp>

#include <gmock/gmock.h>

#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;
using testing::ElementsAre;

asio::awaitable<void> hold(async_semaphore& slots, std::size_t count, clock::duration time, int id,
                           std::vector<int>& order) {
    auto const held = co_await slots.acquire(count);
    order.push_back(id);
    co_await sleep_for(time);
}

TEST(AsyncSemaphore, GivesAndTakesBack) {
    async_semaphore slots{3};
    auto one = slots.try_acquire(2);
    EXPECT_TRUE(one);
    EXPECT_EQ(one->count(), 2U);
    EXPECT_EQ(slots.available(), 1U);
    EXPECT_EQ(slots.in_use(), 2U);
    EXPECT_FALSE(slots.try_acquire(2));
    one->reset();
    EXPECT_FALSE(*one);
    EXPECT_EQ(slots.available(), 3U);
    EXPECT_FALSE(slots.try_acquire(4));
    EXPECT_TRUE(slots.try_acquire(0));
}

TEST(AsyncSemaphore, PermitMovesAndOutlivesTheSemaphore) {
    permit kept;
    {
        async_semaphore slots{2};
        auto one = std::move(*slots.try_acquire());
        permit two{std::move(one)};
        EXPECT_FALSE(one);  // NOLINT: moved from on purpose
        kept = std::move(two);
        EXPECT_EQ(slots.available(), 1U);
        kept = std::move(*slots.try_acquire());
        EXPECT_EQ(slots.available(), 1U);
    }
    EXPECT_TRUE(kept);
}

TEST(AsyncSemaphore, ServesInTheOrderOfAskingAlsoABigOne) {
    auto body = []() -> asio::awaitable<void> {
        async_semaphore slots{3};
        std::vector<int> order;
        co_await when_all(hold(slots, 2, 5s, 0, order), hold(slots, 3, 1s, 1, order), hold(slots, 1, 1s, 2, order),
                          hold(slots, 1, 1s, 3, order));
        EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
        EXPECT_EQ(slots.available(), 3U);
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, TryDoesNotOvertakeAWaiter) {
    auto body = []() -> asio::awaitable<void> {
        async_semaphore slots{3};
        std::vector<int> order;
        auto held = slots.try_acquire(2);
        started big{co_await asio::this_coro::executor, hold(slots, 3, 0s, 0, order)};
        co_await sleep_for(1s);
        EXPECT_EQ(slots.waiting(), 1U);
        EXPECT_EQ(slots.available(), 1U);
        EXPECT_FALSE(slots.try_acquire(1));
        held->reset();
        co_await sleep_for(1s);
        EXPECT_TRUE(big.done());
        EXPECT_TRUE(slots.try_acquire(3));
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, CancelledWaiterLeavesNoTraceAndLetsThoseBehindThrough) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        async_semaphore slots{3};
        std::vector<int> order;
        auto const held = slots.try_acquire(2);
        started big{executor, hold(slots, 3, 0s, 0, order)};
        started small{executor, hold(slots, 1, 0s, 1, order)};
        co_await sleep_for(1s);
        EXPECT_EQ(slots.waiting(), 2U);
        big.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(big.failure(), errc::cancelled);
        EXPECT_TRUE(small.done());
        EXPECT_FALSE(small.failure());
        EXPECT_THAT(order, ElementsAre(1));
        EXPECT_EQ(slots.waiting(), 0U);
        EXPECT_EQ(slots.available(), 1U);
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, CancellationInTheTurnOfTheGrantLosesNoUnit) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        async_semaphore slots{1};
        for (bool cancel_first : {true, false}) {
            std::vector<int> order;
            auto held = slots.try_acquire();
            started waiter{executor, hold(slots, 1, 1s, 0, order)};
            co_await sleep_for(1s);
            if (cancel_first) waiter.cancel();
            held->reset();
            if (!cancel_first) waiter.cancel();
            co_await sleep_for(5s);
            EXPECT_TRUE(waiter.done());
            EXPECT_EQ(slots.available(), 1U);
        }
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, MoreThanTheCapacityIsRefusedAtOnce) {
    auto body = []() -> asio::awaitable<void> {
        async_semaphore slots{4};
        auto const got = co_await as_result(slots.acquire(5));
        EXPECT_EQ(got.error().code, errc::invalid_argument);
        EXPECT_EQ(got.error().where, "count");
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, GrowingWakesAndShrinkingRefusesTheImpossible) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        async_semaphore slots{2};
        std::vector<int> order;
        auto held = slots.try_acquire(2);
        started two{executor, hold(slots, 2, 1s, 2, order)};
        started one{executor, hold(slots, 1, 1s, 1, order)};
        co_await sleep_for(1s);
        slots.resize(1);
        EXPECT_EQ(slots.available(), 0U);
        EXPECT_EQ(slots.in_use(), 2U);
        co_await sleep_for(1s);
        EXPECT_EQ(two.failure(), errc::invalid_argument);
        EXPECT_FALSE(one.done());
        slots.resize(3);
        co_await sleep_for(2s);
        EXPECT_TRUE(one.done());
        EXPECT_THAT(order, ElementsAre(1));
        held->reset();
        EXPECT_EQ(slots.available(), 3U);
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, ShrinkingWaitsForPermitsToComeBack) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        async_semaphore slots{4};
        std::vector<int> order;
        auto first = slots.try_acquire(2);
        auto second = slots.try_acquire(2);
        slots.resize(2);
        started waiter{executor, hold(slots, 1, 1s, 1, order)};
        first->reset();  // 2 of 2 are still out
        co_await sleep_for(1s);
        EXPECT_TRUE(order.empty());
        EXPECT_EQ(slots.available(), 0U);
        second->reset();
        co_await sleep_for(500ms);
        EXPECT_EQ(slots.available(), 1U);
        EXPECT_THAT(order, ElementsAre(1));
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, TellsItsStatistics) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        async_semaphore slots{5};
        std::vector<int> order;
        slots.try_acquire(4)->reset();
        auto const held = slots.try_acquire(3);
        started a{executor, hold(slots, 3, 0s, 1, order)};
        started b{executor, hold(slots, 1, 0s, 2, order)};
        a.cancel();
        b.cancel();
        co_await sleep_for(1s);
        auto const seen = slots.stats();
        EXPECT_EQ(seen.capacity, 5U);
        EXPECT_EQ(seen.available, 2U);
        EXPECT_EQ(seen.in_use, 3U);
        EXPECT_EQ(seen.waiting, 0U);
        EXPECT_EQ(seen.high_water, 4U);
        EXPECT_EQ(seen.waiting_high_water, 2U);
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, CloseEndsWaitersAndKeepsPermits) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        async_semaphore slots{1};
        std::vector<int> order;
        auto const held = slots.try_acquire();
        started a{executor, hold(slots, 1, 0s, 0, order)};
        started b{executor, hold(slots, 1, 0s, 0, order)};
        co_await sleep_for(1s);
        slots.close();
        co_await sleep_for(1s);
        EXPECT_EQ(a.failure(), errc::closed);
        EXPECT_EQ(b.failure(), errc::closed);
        EXPECT_TRUE(*held);
        EXPECT_FALSE(slots.try_acquire());
        EXPECT_EQ((co_await as_result(slots.acquire())).error().code, errc::closed);
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, ItsDeathEndsWaitersInClosed) {
    auto body = []() -> asio::awaitable<void> {
        auto slots = std::make_unique<async_semaphore>(1U);
        std::vector<int> order;
        auto held = slots->try_acquire();
        started waiter{co_await asio::this_coro::executor, hold(*slots, 1, 0s, 0, order)};
        co_await sleep_for(1s);
        slots.reset();
        co_await sleep_for(1s);
        EXPECT_EQ(waiter.failure(), errc::closed);
        held->reset();
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, TimeoutWhileWaitingLosesNothing) {
    auto body = []() -> asio::awaitable<void> {
        async_semaphore slots{1};
        {
            auto const held = slots.try_acquire();
            auto const got = co_await as_result(with_timeout(1s, slots.acquire()));
            EXPECT_EQ(got.error().code, errc::timeout);
            EXPECT_EQ(slots.waiting(), 0U);
        }
        EXPECT_EQ(slots.available(), 1U);
        EXPECT_TRUE(co_await with_timeout(1s, slots.acquire()));
    };
    run_virtual(body());
}

TEST(AsyncSemaphore, WaitersDieWithTheirContextAndOthersAreServed) {
    async_semaphore slots{1};
    std::vector<int> order;
    asio::io_context alive;
    auto held = slots.try_acquire();
    std::optional<started> dead_waiter;
    std::optional<started> live_waiter;
    {
        asio::io_context dying;
        dead_waiter.emplace(dying.get_executor(), hold(slots, 1, 0s, 0, order));
        dying.poll();
        live_waiter.emplace(alive.get_executor(), hold(slots, 1, 0s, 1, order));
        alive.poll();
        EXPECT_EQ(slots.waiting(), 2U);
    }
    EXPECT_EQ(slots.waiting(), 1U);
    held->reset();
    alive.restart();
    alive.run();
    EXPECT_THAT(order, ElementsAre(1));
    EXPECT_EQ(slots.available(), 1U);
}

TEST(AsyncSemaphore, AGrantThatIsNeverPickedUpComesBack) {
    async_semaphore slots{1};
    std::vector<int> order;
    {
        asio::io_context dying;
        auto held = slots.try_acquire();
        started waiter{dying.get_executor(), hold(slots, 1, 0s, 0, order)};
        dying.poll();
        held->reset();  // granted; the resumption is posted and never runs
        EXPECT_EQ(slots.available(), 0U);
    }
    EXPECT_TRUE(order.empty());
    EXPECT_EQ(slots.available(), 1U);
}

}  // namespace
}  // namespace coax
