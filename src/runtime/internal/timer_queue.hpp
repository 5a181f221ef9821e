#pragma once

#include "runtime/internal/context_clock.hpp"

#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace coax::detail {

/// An entry of a `timer_queue`, embedded in what waits. Its members belong to the queue.
class timer_node {
public:
    timer_node(timer_node const&) = delete;
    timer_node& operator=(timer_node const&) = delete;

protected:
    timer_node() = default;
    virtual ~timer_node() = default;

private:
    friend class timer_queue;

    /// Called once when due, after the entry has left the queue, with the queue's lock held. May unlock it.
    virtual void expire(std::unique_lock<std::mutex>& lock) noexcept = 0;

    static constexpr std::size_t not_queued = static_cast<std::size_t>(-1);
    clock::time_point deadline_{};
    std::uint64_t sequence_{0};
    std::uint64_t tie_breaker_{0};
    std::size_t position_{not_queued};
};

/// The deadlines of one execution context: a binary heap of pointers, each node knowing its position.
///
/// Behind all of them stands one `steady_timer`, armed for the earliest deadline but at most one tick ahead while there
/// are any: so a deadline far away costs no system call, and a context without timers is left in peace after one tick.
/// Thread safety: may be used from any thread.
class timer_queue {
public:
    using lock_type = std::unique_lock<std::mutex>;

    static constexpr clock::duration tick = std::chrono::milliseconds{50};

    explicit timer_queue(context_clock const& time) : time_{time} {}

    [[nodiscard]] clock::time_point now() const noexcept { return time_.now(); }

    /// Sets or moves a deadline. `executor` is of this context.
    void arm(timer_node& node, clock::time_point deadline, asio::any_io_executor const& executor);
    void disarm(timer_node& node) noexcept;
    [[nodiscard]] bool armed(timer_node const& node) noexcept;

    /// Virtual time: moves the clock to the earliest deadline and lets all expire that are due.
    /// @returns false: there is none.
    bool advance();
    /// Drops all deadlines and takes no more: the context ends.
    void close() noexcept;
    /// How often the `steady_timer` was set so far; coax asks the system for no other timer.
    [[nodiscard]] std::uint64_t tick_count() noexcept;

    /// The lock of the queue. Also guards what must change together with a deadline: see `suspended`.
    [[nodiscard]] lock_type acquire_lock() { return lock_type{mutex_}; }
    /// These with the lock held.
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    void insert(timer_node& node, clock::time_point deadline, asio::any_io_executor const& executor);
    /// As `insert`, for the next tick unless the node is queued; nothing in virtual time, which has no ticks.
    void insert_at_tick(timer_node& node, asio::any_io_executor const& executor);
    void remove(timer_node& node) noexcept;

private:
    void sift_up(std::size_t at) noexcept;
    void sift_down(std::size_t at) noexcept;
    void place(std::size_t at, timer_node* node) noexcept;
    static bool before(timer_node const& a, timer_node const& b) noexcept;

    void ensure_tick(clock::time_point deadline, asio::any_io_executor const& executor);
    void start_tick(clock::time_point at);
    void on_tick(std::uint64_t generation);
    void expire_due(lock_type& lock);

    context_clock const& time_;
    std::mutex mutex_;
    std::vector<timer_node*> heap_;
    std::uint64_t sequence_{0};
    std::optional<asio::steady_timer> tick_timer_;
    std::uint64_t tick_generation_{0};
    clock::time_point tick_at_{};
    bool ticking_{false};
    bool closed_{false};
};

/// An executor that does not keep its context at work by merely being stored.
[[nodiscard]] asio::any_io_executor untracked(asio::any_io_executor const& executor);

}  // namespace coax::detail
