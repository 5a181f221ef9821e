#include "policy/checked.hpp"

#include <coax/policy/retry_budget.hpp>

#include <algorithm>

namespace coax {
namespace {

/// Sums of tenths may end a hair short of one.
constexpr double hair = 1e-9;

}  // namespace

result<void> validate(retry_budget_options const& options) {
    if (!(options.capacity >= 1.0 && options.capacity <= 1e6))
        return invalid_argument("capacity", "must be in [1, 1000000]");
    if (!(options.per_success >= 0.0 && options.per_success <= 10.0))
        return invalid_argument("per_success", "must be in [0, 10]");
    if (!(options.per_second >= 0.0 && options.per_second <= 1e6))
        return invalid_argument("per_second", "must be in [0, 1000000]");
    return {};
}

retry_budget::retry_budget(retry_budget_options options)
    : options_{policy::detail::checked(options)}, level_{options.capacity} {}

double retry_budget::level_at(clock::time_point now) const noexcept {
    if (updated_ == clock::time_point::min() || now <= updated_) return level_;
    auto const seconds = std::chrono::duration<double>(now - updated_).count();
    return std::min(options_.capacity, level_ + options_.per_second * seconds);
}

void retry_budget::refill(clock::time_point now) noexcept {
    level_ = level_at(now);
    updated_ = std::max(updated_, now);
}

bool retry_budget::try_spend(clock::time_point now) noexcept {
    std::lock_guard const lock{mutex_};
    refill(now);
    if (level_ + hair < 1.0) return false;
    level_ -= 1.0;
    return true;
}

void retry_budget::earn(clock::time_point now) noexcept {
    std::lock_guard const lock{mutex_};
    refill(now);
    level_ = std::min(options_.capacity, level_ + options_.per_success);
}

double retry_budget::available(clock::time_point now) const noexcept {
    std::lock_guard const lock{mutex_};
    return level_at(now);
}

}  // namespace coax
