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

coax::client_options& service() {
    static coax::client_options options;
    return options;
}

std::string text_of(int number) { return bench::prompt() + std::to_string(number); }

void batch_rows(benchmark::State& state) {
    coax::runtime rt;
    coax::client const llm{rt.executor(), service()};
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

void calls_by_hand(benchmark::State& state) {
    coax::runtime rt;
    coax::client const llm{rt.executor(), service()};
    for (auto _ : state) {
        auto const done = rt.run(coax::for_each(std::views::iota(0, rows), {.concurrency = concurrency},
                                                [&](int number) { return ask(llm, number); }));
        if (done.failed != 0) std::abort();
    }
    state.SetItemsProcessed(state.iterations() * rows);
}
BENCHMARK(calls_by_hand)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    bench::answer_server const server{true};
    service() = options_for(server);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
