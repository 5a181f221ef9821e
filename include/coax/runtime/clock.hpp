#pragma once

#include <coax/runtime/asio.hpp>

#include <atomic>
#include <chrono>

namespace coax {

/// The source of time. Every execution context has one: the real one unless a `runtime{virtual_time{}}` owns it.
/// Thread safety: may be used from any thread.
class clock {
public:
    using duration = std::chrono::steady_clock::duration;
    using time_point = std::chrono::steady_clock::time_point;

    clock() = default;
    clock(clock const&) = delete;
    clock& operator=(clock const&) = delete;
    virtual ~clock() = default;

    /// A point that never goes back; for deadlines and durations.
    [[nodiscard]] virtual time_point now() const noexcept = 0;
    /// Calendar time; for dates in headers and records.
    [[nodiscard]] virtual std::chrono::system_clock::time_point system_now() const noexcept = 0;

    /// The machine's own clocks.
    [[nodiscard]] static clock const& real() noexcept;
};

/// A clock that moves only when told. Starts at 2026-01-01 00:00 UTC.
class virtual_clock final : public clock {
public:
    [[nodiscard]] time_point now() const noexcept override;
    [[nodiscard]] std::chrono::system_clock::time_point system_now() const noexcept override;

    /// Moves forward to `when`; an earlier point changes nothing.
    void advance_to(time_point when) noexcept;
    void advance(duration by) noexcept;

private:
    std::atomic<duration::rep> elapsed_{0};  ///< Since the start.
};

/// The clock of the context behind `executor`. Lives as long as that context.
[[nodiscard]] clock const& clock_of(asio::any_io_executor const& executor);

/// `clock_of(executor).now()`.
[[nodiscard]] clock::time_point now(asio::any_io_executor const& executor);

/// Waits until the caller's clock shows `when`; at once when that has passed. On any executor, a bare pool's too.
///
/// @throws coax::exception  `errc::cancelled`.
/// Cancellation: every type that the coroutine lets through (`terminal`, unless it resets its filter).
asio::awaitable<void> sleep_until(clock::time_point when);

/// Waits for `wait` on the caller's clock; zero or less: returns at once. Otherwise as `sleep_until`.
asio::awaitable<void> sleep_for(clock::duration wait);

}  // namespace coax
