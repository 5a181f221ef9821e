#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/policy/attempt.hpp>
#include <coax/policy/retry_budget.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/detail/nursery.hpp>
#include <coax/runtime/detail/outcome.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace coax {

/// What a hedged call cost besides its response.
struct hedge_report {
    int winner{0};                       ///< 1 or 2: whose response was taken; 0: both failed.
    clock::duration delay{0};            ///< After which the second one began.
    clock::duration loser_ran_for{0};    ///< How long the other one was under way.
    std::optional<error> loser_error{};  ///< How the other one ended; none: it delivered too, and that was dropped.
};

/// When a second attempt is made while the first still runs. Each one is a request more, and billed: the loser is
/// cancelled, but a service that has accepted it may go on.
struct hedge_options {
    /// After so long. 0: after the time within which `percentile` of the calls so far were done.
    std::chrono::milliseconds delay{0};
    /// Range: (0, 1). 0.95 costs about a twentieth more requests.
    double percentile{0.95};
    /// Calls that must be known before a percentile means anything; until then none is hedged. The last 256 count.
    /// Range: [1, 256].
    std::size_t minimum_samples{20};
    /// Second attempts that calls may make together; each call that succeeds earns.
    retry_budget_options budget{.capacity = 10.0, .per_success = 0.05, .per_second = 0.0};
    /// Called after each call that was hedged. Empty: nothing. An exception ends the call.
    std::function<void(hedge_report const&)> on_hedge{};
};

/// Errors: `errc::invalid_argument`; `error::where` names the first wrong option.
[[nodiscard]] result<void> validate(hedge_options const& options);

/// Shared by the hedged calls to one service: how long calls take, and the budget.
/// Thread safety: may be used from any thread; the contexts of all its users must have one clock.
class hedger {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit hedger(hedge_options options = {});
    hedger(hedger const&) = delete;
    hedger& operator=(hedger const&) = delete;
    ~hedger();

    /// After which a second attempt is due; none: too little is known.
    [[nodiscard]] std::optional<clock::duration> delay() const;
    /// A call succeeded after `took`.
    void note(clock::duration took, clock::time_point now);
    /// Takes leave for a second attempt out of the budget, or says no.
    [[nodiscard]] bool try_spend(clock::time_point now) noexcept { return budget_.try_spend(now); }
    [[nodiscard]] hedge_options const& options() const noexcept { return options_; }

private:
    struct samples;

    hedge_options const options_;
    retry_budget budget_;
    core::detail::opaque<samples> samples_;
};

namespace policy::detail {

/// Whether and when a second attempt is due.
struct hedge_plan {
    explicit hedge_plan(hedger const& policy);

    bool wanted{false};
    clock::duration delay{0};
};

/// Two attempts at one call; lives in the frame of `hedge`.
template <class F>
struct hedge_race {
    using value = attempt_value_t<F>;
    struct lane {
        std::optional<as_result_t<value>> outcome{};
        std::exception_ptr thrown{};
        clock::time_point began{};
        clock::time_point ended{};
    };

    hedge_race(hedger& shared, F work, attempt of) : policy{shared}, f{std::move(work)}, first{of} {}

    asio::awaitable<void> run(int number) {
        auto const executor = co_await asio::this_coro::executor;
        auto& mine = lanes[static_cast<std::size_t>(number - 1)];
        mine.began = now(executor);
        attempt which = first;
        which.hedge = number == 2;
        mine.outcome.emplace(
            co_await coax::detail::start_as_result([&] { return call_attempt(f, which); }, &mine.thrown));
        mine.ended = now(executor);
        if (*mine.outcome && winner == 0) winner = number;
        if (winner == number || !hedged) group.cancel();
        if (!hedged) over = true;
    }

    asio::awaitable<void> run_second() {
        auto const waited = co_await as_result(sleep_for(plan.delay));
        if (!waited || over) co_return;
        if (!policy.try_spend(now(co_await asio::this_coro::executor))) co_return;
        hedged = true;
        co_await run(2);
    }

    void report() {
        auto const& on_hedge = policy.options().on_hedge;
        if (!hedged || !on_hedge) return;
        auto const& loser = lanes[winner == 1 ? 1 : 0];
        hedge_report cost{.winner = winner, .delay = plan.delay, .loser_ran_for = loser.ended - loser.began};
        if (loser.outcome && loser.outcome->has_error()) cost.loser_error = loser.outcome->error();
        on_hedge(cost);
    }

    /// The winner; where both failed, the first.
    lane& final_lane() { return lanes[winner == 2 ? 1 : 0]; }

    hedger& policy;
    hedge_plan plan{policy};
    F f;
    attempt first;
    coax::detail::nursery group{};
    std::array<lane, 2> lanes{};
    int winner{0};
    bool hedged{false};
    bool over{false};
};

}  // namespace policy::detail

/// Calls `f`, and a second time when the first takes too long; the first success is taken, the other one is cancelled
/// with `terminal` and waited for. A first attempt that fails before the second has begun is the end: trying again is
/// `retry`'s.
///
/// @param policy  Must outlive the call.
/// @param f       As for `retry`; must bear to run twice at once.
/// @param which   What `f` is called with; with `attempt::hedge` set the second time.
/// @returns What the winner returned; where both failed, what the first did.
/// Cancellation: passed on to both, which are waited for.
template <class F>
asio::awaitable<policy::detail::attempt_value_t<F>> hedge(hedger& policy, F f, attempt which = {}) {
    using value = policy::detail::attempt_value_t<F>;
    auto const executor = co_await asio::this_coro::executor;
    auto const began = now(executor);
    policy::detail::hedge_race<F> race{policy, std::move(f), which};
    if (race.plan.wanted) race.group.add(race.run_second());  // first, so that it waits when the other is done at once
    race.group.add(race.run(1));
    auto const failure = co_await race.group.run(coax::detail::on_failure::carry_on);
    race.report();
    auto& last = race.final_lane();
    if (!last.outcome) std::rethrow_exception(failure);  // cancelled before it began
    if (*last.outcome) policy.note(now(executor) - began, now(executor));
    co_return coax::detail::from_result<value>(std::move(*last.outcome), last.thrown);
}

namespace layer {

/// Sends a second one when the first is slow.
struct hedge {
    hedger& policy;

    template <class Next>
    policy::detail::outcome_of_t<Next> operator()(Next const& next, attempt which) const {
        return coax::hedge(policy, [&next](attempt one) { return next(one); }, which);
    }
};

}  // namespace layer
}  // namespace coax
