#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace coax {

namespace detail {

/// Runs one child on `executor` (one thread or a strand) and comes back to the caller's.
///
/// @returns The exception that left the child; null: none.
/// Cancellation: posted to the child's executor; still waits for the child.
asio::awaitable<std::exception_ptr> run_on(asio::any_io_executor executor, asio::awaitable<void> child);

}  // namespace detail

/// Runs `work` on `executor` and comes back to the caller's; inline, without a hop, when the caller is already there.
///
/// @param executor  One thread or a strand, not a bare pool.
/// @returns What `work` returns; what it throws passes through.
/// Cancellation: posted to `executor`; the caller waits until `work` is gone.
/// Lifetime: the executor's context must be there when it begins. When that dies before `work` ends, `errc::closed` is
/// thrown; when the caller's dies first, `work` goes on alone and its value is dropped.
template <class T>
asio::awaitable<T> on_executor(asio::any_io_executor executor, asio::awaitable<T> work) {
    if (executor == co_await asio::this_coro::executor) co_return co_await std::move(work);
    auto place = std::make_shared<std::optional<detail::kept<T>>>();
    if (auto failure = co_await detail::run_on(std::move(executor), detail::store_shared(std::move(work), place)))
        std::rethrow_exception(failure);
    co_return detail::take<T>(*place);
}

}  // namespace coax
