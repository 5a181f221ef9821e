#include "sim/limits.hpp"

#include <algorithm>
#include <cmath>

namespace coax::sim::detail {
namespace {

constexpr double nanoseconds_per_minute = 60e9;
constexpr double rounding_slack = 1e-6;

}  // namespace

bucket::bucket(double per_minute, std::chrono::milliseconds window)
    : per_minute_{per_minute},
      capacity_{std::max(1.0, per_minute * static_cast<double>(window.count()) / 60e3)},
      level_{capacity_} {}

double bucket::level(time_point now) noexcept {
    if (started_ && now > filled_at_)
        level_ = std::min(
            capacity_, level_ + per_minute_ * static_cast<double>((now - filled_at_).count()) / nanoseconds_per_minute);
    filled_at_ = started_ ? std::max(filled_at_, now) : now;
    started_ = true;
    return level_;
}

void bucket::take(double amount, time_point now) noexcept { level_ = std::min(capacity_, level(now) - amount); }

bucket::duration bucket::until(double amount, time_point now) noexcept {
    auto const missing = amount - level(now);
    if (!limited() || missing <= rounding_slack) return duration{0};
    if (amount > capacity_) return duration::max();
    return duration{static_cast<duration::rep>(std::round(missing / per_minute_ * nanoseconds_per_minute))};
}

limits::limits(options const& wanted)
    : requests_{wanted.requests_per_minute, wanted.limit_window},
      tokens_{wanted.tokens_per_minute, wanted.limit_window} {}

std::optional<limit_refusal> limits::admit(std::size_t tokens, bucket::time_point now) noexcept {
    auto const amount = static_cast<double>(tokens);
    if (auto const wait = requests_.until(1, now); wait.count() > 0)
        return limit_refusal{.which = limited_by::requests, .requested = 1, .wait = wait};
    if (auto const wait = tokens_.until(amount, now); wait.count() > 0)
        return limit_refusal{
            .which = limited_by::tokens, .requested = amount, .never = wait == bucket::duration::max(), .wait = wait};
    if (requests_.limited()) requests_.take(1, now);
    if (tokens_.limited()) tokens_.take(amount, now);
    return std::nullopt;
}

std::optional<limit_state> limits::state(limited_by which, bucket::time_point now) noexcept {
    auto& of = which == limited_by::requests ? requests_ : tokens_;
    if (!of.limited()) return std::nullopt;
    return limit_state{.limit = of.per_minute(),
                       .remaining = std::max(0.0, std::floor(of.level(now) + rounding_slack)),
                       .reset = of.until(of.capacity(), now)};
}

}  // namespace coax::sim::detail
