#include "runtime/internal/spawn.hpp"
#include "runtime/internal/suspended.hpp"
#include "sync/internal/wait_queue.hpp"

#include <coax/core/error.hpp>
#include <coax/sync/single_flight.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

namespace coax::sync::detail {

struct flight_waiter;

struct flight_state : std::enable_shared_from_this<flight_state> {
    explicit flight_state(when_abandoned wanted) : policy{wanted} {}

    /// With the lock held, when one has left: the last one cancels the call.
    void leave() noexcept {
        if (--members != 0 || over || cancelled || policy == when_abandoned::finish) return;
        cancelled = true;
        asio::post(executor, [self = shared_from_this()] {
            if (!self->over) self->signal.emit(asio::cancellation_type::terminal);
        });
    }
    /// The call is over, or its context has died: wakes those who wait.
    void ended(bool) noexcept;

    when_abandoned const policy;
    std::mutex mutex{};
    asio::any_io_executor executor{};
    wait_queue<flight_waiter> queue{};
    std::size_t members{0};  ///< Those who joined and have not left.
    bool over{false};        ///< Written under the lock on the call's own executor.
    bool cancelled{false};
    std::exception_ptr failure;          ///< The call's side only; what it says is in the outcome.
    asio::cancellation_signal signal{};  ///< The call's side only.
};

/// Lives in the frame of `wait`; one member. All members are guarded by the flight's lock.
struct flight_waiter final : coax::detail::suspended, wait_queue_hook<flight_waiter> {
    flight_waiter(asio::any_io_executor const& executor, std::shared_ptr<flight_state> flight)
        : suspended{executor, "single_flight"}, state{std::move(flight)} {}
    flight_waiter(flight_waiter const&) = delete;
    flight_waiter& operator=(flight_waiter const&) = delete;
    ~flight_waiter() override {
        std::lock_guard const lock{state->mutex};
        if (queued()) state->queue.remove(*this);
        if (member) state->leave();
    }

    void enqueue(coax::detail::continuation rest) {
        auto const alive = state;  // once held the frame may be gone before the lock is free
        std::lock_guard const lock{alive->mutex};
        hold(std::move(rest));
        if (alive->over)
            wake();
        else if (!queued())  // it still is when the last wait ended in a further cancellation
            alive->queue.push_back(*this);
    }

    [[nodiscard]] bool over() noexcept {
        std::lock_guard const lock{state->mutex};
        return state->over;
    }

    /// After a cancellation.
    /// @returns true: this was the last one, and the call is still to end.
    [[nodiscard]] bool leave() noexcept {
        std::lock_guard const lock{state->mutex};
        if (queued()) state->queue.remove(*this);
        member = false;
        state->leave();
        return state->cancelled && !state->over;
    }

    std::shared_ptr<flight_state> state;
    bool member{true};
};

void flight_state::ended(bool) noexcept {
    std::lock_guard const lock{mutex};
    over = true;
    queue.remove_if([](flight_waiter& one) {
        one.wake();
        return true;
    });
}

flight::flight(when_abandoned policy) : state_{std::make_shared<flight_state>(policy)} {}

bool flight::join() noexcept {
    std::lock_guard const lock{state_->mutex};
    if (state_->over || state_->cancelled) return false;
    ++state_->members;
    return true;
}

void flight::start(asio::any_io_executor executor, asio::awaitable<void> call) {
    std::shared_ptr<flight_state> const state = state_;
    {
        std::lock_guard const lock{state->mutex};
        state->executor = executor;
    }
    coax::detail::spawn(executor, std::move(call), state);
}

asio::awaitable<void> flight::wait() {
    auto const state = state_;
    flight_waiter node{co_await asio::this_coro::executor, state};
    if (node.over()) co_return;
    co_await suspend(node, [&node](coax::detail::continuation rest) { node.enqueue(std::move(rest)); });
    if (node.over()) co_return;
    if (node.leave()) {
        bool const throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        while (!node.over())
            co_await suspend(node, [&node](coax::detail::continuation rest) { node.enqueue(std::move(rest)); });
        co_await asio::this_coro::throw_if_cancelled(throws);
    }
    throw_error({.code = errc::cancelled, .message = "cancelled while waiting for a shared call"});
}

void throw_flight_lost() {
    throw_error({.code = errc::closed, .message = "the context ended on which the shared call ran"});
}

}  // namespace coax::sync::detail
