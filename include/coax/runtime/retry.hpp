#pragma once

#include <coax/core/result.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace coax {

/// What `retry_options::on_retry` is told.
struct retry_event {
    int failed_attempts{0};             ///< From 1.
    std::chrono::milliseconds wait{0};  ///< Until the next attempt.
    error why{};                        ///< Of the attempt that just failed.
};

/// When a failed call is sent again. The wait before retry k (from 0) is
/// min(initial_delay * factor^k, max_delay) * (1 - jitter * U) + random_delay * U', or what the service says.
struct retry_options {
    /// Attempts in all. 1 turns retrying off. Range: [1, 1000].
    int max_attempts{3};
    /// Base of the first wait. Must be >= 0.
    std::chrono::milliseconds initial_delay{500};
    /// Growth of the wait with each retry; 1: fixed. Range: [1, 100].
    double factor{2.0};
    /// Bound of the base. Must be >= initial_delay.
    std::chrono::milliseconds max_delay{8'000};
    /// The most that chance takes off the base, as a share; the official SDKs use a quarter. Range: [0, 1].
    double jitter{0.25};
    /// The most that chance adds. 0: nothing. Must be >= 0.
    std::chrono::milliseconds random_delay{0};
    /// No retry starts when this would have passed since the first attempt began. 0: no such limit.
    std::chrono::milliseconds max_elapsed{0};
    /// A service that asks for a longer wait than this ends the retrying. The Python SDK's bound. Must be >= 0.
    std::chrono::milliseconds max_server_wait{120'000};
    /// Says whether a failure may be tried again. Empty: `is_retryable`. A cancellation never is.
    std::function<bool(error const&)> retry_if{};
    /// Called before each wait. Empty: nothing. Must not throw.
    std::function<void(retry_event const&)> on_retry{};

    /// Waits `delay` plus up to `random_delay` each time.
    [[nodiscard]] static retry_options fixed(int max_attempts, std::chrono::milliseconds delay,
                                             std::chrono::milliseconds random_delay);
};

/// The first thing wrong with `options`; none: they are valid.
[[nodiscard]] std::optional<error> validate(retry_options const& options);

/// Which sending this is: what a callable given to `retry` may ask for.
struct attempt {
    int number{1};        ///< From 1.
    int max_attempts{1};  ///< As the options say.
    [[nodiscard]] bool first() const noexcept { return number == 1; }
    [[nodiscard]] bool last() const noexcept { return number == max_attempts; }
};

/// What to do after a failed attempt.
struct retry_step {
    bool again{false};
    std::chrono::milliseconds wait{0};
    friend bool operator==(retry_step const&, retry_step const&) = default;
};

/// Decides without a clock, a wait or a random source of its own.
/// @param failed_attempts  Attempts made, all failed; from 1.
/// @param elapsed          Since the first attempt began.
/// @param chance           In [0, 1): U and U' of `retry_options`.
[[nodiscard]] retry_step next_retry(retry_options const& options, int failed_attempts, error const& why,
                                    clock::duration elapsed, double chance);

namespace detail {

/// The part of `retry` that knows no types.
class retry_loop {
public:
    retry_loop(retry_options options, asio::any_io_executor executor);

    [[nodiscard]] attempt current() const noexcept { return {attempts_ + 1, options_.max_attempts}; }
    /// Counts the failure in and waits where the rules say so.
    /// @returns true: try again. false: `why` is final, with its attempts counted in; it becomes `errc::cancelled` when the
    ///          wait was cancelled.
    asio::awaitable<bool> again(error& why);

private:
    retry_options options_;
    asio::any_io_executor executor_;
    clock::time_point started_;
    int attempts_{0};
};

template <class F>
auto attempt_with(F& f, attempt which) {
    if constexpr (std::is_invocable_v<F&, attempt>)
        return f(which);
    else
        return f();
}

template <class Awaitable>
struct awaited;
template <class T>
struct awaited<asio::awaitable<T>> {
    using type = T;
};

template <class F>
using retried_t = typename awaited<decltype(attempt_with(std::declval<F&>(), attempt{}))>::type;

template <class T>
inline constexpr bool is_result = std::is_same_v<T, as_result_t<T>>;

/// As `as_result`, and keeps what was thrown.
template <class T>
asio::awaitable<as_result_t<T>> capture(asio::awaitable<T> op, std::exception_ptr& thrown) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(op);
            co_return as_result_t<T>{};
        } else {
            co_return co_await std::move(op);
        }
    } catch (...) {
        thrown = std::current_exception();
        co_return to_error(thrown);
    }
}

/// Throws `why`, or rethrows what was thrown where that is not a `coax::exception`.
[[noreturn]] void throw_last(std::exception_ptr const& thrown, error why);

}  // namespace detail

/// Calls `f` until it succeeds, the options say no, or the caller cancels.
///
/// @param f  Called with an `attempt` or nothing; returns `awaitable<T>` (failure by exception, any type) or
///           `awaitable<result<T>>` (then no exception is used). Lives in the coroutine until the end.
/// @returns What the last attempt returned.
/// @throws coax::exception  The last attempt's error with `attempts` counted in; an exception that is not ours is rethrown as
///         it was. `errc::cancelled` when cancelled while waiting, `errc::invalid_argument` for wrong options.
/// Cancellation: as `f` while it runs; every type in a wait. A cancellation is never retried.
/// Thread safety: on any executor; nothing is shared.
template <class F>
asio::awaitable<detail::retried_t<F>> retry(retry_options options, F f) {
    using value = detail::retried_t<F>;
    detail::retry_loop loop{std::move(options), co_await asio::this_coro::executor};
    for (;;) {
        std::exception_ptr thrown;
        auto outcome = co_await detail::capture(detail::attempt_with(f, loop.current()), thrown);
        if (outcome) {
            if constexpr (detail::is_result<value>)
                co_return outcome;
            else if constexpr (std::is_void_v<value>)
                co_return;
            else
                co_return std::move(*outcome);
        }
        error why = std::move(outcome).error();
        if (co_await loop.again(why)) continue;
        if constexpr (detail::is_result<value>)
            co_return std::move(why);
        else
            detail::throw_last(thrown, std::move(why));
    }
}

}  // namespace coax
