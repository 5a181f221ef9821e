#pragma once

#include "runtime/internal/timer_queue.hpp"

#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <memory>
#include <mutex>

namespace coax::detail {

/// Calls a plain function when a deadline passes: no coroutine and no allocation per use.
///
/// Arming and cancelling are O(log n) in the number of armed timers of the context and cost no system call unless the
/// deadline is less than 50 ms away. The callback runs on `executor`; when that is a strand, after one hop.
/// Thread safety: use it from `executor` only (one thread or one strand); then no callback follows `cancel()`.
/// Lifetime: must not outlive the execution context. The callback may re-arm or destroy the timer.
class deadline_timer final : public timer_node {
public:
    using callback = void (*)(void* argument);

    deadline_timer(asio::any_io_executor executor, callback on_expiry, void* argument);
    /// Cancels.
    ~deadline_timer() override;

    /// Sets or moves the deadline. One that has passed fires at the next turn of the context.
    void arm(clock::time_point deadline);
    void cancel() noexcept;

    [[nodiscard]] bool armed() const noexcept { return timers_.armed(*this); }
    /// The context's time, without a look-up.
    [[nodiscard]] clock::time_point now() const noexcept { return timers_.now(); }

private:
    struct alive;  ///< What a posted expiry holds: tells whether the timer is still there and armed as then.

    void expire(std::unique_lock<std::mutex>& lock) noexcept override;

    asio::any_io_executor executor_;
    timer_queue& timers_;
    callback on_expiry_;
    void* argument_;
    std::shared_ptr<alive> alive_;  ///< Only where the callback needs a hop.
};

}  // namespace coax::detail
