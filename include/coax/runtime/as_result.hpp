#pragma once

#include <coax/core/result.hpp>
#include <coax/runtime/asio.hpp>

#include <exception>
#include <utility>

namespace coax {

/// Any exception as an `error`: the one place where foreign ones become ours.
/// `coax::exception` gives its own; a Boost or std system error of the network gives `errc::connection_lost`, its like
/// or `errc::cancelled`; all else `errc::internal` with what() as the message. Null gives `errc::internal`.
[[nodiscard]] error to_error(std::exception_ptr const& failure);

namespace detail {

template <class T>
struct flat_result {
    using type = result<T>;
};
template <class T>
struct flat_result<result<T>> {
    using type = result<T>;
};

}  // namespace detail

/// `result<T>` of a `T`; of a `result<T>` the same.
template <class T>
using as_result_t = typename detail::flat_result<T>::type;

/// Turns an operation that throws into one that returns `result<T>`. One that returns `result<T>` stays flat.
///
/// @param thrown  Receives what `op` threw, for who wants to rethrow it as it was; null: nobody does.
/// Cancellation: as `op`; a cancelled one returns `errc::cancelled`, and the caller's next `co_await` throws as Asio
/// has it.
template <class T>
asio::awaitable<as_result_t<T>> as_result(asio::awaitable<T> op, std::exception_ptr* thrown = nullptr) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(op);
            co_return as_result_t<T>{};
        } else {
            co_return co_await std::move(op);
        }
    } catch (...) {
        auto const failure = std::current_exception();
        if (thrown != nullptr) *thrown = failure;
        co_return to_error(failure);
    }
}

}  // namespace coax
