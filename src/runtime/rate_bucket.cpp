#include "runtime/rate_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace coax::detail {
namespace {

using std::chrono::nanoseconds;

constexpr double nanoseconds_per_minute = 60e9;

/// Rounding may leave a full request a hair short of one: a wait of nothing but rounding is none.
constexpr double hair = 1e-6;

/// About three years: what a debt can cost at most, so that no sum of time points overflows.
constexpr double longest_wait = 1e17;

double nanoseconds_between(clock::time_point from, clock::time_point to) noexcept {
    return static_cast<double>(std::chrono::duration_cast<nanoseconds>(to - from).count());
}

}  // namespace

refill::refill(std::int64_t per_minute, std::chrono::milliseconds burst) noexcept
    : per_nanosecond_{static_cast<double>(per_minute) / nanoseconds_per_minute},
      capacity_{std::max(1.0, per_nanosecond_ * static_cast<double>(nanoseconds{burst}.count()))},
      level_{capacity_} {}

double refill::level(clock::time_point now) const noexcept {
    if (now <= updated_) return level_;
    return std::min(capacity_, level_ + per_nanosecond_ * nanoseconds_between(updated_, now));
}

clock::duration refill::wait_for(double amount, clock::time_point now) const noexcept {
    if (!limited()) return clock::duration::zero();
    auto const missing = std::min(amount, capacity_) - level(now);
    if (missing <= hair) return clock::duration::zero();
    return nanoseconds{static_cast<std::int64_t>(std::min(std::ceil(missing / per_nanosecond_), longest_wait))};
}

void refill::take(double amount, clock::time_point now) noexcept {
    if (!limited()) return;
    level_ = std::min(capacity_, level(now) - amount);
    updated_ = std::max(updated_, now);
}

void refill::tighten(double remaining, clock::time_point now) noexcept {
    auto const excess = level(now) - std::max(remaining, 0.0);
    if (excess > 0) take(excess, now);
}

rate_bucket::rate_bucket(rate_limiter_options const& options) noexcept
    : requests_{options.requests_per_minute, options.burst}, tokens_{options.tokens_per_minute, options.burst} {
    if (options.even_spacing && options.requests_per_minute > 0)
        spacing_ = nanoseconds{std::chrono::minutes{1}} / options.requests_per_minute;
}

bool rate_bucket::unlimited(clock::time_point now) const noexcept {
    return !requests_.limited() && !tokens_.limited() && paused_until_ <= now;
}

clock::duration rate_bucket::wait_for(std::int64_t tokens, clock::time_point now) const noexcept {
    auto const until = [now](clock::time_point when) { return when > now ? when - now : clock::duration::zero(); };
    return std::max({requests_.wait_for(1.0, now), tokens_.wait_for(static_cast<double>(tokens), now),
                     until(next_slot_), until(paused_until_)});
}

void rate_bucket::take(std::int64_t tokens, clock::time_point now) noexcept {
    requests_.take(1.0, now);
    tokens_.take(static_cast<double>(tokens), now);
    if (spacing_ > clock::duration::zero()) next_slot_ = now + spacing_;
}

void rate_bucket::give_back(std::int64_t tokens, clock::time_point now) noexcept {
    requests_.take(-1.0, now);
    tokens_.take(-static_cast<double>(tokens), now);
}

void rate_bucket::settle(std::int64_t reserved, std::int64_t actual, clock::time_point now) noexcept {
    tokens_.take(static_cast<double>(actual) - static_cast<double>(reserved), now);
}

void rate_bucket::pause_until(clock::time_point when) noexcept {
    paused_until_ = std::max(paused_until_, when);
}

void rate_bucket::tighten(rate_limit_report const& report, clock::time_point now) noexcept {
    tighten(requests_, report.remaining_requests, report.requests_reset, now);
    tighten(tokens_, report.remaining_tokens, report.tokens_reset, now);
}

void rate_bucket::tighten(refill& bucket, std::optional<std::int64_t> remaining,
                          std::optional<std::chrono::milliseconds> reset, clock::time_point now) noexcept {
    if (!remaining) return;
    if (bucket.limited())
        bucket.tighten(static_cast<double>(*remaining), now);
    else if (*remaining <= 0 && reset)
        pause_until(now + *reset);
}

}  // namespace coax::detail
