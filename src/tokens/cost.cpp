#include <coax/tokens/model_facts.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace coax {
namespace {

using price = std::optional<std::int64_t>;

error unknown_price(model_facts const& of, char const* which) {
    return invalid_argument(
        which, "the price of \"" + of.id + "\" is not known: give it in a file of facts (0, if it is free)");
}

/// At most what an amount can be.
usd times(std::int64_t tokens, std::int64_t each) noexcept {
    usd product;
    if (__builtin_mul_overflow(tokens, each, &product.picos)) product.picos = std::numeric_limits<std::int64_t>::max();
    return product;
}

token_prices const& prices_for(model_facts const& of, std::int64_t input_tokens) noexcept {
    return of.long_context_above > 0 && input_tokens > of.long_context_above ? of.long_context : of.prices;
}

/// What a tier costs, in hundredths of the price.
price percent_of(model_facts const& of, billing::tier at) {
    switch (at) {
        case billing::tier::standard: return 100;
        case billing::tier::batch: return of.batch_percent;
        case billing::tier::flex: return of.flex_percent;
        case billing::tier::priority: return of.priority_percent;
        case billing::tier::background_2h: return 70;  // reference openai-since-08.md, section A2
        case billing::tier::background_8h: return 60;
    }
    return std::nullopt;
}

result<usd> at_tier(usd amount, model_facts const& of, billing::tier at) {
    auto const percent = percent_of(of, at);
    if (!percent) return unknown_price(of, "tier");
    if (*percent == 100) return amount;
    auto const hundredth = amount.picos / 100;
    auto const rest = amount.picos % 100;
    return times(hundredth, *percent) + usd{(rest * *percent + 99) / 100};
}

price write_price(token_prices const& prices, billing const& how) {
    auto const usual = prices.cache_write ? prices.cache_write : prices.input;
    return how.long_cache && prices.cache_write_long ? prices.cache_write_long : usual;
}

/// Adds the cost of some tokens. Errors: they have no price.
result<void> add(usd& sum, std::int64_t tokens, price each, model_facts const& of, char const* which) {
    if (tokens <= 0) return {};
    if (!each) return unknown_price(of, which);
    sum += times(tokens, *each);
    return {};
}

constexpr std::array<std::string_view, 6> tier_words{"standard", "batch",         "flex",
                                                     "priority", "background_2h", "background_8h"};

}  // namespace

std::string_view to_string(billing::tier tier) noexcept { return tier_words.at(static_cast<std::size_t>(tier)); }

std::optional<billing::tier> parse_tier(std::string_view text) noexcept {
    auto const* const found = std::ranges::find(tier_words, text);
    if (found == tier_words.end()) return std::nullopt;
    return static_cast<billing::tier>(found - tier_words.begin());
}

result<usd> cost_of(usage const& used, model_facts const& of, billing const& how) {
    auto const& prices = prices_for(of, used.input_tokens);
    auto const fresh = used.input_tokens - used.cached_input_tokens - used.cache_write_tokens;
    auto const cached = prices.cached_input ? prices.cached_input : prices.input;
    usd sum;
    auto added = add(sum, fresh, prices.input, of, "input");
    if (added) added = add(sum, used.cached_input_tokens, cached, of, "cached_input");
    if (added) added = add(sum, used.cache_write_tokens, write_price(prices, how), of, "cache_write");
    if (added) added = add(sum, used.output_tokens, prices.output, of, "output");
    if (!added) return std::move(added).error();
    return at_tier(sum, of, how.at);
}

result<usd> cost_of(usage const& used, std::string_view model, std::string_view service, billing const& how) {
    auto const* const facts = model_table::built_in().find(model, service);
    return facts == nullptr ? result<usd>{unknown_model(model, service)} : cost_of(used, *facts, how);
}

result<usd> most_cost_of(std::int64_t input_tokens, std::int64_t output_tokens, model_facts const& of,
                         billing const& how) {
    auto const& prices = prices_for(of, input_tokens);
    auto dearest = prices.input;
    if (dearest)
        if (auto const write = write_price(prices, how)) dearest = std::max(*dearest, *write);
    usd sum;
    auto added = add(sum, input_tokens, dearest, of, "input");
    if (added) added = add(sum, output_tokens, prices.output, of, "output");
    if (!added) return std::move(added).error();
    return at_tier(sum, of, how.at);
}

}  // namespace coax
