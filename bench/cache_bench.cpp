// What does a response that is kept cost beside one that is asked for? One caller, one call after the other, 1 KB each
// way; the service is a process beside this one, the nearest that a service can be.

#include "answer_server.hpp"

#include <coax/cache/memory_cache.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/cache/sqlite_cache.hpp>
#include <coax/client/client.hpp>
#include <coax/runtime/runtime.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace {

namespace asio = boost::asio;

constexpr int calls_per_iteration = 2'000;

/// Asks the same so often. @returns How many responses came from the cache.
asio::awaitable<int> ask(coax::client llm) {
    int cached = 0;
    for (int i = 0; i < calls_per_iteration; ++i) {
        auto const response = co_await llm.chat(bench::prompt());
        if (response.text.empty()) std::abort();
        cached += response.cached ? 1 : 0;
    }
    co_return cached;
}

void measure(benchmark::State& state, bench::answer_server const& server, std::shared_ptr<coax::cache_store> store) {
    coax::runtime rt;
    coax::client_options options{
        .service = {.provider = {.base_url = server.url() + "/v1"}, .api_key = "sk-bench", .model = "gpt-5.4"}};
    if (store) options.response_cache = coax::response_cache_options{.store = store};
    coax::client const llm{rt, std::move(options)};
    (void)rt.run(llm.chat(bench::prompt()));
    std::chrono::duration<double, std::micro> spent{};
    for (auto _ : state) {
        auto const begin = std::chrono::steady_clock::now();
        auto const cached = rt.run(ask(llm));
        spent += std::chrono::steady_clock::now() - begin;
        if (cached != (store ? calls_per_iteration : 0)) state.SkipWithError("not as it should be kept");
    }
    state.counters["wall_us"] = spent.count() / (static_cast<double>(state.iterations()) * calls_per_iteration);
}

}  // namespace

int main(int argc, char** argv) {
    bench::answer_server const server{false};
    auto const file = std::filesystem::temp_directory_path() / ("coax_bench_" + std::to_string(getpid()));
    auto const add = [&](char const* name, std::shared_ptr<coax::cache_store> store) {
        benchmark::RegisterBenchmark(name, [&server, store](benchmark::State& state) { measure(state, server, store); })
            ->Iterations(3)
            ->Unit(benchmark::kMillisecond);
    };
    add("cache_none", nullptr);
    add("cache_hit", coax::make_memory_cache());
    add("cache_hit_sqlite", coax::make_sqlite_cache({.path = file.string()}));
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    for (auto const* ending : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + ending);
}
