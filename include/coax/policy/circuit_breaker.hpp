#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/policy/attempt.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/detail/outcome.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace coax {

/// When a `circuit_breaker` opens and how it closes again.
struct circuit_breaker_options {
    /// Share of failures in the window that opens it. Range: (0, 1].
    double failure_rate{0.5};
    /// Calls in the window below which the share means nothing. Range: [1, 1'000'000].
    int minimum_calls{20};
    /// How far back calls count; kept in ten slices. Range: [10 ms, 1 h].
    std::chrono::milliseconds window{30'000};
    /// How long it stays open before it lets trials through. Range: (0, 1 h].
    std::chrono::milliseconds open_for{10'000};
    /// Trials when half open: all must succeed to close it, one failure opens it again. Range: [1, 1'000].
    int trials{3};
    /// Which errors count as failures; others as successes, a cancellation as neither. Empty: `is_retryable`, that is
    /// trouble of the service or the way to it. An exception ends the call, which then counts as neither.
    std::function<bool(error const&)> is_failure{};
};

/// Errors: `errc::invalid_argument`; `error::where` names the first wrong option.
[[nodiscard]] result<void> validate(circuit_breaker_options const& options);

namespace policy::detail {
struct breaker_state;
}

/// Leave to make one call. Destroyed without a verdict: as if the call had never been made.
/// Thread safety: one thread at a time.
class breaker_pass {
public:
    breaker_pass(breaker_pass&& other) noexcept
        : state_{std::move(other.state_)}, generation_{other.generation_}, executor_{std::move(other.executor_)} {}
    breaker_pass& operator=(breaker_pass&&) = delete;
    ~breaker_pass();

    void succeeded() noexcept;
    void failed(error const& why);  ///< Throws what `is_failure` throws.
    template <class T>
    void finish(result<T> const& outcome) {
        outcome ? succeeded() : failed(outcome.error());
    }

private:
    friend class circuit_breaker;
    breaker_pass(core::detail::shared_opaque<policy::detail::breaker_state> state, std::uint64_t generation,
                 asio::any_io_executor executor)
        : state_{std::move(state)}, generation_{generation}, executor_{std::move(executor)} {}

    core::detail::shared_opaque<policy::detail::breaker_state> state_;  ///< Null: the verdict is given.
    std::uint64_t generation_;
    asio::any_io_executor executor_;
};

enum class circuit_state { closed, open, half_open };

/// Stops calling a service that fails, and tries again after a while.
/// Thread safety: may be used from any thread; the contexts of all its users must have one clock.
class circuit_breaker {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit circuit_breaker(circuit_breaker_options options = {});

    /// Leave for one call of a coroutine on `executor`.
    /// Errors: `errc::overloaded` when open, or when all trials are out; `error::where` is "circuit_breaker" and
    /// `error::retry_after` what is left of the wait.
    [[nodiscard]] result<breaker_pass> enter(asio::any_io_executor const& executor);

    /// @param now  On the users' clock.
    [[nodiscard]] circuit_state state(clock::time_point now) const noexcept;

private:
    core::detail::shared_opaque<policy::detail::breaker_state> state_;
};

namespace layer {

/// Turns calls away while too many fail.
struct circuit_breaker {
    coax::circuit_breaker& breaker;

    template <class Next>
    policy::detail::outcome_of_t<Next> operator()(Next const& next, attempt which) const {
        auto pass = breaker.enter(co_await asio::this_coro::executor);
        if (!pass) co_return std::move(pass).error();
        auto outcome = co_await next(which);
        pass->finish(outcome);
        co_return outcome;
    }
};

}  // namespace layer

/// Runs `work` if the breaker lets it, and tells it the outcome.
///
/// @throws coax::exception  `errc::overloaded` without running it; otherwise as `work`. Of a `result`: the same as its
/// error. Cancellation: as `work`; counts as neither success nor failure. Lifetime: the breaker may die first.
template <class T>
asio::awaitable<T> with_breaker(circuit_breaker& breaker, asio::awaitable<T> work) {
    std::exception_ptr thrown;
    auto const run = [&](attempt) { return as_result(std::move(work), &thrown); };
    layer::circuit_breaker const around{breaker};
    co_return coax::detail::from_result<T>(co_await around(run, attempt{}), thrown);
}

}  // namespace coax
