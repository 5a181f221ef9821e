#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/telemetry/observer.hpp>
#include <coax/telemetry/span_context.hpp>

#include <memory>

namespace coax::telemetry::detail {

/// What coroutines belong to, and who is told of the functions among them.
struct span_scope {
    span_context span{};
    telemetry_options who{};
};

/// That of coroutines on `executor`; null: none.
[[nodiscard]] span_scope const* scope_of(asio::any_io_executor const& executor) noexcept;

/// The span alone; null: none.
[[nodiscard]] std::shared_ptr<span_context const> span_of(asio::any_io_executor const& executor);

/// What the executor of a scope runs on; null: it is none.
[[nodiscard]] asio::any_io_executor const* without_span(asio::any_io_executor const& executor) noexcept;

/// `where`, for coroutines of this scope.
[[nodiscard]] asio::any_io_executor executor_in(asio::any_io_executor const& where, span_scope scope);

}  // namespace coax::telemetry::detail
