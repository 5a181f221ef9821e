#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/runtime/asio.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace coax {

namespace sync::detail {

struct channel_queues;

/// The part of a channel that does not depend on its type: who waits, and when a value moves. Outlives its channel
/// while anyone waits.
class channel_core {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit channel_core(std::size_t capacity);
    channel_core(channel_core const&) = delete;
    channel_core& operator=(channel_core const&) = delete;
    virtual ~channel_core();

    enum class outcome { moved, full, empty, closed };

    /// @param value  The `T` to move in; in the frame of `send`.
    asio::awaitable<void> send(void* value);
    outcome try_send(void* value);
    /// @param place  The `optional<T>` to fill; left empty at the end.
    asio::awaitable<void> receive(void* place);
    outcome try_receive(void* place);
    void close() noexcept;

    [[nodiscard]] std::size_t capacity() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] std::size_t senders() const noexcept;
    [[nodiscard]] std::size_t receivers() const noexcept;
    [[nodiscard]] bool closed() const noexcept;

private:
    friend struct channel_queues;

    /// Called with the lock held; `slot` is below the capacity.
    virtual void put(std::size_t slot, void* value) noexcept = 0;
    virtual void take(std::size_t slot, void* place) noexcept = 0;

    core::detail::shared_opaque<channel_queues> queues_;
};

template <class T>
class channel_of final : public channel_core {
public:
    explicit channel_of(std::size_t capacity) : channel_core{capacity}, slots_(capacity) {}

private:
    void put(std::size_t slot, void* value) noexcept override {
        slots_[slot].emplace(std::move(*static_cast<T*>(value)));
    }
    void take(std::size_t slot, void* place) noexcept override {
        static_cast<std::optional<T>*>(place)->emplace(std::move(*slots_[slot]));
        slots_[slot].reset();
    }

    std::vector<std::optional<T>> slots_;
};

}  // namespace sync::detail

/// A queue of at most `capacity` values between coroutines, many on each side: first in, first out.
///
/// Senders wait for room and receivers for values, each first come, first served. Once made it allocates nothing.
/// @tparam T  Its move must not throw.
/// Thread safety: may be used from any thread and from coroutines of any context; waiters resume on their own executor.
/// Lifetime: its death closes it; values that are still in it die with the last who waits.
template <class T>
class channel {
public:
    /// @param capacity  Memory for as many is taken at once. Range: [1, 1'000'000].
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit channel(std::size_t capacity) : core_{std::make_shared<sync::detail::channel_of<T>>(capacity)} {}
    channel(channel const&) = delete;
    channel& operator=(channel const&) = delete;
    /// Closes.
    ~channel() { core_->close(); }

    /// Waits until there is room for `value`, behind all who asked before.
    ///
    /// @throws coax::exception  `errc::closed`, also when closed while waiting; `errc::cancelled`. The value was then
    /// not sent. Cancellation: every type. In the very turn in which there was room, sending wins.
    asio::awaitable<void> send(T value) {
        auto const core = core_;
        co_await core->send(&value);
    }

    /// Sends now; false, and `value` is left as it is, when full or closed.
    [[nodiscard]] bool try_send(T& value) {
        return core_->try_send(&value) == sync::detail::channel_core::outcome::moved;
    }
    [[nodiscard]] bool try_send(T&& value) { return try_send(value); }

    /// Waits for the next value; none: closed, and all that was sent before is received.
    ///
    /// @throws coax::exception  `errc::cancelled`. No value is lost by it.
    /// Cancellation: every type; a value that was already meant for this one goes to the next.
    asio::awaitable<std::optional<T>> receive() {
        auto const core = core_;
        std::optional<T> place;
        co_await core->receive(&place);
        co_return place;
    }

    /// Takes one now; none: empty, or others wait for what is there.
    [[nodiscard]] std::optional<T> try_receive() {
        std::optional<T> place;
        core_->try_receive(&place);
        return place;
    }

    /// Ends senders, now and later, in `errc::closed`; receivers get what is left, then the end.
    void close() noexcept { core_->close(); }

    [[nodiscard]] std::size_t capacity() const noexcept { return core_->capacity(); }
    /// Values that are queued.
    [[nodiscard]] std::size_t size() const noexcept { return core_->size(); }
    /// Coroutines that wait for room.
    [[nodiscard]] std::size_t senders() const noexcept { return core_->senders(); }
    /// Coroutines that wait for a value.
    [[nodiscard]] std::size_t receivers() const noexcept { return core_->receivers(); }
    [[nodiscard]] bool closed() const noexcept { return core_->closed(); }

private:
    core::detail::shared_opaque<sync::detail::channel_core> core_;
};

}  // namespace coax
