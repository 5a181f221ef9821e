#include "runtime/internal/deadline_timer.hpp"
#include "support/run_coro.hpp"

#include <coax/runtime/clock.hpp>
#include <coax/tasks/when_all.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <gmock/gmock.h>

#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;
using testing::ElementsAre;

asio::awaitable<void> note_after(clock::duration wait, int id, std::vector<int>& order) {
    co_await sleep_for(wait);
    order.push_back(id);
}

TEST(VirtualClock, StartsAtAKnownDateAndNeverGoesBack) {
    virtual_clock time;
    auto const start = time.now();
    EXPECT_EQ(time.system_now(), std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
    time.advance(90s);
    EXPECT_EQ(time.now() - start, 90s);
    time.advance_to(start);
    EXPECT_EQ(time.now() - start, 90s);
}

TEST(Sleep, TakesExactlyItsTimeInVirtualTime) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        co_await sleep_for(36h);
        EXPECT_EQ(now(executor) - start, 36h);
        co_await sleep_until(start + 48h);
        EXPECT_EQ(now(executor) - start, 48h);
    };
    run_virtual(body());
}

TEST(Sleep, ReturnsAtOnceForZeroAndThePast) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        co_await sleep_for(0s);
        co_await sleep_for(-5s);
        co_await sleep_until(start - 1h);
        EXPECT_EQ(now(executor), start);
    };
    run_virtual(body());
}

TEST(Sleep, WakesInTheOrderOfDeadlinesThenOfCalls) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> order;
        std::vector<asio::awaitable<void>> all;
        int id = 0;
        for (auto wait : {5s, 1s, 3s, 1s, 2s, 5s, 1s}) all.push_back(note_after(wait, id++, order));
        co_await when_all(std::move(all));
        EXPECT_THAT(order, ElementsAre(1, 3, 6, 4, 2, 0, 5));
    };
    run_virtual(body());
}

TEST(Sleep, EndsInCancelledAtTheTimeOfTheCancellation) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        started sleeper{executor, sleep_for(1h)};
        co_await sleep_for(1s);
        sleeper.cancel();
        co_await sleep_for(0s);
        co_await asio::post(executor, asio::use_awaitable);
        co_await asio::post(executor, asio::use_awaitable);
        EXPECT_EQ(sleeper.failure(), errc::cancelled);
        EXPECT_EQ(now(executor) - start, 1s);
    };
    run_virtual(body());
}

TEST(Sleep, WorksInRealTimeOnAContextThatIsNotOurs) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        co_await sleep_for(3ms);
        EXPECT_GE(now(executor) - start, 3ms);
        EXPECT_EQ(&clock_of(executor), &clock::real());
    };
    test::run_coro(body());
}

TEST(Sleep, LetsTheContextEndSoonAfterTheLastOne) {
    asio::io_context context;
    started sleeper{context.get_executor(), sleep_for(2ms)};
    started cancelled{context.get_executor(), sleep_for(10h)};
    context.run_for(1ms);
    cancelled.cancel();
    auto const handlers = context.run_for(10s);  // returns when there is no work left
    EXPECT_TRUE(sleeper.done());
    EXPECT_EQ(cancelled.failure(), errc::cancelled);
    EXPECT_LT(handlers, 10U);
    EXPECT_TRUE(context.stopped());
}

TEST(Sleep, DiesWithItsContext) {
    auto const held = std::make_shared<int>(1);
    {
        asio::io_context context;
        auto sleeper = [](std::shared_ptr<int>) -> asio::awaitable<void> { co_await sleep_for(10h); };
        started one{context.get_executor(), sleeper(held)};
        context.poll();
        EXPECT_EQ(held.use_count(), 2);
    }
    EXPECT_EQ(held.use_count(), 1);
}

void count_up(void* counter) { ++*static_cast<int*>(counter); }

TEST(DeadlineTimer, FiresOnceAtItsDeadlineAndCanBeMoved) {
    auto body = []() -> asio::awaitable<void> {
        int fired = 0;
        coax::detail::deadline_timer timer{co_await asio::this_coro::executor, count_up, &fired};
        timer.arm(timer.now() + 1s);
        EXPECT_TRUE(timer.armed());
        timer.arm(timer.now() + 3s);
        co_await sleep_for(2s);
        EXPECT_EQ(fired, 0);
        co_await sleep_for(1s);
        EXPECT_EQ(fired, 1);
        EXPECT_FALSE(timer.armed());
        co_await sleep_for(1h);
        EXPECT_EQ(fired, 1);
    };
    run_virtual(body());
}

TEST(DeadlineTimer, NeverFiresAfterCancelOrItsDeath) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        int fired = 0;
        coax::detail::deadline_timer cancelled{executor, count_up, &fired};
        cancelled.arm(cancelled.now() + 1s);
        {
            coax::detail::deadline_timer dead{executor, count_up, &fired};
            dead.arm(dead.now() + 1s);
        }
        cancelled.cancel();
        co_await sleep_for(1h);
        EXPECT_EQ(fired, 0);
    };
    run_virtual(body());
}

TEST(DeadlineTimer, ArmedInThePastFiresAtTheNextTurn) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        int fired = 0;
        coax::detail::deadline_timer timer{executor, count_up, &fired};
        timer.arm(timer.now() - 1s);
        EXPECT_EQ(fired, 0);
        co_await sleep_for(1ns);
        EXPECT_EQ(fired, 1);
    };
    run_virtual(body());
}

struct rearming {
    explicit rearming(asio::any_io_executor executor) : timer{std::move(executor), &rearming::again, this} {}
    static void again(void* self) {
        auto* const me = static_cast<rearming*>(self);
        if (++me->fired < 3) me->timer.arm(me->timer.now() + 1s);
    }
    int fired{0};
    coax::detail::deadline_timer timer;
};

TEST(DeadlineTimer, MayBeArmedAgainFromItsCallback) {
    auto body = []() -> asio::awaitable<void> {
        rearming timer{co_await asio::this_coro::executor};
        timer.timer.arm(timer.timer.now() + 1s);
        co_await sleep_for(10s);
        EXPECT_EQ(timer.fired, 3);
    };
    run_virtual(body());
}

TEST(DeadlineTimer, HopsOntoAStrandAndNotAfterCancel) {
    asio::io_context context;
    auto const strand = asio::make_strand(context);
    int fired = 0;
    coax::detail::deadline_timer kept{strand, count_up, &fired};
    coax::detail::deadline_timer cancelled{strand, count_up, &fired};
    asio::post(strand, [&] {
        kept.arm(kept.now() + 1ms);
        cancelled.arm(cancelled.now() + 1ms);
        asio::post(strand, [&] { cancelled.cancel(); });
    });
    context.run_for(10s);
    EXPECT_EQ(fired, 1);
}

TEST(TimerQueue, KeepsItsOrderUnderRandomCancellation) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        int fired = 0;
        std::vector<std::unique_ptr<coax::detail::deadline_timer>> timers;
        unsigned random = 12345;
        for (int i = 0; i < 1000; ++i) {
            random = random * 1103515245U + 12345U;
            timers.push_back(std::make_unique<coax::detail::deadline_timer>(executor, count_up, &fired));
            timers.back()->arm(timers.back()->now() + std::chrono::milliseconds{(random >> 16U) % 5000});
        }
        for (std::size_t i = 0; i < timers.size(); i += 3) timers[i]->cancel();
        co_await sleep_for(10s);
        EXPECT_EQ(fired, 1000 - 334);
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
