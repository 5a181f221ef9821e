// How much more than finding the line ends does it cost to cut a stream into events?

#include <coax/http/sse.hpp>

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

namespace {

constexpr int event_count = 200;
constexpr std::size_t piece_bytes = 16U << 10U;  // what one read of a socket brings

/// The events of one streamed answer as OpenAI sends it: about 244 bytes each.
std::string const& events() {
    static std::string const text = [] {
        std::string all;
        for (int i = 0; i < event_count; ++i)
            all +=
                "data: "
                "{\"id\":\"chatcmpl-B1234567890123456789012345678\",\"object\":\"chat.completion.chunk\",\"created\":"
                "1760000002,\"model\":\"gpt-5.4-2026-03-05\",\"service_tier\":\"default\",\"choices\":[{\"index\":0,"
                "\"delta\":"
                "{\"content\":\" word\"},\"finish_reason\":null}]}\n\n";
        return all;
    }();
    return text;
}

template <class Piece>
void for_each_piece(Piece piece) {
    std::string_view rest{events()};
    while (!rest.empty()) {
        piece(rest.substr(0, piece_bytes));
        rest.remove_prefix(std::min(rest.size(), piece_bytes));
    }
}

void sse_floor(benchmark::State& state) {
    for (auto _ : state) {
        int lines = 0;
        for_each_piece([&lines](std::string_view bytes) {
            auto const* at = bytes.data();
            auto const* const end = at + bytes.size();
            while ((at = static_cast<char const*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) !=
                   nullptr) {
                ++lines;
                if (++at == end) break;
            }
        });
        if (lines != 2 * event_count) state.SkipWithError("wrong count");
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(events().size()));
}
BENCHMARK(sse_floor);

void sse_decode(benchmark::State& state) {
    for (auto _ : state) {
        coax::sse_decoder decoder;
        int found = 0;
        for_each_piece([&](std::string_view bytes) {
            decoder.feed(bytes);
            while (true) {
                auto const event = decoder.next();
                if (!event || !*event) break;
                benchmark::DoNotOptimize((*event)->data.data());
                ++found;
            }
        });
        if (found != event_count) state.SkipWithError("wrong count");
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(events().size()));
}
BENCHMARK(sse_decode);

}  // namespace

BENCHMARK_MAIN();
