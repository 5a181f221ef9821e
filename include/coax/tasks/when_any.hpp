#pragma once

#include <coax/core/result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace coax {

namespace tasks::detail {

/// The part of `when_any` and `race` that knows no types: who won.
class race_state {
public:
    enum class rule { first_to_end, first_to_succeed };

    explicit race_state(rule wanted) noexcept : rule_{wanted} {}

    template <class T>
    void add(asio::awaitable<T> work, std::optional<coax::detail::kept<T>>& value) {
        runners_.add(run_one(*this, count_++, std::move(work), value));
    }
    /// Runs all until one has won and the others are gone.
    /// @returns The winner's number.
    /// @throws What the winner threw, or the first one when nobody won.
    asio::awaitable<std::size_t> run();

private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    template <class T>
    static bool failed(T const&) noexcept {
        return false;
    }
    template <class T>
    static bool failed(result<T> const& outcome) noexcept {
        return outcome.has_error();
    }

    template <class T>
    static asio::awaitable<void> run_one(race_state& all, std::size_t number, asio::awaitable<T> work,
                                         std::optional<coax::detail::kept<T>>& value) {
        std::exception_ptr failure;
        try {
            co_await coax::detail::store(std::move(work), value);
        } catch (...) {
            failure = std::current_exception();
        }
        bool const succeeded = !failure && !failed(*value);
        all.end(number, succeeded, std::move(failure));
    }

    void end(std::size_t number, bool succeeded, std::exception_ptr failure) noexcept;

    rule rule_;
    coax::detail::nursery runners_{};
    std::size_t count_{0};
    std::size_t first_{none};
    bool won_{false};
    std::exception_ptr failure_{};
};

/// The winner's value.
template <class Variant, class Values, std::size_t... I>
Variant pick(std::size_t winner, Values& values, std::index_sequence<I...>) {
    std::optional<Variant> found;
    ((I == winner ? void(found.emplace(std::in_place_index<I>, std::move(*std::get<I>(values)))) : void()), ...);
    return std::move(*found);
}

template <class... Ts>
asio::awaitable<std::variant<coax::detail::kept<Ts>...>> any_of(asio::awaitable<Ts>... work) {
    std::tuple<std::optional<coax::detail::kept<Ts>>...> values;
    race_state group{race_state::rule::first_to_end};
    std::apply([&](auto&... value) { (group.add(std::move(work), value), ...); }, values);
    auto const winner = co_await group.run();
    co_return pick<std::variant<coax::detail::kept<Ts>...>>(winner, values, std::index_sequence_for<Ts...>{});
}

}  // namespace tasks::detail

/// Runs all at once on the caller's executor until the first one ends, with a value or an exception.
/// The others are cancelled with `terminal` and waited for; what they still deliver is dropped. They start in order;
/// after one that ends before it ever suspends the rest never start.
///
/// @returns The value; `index()` tells whose it is. A monostate for `void`.
/// @throws What the first one to end threw.
/// Cancellation: passed on to all; waits until all are gone.
/// Thread safety: all runs on the caller's executor, which must be one thread or a strand.
template <class... Ts>
    requires(sizeof...(Ts) > 0)
[[nodiscard]] asio::awaitable<std::variant<coax::detail::kept<Ts>...>> when_any(asio::awaitable<Ts>... work) {
    return tasks::detail::any_of(std::move(work)...);
}

/// As `when_any`, but the first one to succeed wins: an exception, or an error in a `result`, puts one out of the race.
///
/// @returns What the winner returned.
/// @throws What the first one to end threw, when none succeeded; with results its `result` is returned.
///         `errc::cancelled` when the caller was cancelled before one succeeded; `errc::invalid_argument` when `work`
///         is empty.
/// Cancellation and thread safety: as `when_any`.
template <class T>
asio::awaitable<T> race(std::vector<asio::awaitable<T>> work) {
    if (work.empty()) throw_error(invalid_argument("work", "must not be empty"));
    std::vector<std::optional<coax::detail::kept<T>>> values(work.size());
    tasks::detail::race_state group{tasks::detail::race_state::rule::first_to_succeed};
    for (std::size_t i = 0; i < work.size(); ++i) group.add(std::move(work[i]), values[i]);
    auto const winner = co_await group.run();
    co_return coax::detail::take<T>(values[winner]);
}

template <class T, class... Ts>
    requires(std::is_same_v<T, Ts> && ...)
[[nodiscard]] asio::awaitable<T> race(asio::awaitable<T> first, asio::awaitable<Ts>... others) {
    std::vector<asio::awaitable<T>> work;
    work.reserve(1 + sizeof...(Ts));
    work.push_back(std::move(first));
    (work.push_back(std::move(others)), ...);
    return race(std::move(work));
}

}  // namespace coax
