#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/runtime/on_executor.hpp>
#include <coax/telemetry/span_context.hpp>

#include <utility>

namespace coax {

namespace telemetry::detail {

/// `where`, for coroutines that belong to `span`.
[[nodiscard]] asio::any_io_executor executor_in(asio::any_io_executor const& where, span_context span);

}  // namespace telemetry::detail

/// The operation that the calling coroutine is part of, which is that of the tool, the record of a batch or the
/// function that runs it, or what `in_span` was given. Empty: none, or nobody observes.
[[nodiscard]] asio::awaitable<span_context> current_span();

/// Runs `work` as a part of `parent`, such as that of a request which this program serves: calls of clients in it, also
/// in coroutines that it spawns on its executor, are children of that.
/// @returns What `work` returns; what it throws passes through. Cancellation: passed on to `work`.
template <class T>
asio::awaitable<T> in_span(span_context parent, asio::awaitable<T> work) {
    auto where = telemetry::detail::executor_in(co_await asio::this_coro::executor, std::move(parent));
    co_return co_await on_executor(std::move(where), std::move(work));
}

}  // namespace coax
