#pragma once

#include <coax/core/result.hpp>
#include <coax/policy/attempt.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/outcome.hpp>

#include <exception>
#include <type_traits>
#include <utility>

namespace coax {

namespace policy::detail {

/// The replacement of a failed call: a value, what a function returns, or what its awaitable delivers.
template <class T, class Fallback>
asio::awaitable<T> replacement(Fallback& fallback, error const& why) {
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

/// Runs `work`, and returns something else where it fails.
///
/// @param fallback  A value, or a function of `error const&` that returns one or an awaitable of one.
/// @throws What `fallback` throws. `errc::cancelled` when cancelled: that is not replaced.
/// Cancellation: as `work`.
template <class T, class Fallback>
asio::awaitable<T> with_fallback(asio::awaitable<T> work, Fallback fallback) {
    std::exception_ptr thrown;
    auto outcome = co_await as_result(std::move(work), &thrown);
    if (outcome || outcome.error().code == errc::cancelled)
        co_return coax::detail::from_result<T>(std::move(outcome), thrown);
    error const why = std::move(outcome).error();
    co_return co_await policy::detail::replacement<T>(fallback, why);
}

namespace layer {

/// Returns something else where the call fails, as `with_fallback` does.
template <class Fallback>
struct fallback {
    Fallback instead;

    template <class Next>
    policy::detail::outcome_of_t<Next> operator()(Next const& next, attempt which) const {
        return as_result(with_fallback(next(which), instead));
    }
};
template <class Fallback>
fallback(Fallback) -> fallback<Fallback>;

}  // namespace layer
}  // namespace coax
