#pragma once

#include <coax/policy/adaptive_limit.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/outcome.hpp>
#include <coax/sync/async_semaphore.hpp>

#include <optional>
#include <utility>

namespace coax::layer {

/// Waits for a permit of `limit` and holds it for the request; an adaptive limit hears how the request ended.
/// @tparam Limit  `async_semaphore`, `adaptive_limit` or their like.
template <class Limit>
struct concurrency {
    using held = typename coax::detail::awaited<decltype(std::declval<Limit&>().acquire())>::type;

    Limit& limit;

    [[nodiscard]] std::optional<held> try_acquire() const {
        if constexpr (requires { limit.try_acquire(); })
            return limit.try_acquire();
        else
            return std::nullopt;
    }
    [[nodiscard]] asio::awaitable<held> acquire() const { return limit.acquire(); }
};
template <class Limit>
concurrency(Limit&) -> concurrency<Limit>;

using adaptive = concurrency<adaptive_limit>;

}  // namespace coax::layer
