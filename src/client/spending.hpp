#pragma once

#include <coax/client/options.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/tokens/spending_limit.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace coax::detail {

struct service_call;

/// The limits that a request counts for, and what it sets aside of each.
struct call_spending {
    struct share {
        std::shared_ptr<spending_limit> of;
        spending_plan plan;
    };
    std::vector<share> shares{};
};

/// What a request has set aside.
class held_money {
public:
    void add(spending_reservation one) { all_.push_back(std::move(one)); }
    void begin() noexcept {
        for (auto& one : all_) one.begin();
    }
    void settle(usage const& used) {
        for (auto& one : all_) one.settle(used);
    }
    void settle(error const& why) {
        for (auto& one : all_) one.settle(why);
    }

private:
    std::vector<spending_reservation> all_{};
};

/// Null: nothing limits what is spent. Errors: what the request may cost is not known.
[[nodiscard]] result<std::unique_ptr<call_spending>> plan_spending(client_options const& options,
                                                                   std::string_view service,
                                                                   chat_request const& request);
[[nodiscard]] result<std::unique_ptr<call_spending>> plan_spending(client_options const& options,
                                                                   std::string_view service, service_call const& call);

/// Null: it must be waited for.
[[nodiscard]] std::unique_ptr<held_money> try_hold(call_spending const& spending);
/// @throws coax::exception  As `spending_limit::reserve`.
[[nodiscard]] asio::awaitable<std::unique_ptr<held_money>> hold(call_spending const& spending);

}  // namespace coax::detail
