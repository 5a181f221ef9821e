#pragma once

#include <coax/client/options.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/tokens/shared_quota.hpp>
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
    std::shared_ptr<shared_quota> shared{};  ///< Null: none.
    quota_demand demand{};                   ///< Of that.
    spending_plan plan{};                    ///< Of what it may cost; `of` is null where nobody counts that.
};

/// What a request has taken of a quota of several processes. Destroyed unsettled: nothing, if the request did not
/// begin, otherwise all of it.
class held_quota {
public:
    held_quota(std::unique_ptr<quota_lease> lease, quota_demand demand, spending_plan plan) noexcept
        : lease_{std::move(lease)}, demand_{demand}, plan_{plan} {}
    held_quota(held_quota const&) = delete;
    held_quota& operator=(held_quota const&) = delete;
    ~held_quota() { end({.sent = begun_, .tokens = demand_.tokens, .cost = begun_ ? demand_.cost : usd{}}); }

    void begin() noexcept { begun_ = true; }
    void settle(usage const& used);
    void settle(error const& why);

private:
    void end(quota_outcome came) noexcept;

    std::unique_ptr<quota_lease> lease_;
    quota_demand demand_;
    spending_plan plan_;
    bool begun_{false};
};

/// What a request has set aside.
class held_money {
public:
    void add(spending_reservation one) { all_.push_back(std::move(one)); }
    void add(std::unique_ptr<held_quota> shared) noexcept { shared_ = std::move(shared); }
    void begin() noexcept {
        for (auto& one : all_) one.begin();
        if (shared_) shared_->begin();
    }
    void settle(usage const& used) {
        for (auto& one : all_) one.settle(used);
        if (shared_) shared_->settle(used);
    }
    void settle(error const& why) {
        for (auto& one : all_) one.settle(why);
        if (shared_) shared_->settle(why);
    }

private:
    std::vector<spending_reservation> all_{};
    std::unique_ptr<held_quota> shared_{};
};

/// Null: nothing limits what is spent, or what is sent by several processes. Errors: what the request may cost is not
/// known.
[[nodiscard]] result<std::unique_ptr<call_spending>> plan_spending(client_options const& options,
                                                                   std::string_view service,
                                                                   chat_request const& request);
[[nodiscard]] result<std::unique_ptr<call_spending>> plan_spending(client_options const& options,
                                                                   std::string_view service, service_call const& call);

/// The same of a row of the service's own batches. @param request  None: of one that another program has sent.
[[nodiscard]] result<std::unique_ptr<call_spending>> plan_batch_spending(client_options const& options,
                                                                         std::string_view service,
                                                                         chat_request const* request);

/// Null: it must be waited for.
[[nodiscard]] std::unique_ptr<held_money> try_hold(call_spending const& spending);
/// @throws coax::exception  As `spending_limit::reserve`.
[[nodiscard]] asio::awaitable<std::unique_ptr<held_money>> hold(call_spending const& spending);

}  // namespace coax::detail
