// Text into structs and back: coax beside the libraries that people would use, where they are installed, and beside the
// floor, one look at each byte; the partial reader, fed at once and in pieces, beside json::read.
#include "json_documents.hpp"

#include <coax/bind/partial_reader.hpp>
#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/schema/schema.hpp>

#include <benchmark/benchmark.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#ifdef COAX_BENCH_GLAZE
#include <glaze/glaze.hpp>
#endif
#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#define COAX_BENCH_NLOHMANN
#endif

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#ifdef COAX_BENCH_GLAZE
template <>
struct glz::meta<documents::role> {
    using enum documents::role;
    static constexpr auto value = enumerate(lead, user, churn);
};
#endif

namespace {

void stop_unless(bool holds, char const* what) {
    if (holds) return;
    std::fputs(what, stderr);
    std::exit(1);
}

/// Measures `work()`, whose outcome is `bytes` of text or was made of them.
template <class Work>
void measure(benchmark::State& state, std::size_t bytes, Work work) {
    for (auto _ : state) {
        auto outcome = work();
        benchmark::DoNotOptimize(outcome);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

/// The same for what writes into a string, which keeps its room.
template <class Write>
void measure_write(benchmark::State& state, Write write) {
    std::string out;
    for (auto _ : state) {
        out.clear();
        write(out);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}

/// One look at what has arrived.
struct glance {
    template <class T>
    std::size_t operator()(coax::json::partial_reader<T> const& reader) const {
        if constexpr (requires { reader.complete_items(); })
            return reader.complete_items().size();
        else
            return reader.presence_at("/choices/0/message/content") == coax::json::presence::growing
                       ? reader.value().choices[0].message.content->size()
                       : 0;
    }
};

/// The value while its text comes in pieces, looked at after each.
template <class T>
coax::result<T> read_pieces(std::string_view text, std::size_t piece_bytes) {
    coax::json::partial_reader<T> reader;
    for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
        reader.feed(text.substr(at, piece_bytes));
        auto seen = glance{}(reader);
        benchmark::DoNotOptimize(seen);
    }
    return reader.finish();
}

template <class T>
void stop_unless_all_agree(std::string const& text) {
    auto const value = coax::json::read<T>(text);
    stop_unless(value.has_value(), "the text does not read\n");
    auto const written = coax::json::write(*value);
    stop_unless(coax::json::read<T>(written).has_value(), "what was written does not read\n");
    for (std::size_t const bytes : {std::size_t{16}, std::size_t{64}, text.size()})
        stop_unless(coax::json::write(read_pieces<T>(text, bytes).value()) == written, "the pieces read as another\n");
#ifdef COAX_BENCH_GLAZE
    T other{};
    stop_unless(!glz::read_json(other, text) && coax::json::write(other) == written, "glaze reads another value\n");
#endif
}

/// Nulls are written, as the others write them.
constexpr coax::json::write_options all_members{.omit_empty_optionals = false};

template <class Run>
void add(std::string const& name, Run run) {
    benchmark::RegisterBenchmark(name.c_str(), run);
}

/// All that is measured of one document. `name` begins the names of its rows.
template <class T>
void add_document(std::string const& name, std::string text) {
    stop_unless_all_agree<T>(text);
    auto const add_read = [&](char const* row, auto read) {
        add(name + row,
            [text, read](benchmark::State& state) { measure(state, text.size(), [&] { return read(text); }); });
    };
    add_read("_floor", [](std::string const& all) { return std::memchr(all.data(), '\0', all.size()); });
    add_read("_read", [](std::string const& all) { return coax::json::read<T>(all); });
    add_read("_partial", [](std::string const& all) { return read_pieces<T>(all, all.size()); });
    add_read("_pieces", [](std::string const& all) { return read_pieces<T>(all, 64); });
    add_read("_crumbs", [](std::string const& all) { return read_pieces<T>(all, 16); });
    add_read("_tree", [](std::string const& all) { return boost::json::parse(all); });

    auto const value = coax::json::read<T>(text).value();
    add(name + "_write", [value](benchmark::State& state) {
        measure_write(state, [&](std::string& out) { coax::json::write_to(out, value, all_members); });
    });
    add(name + "_write_tree", [tree = boost::json::parse(text)](benchmark::State& state) {
        measure_write(state, [&](std::string& out) { out = boost::json::serialize(tree); });
    });
#ifdef COAX_BENCH_NLOHMANN
    add_read("_nlohmann", [](std::string const& all) { return nlohmann::json::parse(all); });
    add(name + "_write_nlohmann", [tree = nlohmann::json::parse(text)](benchmark::State& state) {
        measure_write(state, [&](std::string& out) { out = tree.dump(); });
    });
#endif
#ifdef COAX_BENCH_GLAZE
    add_read("_glaze", [](std::string const& all) {
        T into{};
        stop_unless(!glz::read_json(into, all), "glaze stopped\n");
        return into;
    });
    add(name + "_write_glaze", [value](benchmark::State& state) {
        measure_write(state, [&](std::string& out) {
            stop_unless(!glz::write<glz::opts{.skip_null_members = false}>(value, out), "glaze stopped\n");
        });
    });
#endif
}

/// A schema is there already: this takes the address of a text, as does the floor.
void add_schema() {
    add("json_schema_take", [](benchmark::State& state) {
        measure(state, 0, [] { return coax::json_schema<documents::completion, coax::schema_dialect::openai_strict>; });
    });
    add("json_schema_floor", [](benchmark::State& state) { measure(state, 0, [] { return std::string_view{"{}"}; }); });
}

}  // namespace

int main(int count, char** arguments) {
    add_document<documents::completion>("json_completion", documents::completion_text());
    add_document<std::vector<documents::record>>("json_records", documents::records_text());
    add_schema();
    benchmark::Initialize(&count, arguments);
    benchmark::RunSpecifiedBenchmarks();
}
