// What does a span cost, from the end of a call until a receiver has it? Beside it: the 50 us of one thread that each
// of 20,000 spans a second leaves. The receiver is a process of its own; the exporter's thread counts here.

#include "answer_server.hpp"
#include "processor_time.hpp"

#include <coax/telemetry/otlp_exporter.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

namespace {

constexpr int spans_per_iteration = 20'000;

/// A chat with what most have, and its attempt.
struct observed_chat {
    std::chrono::system_clock::time_point began{std::chrono::system_clock::now()};
    coax::call_details call{.provider = "openai",
                            .model = "gpt-5.4",
                            .host = "api.openai.com",
                            .port = 443,
                            .method = "POST",
                            .address = "https://api.openai.com",
                            .path = "/v1/chat/completions",
                            .temperature = 0.5,
                            .max_output_tokens = 512,
                            .response_id = "chatcmpl-A1B2C3D4E5F6G7H8I9J0K1L2M3N4O",
                            .response_model = "gpt-5.4",
                            .request_id = "req_0123456789abcdef",
                            .finish_reason = coax::finish_reason::stop,
                            .usage = {.input_tokens = 241, .output_tokens = 129},
                            .attempts = 1};
    coax::attempt_details attempt{.http_status = 200};

    void tell(coax::observer& who, std::uint8_t number) const {
        coax::operation chat{.kind = coax::operation_kind::chat, .began = began, .call = &call};
        chat.context.trace_id.fill(number);
        chat.context.span_id.fill(1);
        auto one = chat;
        one.kind = coax::operation_kind::attempt;
        one.attempt = &attempt;
        one.parent = chat.context.span_id;
        who.began(chat);
        who.began(one);
        who.noticed(chat, {.kind = coax::moment_kind::queued, .time = std::chrono::microseconds{3}});
        one.took = chat.took = std::chrono::milliseconds{900};
        who.ended(one);
        who.ended(chat);
    }
};

void measure_spans(benchmark::State& state, std::string const& url) {
    coax::otlp_exporter exporter{{.traces_url = url + "/v1/traces", .metrics_url = url + "/v1/metrics"}};
    observed_chat const chat;
    double spent = 0;
    for (auto _ : state) {
        auto const before = bench::processor_microseconds();
        for (int i = 0; i < spans_per_iteration / 2; ++i) chat.tell(exporter, static_cast<std::uint8_t>(i | 1));
        if (!exporter.flush(std::chrono::seconds{30})) state.SkipWithError("it was not sent in time");
        spent += bench::processor_microseconds() - before;
    }
    if (exporter.statistics().dropped_spans > 0) state.SkipWithError("spans were dropped");
    state.counters["cpu_us"] = spent / (static_cast<double>(state.iterations()) * spans_per_iteration);
}

/// The time of one thread that each span has.
void measure_share(benchmark::State& state) {
    double spent = 0;
    for (auto _ : state) {
        auto const before = bench::processor_microseconds();
        while (bench::processor_microseconds() - before < 1e6) {
        }
        spent += bench::processor_microseconds() - before;
    }
    state.counters["cpu_us"] = spent / (static_cast<double>(state.iterations()) * spans_per_iteration);
}

}  // namespace

int main(int argc, char** argv) {
    bench::answer_server const receiver{false};
    benchmark::RegisterBenchmark("span_share", measure_share)->Iterations(1)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("telemetry_span",
                                 [&](benchmark::State& state) { measure_spans(state, receiver.url()); })
        ->Iterations(3)
        ->Unit(benchmark::kMillisecond);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
