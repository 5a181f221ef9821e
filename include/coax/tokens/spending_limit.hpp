#pragma once

#include <coax/chat/request.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/tokens/model_facts.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax {

namespace tokens::detail {
struct spending_state;
}

/// What was spent on one model.
struct model_spending {
    std::string model{};        ///< As the facts name it.
    std::uint64_t requests{0};  ///< That were sent, and may have been billed.
    coax::usage usage{};
    usd cost{};
};

/// What one request can cost at most, and how it is billed.
struct spending_plan {
    model_facts const* of{nullptr};  ///< Of the limit's table.
    billing how{};
    usd at_most{};
};

/// Money that was set aside for one request. Destroyed unsettled: nothing was spent, if the request did not begin,
/// otherwise all of it was. Thread safety: one thread at a time; it may die on another thread than it was made on.
class spending_reservation {
public:
    spending_reservation(spending_reservation&& other) noexcept = default;
    spending_reservation& operator=(spending_reservation&&) = delete;
    ~spending_reservation();

    /// The request goes out: from here on it may be billed.
    void begin() noexcept { begun_ = true; }
    /// The response told what it used; where it told nothing, all that was set aside counts as spent.
    void settle(usage const& used);
    /// The request failed. What a service refuses with an error costs nothing, but for the tokens that are told; what
    /// was cut, cancelled or timed out may have been billed in full, and counts so.
    void settle(error const& why);

private:
    friend class spending_limit;
    spending_reservation(core::detail::shared_opaque<tokens::detail::spending_state> state, spending_plan plan) noexcept
        : state_{std::move(state)}, plan_{plan} {}
    void end(usd cost, usage const& used, bool counts);

    core::detail::shared_opaque<tokens::detail::spending_state> state_;  ///< Null: it was settled or moved away.
    spending_plan plan_;
    bool begun_{false};
};

/// The most that may be spent, by all who share it: of one client, of several, of a batch, or of a single call
/// (`advanced_options::spending`).
///
/// Each request sets aside what it can cost at most before it is sent, again for each retry, hedge, re-ask and tool
/// round, and settles by the usage that the response tells: so the limit holds whatever is under way at once. A request
/// waits where only what others have set aside is in its way, first come, first served, and fails where what was spent
/// is: `errc::quota_exhausted`, nothing is sent. A model or price that nobody knows is an error; a price of 0 is fine.
/// The more a request may write, the more it sets aside: give it a `max_output_tokens`.
/// Thread safety: may be used from any thread and from coroutines of any context. Lifetime: may die before its
/// reservations.
class spending_limit {
public:
    /// @param most   Nothing is sent that could cost more in all.
    /// @param facts  Prices.
    /// @throws coax::exception  `errc::invalid_argument`: a negative limit.
    explicit spending_limit(usd most, model_table facts = {});
    spending_limit(spending_limit const&) = delete;
    spending_limit& operator=(spending_limit const&) = delete;
    ~spending_limit();

    [[nodiscard]] usd most() const noexcept;
    [[nodiscard]] usd spent() const noexcept;
    [[nodiscard]] usd reserved() const noexcept;  ///< Set aside by what is under way.
    [[nodiscard]] std::vector<model_spending> by_model() const;

    // For those who send requests by other means than a client.

    /// What a chat can cost at most. @param service  As in `provider_options::service`.
    /// @param at  How it is billed; nothing: as its own `service_tier` says.
    /// Errors: `errc::invalid_argument`: the model, a price, or how much the model may write is not known.
    [[nodiscard]] result<spending_plan> plan(chat_request const& request, std::string_view service,
                                             std::optional<billing::tier> at = {}) const;
    /// What a request besides a chat can cost that reads so many tokens at most.
    [[nodiscard]] result<spending_plan> plan(std::string_view model, std::string_view service,
                                             std::int64_t input_tokens,
                                             billing::tier at = billing::tier::standard) const;

    /// Sets money aside now. Nothing: it must be waited for, or will never be there.
    [[nodiscard]] std::optional<spending_reservation> try_reserve(spending_plan const& plan);

    /// Waits until the money is there.
    /// @throws coax::exception  `errc::quota_exhausted`: it is spent; `errc::cancelled`.
    /// Cancellation: every type; the place in the queue is lost, no money is.
    asio::awaitable<spending_reservation> reserve(spending_plan plan);

private:
    core::detail::shared_opaque<tokens::detail::spending_state> state_;
};

/// What was spent, on a line for each model and one for all, for people.
[[nodiscard]] std::string to_string(std::vector<model_spending> const& all);

}  // namespace coax
