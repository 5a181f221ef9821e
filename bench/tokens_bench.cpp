// How fast is a count beside what tiktoken's core does? The floor is that in C++: a regular expression (PCRE2,
// compiled) cuts the text, a hash map finds whole words, and the rest is merged pair by pair (tiktoken, src/lib.rs).
// Needs the ranks: COAX_DATA_DIR.

#include "allocations.hpp"

#include <coax/tokens/tokenizer.hpp>

#include <benchmark/benchmark.h>

#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace {

using coax::token_id;
using coax::tokenizer;

std::string const& prose() {
    static std::string const text = [] {
        std::string all;
        for (int i = 0; i < 3'000; ++i)
            all += "Paragraph " + std::to_string(i * 37) +
                   ": the committee's members didn't agree whether \"structuredOutputs\" (v2.1) should be enabled;\n"
                   "    for (auto const& item : items) process(item.value, 0x1F);  // naïve façade, 東京タワー\n";
        return all;
    }();
    return text;
}

tokenizer const* o200k() {
    static auto const loaded = tokenizer::load(coax::token_encoding::o200k_base);
    return loaded ? &*loaded : nullptr;
}

constexpr char pattern[] =
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|"
    "'d)?|"
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|"
    "'d)?|"
    "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/// tiktoken's way.
class merging_counter {
public:
    explicit merging_counter(tokenizer const& with) {
        for (token_id token = 0; token < 199'998; ++token)
            ranks_.emplace(with.decode(std::vector{token}).value(), token);
        int code = 0;
        PCRE2_SIZE at = 0;
        regex_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern), PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP,
                               &code, &at, nullptr);
        pcre2_jit_compile(regex_, PCRE2_JIT_COMPLETE);
        match_ = pcre2_match_data_create_from_pattern(regex_, nullptr);
    }

    std::size_t count(std::string_view text) {
        std::size_t tokens = 0;
        auto const* const units = reinterpret_cast<PCRE2_SPTR>(text.data());
        for (std::size_t at = 0; at < text.size();) {
            pcre2_match(regex_, units, text.size(), at, PCRE2_NO_UTF_CHECK, match_, nullptr);
            auto const* const found = pcre2_get_ovector_pointer(match_);
            auto const word = text.substr(found[0], found[1] - found[0]);
            tokens += ranks_.contains(std::string{word}) ? 1 : merge(word);
            at = found[1];
        }
        return tokens;
    }

private:
    static constexpr token_id none = std::numeric_limits<token_id>::max();

    struct part {
        std::size_t at;
        token_id rank;
    };

    token_id rank_of(std::string_view word, std::size_t i) {
        if (i + 3 >= parts_.size()) return none;
        auto const found = ranks_.find(std::string{word.substr(parts_[i].at, parts_[i + 3].at - parts_[i].at)});
        return found == ranks_.end() ? none : found->second;
    }
    token_id pair_of(std::string_view word, std::size_t at) {
        auto const found = ranks_.find(std::string{word.substr(at, 2)});
        return found == ranks_.end() ? none : found->second;
    }

    std::size_t merge(std::string_view word) {
        parts_.clear();
        part least{0, none};
        for (std::size_t i = 0; i + 1 < word.size(); ++i) {
            auto const rank = pair_of(word, i);
            if (rank < least.rank) least = {i, rank};
            parts_.push_back({i, rank});
        }
        parts_.push_back({word.size() - 1, none});
        parts_.push_back({word.size(), none});
        while (least.rank != none) {
            auto const i = least.at;
            if (i > 0) parts_[i - 1].rank = rank_of(word, i - 1);
            parts_[i].rank = rank_of(word, i);
            parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            least = {0, none};
            for (std::size_t j = 0; j + 1 < parts_.size(); ++j)
                if (parts_[j].rank < least.rank) least = {j, parts_[j].rank};
        }
        return parts_.size() - 1;
    }

    std::unordered_map<std::string, token_id> ranks_{};
    std::vector<part> parts_{};
    pcre2_code* regex_;
    pcre2_match_data* match_;
};

void tokens_floor(benchmark::State& state) {
    if (o200k() == nullptr) return state.SkipWithError("no ranks: scripts/fetch_ranks");
    static merging_counter counter{*o200k()};
    if (counter.count(prose()) != static_cast<std::size_t>(o200k()->count(prose())))
        return state.SkipWithError("wrong count");
    for (auto _ : state) benchmark::DoNotOptimize(counter.count(prose()));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(prose().size()));
}

void count_text(benchmark::State& state, std::string const& text) {
    if (o200k() == nullptr) return state.SkipWithError("no ranks: scripts/fetch_ranks");
    auto const before = coax::bench::heap().allocations;
    auto const wanted = o200k()->count(text);
    if (coax::bench::heap().allocations != before) return state.SkipWithError("a count has allocated");
    for (auto _ : state)
        if (o200k()->count(text) != wanted) return state.SkipWithError("wrong count");
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

std::string const quarter_of_letters(250'000, 'a');
std::string const million_letters(1'000'000, 'a');

void tokens_count(benchmark::State& state) { count_text(state, prose()); }
void tokens_million_letters(benchmark::State& state) { count_text(state, million_letters); }
void tokens_quarter_million_letters(benchmark::State& state) { count_text(state, quarter_of_letters); }

BENCHMARK(tokens_floor);
BENCHMARK(tokens_count);
BENCHMARK(tokens_million_letters);
BENCHMARK(tokens_quarter_million_letters);

}  // namespace

BENCHMARK_MAIN();
