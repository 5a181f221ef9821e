// Text into structs: json::read beside Boost.JSON's tree, nlohmann's where it is installed, and the floor, one look at
// each byte; the partial reader, fed at once and in pieces, beside json::read.
#include <coax/json/partial_reader.hpp>
#include <coax/json/read.hpp>
#include <coax/json/schema.hpp>
#include <coax/json/write.hpp>

#include <benchmark/benchmark.h>
#include <boost/json/parse.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#define COAX_BENCH_NLOHMANN
#endif

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

// --- a chat completion, as a service answers it ---

struct function_call {
    std::string name;
    std::string arguments;
};
struct tool_call {
    std::string id;
    std::string type;
    function_call function;
};
struct message {
    std::string role;
    std::optional<std::string> content;
    std::optional<std::string> refusal;
    std::vector<std::string> annotations;
    std::optional<std::vector<tool_call>> tool_calls;
};
struct choice {
    int index;
    ::message message;
    std::optional<std::string> logprobs;
    std::string finish_reason;
};
struct prompt_details {
    int cached_tokens;
    int audio_tokens;
};
struct completion_details {
    int reasoning_tokens;
    int audio_tokens;
    int accepted_prediction_tokens;
    int rejected_prediction_tokens;
};
struct usage {
    int prompt_tokens;
    int completion_tokens;
    int total_tokens;
    prompt_details prompt_tokens_details;
    completion_details completion_tokens_details;
};
struct completion {
    std::string id;
    std::string object;
    std::int64_t created;
    std::string model;
    std::vector<choice> choices;
    ::usage usage;
    std::string service_tier;
    std::string system_fingerprint;
};

/// 1.5 KB, most of it the answer's text, with an escape in every line.
std::string completion_text() {
    std::string content;
    for (int i = 0; i < 8; ++i)
        content += "Line " + std::to_string(i) +
                   " says that the review is \\\"mixed\\\": it praises the food and the view, not the wait.\\n";
    return R"({"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"gpt-4.1-2025-04-14",)"
           R"("choices":[{"index":0,"message":{"role":"assistant","content":")" +
           content +
           R"(","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,)"
           R"("total_tokens":29,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,)"
           R"("audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_44709d6fcb"})";
}

// --- 1,000 records of 10 fields ---

enum class role { lead, user, churn };

struct record {
    int id;
    std::string name;
    int age;
    double score;
    bool ok;
    std::string city;
    std::vector<std::string> tags;
    int quantity;
    std::optional<std::string> note;
    ::role role;
};

std::string records_text() {
    std::string text = "[";
    for (int i = 0; i < 1000; ++i) {
        auto const n = std::to_string(i);
        text += (i == 0 ? "" : ",") + std::string{R"({"id":)"} + n + R"(,"name":"Person )" + n + R"(","age":)" +
                std::to_string(20 + i % 60) + R"(,"score":)" + std::to_string(i % 100) + "." + std::to_string(i % 97) +
                R"(,"ok":)" + (i % 2 == 0 ? "true" : "false") + R"(,"city":"Tampere","tags":["a","b"],"quantity":)" +
                std::to_string(i * 7 % 1000) + R"(,"note":)" + (i % 3 == 0 ? "null" : R"("x")") + R"(,"role":"user"})";
    }
    return text + "]";
}

void stop_unless(bool holds, char const* what) {
    if (holds) return;
    std::fputs(what, stderr);
    std::exit(1);
}

