#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/rate_limit_status.hpp>
#include <coax/core/result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace coax {

/// How the limiter applies a service's rate-limit headers.
enum class server_limits {
    off,       ///< It ignores them.
    lower_to,  ///< It takes over a limit or remainder that is lower than its own, and every one where no rate is set.
    follow,    ///< It takes over every limit and remainder, and counts from the first request on.
};

/// What a service allows in a minute and in a day. A request takes from all of them at once or from none.
struct rate_limiter_options {
    /// Requests a minute, refilled continuously. 0: unlimited.
    std::int64_t requests_per_minute{0};
    /// Tokens a minute, refilled continuously. 0: unlimited.
    std::int64_t tokens_per_minute{0};
    /// Requests a day, refilled continuously from a bucket that holds a day's worth. 0: unlimited.
    std::int64_t requests_per_day{0};
    /// Tokens a day, in the same way. 0: unlimited.
    std::int64_t tokens_per_day{0};
    /// Keeps 60 s / requests_per_minute between requests instead of letting them burst. No effect without that rate.
    bool even_spacing{false};
    /// How much unused quota may pile up, as a time: the minutes' buckets hold rate * burst and start full. Some
    /// services count in 10 s slices: set that, or a little less, since requests overtake each other on their way.
    /// Range: (0, 1 h].
    std::chrono::milliseconds burst{60'000};
    /// Most coroutines that may wait; one more ends in `errc::too_large`. Must be > 0.
    std::size_t max_waiting{100'000};
    /// What `learn` does with the service's headers.
    coax::server_limits server_limits{coax::server_limits::lower_to};
};

/// Errors: `errc::invalid_argument`; `error::where` names the first wrong option.
[[nodiscard]] result<void> validate(rate_limiter_options const& options);

namespace layer {
template <class Tokens = std::nullptr_t>
struct quota;
}  // namespace layer

namespace policy::detail {
struct rate_limiter_state;
enum class request_end : std::uint8_t;

/// The limiter's levels when it made a reservation: the headers of the response are about that moment.
struct quota_mark {
    double requests{0};
    double tokens{0};
};
}  // namespace policy::detail

/// Quota that was taken for one request. Destroyed unsettled: all of it flows back.
/// Thread safety: one thread at a time.
class reservation {
public:
    reservation() noexcept = default;
    reservation(reservation&& other) noexcept
        : state_{std::move(other.state_)},
          tokens_{other.tokens_},
          mark_{other.mark_},
          held_{std::exchange(other.held_, false)} {}
    reservation& operator=(reservation&& other) noexcept {
        if (this == &other) return *this;
        cancel();
        state_ = std::move(other.state_);
        tokens_ = other.tokens_;
        mark_ = other.mark_;
        held_ = std::exchange(other.held_, false);
        return *this;
    }
    ~reservation() { cancel(); }

    /// The request went out and cost `actual_tokens`: the difference to the estimate is refunded or charged.
    void settle(std::int64_t actual_tokens) noexcept;
    /// The request failed. Never sent: all flows back. Turned away by the service: the request counts, its tokens flow
    /// back. Anything else may have been worked on, so the estimate stays.
    void settle(error const& why) noexcept;
    /// The request did not go out: request and tokens flow back. After either, nothing is held.
    void cancel() noexcept;

    [[nodiscard]] std::int64_t tokens() const noexcept { return tokens_; }
    [[nodiscard]] explicit operator bool() const noexcept { return held_; }

private:
    friend class rate_limiter;
    reservation(core::detail::shared_opaque<policy::detail::rate_limiter_state> state, std::int64_t tokens,
                policy::detail::quota_mark mark = {}) noexcept
        : state_{std::move(state)}, tokens_{tokens}, mark_{mark}, held_{true} {}
    void end(std::int64_t actual_tokens, policy::detail::request_end how) noexcept;

    core::detail::shared_opaque<policy::detail::rate_limiter_state> state_;  ///< Null: of an unlimited limiter.
    std::int64_t tokens_{0};
    policy::detail::quota_mark mark_{};
    bool held_{false};
};

/// Keeps requests and tokens within a service's limits: first come, first served, so a big request never starves.
///
/// An unlimited one neither locks nor suspends. A request with more tokens than the bucket holds goes alone, when it is
/// full. Its clock is that of the first coroutine that reserves; until then the real one, from which a `pause_for` of
/// before is taken over. Thread safety: may be used
/// from any thread and from coroutines of any context with that clock. Lifetime: may die before its reservations; its
/// waiters then end in `errc::closed`.
class rate_limiter {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit rate_limiter(rate_limiter_options options = {});
    rate_limiter(rate_limiter const&) = delete;
    rate_limiter& operator=(rate_limiter const&) = delete;
    /// Closes.
    ~rate_limiter();

    /// Waits until one request of `estimated_tokens` may go, behind all who asked before, and takes its quota.
    ///
    /// @throws coax::exception  `errc::closed`, `errc::cancelled`, `errc::too_large` (max_waiting),
    /// `errc::invalid_argument`
    ///                          (negative estimate).
    /// Cancellation: every type; the place in the queue is lost, no quota is.
    asio::awaitable<reservation> reserve(std::int64_t estimated_tokens = 0);

    /// Takes the quota now, or says no: also while others wait, while paused and when closed.
    [[nodiscard]] std::optional<reservation> try_reserve(std::int64_t estimated_tokens = 0);

    /// How long until a request of `estimated_tokens` may go, about: behind all that wait now, if nothing is given
    /// back. Zero: `try_reserve` would take it.
    [[nodiscard]] clock::duration wait_for(std::int64_t estimated_tokens = 0) const noexcept;

    /// Lets nothing go for `wait` (Retry-After) or before `when`. Only ever later: an earlier point changes nothing.
    void pause_for(clock::duration wait);
    void pause_until(clock::time_point when);

    /// Takes over what the service says it has left, where that is less than the limiter's own level, and the rates it
    /// says it allows, where they are lower or none is set. Where no rate is known, a remainder of 0 holds everything
    /// until the reset.
    void lower_to(rate_limit_status const& status);

    /// Takes over what the response to a request says, as `rate_limiter_options::server_limits` has it.
    ///
    /// @param of  The request's reservation, before it is settled: `status` is compared with the levels of that moment.
    ///            What other requests that overtook this one can explain changes nothing, so an honest service never
    ///            slows its only user down.
    void learn(rate_limit_status const& status, reservation const& of);

    /// A request has been served: learns from its response and settles.
    void settle(reservation& of, std::int64_t actual_tokens, rate_limit_status const& status);
    /// A request has failed: learns likewise, settles for the tokens that were billed or, where none are known, as the
    /// error's code says. A rate-limited one pauses all for its Retry-After, if that is not above `max_pause`. Where it
    /// states no limits, how many may be under way at once is learnt, from one on, unless `server_limits` is off.
    void settle(reservation& of, error const& why, std::chrono::milliseconds max_pause);

    /// Allowed in a minute, as learnt; 0: unlimited.
    [[nodiscard]] std::int64_t requests_per_minute() const noexcept;
    [[nodiscard]] std::int64_t tokens_per_minute() const noexcept;
    /// Whether it limits tokens, so that `reserve` needs an estimate.
    [[nodiscard]] bool counts_tokens() const noexcept;

    /// Ends all waiters and every later `reserve` in `errc::closed`.
    void close() noexcept;

    [[nodiscard]] std::size_t waiting() const noexcept;
    [[nodiscard]] rate_limiter_options const& options() const noexcept;

private:
    template <class Tokens>
    friend struct layer::quota;
    /// The quota if it is there now; else a reservation that holds nothing. `before_any_clock`: also when no coroutine
    /// has reserved yet, whose clock the limiter would take over.
    [[nodiscard]] reservation take(std::int64_t estimated_tokens, bool before_any_clock);

    core::detail::shared_opaque<policy::detail::rate_limiter_state> state_;
};

namespace layer {

/// Waits for quota of one request and `tokens`, and settles it when the request ends: for the tokens it used, and with
/// what the response (or what a pointer as response points to), as its `rate_limits`, or the error says of the
/// service's limits.
template <class Tokens>
struct quota {
    rate_limiter& limiter;
    std::int64_t tokens{0};
    Tokens actual{};  ///< Tokens of a response, `std::int64_t(T const&)`; null, or 0 where it tells none: as estimated.
    std::chrono::milliseconds max_pause{120'000};  ///< A longer Retry-After does not pause the other requests.

    class held {
    public:
        held(quota const& of, reservation taken) : of_{of}, taken_{std::move(taken)} {}

        template <class T>
        void finish(result<T> const& outcome) {
            if (!taken_) return;
            if (!outcome)
                of_.limiter.settle(taken_, outcome.error(), of_.max_pause);
            else
                settle(outcome);
        }

    private:
        template <class T>
        void settle(result<T> const& outcome) {
            auto used = of_.tokens;
            if constexpr (requires { of_.actual(*outcome); })
                if (auto const told = of_.actual(*outcome); told > 0) used = told;
            if constexpr (requires { outcome->rate_limits; })
                of_.limiter.settle(taken_, used, outcome->rate_limits);
            else if constexpr (requires { (*outcome)->rate_limits; })
                of_.limiter.settle(taken_, used, (*outcome)->rate_limits);
            else
                taken_.settle(used);
        }

        quota of_;
        reservation taken_;
    };

    [[nodiscard]] std::optional<held> try_acquire() const {
        auto taken = limiter.take(tokens, false);
        if (!taken) return std::nullopt;
        return held{*this, std::move(taken)};
    }
    [[nodiscard]] asio::awaitable<held> acquire() const { return reserve(*this); }

private:
    static asio::awaitable<held> reserve(quota self) {
        co_return held{self, co_await self.limiter.reserve(self.tokens)};
    }
};
template <class Tokens>
quota(rate_limiter&, std::int64_t, Tokens) -> quota<Tokens>;
quota(rate_limiter&, std::int64_t) -> quota<>;
quota(rate_limiter&) -> quota<>;

}  // namespace layer
}  // namespace coax
