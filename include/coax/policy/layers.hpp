#pragma once

#include <coax/core/result.hpp>
#include <coax/policy/adaptive_limit.hpp>
#include <coax/policy/circuit_breaker.hpp>
#include <coax/policy/fallback.hpp>
#include <coax/policy/hedge.hpp>
#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/retry.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/sync/async_semaphore.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace coax {

/// What all layers speak: one call that is told which sending it is and whose failure is a value. Call it as often as
/// wanted, also at once; the awaitable keeps what it needs alive.
/// Thread safety: that of `f` and of what its layers name; those that calls share may be shared by threads.
template <class T>
using handler = std::function<asio::awaitable<result<T>>(attempt)>;

namespace policy::detail {

template <class T>
struct value_of {
    using type = T;
};
template <class T>
struct value_of<result<T>> {
    using type = T;
};
template <class F>
using handled_t = typename value_of<retried_t<F>>::type;

/// A layer `L` around `next`: `L::call(layer, next, which)` on copies that the coroutine holds.
template <class T, class L>
handler<T> wrapped(L layer, handler<T> next) {
    return [layer = std::move(layer), next = std::move(next)](attempt which) {
        return as_result(L::template call<T>(layer, next, which));
    };
}

}  // namespace policy::detail

/// A handler of any `f` that `retry` would take.
template <class F>
[[nodiscard]] handler<policy::detail::handled_t<F>> to_handler(F f) {
    return [shared = std::make_shared<F>(std::move(f))](attempt which) {
        return [](std::shared_ptr<F> body, attempt one) -> asio::awaitable<result<policy::detail::handled_t<F>>> {
            co_return co_await as_result(policy::detail::attempt_with(*body, one));
        }(shared, which);
    };
}

/// One policy each, to be put around a handler by `stack`. What is named by reference must outlive the handler.
namespace layer {

/// Tries again. Inner layers see each attempt's number.
struct retrying {
    retry_options options{};

    template <class T>
    static asio::awaitable<result<T>> call(retrying self, handler<T> next, attempt) {
        co_return co_await coax::retry(std::move(self.options), std::move(next));
    }
};

/// Sends a second one when the first is slow.
struct hedged {
    hedger& policy;

    template <class T>
    static asio::awaitable<result<T>> call(hedged self, handler<T> next, attempt) {
        co_return co_await coax::hedge(self.policy, std::move(next));
    }
};

/// Turns calls away while too many fail.
struct breaking {
    circuit_breaker& breaker;

    template <class T>
    static asio::awaitable<result<T>> call(breaking self, handler<T> next, attempt which) {
        co_return co_await with_breaker(self.breaker, next(which));
    }
};

/// Waits for one request and `tokens`. A success keeps them, or what `actual` says of it; a failure gives the tokens
/// back.
template <class Actual = std::nullptr_t>
struct quota {
    rate_limiter& limiter;
    std::int64_t tokens{0};
    Actual actual{};  ///< Tokens of an answer, `std::int64_t(T const&)`; null: as estimated.

    template <class T>
    static asio::awaitable<result<T>> call(quota self, handler<T> next, attempt which) {
        auto held = co_await self.limiter.reserve(self.tokens);
        auto outcome = co_await next(which);
        if (!outcome)
            held.settle(outcome.error());
        else if constexpr (std::is_same_v<Actual, std::nullptr_t>)
            held.settle(self.tokens);
        else
            held.settle(self.actual(*outcome));
        co_return outcome;
    }
};
template <class Actual>
quota(rate_limiter&, std::int64_t, Actual) -> quota<Actual>;
quota(rate_limiter&, std::int64_t) -> quota<>;
quota(rate_limiter&) -> quota<>;

/// Waits for a slot and holds it for the call.
struct slot {
    async_semaphore& slots;

    template <class T>
    static asio::awaitable<result<T>> call(slot self, handler<T> next, attempt which) {
        auto const held = co_await self.slots.acquire();
        co_return co_await next(which);
    }
};

/// Waits for a slot and tells the limit how the call went.
struct adaptive {
    adaptive_limit& limit;

    template <class T>
    static asio::awaitable<result<T>> call(adaptive self, handler<T> next, attempt which) {
        auto held = co_await self.limit.acquire();
        auto outcome = co_await next(which);
        held.finish(outcome);
        co_return outcome;
    }
};

/// Gives what is inside so long.
struct within {
    clock::duration limit;

    template <class T>
    static asio::awaitable<result<T>> call(within self, handler<T> next, attempt which) {
        co_return co_await with_timeout(self.limit, next(which));
    }
};

/// Puts something in a failure's place, as `with_fallback` does.
template <class Fallback>
struct instead {
    Fallback fallback;

    template <class T>
    static asio::awaitable<result<T>> call(instead self, handler<T> next, attempt which) {
        co_return co_await with_fallback(next(which), std::move(self.fallback));
    }
};
template <class Fallback>
instead(Fallback) -> instead<Fallback>;

}  // namespace layer

namespace policy::detail {

template <class T>
handler<T> stacked(handler<T> inner) {
    return inner;
}
template <class T, class Outer, class... Inner>
handler<T> stacked(handler<T> body, Outer outer, Inner... inner) {
    return wrapped<T>(std::move(outer), stacked<T>(std::move(body), std::move(inner)...));
}

}  // namespace policy::detail

/// `f` inside the layers, the first one outermost. docs/reliability.md says what each order means.
/// @param f  Any callable that `retry` would take.
template <class F, class... Layers>
[[nodiscard]] handler<policy::detail::handled_t<F>> stack(F f, Layers... outermost_first) {
    return policy::detail::stacked<policy::detail::handled_t<F>>(to_handler(std::move(f)),
                                                                 std::move(outermost_first)...);
}

}  // namespace coax
