#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace coax::detail {

class context_service;

/// An entry of a context's timer queue, embedded in what waits. The queue orders by (deadline, tie); a tie is the
/// sequence of arming unless a seed shuffles it. All members belong to the queue and are guarded by its lock.
class timer_node {
public:
    timer_node(timer_node const&) = delete;
    timer_node& operator=(timer_node const&) = delete;

protected:
    timer_node() = default;
    virtual ~timer_node() = default;

private:
    friend class context_service;

    /// Called once when due, after the entry has left the queue, with the queue's lock held.
    /// May unlock; must leave it locked or unlocked, never destroyed under the caller's feet.
    virtual void expire(std::unique_lock<std::mutex>& lock) noexcept = 0;

    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    clock::time_point deadline_{};
    std::uint64_t sequence_{0};
    std::uint64_t tie_{0};
    std::size_t position_{nowhere};
};

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
    void arm_after(clock::duration wait);
    void cancel() noexcept;

    [[nodiscard]] bool armed() const noexcept;
    /// The context's time, without a look-up.
    [[nodiscard]] clock::time_point now() const noexcept;

private:
    struct alive;  ///< What a posted expiry holds: tells whether the timer is still there and armed as then.

    void expire(std::unique_lock<std::mutex>& lock) noexcept override;

    asio::any_io_executor executor_;
    context_service* service_;
    callback on_expiry_;
    void* argument_;
    std::shared_ptr<alive> alive_;  ///< Only where the callback needs a hop.
};

}  // namespace coax::detail
