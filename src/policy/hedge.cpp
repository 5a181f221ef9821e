#include "policy/checked.hpp"
#include "runtime/internal/sleep.hpp"

#include <coax/policy/hedge.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <vector>

namespace coax {
namespace {

constexpr std::size_t samples_kept = 256;

}  // namespace

result<void> validate(hedge_options const& options) {
    if (options.delay < std::chrono::milliseconds{0}) return invalid_argument("delay", "must not be negative");
    if (!(options.percentile > 0.0 && options.percentile < 1.0))
        return invalid_argument("percentile", "must be in (0, 1)");
    if (options.minimum_samples < 1 || options.minimum_samples > samples_kept)
        return invalid_argument("minimum_samples", "must be in [1, 256]");
    return validate(options.budget);
}

/// How long the latest calls took.
struct hedger::samples {
    std::mutex mutex{};
    std::vector<clock::duration> latest{};
    std::size_t next{0};
};

hedger::hedger(hedge_options options)
    : options_{policy::detail::checked(std::move(options))},
      budget_{options_.budget},
      samples_{std::make_unique<samples>()} {}

hedger::~hedger() = default;

std::optional<clock::duration> hedger::delay() const {
    if (options_.delay > std::chrono::milliseconds{0}) return coax::detail::to_duration(options_.delay);
    std::unique_lock lock{samples_->mutex};
    if (samples_->latest.size() < options_.minimum_samples) return std::nullopt;
    auto sorted = samples_->latest;
    lock.unlock();
    auto const rank = std::ceil(options_.percentile * static_cast<double>(sorted.size())) - 1.0;
    auto const at = sorted.begin() + static_cast<std::ptrdiff_t>(std::max(0.0, rank));
    std::nth_element(sorted.begin(), at, sorted.end());
    return *at;
}

void hedger::note(clock::duration took, clock::time_point now) {
    budget_.earn(now);
    std::lock_guard const lock{samples_->mutex};
    if (samples_->latest.size() < samples_kept) {
        samples_->latest.push_back(took);
        return;
    }
    samples_->latest[samples_->next] = took;
    samples_->next = (samples_->next + 1) % samples_kept;
}

policy::detail::hedge_plan::hedge_plan(hedger const& policy) {
    auto const due = policy.delay();
    wanted = due.has_value();
    delay = due.value_or(clock::duration::zero());
}

}  // namespace coax
