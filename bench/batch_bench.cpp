// What does a row of a batch cost beside the call for it: the journal's line, its checksum and its digests, equal rows,
// order and stop rules? The floor is the same calls by `for_each`. The service is a function, so the calls are as cheap
// as they can be.

#include <coax/batch/process_batch.hpp>
#include <coax/coax.hpp>

#include <benchmark/benchmark.h>

#include <cstdio>
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

std::string const& text_of_posts() {
    static std::string const text(400, 'x');
    return text;
}

coax::client_options service() {
    coax::client_options options{.service = {.api_key = "any", .model = "m"},
                                 .policies = {.max_concurrency = concurrency}};
    options.service.transport = std::make_shared<coax::memory_transport>(
        [](coax::http_request const&) -> coax::result<coax::memory_transport::timed_response> {
            return coax::memory_transport::timed_response{
                .response = {
                    .status = 200,
                    .body = R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,)"
                            R"("message":{"role":"assistant","content":"It is positive.","refusal":null},)"
                            R"("finish_reason":"stop"}],"usage":{"prompt_tokens":110,"completion_tokens":5}})"}};
        });
    return options;
}

void per_row(benchmark::State& state) { state.SetItemsProcessed(state.iterations() * rows); }

void batch_rows(benchmark::State& state) {
    coax::runtime rt;
    coax::client const llm{rt.executor(), service()};
    std::vector<question> questions;
    for (int i = 0; i < rows; ++i) questions.push_back({i, text_of_posts() + std::to_string(i)});
    for (auto _ : state) {
        auto const done = rt.run(coax::process_batch<std::string>(llm, questions, "Judge this post: {{text}}",
                                                                  {.batch = {.concurrency = concurrency}}));
        if (done.summary().ok != rows) std::abort();
    }
    per_row(state);
}
BENCHMARK(batch_rows)->Unit(benchmark::kMillisecond);

asio::awaitable<void> ask(coax::client llm, int number) {
    auto const response =
        co_await llm.parse("Judge this post: " + text_of_posts() + std::to_string(number), coax::output_format{});
    if (response.text != "It is positive.") std::abort();
}

void calls_by_hand(benchmark::State& state) {
    coax::runtime rt;
    coax::client const llm{rt.executor(), service()};
    for (auto _ : state) {
        auto const done = rt.run(coax::for_each(std::views::iota(0, rows), {.concurrency = concurrency},
                                                [&](int number) { return ask(llm, number); }));
        if (done.failed != 0) std::abort();
    }
    per_row(state);
}
BENCHMARK(calls_by_hand)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
