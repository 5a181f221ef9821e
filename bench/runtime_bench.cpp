// What do a permit, a quota, a retry and a timeout cost when nothing is in the way?
// Floor: awaiting a coroutine that does nothing.

#include <coax/runtime/async_semaphore.hpp>
#include <coax/runtime/rate_limiter.hpp>
#include <coax/runtime/retry.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/runtime/timeout.hpp>

#include <benchmark/benchmark.h>

#include <chrono>

namespace {

namespace asio = boost::asio;

asio::awaitable<int> nothing() { co_return 1; }

/// Runs `step` once for each iteration inside one coroutine, so that starting it costs nothing per iteration.
template <class Step>
void run(benchmark::State& state, Step step) {
    coax::runtime rt;
    rt.run([](benchmark::State& s, Step one) -> asio::awaitable<void> {
        for (auto _ : s) co_await one();
    }(state, std::move(step)));
}

void await_floor(benchmark::State& state) { run(state, [] { return nothing(); }); }
BENCHMARK(await_floor);

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

void timeout_in_time(benchmark::State& state) {
    run(state, [] { return coax::with_timeout(std::chrono::seconds{60}, nothing()); });
}
BENCHMARK(timeout_in_time);

}  // namespace

BENCHMARK_MAIN();
