// What do a permit, a quota, a retry, a timeout and their like cost, and how often do they ask the heap?
// Floors: awaiting a coroutine that does nothing; awaiting a turn of the event loop; Asio's own `co_spawn`.

#include "allocations.hpp"

#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/retry.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/sync/async_mutex.hpp>
#include <coax/sync/async_semaphore.hpp>
#include <coax/sync/channel.hpp>
#include <coax/sync/single_flight.hpp>
#include <coax/tasks/map.hpp>
#include <coax/tasks/pipeline.hpp>
#include <coax/tasks/task_group.hpp>
#include <coax/tasks/when_all.hpp>

#include <benchmark/benchmark.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <ranges>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<int> nothing() { co_return 1; }
asio::awaitable<int> turn() {
    co_await asio::post(co_await asio::this_coro::executor, asio::deferred);
    co_return 1;
}

/// Runs `step` once for each iteration inside one coroutine, so that starting it costs nothing per iteration. Tells the
/// allocations of one.
template <class Step>
void run(benchmark::State& state, coax::runtime& rt, Step step) {
    rt.run([](benchmark::State& s, Step one) -> asio::awaitable<void> {
        for (int warm = 0; warm < 10; ++warm) co_await one();
        auto const before = coax::bench::heap().allocations;
        for (auto _ : s) co_await one();
        auto const used = static_cast<double>(coax::bench::heap().allocations - before);
        s.counters["allocations"] = used / static_cast<double>(s.iterations());
    }(state, std::move(step)));
}
template <class Step>
void run(benchmark::State& state, Step step) {
    coax::runtime rt;
    run(state, rt, std::move(step));
}

void await_floor(benchmark::State& state) {
    run(state, [] { return nothing(); });
}
BENCHMARK(await_floor);

void turn_floor(benchmark::State& state) {
    run(state, [] { return turn(); });
}
BENCHMARK(turn_floor);

/// The same on a shard that minds timers or sockets, as any that does real work: each turn then asks the kernel too.
void busy_turn_floor(benchmark::State& state) {
    coax::runtime rt;
    asio::steady_timer far{rt.executor(), 1h};
    far.async_wait([](boost::system::error_code) {});
    run(state, rt, [] { return turn(); });
}
BENCHMARK(busy_turn_floor);

/// What Asio alone asks for work with a cancellation of its own, which a timeout cannot do without.
void co_spawn_floor(benchmark::State& state) {
    run(state, []() -> asio::awaitable<void> {
        co_await asio::co_spawn(co_await asio::this_coro::executor, nothing(), asio::as_tuple(asio::use_awaitable));
    });
}
BENCHMARK(co_spawn_floor);

void semaphore_acquire(benchmark::State& state) {
    coax::async_semaphore slots{4};
    run(state, [&slots] { return slots.acquire(); });
}
BENCHMARK(semaphore_acquire);

void semaphore_try_acquire(benchmark::State& state) {
    coax::async_semaphore slots{4};
    for (auto _ : state) benchmark::DoNotOptimize(slots.try_acquire());
}
BENCHMARK(semaphore_try_acquire);

void mutex_lock(benchmark::State& state) {
    coax::async_mutex one;
    run(state, [&one] { return one.lock(); });
}
BENCHMARK(mutex_lock);

asio::awaitable<int> through(coax::channel<int>& line) {
    co_await line.send(1);
    auto const got = co_await line.receive();
    co_return *got;
}

void channel_send_receive(benchmark::State& state) {
    coax::channel<int> line{4};
    run(state, [&line] { return through(line); });
}
BENCHMARK(channel_send_receive);

void limiter_unlimited(benchmark::State& state) {
    coax::rate_limiter quota;
    run(state, [&quota] { return quota.reserve(100); });
}
BENCHMARK(limiter_unlimited);

void retry_success(benchmark::State& state) {
    coax::retry_options const options;
    run(state, [&options] { return coax::retry(options, [] { return nothing(); }); });
}
BENCHMARK(retry_success);

/// Work that never suspends.
void timeout_in_time(benchmark::State& state) {
    run(state, [] { return coax::with_timeout(60s, nothing()); });
}
BENCHMARK(timeout_in_time);

