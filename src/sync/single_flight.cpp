#include "runtime/internal/suspended.hpp"
#include "runtime/internal/swallow_cancellation.hpp"
#include "sync/internal/wait_queue.hpp"

#include <coax/core/error.hpp>
#include <coax/sync/single_flight.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace coax::sync::detail {

struct flight_waiter;

struct flight_state : std::enable_shared_from_this<flight_state> {
    /// With the lock held, when one has left: the last one gives the call up.
    void leave() noexcept {
        if (--members != 0 || over || given_up) return;
        given_up = true;
        asio::post(executor, [self = shared_from_this()] {
            if (!self->over) self->signal.emit(asio::cancellation_type::terminal);
        });
    }
    void end() noexcept;

    std::mutex mutex{};
    asio::any_io_executor executor{};
    wait_queue<flight_waiter> queue{};
    std::size_t members{0};  ///< Those who joined and have not left.
    bool over{false};        ///< Written under the lock on the call's own executor.
    bool given_up{false};
    std::exception_ptr failure{};        ///< The call's side only; what it says is in the outcome.
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
        return state->given_up && !state->over;
    }

    std::shared_ptr<flight_state> state;
    bool member{true};
};

void flight_state::end() noexcept {
    std::lock_guard const lock{mutex};
    over = true;
    queue.remove_if([](flight_waiter& one) {
        one.wake();
        return true;
    });
}

namespace {

/// The call's completion handler. Dropped uncalled, its context has died: those who wait must hear that too.
class landing {
public:
    using cancellation_slot_type = asio::cancellation_slot;

    explicit landing(std::shared_ptr<flight_state> state) noexcept : state_{std::move(state)} {}
    landing(landing&&) noexcept = default;
    landing& operator=(landing&&) noexcept = delete;
    ~landing() {
        if (state_) state_->end();
    }

    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return state_->signal.slot(); }
    void operator()(std::exception_ptr) { std::exchange(state_, nullptr)->end(); }

private:
    std::shared_ptr<flight_state> state_;
};

}  // namespace

flight::flight() : state_{std::make_shared<flight_state>()} {}

bool flight::join() noexcept {
    std::lock_guard const lock{state_->mutex};
    if (state_->over || state_->given_up) return false;
    ++state_->members;
    return true;
}

void flight::start(asio::any_io_executor executor, asio::awaitable<void> call) {
    auto const state = state_;
    {
        std::lock_guard const lock{state->mutex};
        state->executor = executor;
    }
    asio::co_spawn(std::move(executor), coax::detail::swallow_cancellation(std::move(call), state->failure),
                   landing{state});
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
