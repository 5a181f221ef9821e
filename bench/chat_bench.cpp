// What does a chat call cost beside a bare Beast keep-alive loop, and an event of a stream beside finding it among the
// bytes that come? All on one thread, 64 callers, 1 KB each way or streams of 1,000 events; the server is a process
// beside this one that does the least a server can.
//
//   bench_chat                                    Google Benchmark: processor time of this process for each call, event
//   bench_chat --run NAME plain|tls CALLS         one load alone, for instruction counts (bench/instructions.py); NAME
//                                                 is beast, coax, raw_stream or coax_stream

#include "chat_load.hpp"
#include "load_server.hpp"
#include "processor_time.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

constexpr std::size_t events_per_stream = 1'000;

struct load_kind {
    char const* name;
    bool streams;
    std::size_t (*run)(bench::chat_load, bench::load_server const&);
};

std::size_t beast(bench::chat_load load, bench::load_server const& server) {
    return bench::run_beast(load, server.port(), server.ca_pem());
}
std::size_t coax_calls(bench::chat_load load, bench::load_server const& server) {
    return bench::run_coax(load, server.url(), server.ca_pem());
}
std::size_t raw_stream(bench::chat_load load, bench::load_server const& server) {
    return bench::run_raw_streams(load, server.port(), server.ca_pem());
}
std::size_t coax_stream(bench::chat_load load, bench::load_server const& server) {
    return bench::run_coax_streams(load, server.url(), server.ca_pem());
}

constexpr std::array kinds{load_kind{"beast", false, beast}, load_kind{"coax", false, coax_calls},
                           load_kind{"raw_stream", true, raw_stream}, load_kind{"coax_stream", true, coax_stream}};

void measure(benchmark::State& state, load_kind const& kind, bench::load_server const& server) {
    bench::chat_load const load{.calls = kind.streams ? std::size_t{128} : 4'000};
    double spent = 0;
    for (auto _ : state) {
        auto const before = bench::processor_microseconds();
        if (kind.run(load, server) == 0) state.SkipWithError("nothing came");
        spent += bench::processor_microseconds() - before;
    }
    auto const units = load.calls * (kind.streams ? events_per_stream : 1);
    state.counters["cpu_us"] = spent / (static_cast<double>(state.iterations()) * static_cast<double>(units));
}

int run_once(std::string_view name, bool tls, std::size_t calls) {
    for (auto const& kind : kinds)
        if (name == kind.name) {
            bench::load_server const server{{.tls = tls, .events = kind.streams ? events_per_stream : 0}};
            return kind.run({.calls = calls, .callers = kind.streams ? std::size_t{4} : 64}, server) == 0;
        }
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 5 && std::strcmp(argv[1], "--run") == 0)
        return run_once(argv[2], std::strcmp(argv[3], "tls") == 0, std::strtoull(argv[4], nullptr, 10));
    bench::load_server const servers[]{bench::load_server{{}}, bench::load_server{{.tls = true}},
                                       bench::load_server{{.events = events_per_stream}},
                                       bench::load_server{{.tls = true, .events = events_per_stream}}};
    for (bool const tls : {false, true})
        for (auto const& kind : kinds) {
            auto const& server = servers[(kind.streams ? 2 : 0) + (tls ? 1 : 0)];
            benchmark::RegisterBenchmark((std::string{kind.name} + (tls ? "_tls" : "_plain")).c_str(),
                                         [&](benchmark::State& state) { measure(state, kind, server); })
                ->Iterations(3)
                ->Unit(benchmark::kMillisecond);
        }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
