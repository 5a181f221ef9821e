#pragma once

#include <coax/core/result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/outcome.hpp>

#include <exception>
#include <type_traits>
#include <utility>

namespace coax {

namespace policy::detail {

/// What stands in for a failure: a value, what a function returns, or what the awaitable of one delivers.
template <class T, class Fallback>
asio::awaitable<T> stand_in(Fallback& fallback, error const& why) {
    if constexpr (!std::is_invocable_v<Fallback&, error const&>) {
        co_return std::move(fallback);
    } else if constexpr (requires {
                             typename coax::detail::awaited<std::invoke_result_t<Fallback&, error const&>>::type;
                         }) {
        co_return co_await fallback(why);
    } else {
        co_return fallback(why);
    }
}

}  // namespace policy::detail

/// Runs `work`, and where it fails for good gives something else in its place.
///
/// @param fallback  A value, or a function of `error const&` that returns one or an awaitable of one.
/// @throws What `fallback` throws. `errc::cancelled` when cancelled: for that nothing stands in.
/// Cancellation: as `work`.
template <class T, class Fallback>
asio::awaitable<T> with_fallback(asio::awaitable<T> work, Fallback fallback) {
    std::exception_ptr thrown;
    auto outcome = co_await coax::detail::capture(std::move(work), thrown);
    if (outcome || outcome.error().code == errc::cancelled)
        co_return coax::detail::release<T>(std::move(outcome), thrown);
    error const why = std::move(outcome).error();
    co_return co_await policy::detail::stand_in<T>(fallback, why);
}

}  // namespace coax
