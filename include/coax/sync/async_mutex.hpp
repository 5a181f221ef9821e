#pragma once

#include <coax/sync/async_semaphore.hpp>

#include <optional>
#include <utility>

namespace coax {

/// Holds an `async_mutex` until it is destroyed, which may be on another thread.
class async_lock {
public:
    /// Holds nothing.
    async_lock() noexcept = default;

    /// Unlocks now.
    void unlock() noexcept { held_.reset(); }
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(held_); }

private:
    friend class async_mutex;
    explicit async_lock(permit held) noexcept : held_{std::move(held)} {}

    permit held_;
};

/// A mutex for coroutines: first come, first served; held across `co_await`, by a coroutine and not by a thread.
///
/// Thread safety: may be used from any thread and from coroutines of any context; waiters resume on their own executor.
/// Lifetime: may die before its locks; its waiters then end in `errc::closed`.
class async_mutex {
public:
    async_mutex();

    /// Waits behind all who asked before. A coroutine that locks twice waits for ever.
    ///
    /// @throws coax::exception  `errc::cancelled`, `errc::closed` when the mutex died.
    /// Cancellation: every type; the place in the queue is lost, the lock never is.
    asio::awaitable<async_lock> lock();

    /// Locks now; none when it is locked or others wait.
    [[nodiscard]] std::optional<async_lock> try_lock();

    [[nodiscard]] bool locked() const noexcept { return one_.in_use() != 0; }
    [[nodiscard]] std::size_t waiting() const noexcept { return one_.waiting(); }

private:
    async_semaphore one_;
};

}  // namespace coax