template <class T>
void read_struct(benchmark::State& state, std::string const& text) {
    stop_unless(coax::json::read<T>(text).has_value(), "the text does not read\n");
    for (auto _ : state) {
        auto value = coax::json::read<T>(text);
        benchmark::DoNotOptimize(value);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

/// The same value while its text comes in pieces of `piece_bytes`.
template <class T>
void read_pieces(benchmark::State& state, std::string const& text, std::size_t piece_bytes) {
    auto const read = [&] {
        coax::json::partial_reader<T> reader;
        for (std::size_t at = 0; at < text.size(); at += piece_bytes)
            reader.feed(std::string_view{text}.substr(at, piece_bytes));
        return reader.finish();
    };
    stop_unless(coax::json::write(read().value()) == coax::json::write(coax::json::read<T>(text).value()),
                "the pieces do not read as the whole\n");
    for (auto _ : state) {
        auto value = read();
        benchmark::DoNotOptimize(value);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

#ifdef COAX_BENCH_NLOHMANN
void read_nlohmann(benchmark::State& state, std::string const& text) {
    for (auto _ : state) {
        auto value = nlohmann::json::parse(text);
        benchmark::DoNotOptimize(value);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
void json_completion_nlohmann(benchmark::State& state) { read_nlohmann(state, completion_text()); }
void json_records_nlohmann(benchmark::State& state) { read_nlohmann(state, records_text()); }
BENCHMARK(json_completion_nlohmann);
BENCHMARK(json_records_nlohmann);
#endif

void read_tree(benchmark::State& state, std::string const& text) {
    for (auto _ : state) {
        auto value = boost::json::parse(text);
        benchmark::DoNotOptimize(value);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void look_at_bytes(benchmark::State& state, std::string const& text) {
    for (auto _ : state) {
        auto const* found = std::memchr(text.data(), '\0', text.size());
        benchmark::DoNotOptimize(found);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

template <class T>
void write_struct(benchmark::State& state, std::string const& text) {
    auto const value = coax::json::read<T>(text).value();
    std::string out;
    for (auto _ : state) {
        out.clear();
        coax::json::write_to(out, value);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}

void json_completion_floor(benchmark::State& state) { look_at_bytes(state, completion_text()); }
void json_completion_tree(benchmark::State& state) { read_tree(state, completion_text()); }
void json_completion_read(benchmark::State& state) { read_struct<completion>(state, completion_text()); }
void json_completion_partial(benchmark::State& state) {
    read_pieces<completion>(state, completion_text(), completion_text().size());
}
void json_completion_pieces(benchmark::State& state) { read_pieces<completion>(state, completion_text(), 64); }
void json_completion_write(benchmark::State& state) { write_struct<completion>(state, completion_text()); }
void json_records_floor(benchmark::State& state) { look_at_bytes(state, records_text()); }
void json_records_tree(benchmark::State& state) { read_tree(state, records_text()); }
void json_records_read(benchmark::State& state) { read_struct<std::vector<record>>(state, records_text()); }
void json_records_partial(benchmark::State& state) {
    read_pieces<std::vector<record>>(state, records_text(), records_text().size());
}
void json_records_pieces(benchmark::State& state) { read_pieces<std::vector<record>>(state, records_text(), 64); }
void json_records_write(benchmark::State& state) { write_struct<std::vector<record>>(state, records_text()); }

/// A schema is there already: this takes the address of a text, as does the floor.
void json_schema_take(benchmark::State& state) {
    for (auto _ : state) {
        auto schema = coax::json_schema<completion, coax::schema_dialect::openai_strict>;
        benchmark::DoNotOptimize(schema);
    }
}
void json_schema_floor(benchmark::State& state) {
    for (auto _ : state) {
        std::string_view schema{"{}"};
        benchmark::DoNotOptimize(schema);
    }
}

BENCHMARK(json_completion_floor);
BENCHMARK(json_completion_tree);
BENCHMARK(json_completion_read);
BENCHMARK(json_completion_partial);
BENCHMARK(json_completion_pieces);
BENCHMARK(json_completion_write);
BENCHMARK(json_records_floor);
BENCHMARK(json_records_tree);
BENCHMARK(json_records_read);
BENCHMARK(json_records_partial);
BENCHMARK(json_records_pieces);
BENCHMARK(json_records_write);
BENCHMARK(json_schema_floor);
BENCHMARK(json_schema_take);

}  // namespace

BENCHMARK_MAIN();
