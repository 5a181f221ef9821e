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

template <class Result>
asio::awaitable<Result> failed_at_once(std::exception_ptr failure, std::exception_ptr* thrown) {
    if (thrown != nullptr) *thrown = failure;
    co_return to_error(failure);
}

/// `as_result(call(), thrown)`, where also what `call` throws before there is a coroutine is the operation's failure.
template <class Call>
auto start_as_result(Call const& call, std::exception_ptr* thrown = nullptr)
    -> asio::awaitable<as_result_t<typename awaited<decltype(call())>::type>> {
    try {
        return as_result(call(), thrown);
    } catch (...) {
        return failed_at_once<as_result_t<typename awaited<decltype(call())>::type>>(std::current_exception(), thrown);
    }
}

/// Undoes `as_result(op, &thrown)`: returns or throws what `op` did.
template <class T>
T from_result(as_result_t<T> outcome, std::exception_ptr const& thrown) {
    if constexpr (is_result<T>) {
        return outcome;
    } else {
        if (!outcome && thrown) std::rethrow_exception(thrown);
        if (!outcome) throw_error(std::move(outcome).error());
        if constexpr (!std::is_void_v<T>) return std::move(*outcome);
    }
}

}  // namespace coax::detail
