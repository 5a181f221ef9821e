#pragma once

#include <coax/core/result.hpp>
#include <coax/policy/attempt.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/detail/nursery.hpp>
#include <coax/runtime/detail/outcome.hpp>

#include <optional>
#include <utility>

namespace coax {

namespace policy::detail {

/// Runs one child; cancels it with `terminal` when `limit` has passed, and waits until it is gone.
///
/// @returns Whether the limit passed meanwhile. If it did not, what the child throws is thrown.
/// Cancellation: passed on to the child.
asio::awaitable<bool> run_limited(clock::duration limit, asio::awaitable<void> work);

/// `errc::timeout`, naming the limit.
[[nodiscard]] error timeout_error(clock::duration limit);

template <class T>
bool is_cancelled(T const&) {
    return false;
}
template <class T>
bool is_cancelled(result<T> const& outcome) {
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
/// @throws coax::exception  `errc::timeout`, of a `result` the same as its error; otherwise what `work` throws, so the
/// caller's own cancellation is told apart. Cancellation: passed on to `work`, which is waited for. Thread safety: all
/// runs on the caller's executor, which must be one thread or a strand.
template <class T>
asio::awaitable<T> with_timeout(clock::duration limit, asio::awaitable<T> work) {
    std::optional<coax::detail::kept<T>> place;
    bool late = limit <= clock::duration::zero();
    if (!late) late = co_await policy::detail::run_limited(limit, coax::detail::store(std::move(work), place));
    if (!late || (place && !policy::detail::is_cancelled(*place))) co_return coax::detail::take<T>(place);
    if constexpr (coax::detail::is_result<T>)
        co_return policy::detail::timeout_error(limit);
    else
        throw_error(policy::detail::timeout_error(limit));
}

namespace layer {

/// Gives what is inside at most `limit`.
struct timeout {
    clock::duration limit;

    template <class Next>
    policy::detail::outcome_of_t<Next> operator()(Next const& next, attempt which) const {
        return with_timeout(limit, next(which));
    }
};

}  // namespace layer
}  // namespace coax
