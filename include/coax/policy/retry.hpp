#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/policy/attempt.hpp>
#include <coax/policy/retry_budget.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/detail/outcome.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

/// A retry that is about to be made, as `retry_options::on_retry` sees it.
struct retry_event {
    int failed_attempts{0};             ///< From 1.
    std::chrono::milliseconds wait{0};  ///< Until the next attempt.
    error why{};                        ///< Of the attempt that just failed.
};

/// Which failures may be tried again: one verdict for each `errc`, to be read and changed. Starts as `is_retryable` has
/// it.
class retry_table {
public:
    retry_table() noexcept;

    /// A cancellation is never retried, whatever is set.
    retry_table& set(errc code, bool retryable) noexcept;
    /// Comes before the code's verdict. @param http_status  As in `error::http_status`.
    retry_table& set_status(int http_status, bool retryable);
    /// Whether `error::should_retry`, the service's own verdict, comes before all others. At the start it does.
    retry_table& heed_service(bool wanted) noexcept;

    [[nodiscard]] bool retryable(errc code) const noexcept;
    /// None: the code decides.
    [[nodiscard]] std::optional<bool> status(int http_status) const noexcept;
    /// The verdict on a failure.
    [[nodiscard]] bool operator()(error const& why) const noexcept;

private:
    struct status_rule {
        int http_status;
        bool retryable;
    };

    std::uint64_t codes_;  ///< A bit for each `errc`.
    std::vector<status_rule> statuses_{};
    bool heed_service_{true};
};

/// One line for each `errc` and status that the table knows, such as "rate_limited: retry".
[[nodiscard]] std::string to_string(retry_table const& table);

/// How a wait is made random; `base` is min(initial_delay * factor^k, max_delay) before retry k (from 0).
enum class jitter_form {
    share,         ///< base * (1 - jitter * U): close to the base, as the official SDKs have it.
    full,          ///< base * U: spreads a crowd best.
    equal,         ///< base / 2 * (1 + U): never less than half.
    decorrelated,  ///< min(max_delay, initial_delay + U * (3 * the wait before - initial_delay)), AWS's.
};

