#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/sync/async_semaphore.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace coax {

/// How a call ended, as an `adaptive_limit` counts it.
enum class load_signal {
    good,      ///< Served in time.
    overload,  ///< Turned away or too slow: 429, 503, 529, a timeout.
    none,      ///< Says nothing about the load: a bad request, a cancellation.
};

/// The signal of a failure: `overload` for `errc::rate_limited`, `overloaded` and `timeout`, otherwise `none`.
[[nodiscard]] load_signal load_signal_of(error const& why) noexcept;

/// What an `adaptive_limit` reacts to.
enum class adaptive_limit_rule {
    aimd,      ///< Grows by `growth` in each round of calls, shrinks on overload. Fits language models.
    gradient,  ///< Also shrinks when latency rises over its long mean. Not where latency follows the response's length.
};

/// How an `adaptive_limit` finds its limit.
struct adaptive_limit_options {
    adaptive_limit_rule rule{adaptive_limit_rule::aimd};
    /// Range of `initial`: [minimum, maximum]; of `minimum`: >= 1; of `maximum`: <= 1'000'000.
    std::size_t initial{16};
    std::size_t minimum{1};
    std::size_t maximum{1'000};
    /// Added after as many successful calls as the limit. Range: (0, 100].
    double growth{1.0};
    /// The limit is multiplied by it on overload, once for all calls that began before. Range: (0, 1).
    double backoff{0.7};
    /// Gradient: how far latency may rise over its long mean before the limit shrinks. Range: [1, 10]. Netflix's value.
    double tolerance{1.5};
};

/// Errors: `errc::invalid_argument`; `error::where` names the first wrong option.
[[nodiscard]] result<void> validate(adaptive_limit_options const& options);

namespace policy::detail {
struct adaptive_state;
}

/// A permit of an `adaptive_limit`, given back when it is destroyed. The limit moves only if `finish` was called
/// before. Thread safety: one thread at a time.
class adaptive_permit {
public:
    adaptive_permit() noexcept = default;
    adaptive_permit(adaptive_permit&&) noexcept = default;
    adaptive_permit& operator=(adaptive_permit&&) noexcept = default;
    ~adaptive_permit() = default;

    /// The call begins now: what its owner waited for since it got the permit is not the call's latency.
    void begin() noexcept;
    /// Counts how the call ended and gives the permit back.
    void finish(load_signal signal) noexcept;
    template <class T>
    void finish(result<T> const& outcome) noexcept {
        finish(outcome ? load_signal::good : load_signal_of(outcome.error()));
    }

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(permit_); }

private:
    friend class adaptive_limit;
    adaptive_permit(core::detail::shared_opaque<policy::detail::adaptive_state> state, permit units,
                    clock::time_point since) noexcept
        : state_{std::move(state)}, permit_{std::move(units)}, since_{since} {}

    core::detail::shared_opaque<policy::detail::adaptive_state> state_;
    permit permit_;
    clock::time_point since_{};
};

/// An `async_semaphore` whose capacity follows what the service can bear; one unit for each call.
///
/// Its clock is that of the first coroutine that acquires.
/// Thread safety: may be used from any thread and from coroutines of any context with that clock.
/// Lifetime: may die before its permits; its waiters then end in `errc::closed`.
class adaptive_limit {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit adaptive_limit(adaptive_limit_options options = {});
    adaptive_limit(adaptive_limit const&) = delete;
    adaptive_limit& operator=(adaptive_limit const&) = delete;
    /// Closes.
    ~adaptive_limit();

    /// Waits for a permit, behind all who asked before.
    /// @throws coax::exception  `errc::closed`, `errc::cancelled`.
    /// Cancellation: every type; the place in the queue is lost, no permit is.
    asio::awaitable<adaptive_permit> acquire();

    /// Ends all waiters and every later `acquire` in `errc::closed`. Permits stay valid.
    void close() noexcept;

    [[nodiscard]] std::size_t limit() const noexcept;    ///< Calls that may go on at once now.
    [[nodiscard]] std::size_t in_use() const noexcept;   ///< Permits that are out; more than the limit after shrinking.
    [[nodiscard]] std::size_t waiting() const noexcept;  ///< Coroutines in the queue.

private:
    core::detail::shared_opaque<policy::detail::adaptive_state> state_;
};

}  // namespace coax
