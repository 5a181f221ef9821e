#pragma once

#include <coax/runtime/clock.hpp>
#include <coax/runtime/rate_limiter.hpp>

#include <cstdint>
#include <optional>

namespace coax::detail {

/// Something that refills continuously up to a bound. May be overdrawn: that is a debt to be refilled first.
class refill {
public:
    /// @param per_minute  0: unlimited.
    refill(std::int64_t per_minute, std::chrono::milliseconds burst) noexcept;

    [[nodiscard]] bool limited() const noexcept { return per_nanosecond_ > 0; }
    [[nodiscard]] double capacity() const noexcept { return capacity_; }
    [[nodiscard]] double level(clock::time_point now) const noexcept;

    /// Until `amount` can be taken, or until it is full if that is more than it can hold.
    [[nodiscard]] clock::duration wait_for(double amount, clock::time_point now) const noexcept;
    /// Takes out, below zero if need be; a negative amount puts back, up to the bound.
    void take(double amount, clock::time_point now) noexcept;
    /// Lowers the level to `remaining`, never raises it.
    void tighten(double remaining, clock::time_point now) noexcept;

private:
    double per_nanosecond_;
    double capacity_;
    double level_;
    clock::time_point updated_{};
};

/// What is left of a limiter's quota: arithmetic over (options, state, now), without a lock, a clock or a wait.
class rate_bucket {
public:
    explicit rate_bucket(rate_limiter_options const& options) noexcept;

    /// Whether anything can ever make a request wait, as things stand at `now`.
    [[nodiscard]] bool unlimited(clock::time_point now) const noexcept;

    /// How long until a request of `tokens` may go, if nobody else takes anything; zero: now.
    [[nodiscard]] clock::duration wait_for(std::int64_t tokens, clock::time_point now) const noexcept;
    void take(std::int64_t tokens, clock::time_point now) noexcept;
    /// Undoes `take`: the request did not go out.
    void give_back(std::int64_t tokens, clock::time_point now) noexcept;
    /// The request that took `reserved` cost `actual`.
    void settle(std::int64_t reserved, std::int64_t actual, clock::time_point now) noexcept;

    void pause_until(clock::time_point when) noexcept;
    void tighten(rate_limit_report const& report, clock::time_point now) noexcept;

private:
    void tighten(refill& bucket, std::optional<std::int64_t> remaining, std::optional<std::chrono::milliseconds> reset,
                 clock::time_point now) noexcept;

    refill requests_;
    refill tokens_;
    clock::duration spacing_{clock::duration::zero()};
    clock::time_point next_slot_{clock::time_point::min()};
    clock::time_point paused_until_{clock::time_point::min()};
};

}  // namespace coax::detail
