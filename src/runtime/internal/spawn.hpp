#pragma once

#include <coax/runtime/asio.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace coax::detail {

/// Ends without an exception and leaves that of `work` in `failure`, which must outlive the coroutine.
///
/// An exception that passed through `co_spawn` would be shared with the child's thread, and thrown once more. And Asio
/// before 1.28 loses a coroutine that was cancelled and then ends without ever having suspended, since its own last
/// step throws.
inline asio::awaitable<void> swallow_cancellation(asio::awaitable<void> work, std::exception_ptr& failure) {
    try {
        co_await std::move(work);
    } catch (...) {
        failure = std::current_exception();
    }
    co_await asio::this_coro::throw_if_cancelled(false);
}

/// The completion handler of a spawned coroutine: calls `state->ended(lost)` once. Dropped uncalled, the context has
/// died under the work, which those who wait for it must hear, too.
template <class State>
class spawn_handler {
public:
    using cancellation_slot_type = asio::cancellation_slot;

    explicit spawn_handler(std::shared_ptr<State> state) noexcept : state_{std::move(state)} {}
    spawn_handler(spawn_handler&&) noexcept = default;
    spawn_handler& operator=(spawn_handler&&) noexcept = delete;
    ~spawn_handler() {
        if (state_) state_->ended(true);
    }

    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return state_->signal.slot(); }
    /// @param failure  Of a coroutine that was cancelled before it began.
    void operator()(std::exception_ptr failure) {
        auto const state = std::exchange(state_, nullptr);
        if (failure) state->failure = std::move(failure);
        state->ended(false);
    }

private:
    std::shared_ptr<State> state_;
};

/// Starts `work` on `executor`. It is cancelled by `state->signal`, leaves its exception in `state->failure`, and
/// `state->ended(lost)` is called when it is gone; `lost`: with its context.
template <class State>
void spawn(asio::any_io_executor const& executor, asio::awaitable<void> work, std::shared_ptr<State> state) {
    auto whole = swallow_cancellation(std::move(work), state->failure);
    asio::co_spawn(executor, std::move(whole), spawn_handler<State>{std::move(state)});
}

}  // namespace coax::detail
