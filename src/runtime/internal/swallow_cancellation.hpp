#pragma once

#include <coax/runtime/asio.hpp>

#include <exception>
#include <utility>

namespace coax::detail {

/// What goes into `co_spawn` in place of `work`: ends without an exception and leaves it in `failure`, which must
/// outlive the coroutine.
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

}  // namespace coax::detail
