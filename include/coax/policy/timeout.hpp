#pragma once

#include <coax/core/result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace coax {

namespace policy::detail {

/// As `store`, and never throws: leaves the exception in `failure`.
template <class T>
asio::awaitable<void> store_quietly(asio::awaitable<T> work, std::optional<coax::detail::kept<T>>& place,
                                    std::exception_ptr& failure) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(work);
            place.emplace();
        } else {
            place.emplace(co_await std::move(work));
        }
    } catch (...) {
        failure = std::current_exception();
    }
}

/// Runs one child, which never throws; cancels it with `terminal` when `limit` has passed, and waits until it is gone.
///
/// @returns Whether the limit passed meanwhile.
/// Cancellation: passed on to the child.
asio::awaitable<bool> run_limited(clock::duration limit, asio::awaitable<void> work);

/// Throws `errc::timeout`, naming the limit.
[[noreturn]] void throw_timeout(clock::duration limit);

template <class T>
bool says_cancelled(T const&) {
    return false;
}
template <class T>
bool says_cancelled(result<T> const& outcome) {
    return outcome.has_error() && outcome.error().code == errc::cancelled;
}

}  // namespace policy::detail

/// Gives `work` at most `limit` on the caller's clock.
///
/// When the limit passes, `work` gets `terminal` and is waited for until it is gone; a value that it still delivers
/// wins, but for a `result` that only says `errc::cancelled`. The limit sits in the context's timer queue and costs no
/// system call; the coroutine that `work` runs in is kept for the next one, and keeps its context at work for at most
/// 50 ms more.
/// @param limit  Zero or less: no time at all, `work` never starts.
/// @throws coax::exception  `errc::timeout`; otherwise what `work` throws, so the caller's own cancellation is told
/// apart. Cancellation: passed on to `work`, which is waited for. Thread safety: all runs on the caller's executor,
/// which must be one thread or a strand.
template <class T>
asio::awaitable<T> with_timeout(clock::duration limit, asio::awaitable<T> work) {
    if (limit <= clock::duration::zero()) policy::detail::throw_timeout(limit);
    std::optional<coax::detail::kept<T>> place;
    std::exception_ptr failure;
    bool const late =
        co_await policy::detail::run_limited(limit, policy::detail::store_quietly(std::move(work), place, failure));
    if (late && (!place || policy::detail::says_cancelled(*place))) policy::detail::throw_timeout(limit);
    if (!place && failure) std::rethrow_exception(failure);
    co_return coax::detail::take<T>(place);
}

}  // namespace coax
