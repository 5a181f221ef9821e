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
