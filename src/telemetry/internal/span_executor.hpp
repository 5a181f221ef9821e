#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/telemetry/span_context.hpp>

#include <memory>

namespace coax::telemetry::detail {

/// The span that coroutines on `executor` belong to; null: none.
[[nodiscard]] std::shared_ptr<span_context const> span_of(asio::any_io_executor const& executor);

/// What the executor of a span runs on; null: it is none.
[[nodiscard]] asio::any_io_executor const* without_span(asio::any_io_executor const& executor) noexcept;

[[nodiscard]] asio::any_io_executor executor_in(asio::any_io_executor const& where,
                                                std::shared_ptr<span_context const> span);

}  // namespace coax::telemetry::detail
