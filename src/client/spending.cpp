#include "client/spending.hpp"

#include "client/service_call.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/client/token_options.hpp>

namespace coax::detail {
namespace {

result<std::unique_ptr<call_spending>> plan_shares(std::vector<std::shared_ptr<spending_limit>> const& limits,
                                                   auto const& plan) {
    auto made = std::make_unique<call_spending>();
    for (auto const& limit : limits) {
        if (!limit) continue;
        auto planned = plan(*limit);
        if (!planned) return std::move(planned).error();
        made->shares.push_back({limit, *planned});
    }
    if (made->shares.empty()) made.reset();
    return made;
}

}  // namespace

result<std::unique_ptr<call_spending>> plan_spending(client_options const& options, std::string_view service,
                                                     chat_request const& request) {
    if (!request.advanced->spending && !options.tokens->spending) return std::unique_ptr<call_spending>{};
    // The one of the call first, so that who waits for it keeps nothing from others.
    return plan_shares({request.advanced->spending, options.tokens->spending},
                       [&](spending_limit const& limit) { return limit.plan(request, service); });
}

result<std::unique_ptr<call_spending>> plan_spending(client_options const& options, std::string_view service,
                                                     service_call const& call) {
    if (call.chat != nullptr) return plan_spending(options, service, *call.chat);
    if (call.kind == operation_kind::service) return std::unique_ptr<call_spending>{};
    auto const bytes = static_cast<std::int64_t>(call.request.body.size());  // a token is at least one
    return plan_shares({options.tokens->spending},
                       [&](spending_limit const& limit) { return limit.plan(call.model, service, bytes); });
}

std::unique_ptr<held_money> try_hold(call_spending const& spending) {
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
    co_return money;
}

}  // namespace coax::detail