/// When a failed call is sent again. The wait is as `form` says, plus random_delay * U', at least `min_delay`; or what
/// the service says, plus up to `jitter` of all the waits that it asked for so far, so that a crowd does not come back
/// at once.
struct retry_options {
    /// Attempts in all. 1 turns retrying off. Range: [1, 1000].
    int max_attempts{3};
    /// Base of the first wait. Must be >= 0.
    std::chrono::milliseconds initial_delay{500};
    /// Growth of the wait with each retry; 1: fixed. Range: [1, 100].
    double factor{2.0};
    /// Bound of the base. Must be >= initial_delay.
    std::chrono::milliseconds max_delay{8'000};
    /// The least wait that is our own. Must be in [0, max_delay].
    std::chrono::milliseconds min_delay{0};
    /// Used by `jitter_form::share`: the most that chance takes off the base; the official SDKs use a quarter. Range:
    /// [0, 1].
    double jitter{0.25};
    jitter_form form{jitter_form::share};
    /// The most that chance adds. 0: nothing. Must be >= 0.
    std::chrono::milliseconds random_delay{0};
    /// No retry starts when this would have passed since the first attempt began. 0: no such limit.
    std::chrono::milliseconds max_elapsed{0};
    /// A service that asks for a longer wait than this ends the retrying. The Python SDK's bound. Must be >= 0.
    std::chrono::milliseconds max_server_wait{120'000};
    /// A wait that a service without capacity asks for (429, 503 or 529 with Retry-After or its like) uses up no
    /// attempt, as long as all such waits of the call together take no more than this. 0, or no retries: it uses up one
    /// like any other. Must be >= 0.
    std::chrono::milliseconds server_wait_budget{600'000};
    /// Which failures may be tried again, where `retry_if` is empty.
    retry_table table{};
    /// Says whether a failure may be tried again. Empty: `table` does. A cancellation never is. An exception ends the
    /// call.
    std::function<bool(error const&)> retry_if{};
    /// Shared by the calls to one service: a retry takes from it, or is not made. Empty: no such bound.
    std::shared_ptr<retry_budget> budget{};
    /// Called before each wait. Empty: nothing. An exception ends the call.
    std::function<void(retry_event const&)> on_retry{};

    /// Waits `delay` plus up to `random_delay` each time.
    [[nodiscard]] static retry_options fixed(int max_attempts, std::chrono::milliseconds delay,
                                             std::chrono::milliseconds random_delay);
};

/// `base` with what the environment says: RETRY_ATTEMPTS (`max_attempts`), and in seconds, fractions allowed,
/// RETRY_WAIT_EXPONENTIAL_MULTIPLIER (`initial_delay`), RETRY_WAIT_EXPONENTIAL_MIN (`min_delay`) and
/// RETRY_WAIT_EXPONENTIAL_MAX (`max_delay`, which bounds the other two). Unset and empty ones change nothing.
/// Errors: `errc::invalid_argument`; `error::where` names the variable.
[[nodiscard]] result<retry_options> retry_options_from(
    std::function<std::optional<std::string>(std::string_view name)> const& look_up, retry_options base);

/// Errors: `errc::invalid_argument`; `error::where` names the first wrong option.
[[nodiscard]] result<void> validate(retry_options const& options);

/// What to do after a failed attempt.
struct retry_step {
    bool again{false};
    std::chrono::milliseconds wait{0};
    bool uses_attempt{true};  ///< False: the service asked for the wait.
    friend bool operator==(retry_step const&, retry_step const&) = default;
};

/// Decides without a clock, a wait or a random source of its own.
/// @param failed_attempts  Attempts made, all failed, but for those whose wait used up none; from 1.
/// @param elapsed          Since the first attempt began.
/// @param chance           In [0, 1): U and U' of `retry_options`.
/// @param previous         The wait before; 0: there was none. For `jitter_form::decorrelated`.
/// @param server_waits     What the waits that used up no attempt have come to.
[[nodiscard]] retry_step next_retry(retry_options const& options, int failed_attempts, error const& why,
                                    clock::duration elapsed, double chance,
                                    std::chrono::milliseconds previous = std::chrono::milliseconds{0},
                                    std::chrono::milliseconds server_waits = std::chrono::milliseconds{0});

namespace policy::detail {

/// The part of `retry` that knows no types.
class retry_loop {
public:
    /// @param options, executor  Must outlive it.
    /// @throws coax::exception  `errc::invalid_argument`.
    retry_loop(retry_options const& options, asio::any_io_executor const& executor);

    [[nodiscard]] attempt next() noexcept {
        return {.number = ++attempts_, .max_attempts = options_.max_attempts + free_attempts_};
    }
    /// Waits where the rules allow another attempt.
    /// @returns true: try again. false: `why` is final; it becomes `errc::cancelled` when the wait was cancelled.
    asio::awaitable<bool> wait_after(error& why);
    /// The last attempt succeeded: the budget earns.
    void succeeded() noexcept {
        if (options_.budget) options_.budget->earn(now(executor_));
    }

private:
    retry_options const& options_;
    asio::any_io_executor const& executor_;
    clock::time_point started_{};                ///< Of the first attempt, where `max_elapsed` asks for it.
    std::chrono::milliseconds waited_{0};        ///< Before the last retry.
    std::chrono::milliseconds server_waits_{0};  ///< Of `free_attempts_`.
    int attempts_{0};
    int free_attempts_{0};  ///< Those after which the service asked for a wait.
};

/// The error on the heap, and back: in the frame it would take room in each call that waits for its response, and so
/// would a temporary that is made there.
[[nodiscard]] core::detail::opaque<error> keep_error(error&& why);
template <class Outcome>
[[gnu::noinline]] core::detail::opaque<error> take_error(Outcome& failed) {
    return keep_error(std::move(failed).error());
}
template <class Outcome>
[[gnu::noinline]] Outcome failed_with(error& why) {
    return std::move(why);
}

/// Throws `why`, or rethrows what was thrown where that is not a `coax::exception`.
[[noreturn]] void throw_last(std::exception_ptr const& thrown, error why);

}  // namespace policy::detail

namespace layer {

/// Tries again. What is inside sees each attempt's number.
struct retry {
    retry_options options{};

    template <class Next>
    policy::detail::outcome_of_t<Next> operator()(Next const& next, attempt) const {
        auto const executor = co_await asio::this_coro::executor;
        policy::detail::retry_loop loop{options, executor};
        for (;;) {
            attempt const which = loop.next();
            auto outcome = co_await next(which);
            if (outcome) {
                loop.succeeded();
                co_return outcome;
            }
            auto const why = policy::detail::take_error(outcome);
            why->attempts = which.number;
            // After a cancellation a wait would throw, and with it what is known of the failure would be lost.
            if (why->code == errc::cancelled || !co_await loop.wait_after(*why))
                co_return policy::detail::failed_with<decltype(outcome)>(*why);
        }
    }
};

}  // namespace layer

/// Calls `f` until it succeeds, the options say no, or the caller cancels.
///
/// @param f  Called with an `attempt` or nothing; returns `awaitable<T>` (failure by exception, any type) or
///           `awaitable<result<T>>` (then no exception is used). Lives in the coroutine until the end.
/// @returns What the last attempt returned.
/// @throws coax::exception  The last attempt's error with `attempts` counted in; an exception that is not ours is
/// rethrown as
///         it was. `errc::cancelled` when cancelled while waiting, `errc::invalid_argument` for wrong options.
/// Cancellation: as `f` while it runs; every type in a wait. A cancellation is never retried.
/// Thread safety: on any executor; nothing is shared.
template <class F>
asio::awaitable<policy::detail::attempt_value_t<F>> retry(retry_options options, F f) {
    using value = policy::detail::attempt_value_t<F>;
    std::exception_ptr thrown;
    auto const run = [&](attempt which) {
        return coax::detail::start_as_result([&] { return policy::detail::call_attempt(f, which); }, &thrown);
    };
    layer::retry const around{std::move(options)};
    auto outcome = co_await around(run, attempt{});
    if constexpr (coax::detail::is_result<value>) {
        co_return outcome;
    } else {
        if (!outcome) policy::detail::throw_last(thrown, std::move(outcome).error());
        if constexpr (!std::is_void_v<value>) co_return std::move(*outcome);
    }
}

}  // namespace coax
