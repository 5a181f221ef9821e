// Short programs for the thread sanitizer: what coroutines of several threads share.

#include "support/run_coro.hpp"
#include "support/run_everywhere.hpp"

#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/on_executor.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/sync/async_mutex.hpp>
#include <coax/sync/async_semaphore.hpp>
#include <coax/sync/channel.hpp>
#include <coax/sync/single_flight.hpp>
#include <coax/tasks/map.hpp>
#include <coax/tasks/pipeline.hpp>
#include <coax/tasks/task_group.hpp>
#include <coax/tasks/when_all.hpp>
#include <coax/tasks/when_any.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_everywhere;
using test::shard_count;

TEST(Threads, SemaphoreNeverGivesMoreThanItHas) {
    async_semaphore slots{4};
    std::atomic<std::size_t> in_use{0};
    std::atomic<std::size_t> peak{0};
    std::atomic<int> times{0};
    auto work = [&](std::size_t i) -> asio::awaitable<void> {
        for (std::size_t round = 0; round < 50; ++round) {
            auto const weight = 1 + (i + round) % 4;
            auto const held = co_await slots.acquire(weight);
            auto const total = in_use += weight;
            for (auto seen = peak.load(); seen < total && !peak.compare_exchange_weak(seen, total);) {
            }
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            in_use -= weight;
            ++times;
        }
    };
    run_everywhere(24, work);
    EXPECT_LE(peak, 4U);
    EXPECT_EQ(times, 24 * 50);
    EXPECT_EQ(slots.available(), 4U);
}

TEST(Threads, SemaphoreSurvivesCancellationsAndResizes) {
    async_semaphore slots{2};
    std::atomic<int> got{0};
    std::atomic<int> late{0};
    auto work = [&](std::size_t i) -> asio::awaitable<void> {
        for (std::size_t round = 0; round < 20; ++round) {
            if (i == 0) slots.resize(2 + round % 2);
            auto held = co_await as_result(with_timeout(std::chrono::microseconds{50 + 50 * i}, slots.acquire()));
            ++(held ? got : late);
            if (held) co_await sleep_for(20us);
        }
    };
    run_everywhere(12, work);
    EXPECT_EQ(got + late, 12 * 20);
    EXPECT_EQ(slots.in_use(), 0U);
    EXPECT_EQ(slots.waiting(), 0U);
}

