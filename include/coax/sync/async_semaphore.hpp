#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/runtime/asio.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace coax {

namespace sync::detail {
struct semaphore_state;
}

/// Units of an `async_semaphore`, given back on destruction. May outlive the semaphore.
/// Thread safety: one thread at a time; it may die on another thread than it was taken on.
class permit {
public:
    permit() noexcept = default;
    permit(permit&& other) noexcept : state_{std::move(other.state_)}, count_{std::exchange(other.count_, 0)} {}
    permit& operator=(permit&& other) noexcept {
        if (this == &other) return *this;
        reset();
        state_ = std::move(other.state_);
        count_ = std::exchange(other.count_, 0);
        return *this;
    }
    ~permit() { reset(); }

    /// Gives the units back now; wakes those they suffice for.
    void reset() noexcept;

    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] explicit operator bool() const noexcept { return count_ != 0; }

private:
    friend class async_semaphore;
    permit(core::detail::shared_opaque<sync::detail::semaphore_state> state, std::size_t count) noexcept
        : state_{std::move(state)}, count_{count} {}

    core::detail::shared_opaque<sync::detail::semaphore_state> state_;
    std::size_t count_{0};
};

/// The state of an `async_semaphore` at one moment.
struct semaphore_stats {
    std::size_t capacity{0};
    std::size_t available{0};           ///< Units that are free.
    std::size_t in_use{0};              ///< Units that are out; more than the capacity after shrinking.
    std::size_t waiting{0};             ///< Coroutines in the queue.
    std::size_t high_water{0};          ///< Most units that were ever out at once.
    std::size_t waiting_high_water{0};  ///< Most coroutines that ever waited at once.
};

/// Bounds how much goes on at once: first come, first served, also for weights, so a big request never starves.
///
/// Thread safety: may be used from any thread and from coroutines of any context; waiters resume on their own executor.
/// Lifetime: may die before its permits; its waiters then end in `errc::closed`.
class async_semaphore {
public:
    explicit async_semaphore(std::size_t capacity);
    async_semaphore(async_semaphore const&) = delete;
    async_semaphore& operator=(async_semaphore const&) = delete;
    /// Closes.
    ~async_semaphore();

    /// Waits for `count` units, behind all who asked before.
    ///
    /// @param count  Zero: an empty permit at once.
    /// @throws coax::exception  `errc::invalid_argument` when `count` exceeds the capacity, now or after a `resize`;
    ///                          `errc::closed`, `errc::cancelled`.
    /// Cancellation: every type; the place in the queue is lost, no unit ever is.
    /// No heap allocation without waiting, and none of its own while waiting.
    asio::awaitable<permit> acquire(std::size_t count = 1);

    /// Takes `count` units now; none when they are not free, others wait, or it is closed.
    [[nodiscard]] std::optional<permit> try_acquire(std::size_t count = 1);

    /// Sets the capacity. Growing wakes waiters. Shrinking takes nothing back: nobody is served until so many permits
    /// have come back that the rest fits, and waiters that can never be served end.
    void resize(std::size_t capacity);

    /// Ends all waiters and every later `acquire` in `errc::closed`. Permits stay valid.
    void close() noexcept;

    [[nodiscard]] std::size_t capacity() const noexcept;
    [[nodiscard]] std::size_t available() const noexcept;  ///< Units that are free.
    [[nodiscard]] std::size_t in_use() const noexcept;  ///< Units that are out; more than the capacity after shrinking.
    [[nodiscard]] std::size_t waiting() const noexcept;  ///< Coroutines in the queue.
    [[nodiscard]] bool closed() const noexcept;
    /// All of these at one moment.
    [[nodiscard]] semaphore_stats stats() const noexcept;

private:
    friend class async_mutex;
    async_semaphore(std::size_t capacity, char const* name);

    core::detail::shared_opaque<sync::detail::semaphore_state> state_;
};

}  // namespace coax
