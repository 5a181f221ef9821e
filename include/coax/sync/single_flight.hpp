#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/detail/outcome.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace coax {

/// What becomes of a shared call when the last one who waits for it leaves.
enum class when_abandoned { cancel, finish };

namespace sync::detail {

/// One call and those who wait for it; does not depend on the result's type.
class flight {
public:
    explicit flight(when_abandoned policy);

    /// Counts one more in who will `wait()`.
    /// @returns false: it is over, or cancelled.
    [[nodiscard]] bool join() noexcept;
    /// Starts `call` on `executor`; once.
    void start(asio::any_io_executor executor, asio::awaitable<void> call);
    /// Waits until the call is over.
    ///
    /// @throws coax::exception  `errc::cancelled`.
    /// Cancellation: every type. The last one to leave cancels the call and waits until it is gone, if that is the
    /// policy.
    asio::awaitable<void> wait();

private:
    friend struct flight_state;

    core::detail::shared_opaque<struct flight_state> state_;
};

template <class T>
struct flight_of {
    explicit flight_of(when_abandoned policy) : call{policy} {}

    flight call;
    std::optional<as_result_t<T>> outcome{};  ///< Written before the call is over, read after.
};

/// Throws `errc::closed`: a call ended with its context.
[[noreturn]] void throw_flight_lost();

}  // namespace sync::detail

/// Equal keys share one call: who asks while it is under way waits for the same result. Nothing is kept after it.
///
/// @tparam T  What the calls return; everyone gets a copy.
/// Thread safety: may be used from any thread and from coroutines of any context; waiters resume on their own executor.
/// Lifetime: may die before its calls.
template <class Key, class T, class Hash = std::hash<Key>>
class single_flight {
public:
    explicit single_flight(when_abandoned policy = when_abandoned::cancel) : state_{std::make_shared<state>(policy)} {}
    single_flight(single_flight const&) = delete;
    single_flight& operator=(single_flight const&) = delete;
    ~single_flight() = default;

    /// Joins the call for `key` that is under way, or starts `f` on the caller's executor (one thread or a strand).
    ///
    /// @param f  Returns `awaitable<T>` or `awaitable<result<T>>`. Lives until the call is over, which may be after the
    ///           caller that gave it has left: let it own what it uses.
    /// @returns What the call returned.
    /// @throws coax::exception  The call's error, the same for all who wait; `errc::cancelled`; `errc::closed` when the
    ///         context died on which the call ran.
    /// Cancellation: every type. The call goes on for the others. The last one to leave cancels it and waits until it
    /// is gone; with `when_abandoned::finish` it leaves at once, and the call goes on for those who ask next.
    template <class F>
    asio::awaitable<T> run(Key key, F f) {
        auto const executor = co_await asio::this_coro::executor;
        auto const [one, first] = state_->enter(key);
        if (first) one->call.start(executor, perform(state_, one, std::move(key), std::move(f)));
        co_await one->call.wait();
        if (!one->outcome) sync::detail::throw_flight_lost();
        if (one->outcome->has_error()) throw_error(one->outcome->error());
        if constexpr (!std::is_void_v<T>) co_return **one->outcome;
    }

    /// Calls under way.
    [[nodiscard]] std::size_t in_flight() const {
        std::lock_guard const lock{state_->mutex};
        return state_->calls.size();
    }

private:
    using flight_ptr = std::shared_ptr<sync::detail::flight_of<T>>;

    struct state {
        explicit state(when_abandoned wanted) : policy{wanted} {}

        std::pair<flight_ptr, bool> enter(Key const& key) {
            std::lock_guard const lock{mutex};
            auto& place = calls[key];
            if (place && place->call.join()) return {place, false};
            place = std::make_shared<sync::detail::flight_of<T>>(policy);
            (void)place->call.join();
            return {place, true};
        }
        void leave(Key const& key, flight_ptr const& one) noexcept {
            std::lock_guard const lock{mutex};
            if (auto const at = calls.find(key); at != calls.end() && at->second == one) calls.erase(at);
        }

        when_abandoned policy;
        std::mutex mutex{};
        std::unordered_map<Key, flight_ptr, Hash> calls{};
    };

    /// Takes the call off the list however it ends, also with its context.
    struct entry {
        entry(std::shared_ptr<state> list, flight_ptr what, Key which)
            : all{std::move(list)}, one{std::move(what)}, key{std::move(which)} {}
        entry(entry const&) = delete;
        entry& operator=(entry const&) = delete;
        ~entry() { all->leave(key, one); }

        std::shared_ptr<state> all;
        flight_ptr one;
        Key key;
    };

    template <class F>
    static asio::awaitable<void> perform(std::shared_ptr<state> all, flight_ptr one, Key key, F f) {
        entry const listed{std::move(all), std::move(one), std::move(key)};
        listed.one->outcome.emplace(co_await coax::detail::start_as_result([&f] { return f(); }));
    }

    std::shared_ptr<state> state_;
};

}  // namespace coax
