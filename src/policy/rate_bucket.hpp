#pragma once

#include "policy/flight_window.hpp"

#include <coax/policy/rate_limiter.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace coax::policy::detail {

/// A bucket that refills continuously up to a bound. May be overdrawn: that is a debt to be refilled first.
class refill {
public:
    /// @param count  Refilled in `period`; 0: unlimited.
    refill(std::int64_t count, std::chrono::milliseconds period, std::chrono::milliseconds burst) noexcept;

    [[nodiscard]] bool limited() const noexcept { return count_ > 0; }
    /// Refilled in a period.
    [[nodiscard]] std::int64_t count() const noexcept { return count_; }
    [[nodiscard]] double capacity() const noexcept { return capacity_; }
    [[nodiscard]] double level(clock::time_point now) const noexcept;

    /// Until `amount` can be taken, or until it is full if that is more than it can hold.
    [[nodiscard]] clock::duration wait_for(double amount, clock::time_point now) const noexcept;
    /// Takes out, below zero if need be; a negative amount puts back, up to the bound.
    void take(double amount, clock::time_point now) noexcept;
    /// Lowers the level to `remaining`, never raises it.
    void lower_to(double remaining, clock::time_point now) noexcept;
    /// Sets the level, up to the bound.
    void set(double remaining, clock::time_point now) noexcept;
    /// Refills at another rate from now on; the bound moves along. One that was unlimited starts full.
    void set_rate(std::int64_t count, clock::time_point now) noexcept;
    /// Moves the moment of the last change.
    void shift(clock::duration by) noexcept { updated_ += by; }

private:
    std::int64_t count_;
    std::chrono::milliseconds period_;
    std::chrono::milliseconds burst_;
    double per_nanosecond_;
    double capacity_;
    double level_;
    clock::time_point updated_{};
};

/// What a service says of one limit.
struct limit_report {
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> remaining;
    std::optional<std::chrono::milliseconds> reset;
};

/// What the reports of a service about one limit come to.
class reported_rate {
public:
    /// @param configured  The user has set a rate: reports can lower that, and raise it only where they are followed.
    explicit reported_rate(bool configured) noexcept : configured_{configured} {}

    [[nodiscard]] bool configured() const noexcept { return configured_; }
    /// What is allowed in a minute; none: the report does not say. A limit that is whole again sooner than a minute's
    /// could be is one of a shorter period.
    [[nodiscard]] std::optional<std::int64_t> per_minute(limit_report const& said) noexcept;

private:
    bool configured_;
    std::chrono::milliseconds longest_reset_{0};
};

/// How a request ended, as far as it tells what the service bears.
enum class request_end : std::uint8_t {
    served,
    told_to_wait,  ///< Refused, without a word of what the limits are.
    other
};

/// The quota that a limiter has left: arithmetic over (options, state, now), without a lock, a clock or a wait.
class rate_bucket {
public:
    explicit rate_bucket(rate_limiter_options const& options) noexcept;

    /// Whether anything can ever make a request wait, as things stand at `now`.
    [[nodiscard]] bool unlimited(clock::time_point now) const noexcept;

    /// How long until a request of `tokens` may go, if nobody else takes anything; zero: now.
    [[nodiscard]] clock::duration wait_for(std::int64_t tokens, clock::time_point now) const noexcept;
    /// The same behind others, as if each were of as many tokens.
    [[nodiscard]] clock::duration wait_behind(std::size_t others, std::int64_t tokens,
                                              clock::time_point now) const noexcept;
    void take(std::int64_t tokens, clock::time_point now) noexcept;
    /// Undoes `take`: the request did not go out.
    void give_back(std::int64_t tokens, clock::time_point now) noexcept;
    /// The request that took `reserved` cost `actual`.
    void settle(std::int64_t reserved, std::int64_t actual, clock::time_point now,
                request_end how = request_end::served) noexcept;
    /// A request that was never taken, since nothing was limited, was told to wait, and no limit was stated.
    void refuse_uncounted() noexcept;

    void pause_until(clock::time_point when) noexcept;
    void lower_to(rate_limit_status const& status, clock::time_point now) noexcept;
    /// Another clock counts from here on: `now` is what it shows at this moment, `before` what the old one does.
    void change_clock(clock::time_point before, clock::time_point now) noexcept;
    /// The levels after the last `take`, to be compared with the response to that request.
    [[nodiscard]] quota_mark mark(clock::time_point now) const noexcept;
    /// Takes over `status`, which is about the moment `then`; also where it allows more, if `up` or where no rate is
    /// set.
    void learn(rate_limit_status const& status, quota_mark then, bool up, clock::time_point now) noexcept;

    [[nodiscard]] std::int64_t requests_per_minute() const noexcept { return requests_.count(); }
    [[nodiscard]] std::int64_t tokens_per_minute() const noexcept { return tokens_.count(); }

private:
    void lower_to(refill& bucket, reported_rate& rate, limit_report const& said, clock::time_point now) noexcept;
    static void learn(refill& bucket, reported_rate& rate, limit_report const& said, double then, bool up,
                      std::int64_t out, double sum, double& lowered, clock::time_point now) noexcept;
    void charge(double requests, double tokens, clock::time_point now) noexcept;
    void set_spacing() noexcept;

    refill requests_;
    refill tokens_;
    refill day_requests_;
    refill day_tokens_;
    reported_rate reported_requests_;
    reported_rate reported_tokens_;
    flight_window window_{};
    bool learns_window_;
    std::int64_t requests_out_{0};  ///< Taken, and neither settled nor given back.
    std::int64_t tokens_out_{0};
    quota_mark taken_{};    ///< All that was ever taken.
    quota_mark lowered_{};  ///< By all corrections so far.
    bool even_spacing_;
    clock::duration spacing_{clock::duration::zero()};
    clock::time_point next_slot_{clock::time_point::min()};
    clock::time_point paused_until_{clock::time_point::min()};
};

}  // namespace coax::policy::detail
