#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/runtime/asio.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace coax::detail {

/// What a coroutine of `T` leaves behind; `void` leaves a monostate.
template <class T>
using kept = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// Runs `work` and puts its value into `place`, which must outlive the coroutine.
template <class T>
asio::awaitable<void> store(asio::awaitable<T> work, std::optional<kept<T>>& place) {
    if constexpr (std::is_void_v<T>) {
        co_await std::move(work);
        place.emplace();
    } else {
        place.emplace(co_await std::move(work));
    }
}

/// As `store`, into a place that the coroutine keeps alive: for work on another thread.
template <class T>
asio::awaitable<void> store_shared(asio::awaitable<T> work, std::shared_ptr<std::optional<kept<T>>> place) {
    co_await store(std::move(work), *place);
}

template <class T>
T take(std::optional<kept<T>>& place) {
    if constexpr (!std::is_void_v<T>) return std::move(*place);
}

enum class on_failure { carry_on, cancel_rest };

/// The coroutines that one coroutine starts together and waits for: none outlives `run()`. What they ran in is kept for
/// the next ones, for at most 50 ms more. Thread safety: use it from the parent's executor only, which is one thread or
/// a strand.
class nursery {
public:
    nursery();
    nursery(nursery const&) = delete;
    nursery& operator=(nursery const&) = delete;
    ~nursery();

    /// Takes one in; it starts in `run()` on the parent's executor, or at once when `run()` is under way.
    void add(asio::awaitable<void> child);

    /// Sends `terminal` to all that run, and starts none of those to come.
    void cancel() noexcept;
    /// Sends `terminal` to those that run now, but for the first `spared` ones; that they end as cancelled is no
    /// failure.
    void cancel_forgiving(std::size_t spared) noexcept;

    /// Those that have not ended.
    [[nodiscard]] std::size_t running() const noexcept;

    /// Starts all and waits until the last one is gone, however it ends; without a turn of the loop when none suspends.
    ///
    /// @returns The first exception that left a child; null: none.
    /// Cancellation: passed on to the children; still waits for them.
    asio::awaitable<std::exception_ptr> run(on_failure policy);

private:
    struct state;
    core::detail::opaque<state> state_;
};

}  // namespace coax::detail
