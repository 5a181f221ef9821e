#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/outcome.hpp>

#include <type_traits>
#include <utility>

namespace coax {

/// Which sending of a call this is: what the function given to `retry`, `hedge` or `stack` may ask for.
struct attempt {
    int number{1};        ///< From 1. A hedge has the number of the attempt that it runs beside.
    int max_attempts{1};  ///< As the retry options say.
    bool hedge{false};    ///< Sent because the one before it is slow: both are under way.

    [[nodiscard]] bool first() const noexcept { return number == 1 && !hedge; }
    [[nodiscard]] bool last() const noexcept { return number == max_attempts; }
};

namespace policy::detail {

/// Calls `f` with `which`, or with nothing if it does not take one.
template <class F>
auto call_attempt(F& f, attempt which) {
    if constexpr (std::is_invocable_v<F&, attempt>)
        return f(which);
    else
        return f();
}

/// What the awaitable of `f` delivers: a T or a `result<T>`.
template <class F>
using attempt_value_t = typename coax::detail::awaited<decltype(call_attempt(std::declval<F&>(), attempt{}))>::type;

/// What a layer returns: the same awaitable of a `result<T>` as the call inside of it.
template <class Next>
using outcome_of_t = std::invoke_result_t<Next const&, attempt>;

}  // namespace policy::detail
}  // namespace coax
