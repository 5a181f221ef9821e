#include "client/route_rule.hpp"

#include <coax/chat/advanced_options.hpp>

#include <algorithm>
#include <functional>
#include <tuple>

namespace coax::detail {
namespace {

/// What services cache begins at 1,024 tokens.
constexpr std::size_t cached_prefix_bytes = 4'096;
constexpr std::size_t most_warm = 10'000;
/// A route that was not used for so long is measured anew.
constexpr std::chrono::seconds measured_for{30};

void mix(std::uint64_t& sum, std::string_view text) {
    sum = (sum ^ std::hash<std::string_view>{}(text)) * 0x9E3779B97F4A7C15ULL;
}

/// The text that a cache would keep, as far as it is told by its first bytes.
std::uint64_t prefix_of(chat_request const& request) {
    std::uint64_t sum = 1;
    if (auto const& key = request.advanced->prompt_cache_key; !key.empty()) {
        mix(sum, key);
        return sum;
    }
    std::size_t seen = 0;
    for (auto const& tool : request.tools) {
        mix(sum, tool.name);
        seen += tool.name.size() + tool.description.size() + tool.parameters.size();
    }
    for (auto const& each : request.messages) {
        if (seen >= cached_prefix_bytes) break;
        auto const text = std::string_view{each.text}.substr(0, cached_prefix_bytes - seen);
        mix(sum, text);
        seen += text.size();
    }
    return seen >= cached_prefix_bytes ? sum : 0;
}

}  // namespace

route_hint hint_of(chat_request const& request) {
    return {.prefix = prefix_of(request), .tokens = estimate_tokens(request)};
}

route_rule::route_rule(router_options const& options) : options_{options}, states_(options.routes.size()) {}

bool route_rule::fits(std::size_t index, error const* why) const {
    auto const& only_after = options_.routes[index].only_after;
    if (why == nullptr) return only_after.empty();
    if (only_after.empty()) return options_.moves(*why);
    return std::ranges::find(only_after, why->code) != only_after.end();
}

/// Free ones before others, then by priority; of those that are not free the one that is first.
std::vector<std::size_t> route_rule::best_of(std::vector<candidate> const& among, clock::time_point now) const {
    auto const rank = [&](candidate const& one) {
        auto const& route = options_.routes[one.index];
        bool const rests = states_[one.index].rests_until > now;
        return std::tuple{!route.only_after.empty(), rests, one.wait, route.priority};
    };
    auto const best = rank(*std::ranges::min_element(among, {}, rank));
    std::vector<std::size_t> equals;
    for (auto const& one : among)
        if (rank(one) == best) equals.push_back(one.index);
    return equals;
}

std::size_t route_rule::choose(std::vector<candidate> const& among, std::uint64_t prefix, clock::time_point now) {
    auto const equals = best_of(among, now);
    if (equals.size() == 1) return equals.front();
    if (auto const known = warm(prefix, now); known && std::ranges::find(equals, *known) != equals.end()) return *known;
    if (options_.choice == route_choice::weight) return next_in_turn(equals);
    if (options_.choice == route_choice::fastest) return fastest(equals, now);
    return *std::ranges::min_element(equals, {}, [&](std::size_t index) {
        auto const under_way = static_cast<double>(states_[index].under_way + 1) / options_.routes[index].weight;
        return std::tuple{under_way, states_[index].used_at};
    });
}

/// Each gains its weight, and who has most pays for all: the smoothest order that keeps the shares.
std::size_t route_rule::next_in_turn(std::vector<std::size_t> const& equals) {
    double sum = 0;
    for (auto const index : equals) {
        states_[index].credit += options_.routes[index].weight;
        sum += options_.routes[index].weight;
    }
    auto const next = *std::ranges::max_element(equals, {}, [&](std::size_t index) { return states_[index].credit; });
    states_[next].credit -= sum;
    return next;
}

/// One that is not measured is tried by one call at a time.
std::size_t route_rule::fastest(std::vector<std::size_t> const& equals, clock::time_point now) const {
    return *std::ranges::min_element(equals, {}, [&](std::size_t index) {
        auto const& one = states_[index];
        bool const is_known = one.latency > clock::duration::zero() && now - one.used_at < measured_for;
        auto const otherwise = one.under_way == 0 ? clock::duration::zero() : clock::duration::max();
        return std::tuple{is_known ? one.latency : otherwise, one.under_way, one.used_at};
    });
}

std::optional<std::size_t> route_rule::warm(std::uint64_t prefix, clock::time_point now) const {
    auto const found = warm_.find(prefix);
    if (prefix == 0 || found == warm_.end() || now - found->second.used_at > options_.sticky) return std::nullopt;
    return found->second.index;
}

void route_rule::forget_cold(clock::time_point now) {
    if (warm_.size() < most_warm) return;
    std::erase_if(warm_, [&](auto const& one) { return now - one.second.used_at > options_.sticky; });
    if (warm_.size() >= most_warm) warm_.clear();
}

void route_rule::begin(std::size_t index, std::uint64_t prefix, clock::time_point now) {
    auto& one = states_[index];
    ++one.under_way;
    ++one.calls;
    one.used_at = now;
    if (prefix == 0 || options_.sticky <= std::chrono::milliseconds{0}) return;
    forget_cold(now);
    warm_[prefix] = {index, now};
}

void route_rule::answered(std::size_t index, clock::duration took) noexcept {
    auto& one = states_[index];
    one.latency = one.latency == clock::duration::zero() ? took : (one.latency * 4 + took) / 5;
    one.rests_until = {};
}

void route_rule::failed(std::size_t index, error const& why, clock::time_point now) {
    auto& one = states_[index];
    ++one.failures;
    one.last_error = why;
    if (options_.moves(why)) one.rests_until = now + why.retry_after.value_or(options_.rest);
}

}  // namespace coax::detail
