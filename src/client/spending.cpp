#include "client/spending.hpp"

#include "client/service_call.hpp"
#include "tokens/internal/request_cost.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/client/token_options.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace coax::detail {
namespace {

/// The last of the limits is the client's, by whose prices the shared quota counts.
result<std::unique_ptr<call_spending>> plan_shares(std::vector<std::shared_ptr<spending_limit>> const& limits,
                                                   std::shared_ptr<shared_quota> const& shared, auto const& plan) {
    auto made = std::make_unique<call_spending>();
    for (auto const& limit : limits) {
        if (!limit) continue;
        auto planned = plan(*limit);
        if (!planned) return std::move(planned).error();
        made->shares.push_back({limit, *planned});
    }
    if (shared && limits.back()) made->plan = made->shares.back().plan;
    made->shared = shared;
    made->demand.cost = made->plan.at_most;
    if (made->shares.empty() && !shared) made.reset();
    return made;
}

/// A longer wait that one request is told to make does not keep all others.
constexpr std::chrono::milliseconds longest_pause{120'000};

/// For how long the service wants nothing more.
std::chrono::milliseconds told_pause(error const& why) {
    if (why.code != errc::rate_limited) return {};
    auto wait = why.retry_after.value_or(std::chrono::milliseconds{0});
    auto const& limits = why.rate_limits;
    if (limits.remaining_requests == 0) wait = std::max(wait, limits.reset_requests.value_or(wait));
    if (limits.remaining_tokens == 0) wait = std::max(wait, limits.reset_tokens.value_or(wait));
    return wait <= longest_pause ? wait : std::chrono::milliseconds{0};
}

}  // namespace

result<std::unique_ptr<call_spending>> plan_spending(client_options const& options, std::string_view service,
                                                     chat_request const& request) {
    auto const& tokens = *options.tokens;
    if (!request.advanced->spending && !tokens.spending && !tokens.shared) return std::unique_ptr<call_spending>{};
    // The one of the call first, so that who waits for it keeps nothing from others.
    return plan_shares({request.advanced->spending, tokens.spending}, tokens.shared,
                       [&](spending_limit const& limit) { return limit.plan(request, service); });
}

result<std::unique_ptr<call_spending>> plan_spending(client_options const& options, std::string_view service,
                                                     service_call const& call) {
    if (call.chat != nullptr) return plan_spending(options, service, *call.chat);
    if (call.kind == operation_kind::service) return std::unique_ptr<call_spending>{};
    auto const bytes = static_cast<std::int64_t>(call.request.body.size());  // a token is at least one
    return plan_shares({options.tokens->spending}, options.tokens->shared,
                       [&](spending_limit const& limit) { return limit.plan(call.model, service, bytes); });
}

result<std::unique_ptr<call_spending>> plan_batch_spending(client_options const& options, std::string_view service,
                                                           chat_request const* request) {
    constexpr auto at = billing::tier::batch;  // has limits of its own: a shared quota does not count it
    if (request == nullptr)
        return plan_shares({options.tokens->spending}, nullptr, [&](spending_limit const& limit) {
            return limit.plan(options.service.model, service, 0, at);
        });
    return plan_shares({request->advanced->spending, options.tokens->spending}, nullptr,
                       [&](spending_limit const& limit) { return limit.plan(*request, service, at); });
}

std::unique_ptr<held_money> try_hold(call_spending const& spending) {
    if (spending.shared) return nullptr;
    auto money = std::make_unique<held_money>();
    for (auto const& share : spending.shares) {
        auto taken = share.of->try_reserve(share.plan);
        if (!taken) return nullptr;
        money->add(*std::move(taken));
    }
    return money;
}

asio::awaitable<std::unique_ptr<held_money>> hold(call_spending const& spending) {
    auto money = std::make_unique<held_money>();
    for (auto const& share : spending.shares) money->add(co_await share.of->reserve(share.plan));
    if (!spending.shared) co_return money;
    auto lease = co_await spending.shared->reserve(spending.demand);
    money->add(std::make_unique<held_quota>(std::move(lease), spending.demand, spending.plan));
    co_return money;
}

void held_quota::end(quota_outcome came) noexcept {
    if (auto const last = std::exchange(lease_, nullptr)) last->settle(came);
}

void held_quota::settle(usage const& used) {
    auto const tokens = used.total_tokens() > 0 ? used.total_tokens() : demand_.tokens;
    end({.tokens = tokens, .cost = plan_.of == nullptr ? usd{} : tokens::detail::cost_of_response(plan_, used)});
}

void held_quota::settle(error const& why) {
    auto const told = why.input_tokens + why.output_tokens;
    bool const is_refused = tokens::detail::is_refusal(why);
    end({.sent = !is_refused || why.http_status > 0,
         .tokens = told > 0 || is_refused ? told : demand_.tokens,
         .cost = plan_.of == nullptr ? usd{} : tokens::detail::cost_of_failure(plan_, why),
         .pause = told_pause(why)});
}

}  // namespace coax::detail
