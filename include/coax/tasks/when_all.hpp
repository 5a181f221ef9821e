#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

namespace tasks::detail {

template <class... Ts>
asio::awaitable<std::tuple<coax::detail::kept<Ts>...>> all_of(asio::awaitable<Ts>... work) {
    std::tuple<std::optional<coax::detail::kept<Ts>>...> values;
    coax::detail::nursery group;
    std::apply([&](auto&... value) { (group.add(coax::detail::store(std::move(work), value)), ...); }, values);
    if (auto failure = co_await group.run(coax::detail::on_failure::cancel_rest)) std::rethrow_exception(failure);
    co_return std::apply([](auto&... value) { return std::tuple<coax::detail::kept<Ts>...>{std::move(*value)...}; },
                         values);
}

}  // namespace tasks::detail

/// Runs all at once on the caller's executor and waits for all. They start in order; after one that fails before it
/// ever suspends the rest never start.
///
/// @returns Their values in order, a monostate for `void`.
/// @throws What the first one to fail threw, after the others were cancelled and are gone.
/// Cancellation: passed on to all; waits until all are gone.
/// Thread safety: all runs on the caller's executor, which must be one thread or a strand.
template <class... Ts>
[[nodiscard]] asio::awaitable<std::tuple<coax::detail::kept<Ts>...>> when_all(asio::awaitable<Ts>... work) {
    return tasks::detail::all_of(std::move(work)...);
}

/// The same for any number of one type; `void` gives nothing.
template <class T>
asio::awaitable<std::conditional_t<std::is_void_v<T>, void, std::vector<coax::detail::kept<T>>>> when_all(
    std::vector<asio::awaitable<T>> work) {
    std::vector<std::optional<coax::detail::kept<T>>> values(work.size());
    coax::detail::nursery group;
    for (std::size_t i = 0; i < work.size(); ++i) group.add(coax::detail::store(std::move(work[i]), values[i]));
    if (auto failure = co_await group.run(coax::detail::on_failure::cancel_rest)) std::rethrow_exception(failure);
    if constexpr (!std::is_void_v<T>) {
        std::vector<T> all;
        all.reserve(values.size());
        for (auto& value : values) all.push_back(std::move(*value));
        co_return all;
    }
}

}  // namespace coax
