#include "tokens/model_facts_file.hpp"

#include <coax/bind/read.hpp>

#include <charconv>
#include <cmath>

namespace coax::tokens::detail {
namespace {

error wrong(std::size_t index, std::string_view member, char const* what) {
    return {.code = errc::invalid_json,
            .message = what,
            .where = "/models/" + std::to_string(index) + '/' + std::string{member}};
}

/// Millionths of a dollar per million tokens. Doubles hold up to nine digits of such exactly.
std::optional<std::int64_t> micros(std::optional<double> dollars) {
    if (!dollars) return std::nullopt;
    return std::llround(*dollars * 1e6);
}

template <class Prices>
token_prices to_prices(Prices const& read) {
    return {.input = micros(read.input),
            .cached_input = micros(read.cached_input),
            .cache_write = micros(read.cache_write),
            .cache_write_long = micros(read.cache_write_long),
            .output = micros(read.output)};
}

template <class Prices>
bool prices_make_sense(Prices const& read) {
    constexpr double most = 1e6;
    for (auto const& price : {read.input, read.cached_input, read.cache_write, read.cache_write_long, read.output})
        if (price && !(*price >= 0 && *price <= most)) return false;
    return true;
}

std::optional<std::chrono::sys_days> to_day(std::string_view text) {
    int parts[3]{};
    auto const* at = text.data();
    auto const* const end = at + text.size();
    for (int& part : parts) {
        auto const [stop, why] = std::from_chars(at, end, part);
        if (why != std::errc{} || (&part != &parts[2] && (stop == end || *stop != '-'))) return std::nullopt;
        at = &part == &parts[2] ? stop : stop + 1;
    }
    std::chrono::year_month_day const day{std::chrono::year{parts[0]},
                                          std::chrono::month{static_cast<unsigned>(parts[1])},
                                          std::chrono::day{static_cast<unsigned>(parts[2])}};
    if (at != end || text.size() != 10 || !day.ok()) return std::nullopt;
    return std::chrono::sys_days{day};
}

bool is_percent(std::optional<int> const& value) { return !value || (*value >= 0 && *value <= 1'000); }

result<model_facts> to_facts(file_model read, std::size_t index) {
    if (read.id.empty() || read.id == "*") return wrong(index, "id", "must name a model");
    for (auto const& tokens : {read.max_input_tokens, read.max_output_tokens})
        if (tokens && *tokens <= 0) return wrong(index, "max_input_tokens", "a limit must be more than 0");
    if (!is_percent(read.batch_percent) || !is_percent(read.flex_percent) || !is_percent(read.priority_percent))
        return wrong(index, "batch_percent", "must be in [0, 1000]");
    auto const prices = read.usd_per_million.value_or(file_prices{});
    auto const more = read.long_context.value_or(file_long_context{});
    if (!prices_make_sense(prices)) return wrong(index, "usd_per_million", "a price must be in [0, 1000000]");
    if (!prices_make_sense(more) || more.above_input_tokens < 0)
        return wrong(index, "long_context", "a price must be in [0, 1000000]");
    model_facts facts{.id = std::move(read.id),
                      .service = std::move(read.service),
                      .max_input_tokens = read.max_input_tokens,
                      .max_output_tokens = read.max_output_tokens,
                      .prices = to_prices(prices),
                      .long_context_above = more.above_input_tokens,
                      .long_context = to_prices(more),
                      .batch_percent = read.batch_percent,
                      .flex_percent = read.flex_percent,
                      .priority_percent = read.priority_percent,
                      .encoding = read.encoding.value_or("")};
    if (read.shutdown) {
        facts.shutdown = to_day(*read.shutdown);
        if (!facts.shutdown) return wrong(index, "shutdown", "must be a day, such as \"2027-01-31\"");
    }
    return facts;
}

}  // namespace

result<std::vector<model_facts>> read_models(std::string_view text, std::string& as_of) {
    auto read = json::read<file_table>(text, {.refuse_unknown_keys = true, .refuse_duplicate_keys = true});
    if (!read) return std::move(read).error();
    std::vector<model_facts> all;
    for (auto& model : read->models) {
        auto facts = to_facts(std::move(model), all.size());
        if (!facts) return std::move(facts).error();
        all.push_back(*std::move(facts));
    }
    as_of = std::move(read->as_of);
    return all;
}

}  // namespace coax::tokens::detail
