// What does a chat call cost beside a bare Beast keep-alive loop? Both on one thread, 64 callers, 1 KB each way.
//
//   bench_chat                                    Google Benchmark: processor time of this process for each call
//   bench_chat --run beast|coax plain|tls CALLS   one load alone, for instruction counts (bench/instructions.py)

#include "answer_server.hpp"
#include "chat_load.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>
#include <sys/resource.h>

namespace {

constexpr std::size_t calls_per_iteration = 4'000;

double processor_microseconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    auto const in_us = [](timeval const& t) {
        return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
    };
    return in_us(used.ru_utime) + in_us(used.ru_stime);
}

template <class Run>
void measure(benchmark::State& state, Run run) {
    double spent = 0;
    for (auto _ : state) {
        auto const before = processor_microseconds();
        if (run(bench::chat_load{.calls = calls_per_iteration}) == 0) state.SkipWithError("nothing came");
        spent += processor_microseconds() - before;
    }
    state.counters["cpu_us"] =
        spent / (static_cast<double>(state.iterations()) * static_cast<double>(calls_per_iteration));
}

std::size_t run_named(std::string_view client, bench::chat_load load, bench::answer_server const& server) {
    if (client == "beast") return bench::run_beast(load, server.port(), server.ca_pem());
    return bench::run_coax(load, server.url(), server.ca_pem());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 5 && std::strcmp(argv[1], "--run") == 0) {
        bench::answer_server const server{std::strcmp(argv[3], "tls") == 0};
        auto const calls = static_cast<std::size_t>(std::strtoull(argv[4], nullptr, 10));
        return run_named(argv[2], {.calls = calls}, server) == 0;
    }
    bench::answer_server const plain{false};
    bench::answer_server const tls{true};
    for (auto const* server : {&plain, &tls})
        for (auto const* client : {"beast", "coax"}) {
            auto const name =
                std::string{std::strcmp(client, "coax") == 0 ? "chat" : client} + (server == &tls ? "_tls" : "_plain");
            benchmark::RegisterBenchmark(
                name.c_str(),
                [=](benchmark::State& state) {
                    measure(state, [=](bench::chat_load load) { return run_named(client, load, *server); });
                })
                ->Iterations(3)
                ->Unit(benchmark::kMillisecond);
        }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
