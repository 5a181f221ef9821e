#pragma once

#include <coax/core/result.hpp>
#include <coax/policy/attempt.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace coax {

// A layer is one policy around a call. There are two kinds:
//
//  - A layer that decides is called with the next call inward and an `attempt`, and returns an awaitable of the same
//    `result<T>`: `layer(next, which)`. It may call `next` never, once or often.
//  - A layer that holds something for each request, such as a permit, names its type `held`, and takes it with
//    `try_acquire()` where that needs no wait, with `acquire()` otherwise. If `held` has `begin()` or `begin(attempt)`,
//    that is called as the request starts; if it has `finish(outcome)`, that is called as it ends. The call inside may
//    move it out, and so hold it longer: a stream does.
//
// A layer may be a `std::optional` of one that decides: an empty one does nothing.

namespace policy::detail {

template <class Layer>
concept holding_layer = requires { typename Layer::held; };

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class Held>
void begin_request(Held& held, attempt which) {
    if constexpr (requires { held.begin(which); })
        held.begin(which);
    else if constexpr (requires { held.begin(); })
        held.begin();
}
template <class Held, class T>
void end_request(Held& held, result<T>& outcome) {
    if constexpr (requires { held.finish(outcome); }) held.finish(outcome);
}

/// Errors that end a request, made out of line so that they take no room in the frame of each.
template <class Outcome>
[[gnu::noinline]] Outcome failed_by(std::exception_ptr const& thrown) {
    return to_error(thrown);
}
template <class Outcome>
[[gnu::noinline]] Outcome cancelled_before_it_was_sent() {
    return error{.code = errc::cancelled, .message = "cancelled before the request was sent"};
}

/// One request: keeps what the layers hold for it until it ends, and tells each of them how it did.
template <class Next, class... Held>
std::invoke_result_t<Next&, attempt, Held&...> run_holding(Next next, attempt which, Held... held) {
    using outcome_type = typename coax::detail::awaited<std::invoke_result_t<Next&, attempt, Held&...>>::type;
    // A permit may come at the very moment of a cancellation: of a hedge, when the first request is done.
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
        co_return cancelled_before_it_was_sent<outcome_type>();
    (begin_request(held, which), ...);
    std::exception_ptr thrown;
    try {
        auto outcome = co_await next(which, held...);
        (end_request(held, outcome), ...);
        co_return outcome;
    } catch (...) {
        thrown = std::current_exception();
    }
    auto failed = failed_by<outcome_type>(thrown);
    (end_request(held, failed), ...);
    co_return failed;
}

/// What is inside of all layers.
template <class F>
struct innermost {
    mutable F f;

    template <class... Held>
    auto operator()(attempt which, Held&&... held) const {
        if constexpr (sizeof...(Held) == 0)
            return send(which);
        else
            return run_holding([this](attempt one, Held&... with) { return send(one, with...); }, which,
                               std::move(held)...);
    }

private:
    template <class... Held>
    auto send(attempt which, Held&... held) const {
        auto const call = [&] {
            if constexpr (std::is_invocable_v<F&, attempt, Held&...>)
                return f(which, held...);
            else
                return call_attempt(f, which);
        };
        using value = typename coax::detail::awaited<decltype(call())>::type;
        if constexpr (!coax::detail::is_result<value>) {
            return coax::detail::start_as_result(call);
        } else {
            try {
                return call();
            } catch (...) {
                return coax::detail::failed_at_once<value>(std::current_exception(), nullptr);
            }
        }
    }
};

/// A layer that decides, around a call.
template <class Layer, class Next>
struct layered {
    Layer layer;
    Next next;

    template <class... Held>
    auto operator()(attempt which, Held&&... held) const {
        if constexpr (is_optional<Layer>)
            if (!layer) return next(which, std::move(held)...);
        if constexpr (sizeof...(Held) == 0)
            return decide(which);
        else
            return run_holding([this](attempt one, Held&...) { return decide(one); }, which, std::move(held)...);
    }

private:
    auto decide(attempt which) const {
        if constexpr (is_optional<Layer>)
            return (*layer)(next, which);
        else
            return layer(next, which);
    }
};

/// A layer that holds something, around a call. What is there at once costs no coroutine.
template <holding_layer Layer, class Next>
struct layered<Layer, Next> {
    Layer layer;
    Next next;

    template <class... Held>
    auto operator()(attempt which, Held&&... held) const {
        if (auto at_once = layer.try_acquire()) return next(which, std::move(held)..., *std::move(at_once));
        return wait(which, std::move(held)...);
    }

private:
    template <class... Held>
    auto wait(attempt which, Held... held) const
        -> std::invoke_result_t<Next const&, attempt, Held..., typename Layer::held> {
        auto acquired = co_await as_result(layer.acquire());
        if (!acquired) co_return std::move(acquired).error();
        co_return co_await next(which, std::move(held)..., *std::move(acquired));
    }
};

}  // namespace policy::detail

/// `f` inside the layers, the first one outermost, composed at compile time: a call costs a coroutine for `f`, one for
/// each layer that decides, and nothing for one that holds and need not wait.
///
/// @returns A function of `attempt` that returns `awaitable<result<T>>`. It must outlive what it returns, and a
///          cancellation may pass through it as an exception. `stack` promises more.
template <class F>
[[nodiscard]] auto compose(F f) {
    return policy::detail::innermost<F>{std::move(f)};
}
template <class F, class Outer, class... Inner>
[[nodiscard]] auto compose(F f, Outer outermost, Inner... inner) {
    auto next = compose(std::move(f), std::move(inner)...);
    return policy::detail::layered<Outer, decltype(next)>{std::move(outermost), std::move(next)};
}

/// `f` inside the layers, the first one outermost. docs/reliability.md says what each order means.
///
/// @param f  Any callable that `retry` would take. Innermost of layers that hold something it may take references to
///           that as well, outermost first, after the `attempt`.
/// @returns A function of `attempt` that returns `awaitable<result<T>>`: call it as often as wanted, also at once. The
///          awaitable keeps alive what it needs, but for what the layers refer to.
/// Thread safety: that of `f` and of what the layers refer to.
template <class F, class... Layers>
[[nodiscard]] auto stack(F f, Layers... outermost_first) {
    auto call = compose(std::move(f), std::move(outermost_first)...);
    return [shared = std::make_shared<decltype(call)>(std::move(call))](attempt which) {
        return [](auto body, attempt one) -> policy::detail::outcome_of_t<decltype(call)> {
            co_return co_await as_result((*body)(one));
        }(shared, which);
    };
}

}  // namespace coax
