#include "tokens/internal/request_cost.hpp"
#include "tokens/spending_state.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/tokens/prompt_estimate.hpp>

#include <algorithm>

namespace coax {
namespace {

using tokens::detail::money;
using tokens::detail::spending_state;

error exhausted(spending_state const& state, usd wanted) {
    return {.code = errc::quota_exhausted,
            .message = "the spending limit of " + to_string(state.most) + " USD: " + to_string(state.spent) +
                       " are spent, and this request may cost " + to_string(wanted)};
}

billing billing_of(chat_request const& request) {
    auto const& advanced = *request.advanced;
    billing how{.long_cache = advanced.cache_ttl == "1h" || advanced.cache_ttl == "12h"};
    if (advanced.service_tier == "flex") how.at = billing::tier::flex;
    if (advanced.service_tier == "priority" || advanced.service_tier == "fast") how.at = billing::tier::priority;
    return how;
}

}  // namespace

bool tokens::detail::is_refusal(error const& why) noexcept {
    if (why.http_status >= 400) return true;
    switch (why.code) {
        case errc::connect_failed:
        case errc::tls_failed:
        case errc::invalid_argument:
        case errc::closed: return true;
        default: return false;
    }
}

usd tokens::detail::cost_of_response(spending_plan const& plan, usage const& used) {
    if (used.total_tokens() == 0) return plan.at_most;
    auto const cost = cost_of(used, *plan.of, plan.how);
    return cost ? *cost : plan.at_most;
}

usd tokens::detail::cost_of_failure(spending_plan const& plan, error const& why) {
    usage const told{.input_tokens = why.input_tokens, .output_tokens = why.output_tokens};
    if (told.total_tokens() == 0 && is_refusal(why)) return {};
    return cost_of_response(plan, told);
}

spending_limit::spending_limit(usd most, model_table facts) {
    if (most < usd{}) throw_error(invalid_argument("spending_limit", "must not be negative"));
    auto state = std::make_shared<spending_state>();
    state->most = most;
    state->facts = std::move(facts);
    state_ = std::move(state);
}

spending_limit::~spending_limit() = default;

usd spending_limit::most() const noexcept { return state_->most; }

usd spending_limit::spent() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->spent;
}

usd spending_limit::reserved() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->reserved;
}

std::vector<model_spending> spending_limit::by_model() const {
    std::lock_guard const lock{state_->mutex};
    return state_->models;
}

result<spending_plan> spending_limit::plan(chat_request const& request, std::string_view service,
                                           std::optional<billing::tier> at) const {
    auto const* const facts = state_->facts.find(request.model, service);
    if (facts == nullptr) return unknown_model(request.model, service);
    auto const output = request.max_output_tokens ? request.max_output_tokens : facts->max_output_tokens;
    if (!output)
        return invalid_argument("max_output_tokens", "must be set where there is a spending limit: how much \"" +
                                                         request.model + "\" may write is not known");
    auto how = billing_of(request);
    if (at) how.at = *at;
    auto const cost =
        most_cost_of(most_prompt_tokens(request), *output * std::max(request.advanced->n, 1), *facts, how);
    if (!cost) return cost.error();
    return spending_plan{.of = facts, .how = how, .at_most = *cost};
}

result<spending_plan> spending_limit::plan(std::string_view model, std::string_view service, std::int64_t input_tokens,
                                           billing::tier at) const {
    auto const* const facts = state_->facts.find(model, service);
    if (facts == nullptr) return unknown_model(model, service);
    billing const how{.at = at};
    auto const cost = most_cost_of(input_tokens, 0, *facts, how);
    if (!cost) return cost.error();
    return spending_plan{.of = facts, .how = how, .at_most = *cost};
}

std::optional<spending_reservation> spending_limit::try_reserve(spending_plan const& plan) {
    std::lock_guard const lock{state_->mutex};
    if (state_->take(plan.at_most) != money::now) return std::nullopt;
    return spending_reservation{state_, plan};
}

asio::awaitable<spending_reservation> spending_limit::reserve(spending_plan plan) {
    std::shared_ptr<spending_state> const state = state_;
    tokens::detail::spending_waiter node{co_await asio::this_coro::executor, state, plan.at_most};
    co_await coax::detail::suspend(node, [&node](coax::detail::continuation rest) { node.enqueue(std::move(rest)); });
    auto const found = node.claim();
    if (found == money::now) co_return spending_reservation{state, plan};
    if (found == money::later)
        throw_error({.code = errc::cancelled, .message = "cancelled while waiting for a spending limit"});
    std::unique_lock lock{state->mutex};
    auto why = exhausted(*state, plan.at_most);
    lock.unlock();
    throw_error(std::move(why));
}

spending_reservation::~spending_reservation() {
    if (state_) end(begun_ ? plan_.at_most : usd{}, {}, begun_);
}

void spending_reservation::settle(usage const& used) {
    if (!state_) return;
    end(tokens::detail::cost_of_response(plan_, used), used, true);
}

void spending_reservation::settle(error const& why) {
    if (!state_) return;
    usage const told{.input_tokens = why.input_tokens, .output_tokens = why.output_tokens};
    if (told.total_tokens() == 0 && tokens::detail::is_refusal(why)) return end({}, {}, false);
    settle(told);
}

void spending_reservation::end(usd cost, usage const& used, bool counts) {
    auto const state = std::exchange(state_, {});
    std::lock_guard const lock{state->mutex};
    if (counts) {
        auto at = std::ranges::find(state->models, plan_.of->id, &model_spending::model);
        if (at == state->models.end()) at = state->models.insert(at, model_spending{.model = plan_.of->id});
        ++at->requests;
        at->usage += used;
        at->cost += cost;
    }
    state->settle(plan_.at_most, cost);
}

std::string to_string(std::vector<model_spending> const& all) {
    std::string text;
    usd sum;
    for (auto const& one : all) {
        text += one.model + "  " + std::to_string(one.requests) + " requests, " +
                std::to_string(one.usage.input_tokens) + " in, " + std::to_string(one.usage.output_tokens) + " out, " +
                to_string(one.cost) + " USD\n";
        sum += one.cost;
    }
    return text + "all  " + to_string(sum) + " USD\n";
}

}  // namespace coax
