// What does a row of a batch cost beside the call for it: its line and digests in the journal, equal rows, stop rules?
// The floor is the same calls by `for_each`, over TLS to the server of chat_bench.cpp; what is measured is this
// process.

#include "answer_server.hpp"

#include <coax/batch/process_batch.hpp>
#include <coax/coax.hpp>

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <ranges>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;

constexpr int rows = 2'000;
constexpr std::size_t concurrency = 64;

struct question {
    int id{};
    std::string text{};
};

coax::client_options options_for(bench::answer_server const& server) {
    coax::client_options options{.service = {.api_key = "any", .model = "m"},
                                 .policies = {.max_concurrency = concurrency}};
    options.service.provider.base_url = server.url() + "/v1";
    options.http.ca_pem = server.ca_pem();
    options.http.max_connections_per_host = concurrency;
    return options;
}

/// What both use: connections are there, and memory is warm, before either is measured.
struct bench_client {
    bench::answer_server const server{true};
    coax::runtime rt{};
    coax::client const llm{rt.executor(), options_for(server)};
};

bench_client& shared_client() {
    static bench_client made;
    return made;
}

std::string text_of(int number) { return bench::prompt() + std::to_string(number); }

void batch_rows(benchmark::State& state) {
    auto& [server, rt, llm] = shared_client();
    std::vector<question> questions;
    for (int i = 0; i < rows; ++i) questions.push_back({i, text_of(i)});
    for (auto _ : state) {
        auto const done = rt.run(coax::process_batch<std::string>(llm, questions, "Judge this post: {{text}}",
                                                                  {.batch = {.concurrency = concurrency}}));
        if (done.summary().ok != rows) std::abort();
    }
    state.SetItemsProcessed(state.iterations() * rows);
}
BENCHMARK(batch_rows)->Unit(benchmark::kMillisecond);

asio::awaitable<void> ask(coax::client llm, int number) {
    auto const response = co_await llm.parse("Judge this post: " + text_of(number), coax::output_format{});
    if (response.text.empty()) std::abort();
}

void ask_all(coax::runtime& rt, coax::client const& llm) {
    auto const done = rt.run(coax::for_each(std::views::iota(0, rows), {.concurrency = concurrency},
                                            [&](int number) { return ask(llm, number); }));
    if (done.failed != 0) std::abort();
}

void calls_by_hand(benchmark::State& state) {
    auto& [server, rt, llm] = shared_client();
    for (auto _ : state) ask_all(rt, llm);
    state.SetItemsProcessed(state.iterations() * rows);
}
BENCHMARK(calls_by_hand)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    auto& [server, rt, llm] = shared_client();
    ask_all(rt, llm);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
