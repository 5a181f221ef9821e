#pragma once

#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace coax::test {

/// Drives `body` on `context` in real time; the test fails when it throws or has not ended within `bound`: generous,
/// since only what hangs reaches it and a sanitizer on a busy machine is slow.
inline void run_coro_on(asio::io_context& context, asio::awaitable<void> body,
                        std::chrono::steady_clock::duration bound = std::chrono::seconds{60}) {
    bool ended = false;
    asio::co_spawn(context, std::move(body), [&ended](std::exception_ptr failure) {
        ended = true;
        if (failure) ADD_FAILURE() << "the coroutine threw: " << to_error(failure);
    });
    auto const until = std::chrono::steady_clock::now() + bound;
    context.restart();
    while (!ended && std::chrono::steady_clock::now() < until && context.run_one_until(until) != 0) {
    }
    if (!ended) ADD_FAILURE() << "the coroutine did not end in time";
}

/// Drives `body` on a context of its own, which dies with whatever is left on it.
inline void run_coro(asio::awaitable<void> body, std::chrono::steady_clock::duration bound = std::chrono::seconds{60}) {
    asio::io_context context{1};
    run_coro_on(context, std::move(body), bound);
}

/// Drives `body` in virtual time; the test fails when it throws or hangs.
inline void run_virtual(asio::awaitable<void> body) {
    runtime rt{virtual_time{}};
    try {
        rt.run(std::move(body));
    } catch (...) {
        ADD_FAILURE() << "the coroutine threw: " << to_error(std::current_exception());
    }
}

/// Work that runs beside the caller: to be cancelled and looked at. Use it from its executor only.
class started {
public:
    started(asio::any_io_executor const& executor, asio::awaitable<void> work) {
        asio::co_spawn(executor, std::move(work), ended{state_});
    }

    void cancel(asio::cancellation_type type = asio::cancellation_type::terminal) { state_->signal.emit(type); }
    [[nodiscard]] bool done() const { return state_->done; }
    /// How it failed; none: it did not, or is not done.
    [[nodiscard]] std::optional<errc> failure() const { return state_->failure; }

private:
    struct state {
        asio::cancellation_signal signal{};
        bool done{false};
        std::optional<errc> failure{};
    };

    struct ended {
        using cancellation_slot_type = asio::cancellation_slot;
        [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return state_->signal.slot(); }
        void operator()(std::exception_ptr failure) const {
            state_->done = true;
            if (failure) state_->failure = to_error(failure).code;
        }
        std::shared_ptr<state> state_;
    };

    std::shared_ptr<state> state_{std::make_shared<state>()};
};

}  // namespace coax::test