/// Work that takes a turn: the deadline is set and taken back, without a system call.
void timeout_around_turn(benchmark::State& state) {
    run(state, [] { return coax::with_timeout(60s, turn()); });
}
BENCHMARK(timeout_around_turn);

void when_all_two(benchmark::State& state) {
    run(state, [] { return coax::when_all(nothing(), nothing()); });
}
BENCHMARK(when_all_two);

void single_flight_alone(benchmark::State& state) {
    coax::single_flight<int, int> calls;
    run(state, [&calls] { return calls.run(1, [] { return nothing(); }); });
}
BENCHMARK(single_flight_alone);

void task_spawn(benchmark::State& state) {
    coax::runtime rt;
    auto task = []() -> asio::awaitable<void> { co_return; };
    auto body = [&](coax::task_group& group) -> asio::awaitable<void> {
        for (auto _ : state) group.spawn(task());
        co_return;
    };
    rt.run(coax::with_task_group(body));
}
BENCHMARK(task_spawn);

/// One sleep on the virtual clock: a million of them must take less than a second.
void virtual_sleep(benchmark::State& state) {
    coax::runtime rt{coax::virtual_time{}};
    run(state, rt, [] { return coax::sleep_for(1s); });
}
BENCHMARK(virtual_sleep);

/// The same among a thousand sleepers.
void virtual_sleep_in_a_crowd(benchmark::State& state) {
    coax::runtime rt{coax::virtual_time{}};
    auto doze = []() -> asio::awaitable<void> {
        for (;;) co_await coax::sleep_for(1s);
    };
    auto body = [&](coax::task_group& group) -> asio::awaitable<void> {
        for (int i = 0; i < 1'000; ++i) group.spawn(doze());
        while (state.KeepRunningBatch(1'000)) co_await coax::sleep_for(1s);
        group.cancel();
    };
    rt.run(coax::with_task_group(body));
}
BENCHMARK(virtual_sleep_in_a_crowd);

constexpr std::size_t most_bytes = 20'000'000;
constexpr int million = 1'000'000;

/// A million items that each take a turn; fails when more than 20 MB are ever held.
template <class Start>
void over_a_million(benchmark::State& state, Start start) {
    coax::runtime rt;
    for (auto _ : state) {
        auto const before = coax::bench::heap();
        coax::bench::reset_peak();
        auto const end = rt.run(start());
        auto const peak = coax::bench::heap().peak_bytes - before.live_bytes;
        state.counters["peak_KB"] = static_cast<double>(peak) / 1000;
        state.counters["allocations_per_item"] =
            static_cast<double>(coax::bench::heap().allocations - before.allocations) / million;
        if (end.done != million) state.SkipWithError("not all items were done");
        if (peak > most_bytes) state.SkipWithError("more than 20 MB were held");
    }
    state.SetItemsProcessed(state.iterations() * million);
}

asio::awaitable<int> item(int value) {
    co_await asio::post(co_await asio::this_coro::executor, asio::deferred);
    co_return value;
}

void for_each_million(benchmark::State& state) {
    over_a_million(state, [] { return coax::for_each(std::views::iota(0, million), {.concurrency = 64}, item); });
}
BENCHMARK(for_each_million)->Unit(benchmark::kMillisecond);

void pipeline_million(benchmark::State& state) {
    auto ignore = [](std::size_t, coax::result<int>) {};
    over_a_million(
        state, [ignore] { return coax::pipeline(std::views::iota(0, million), {.concurrency = 64}, item, ignore); });
}
BENCHMARK(pipeline_million)->Unit(benchmark::kMillisecond);

/// All results in hand at the end: what is held is the vector of them.
void map_million(benchmark::State& state) {
    over_a_million(state, []() -> asio::awaitable<coax::pipeline_progress> {
        auto const out = co_await coax::map(std::views::iota(0, million), {.concurrency = 64}, item);
        co_return coax::pipeline_progress{.done = out.size()};
    });
}
BENCHMARK(map_million)->Unit(benchmark::kMillisecond);

/// The least a million turns cost.
void million_floor(benchmark::State& state) {
    coax::runtime rt;
    auto loop = []() -> asio::awaitable<void> {
        for (int i = 0; i < million; ++i) benchmark::DoNotOptimize(co_await item(i));
    };
    for (auto _ : state) rt.run(loop());
}
BENCHMARK(million_floor)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
