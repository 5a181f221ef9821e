#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/error.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace coax {

/// What a limiter makes of the limits that a service's answers tell.
enum class learning {
    off,      ///< Nothing.
    tighten,  ///< Less is left, or allowed in a minute, than thought here: then that counts from now on.
    follow,   ///< What the service says counts, more or less than thought; also where no rate was set.
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
    /// What `learn` does with the service's own words.
    learning from_service{learning::tighten};
};

/// The first thing wrong with `options`; none: they are valid.
[[nodiscard]] std::optional<error> validate(rate_limiter_options const& options);

/// What a service's answer says of its own buckets. A member that is absent was not sent.
struct rate_limit_report {
    std::optional<std::int64_t> limit_requests{};  ///< A minute.
    std::optional<std::int64_t> limit_tokens{};    ///< A minute.
    std::optional<std::int64_t> remaining_requests{};
    std::optional<std::int64_t> remaining_tokens{};
    std::optional<std::chrono::milliseconds> requests_reset{};  ///< Until the request bucket is full again.
    std::optional<std::chrono::milliseconds> tokens_reset{};    ///< Until the token bucket is full again.
};

namespace policy::detail {
struct rate_limiter_state;

/// Where a limiter stood when it made a reservation, so that an answer's report, which speaks of about then, can be
/// compared.
struct quota_mark {
    double requests{0};
    double tokens{0};
};
}  // namespace policy::detail

/// Quota that was taken for one request. Dies unsettled: all of it flows back.
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

    core::detail::shared_opaque<policy::detail::rate_limiter_state> state_;  ///< Null: of an unlimited limiter.
    std::int64_t tokens_{0};
    policy::detail::quota_mark mark_{};
    bool held_{false};
};

/// Keeps requests and tokens within a service's limits: first come, first served, so a big request never starves.
///
/// An unlimited one neither locks nor suspends. A request with more tokens than the bucket holds goes alone, when it is
/// full. Its clock is that of the first coroutine that reserves; until then the real one. Thread safety: may be used
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
    /// The same for a coroutine on `executor`, whose clock the limiter takes over if it has none yet.
    [[nodiscard]] std::optional<reservation> try_reserve(std::int64_t estimated_tokens,
                                                         asio::any_io_executor const& executor);

    /// Lets nothing go for `wait` (Retry-After) or before `when`. Only ever later: an earlier point changes nothing.
    void pause_for(clock::duration wait);
    void pause_until(clock::time_point when);

    /// Takes over what the service says it has left, where that is less than what is thought to be left here, and the
    /// rates it says it allows, where they are lower. Where no rate is set, a remainder of 0 holds everything until the
    /// reset.
    void tighten(rate_limit_report const& report);

    /// Takes over what the answer to a request says, as `rate_limiter_options::from_service` has it.
    ///
    /// @param of  The request's reservation, before it is settled: the report speaks of the time when the service took
    /// the
    ///            request in, so it is compared with what was thought then. Other requests may have overtaken this one:
    ///            what they can explain changes nothing, so an honest service never slows its only user down.
    void learn(rate_limit_report const& report, reservation const& of);

    /// What a minute allows now, as learnt; 0: unlimited.
    [[nodiscard]] std::int64_t requests_per_minute() const noexcept;
    [[nodiscard]] std::int64_t tokens_per_minute() const noexcept;

    /// Ends all waiters and every later `reserve` in `errc::closed`.
    void close() noexcept;

    [[nodiscard]] std::size_t waiting() const noexcept;
    [[nodiscard]] rate_limiter_options const& options() const noexcept;

private:
    core::detail::shared_opaque<policy::detail::rate_limiter_state> state_;
};

}  // namespace coax
