#pragma once

#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>

#include <exception>
#include <type_traits>
#include <utility>

namespace coax::detail {

template <class Awaitable>
struct awaited;
template <class T>
struct awaited<asio::awaitable<T>> {
    using type = T;
};

template <class T>
inline constexpr bool is_result = std::is_same_v<T, as_result_t<T>>;

/// As `as_result`, and keeps what was thrown.
template <class T>
asio::awaitable<as_result_t<T>> capture(asio::awaitable<T> op, std::exception_ptr& thrown) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(op);
            co_return as_result_t<T>{};
        } else {
            co_return co_await std::move(op);
        }
    } catch (...) {
        thrown = std::current_exception();
        co_return to_error(thrown);
    }
}

/// What `capture` took, in the form it came in.
template <class T>
T release(as_result_t<T> outcome, std::exception_ptr const& thrown) {
    if constexpr (is_result<T>) {
        return outcome;
    } else {
        if (!outcome && thrown) std::rethrow_exception(thrown);
        if (!outcome) throw_error(std::move(outcome).error());
        if constexpr (!std::is_void_v<T>) return std::move(*outcome);
    }
}

}  // namespace coax::detail