TEST(Threads, ClosingEndsAllWhoWaitAndLosesNothing) {
    async_semaphore slots{2};
    rate_limiter quota{{.requests_per_minute = 60'000, .burst = 2ms}};
    channel<int> line{1};
    std::atomic<int> closed{0};
    auto count = [&closed](auto const& got) {
        if (got) return false;
        EXPECT_EQ(got.error().code, errc::closed);
        ++closed;
        return true;
    };
    auto work = [&](std::size_t i) -> asio::awaitable<void> {
        if (i == 0) {
            co_await sleep_for(2ms);
            slots.close();
            quota.close();
            line.close();
            co_return;
        }
        while (!count(co_await as_result(slots.acquire(1 + i % 2)))) co_await sleep_for(10us);
        while (!count(co_await as_result(quota.reserve()))) co_await sleep_for(10us);
        while (!count(co_await as_result(line.send(1)))) co_await sleep_for(10us);
    };
    run_everywhere(12, work);
    EXPECT_EQ(closed, 3 * 11);
    EXPECT_EQ(slots.available(), 2U);
    EXPECT_EQ(slots.waiting() + quota.waiting() + line.senders(), 0U);
}

TEST(Threads, SemaphoreOutlivesContextsThatDieWhileItServes) {
    async_semaphore slots{1};
    std::vector<std::thread> dying;
    auto work = [](async_semaphore& all) -> asio::awaitable<void> {
        for (;;) {
            auto const held = co_await all.acquire();
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        }
    };
    for (int i = 0; i < 3; ++i)
        dying.emplace_back([&] {
            for (int round = 0; round < 30; ++round) {
                asio::io_context context{1};
                test::started one{context.get_executor(), work(slots)};
                test::started two{context.get_executor(), work(slots)};
                context.run_for(1ms);
            }
        });
    for (auto& one : dying) one.join();
    EXPECT_EQ(slots.available(), 1U);
    EXPECT_EQ(slots.waiting(), 0U);
}

TEST(Threads, LimiterCountsEveryRequestOnce) {
    rate_limiter quota{{.requests_per_minute = 600'000, .burst = 5ms}};  // 10 a millisecond, 50 saved up
    std::atomic<int> sent{0};
    auto const start = std::chrono::steady_clock::now();
    auto work = [&](std::size_t i) -> asio::awaitable<void> {
        for (int round = 0; round < 20; ++round) {
            auto held = co_await quota.reserve();
            ++sent;
            if ((i + static_cast<std::size_t>(round)) % 7 == 0) co_await sleep_for(10us);
            held.settle(0);
        }
    };
    run_everywhere(30, work);
    EXPECT_EQ(sent, 600);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 54ms);
    EXPECT_EQ(quota.waiting(), 0U);
}

TEST(Threads, LimiterSurvivesCancellationsPausesAndReports) {
    rate_limiter quota{{.requests_per_minute = 600'000, .tokens_per_minute = 6'000'000, .burst = 5ms}};
    std::atomic<int> ended{0};
    auto work = [&](std::size_t i) -> asio::awaitable<void> {
        for (int round = 0; round < 10; ++round) {
            auto held = co_await as_result(with_timeout(std::chrono::microseconds{100 * (i + 1)}, quota.reserve(10)));
            if (held && i % 2 == 0) held->settle(5);
            if (i == 1) quota.pause_for(100us);
            if (i == 2) quota.lower_to({.remaining_requests = 3});
            ++ended;
        }
    };
    run_everywhere(12, work);
    EXPECT_EQ(ended, 120);
    EXPECT_EQ(quota.waiting(), 0U);
}

asio::awaitable<int> deep(runtime& rt, int depth) {
    if (depth == 0) co_return 1;
    auto const next = rt.executor(static_cast<std::size_t>(depth) % shard_count);
    co_return 1 + co_await on_executor(next, deep(rt, depth - 1));
}

TEST(Threads, OnExecutorHopsDeepAndWide) {
    runtime rt{{.threads = shard_count}};
    std::vector<asio::awaitable<int>> all;
    for (int i = 0; i < 20; ++i) all.push_back(deep(rt, 15));
    int sum = 0;
    for (auto one : rt.run(when_all(std::move(all)))) sum += one;
    EXPECT_EQ(sum, 20 * 16);
}

TEST(Threads, OnExecutorIsCancelledAcross) {
    runtime rt{{.threads = shard_count}};
    std::atomic<int> gone{0};
    auto child = [&](asio::any_io_executor next) -> asio::awaitable<void> {
        auto const guard = std::shared_ptr<void>(nullptr, [&gone](void*) { ++gone; });
        co_await on_executor(std::move(next), sleep_for(1h));
    };
    auto work = [&]() -> asio::awaitable<void> {
        for (std::size_t i = 0; i < 50; ++i) {
            // From "not yet arrived" to "long asleep".
            auto const limit = std::chrono::microseconds{1 + 7 * i};
            auto const late =
                co_await as_result(with_timeout(limit, on_executor(rt.executor(1 + i % 2), child(rt.executor(i % 3)))));
            EXPECT_EQ(late.error().code, errc::timeout);
        }
    };
    rt.run(work());
    EXPECT_LE(gone, 50);
}

TEST(Threads, StrandsOnAPoolWaitAndTimeOut) {
    async_semaphore slots{2};
    std::atomic<int> done{0};
    std::vector<std::unique_ptr<test::started>> all;
    asio::thread_pool pool{3};
    auto work = [](async_semaphore& some, std::atomic<int>& count) -> asio::awaitable<void> {
        for (int i = 0; i < 20; ++i) {
            auto const held = co_await as_result(with_timeout(200us, some.acquire()));
            if (held) co_await sleep_for(30us);
        }
        ++count;
    };
    for (int i = 0; i < 12; ++i)
        all.push_back(std::make_unique<test::started>(asio::make_strand(pool), work(slots, done)));
    pool.join();
    EXPECT_EQ(done, 12);
    EXPECT_EQ(slots.available(), 2U);
}

TEST(Threads, MutexLetsOneInAtATime) {
    async_mutex one;
    int unguarded = 0;  // a race, if two were ever in
    auto work = [&](std::size_t) -> asio::awaitable<void> {
        for (int round = 0; round < 50; ++round) {
            auto const lock = co_await one.lock();
            int const before = unguarded;
            if (round % 5 == 0) co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            unguarded = before + 1;
        }
    };
    run_everywhere(12, work);
    EXPECT_EQ(unguarded, 12 * 50);
}

TEST(Threads, ChannelLosesNothingUnderCancellations) {
    channel<std::unique_ptr<int>> line{3};
    std::atomic<int> sent{0};
    std::atomic<int> received{0};
    std::atomic<int> senders{6};
    auto work = [&](std::size_t i) -> asio::awaitable<void> {
        if (i % 2 == 0) {
            for (int round = 0; round < 40; ++round) {
                auto const in_time = co_await as_result(
                    with_timeout(std::chrono::microseconds{20 * (i + 1)}, line.send(std::make_unique<int>(round))));
                if (in_time) ++sent;
            }
            if (--senders == 0) line.close();
            co_return;
        }
        for (;;) {
            auto const got = co_await as_result(with_timeout(std::chrono::microseconds{15 * (i + 1)}, line.receive()));
            if (got && !*got) co_return;
            if (got) ++received;
        }
    };
    run_everywhere(12, work);
    EXPECT_EQ(sent, received);
    EXPECT_EQ(line.size(), 0U);
}

TEST(Threads, SingleFlightIsSharedAcrossShards) {
    single_flight<int, int> flights;
    std::atomic<int> ended{0};
    auto call = []() -> asio::awaitable<int> {
        co_await sleep_for(100us);
        co_return 1;
    };
    auto work = [&](std::size_t i) -> asio::awaitable<void> {
        for (std::size_t round = 0; round < 30; ++round) {
            auto const key = static_cast<int>(round % 2);
            (void)co_await as_result(with_timeout(std::chrono::microseconds{40 * (i + 1)}, flights.run(key, call)));
            ++ended;
        }
    };
    run_everywhere(12, work);
    EXPECT_EQ(ended, 12 * 30);
    EXPECT_EQ(flights.in_flight(), 0U);
}

/// Idle coroutines of one pool serve the strands of all its threads.
TEST(Threads, ChildrenOfManyStrandsAreKeptApart) {
    asio::thread_pool pool{3};
    std::atomic<int> done{0};
    auto same = [](asio::any_io_executor const here) -> asio::awaitable<void> {
        for (int i = 0; i < 2; ++i) {
            EXPECT_EQ(here, co_await asio::this_coro::executor);
            co_await asio::post(here, asio::use_awaitable);
        }
    };
    auto work = [&done, same]() -> asio::awaitable<void> {
        auto const here = co_await asio::this_coro::executor;
        for (int round = 0; round < 50; ++round) {
            co_await with_timeout(1h, same(here));
            co_await when_all(same(here), with_timeout(1h, same(here)));
            (void)co_await as_result(with_timeout(20us, sleep_for(1h)));
        }
        ++done;
    };
    for (int i = 0; i < 8; ++i) asio::co_spawn(asio::make_strand(pool), work(), asio::detached);
    pool.join();
    EXPECT_EQ(done, 8);
}

/// All combinators once, on whatever executor runs it; what is shared is shared by all.
struct commons {
    async_semaphore slots{3};
    async_mutex lock{};
    channel<int> line{2};
    single_flight<int, int> flights{};
    std::atomic<int> done{0};
};

asio::awaitable<int> small_work(commons& all, clock::duration time) {
    auto const held = co_await all.slots.acquire();
    co_await sleep_for(time);
    co_return 1;
}

asio::awaitable<int> tick(clock::duration time) {
    co_await sleep_for(time);
    co_return 1;
}

asio::awaitable<void> everything(commons& all) {
    auto body = [&all](task_group& group) -> asio::awaitable<void> {
        auto send = [](channel<int>& line) -> asio::awaitable<void> { co_await line.send(1); };
        group.spawn(send(all.line));
        (void)co_await all.line.receive();
    };
    for (int round = 0; round < 5; ++round) {
        co_await with_task_group(body);
        co_await when_all(small_work(all, 20us), small_work(all, 10us));
        co_await when_any(small_work(all, 1h), sleep_for(30us));
        co_await race(small_work(all, 1h), tick(30us));
        auto one = [&all](int n) { return small_work(all, std::chrono::microseconds{n}); };
        co_await coax::pipeline(std::vector<int>{5, 1, 3}, {.concurrency = 2}, one, [](std::size_t, result<int>) {});
        co_await coax::map(std::vector<int>{5, 1, 3}, {.concurrency = 2}, one);
        co_await all.flights.run(round, [&all] { return small_work(all, 10us); });
        (void)co_await as_result(with_timeout(50us, small_work(all, 1h)));
        auto const held = co_await all.lock.lock();
        co_await sleep_for(5us);
    }
    ++all.done;
}

/// Eight coroutines of `everything`, each on what `next()` gives; `run` lets them go on until all have ended.
template <class Next, class Run>
void everything_on(Next next, Run run) {
    commons all;
    std::vector<std::unique_ptr<test::started>> started;
    for (int i = 0; i < 8; ++i) started.push_back(std::make_unique<test::started>(next(), everything(all)));
    run();
    EXPECT_EQ(all.done, 8);
    EXPECT_EQ(all.slots.stats().in_use, 0U);
    EXPECT_EQ(all.line.size() + all.slots.waiting() + all.lock.waiting() + all.flights.in_flight(), 0U);
}

TEST(Executors, AnIoContextWithOneThread) {
    asio::io_context context;
    everything_on([&] { return asio::any_io_executor{context.get_executor()}; }, [&] { context.run(); });
}

TEST(Executors, AnIoContextWithFourThreadsAndStrands) {
    asio::io_context context;
    everything_on([&] { return asio::any_io_executor{asio::make_strand(context)}; },
                  [&] {
                      std::vector<std::thread> threads;
                      for (int i = 0; i < 4; ++i) threads.emplace_back([&] { context.run(); });
                      for (auto& one : threads) one.join();
                  });
}

TEST(Executors, AThreadPoolWithStrands) {
    asio::thread_pool pool{4};
    everything_on([&] { return asio::any_io_executor{asio::make_strand(pool)}; }, [&] { pool.join(); });
}

TEST(Executors, TheShardsOfARuntime) {
    commons all;
    runtime rt{{.threads = 3}};
    std::vector<asio::awaitable<void>> parts;
    for (std::size_t i = 0; i < 8; ++i) parts.push_back(on_executor(rt.executor(i % 3), everything(all)));
    rt.run(when_all(std::move(parts)));
    EXPECT_EQ(all.done, 8);
    EXPECT_EQ(all.slots.stats().in_use, 0U);
}

TEST(Threads, StopFromAnotherThreadEndsRun) {
    runtime rt{{.threads = 2}};
    for (int i = 0; i < 20; ++i) {
        std::thread other{[&] { rt.stop(); }};
        auto const got = rt.run(as_result(on_executor(rt.executor(1), sleep_for(1h))));
        EXPECT_EQ(got.error().code, errc::cancelled);
        other.join();
    }
}

}  // namespace
}  // namespace coax
