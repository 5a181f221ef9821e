#include "policy/limit_rule.hpp"

#include <algorithm>

namespace coax::policy::detail {
namespace {

// Gradient2's own figures.
constexpr int warm_up_samples = 10;
constexpr double long_window = 600.0;
constexpr double long_decay = 0.95;
constexpr double queue_allowance = 4.0;
constexpr double smoothing = 0.2;
constexpr double least_gradient = 0.5;

}  // namespace

limit_rule::limit_rule(adaptive_limit_options const& options) noexcept
    : options_{options}, limit_{static_cast<double>(options.initial)} {}

std::size_t limit_rule::limit() const noexcept {
    constexpr double hair = 1e-9;
    return static_cast<std::size_t>(limit_ + hair);
}

void limit_rule::note(load_signal signal, clock::time_point began, clock::time_point now, std::size_t in_use) noexcept {
    if (signal == load_signal::none) return;
    if (signal == load_signal::overload) return shrink(began, now);
    bool const busy = 2.0 * static_cast<double>(in_use) >= limit_;  // else nothing was learnt of a higher limit
    if (options_.rule == adaptive_limit_rule::aimd) {
        if (busy) grow();
        return;
    }
    auto const before = limit_;
    follow_latency(std::chrono::duration<double>(now - began).count());
    if (!busy) limit_ = std::min(limit_, before);
}

void limit_rule::grow() noexcept { set(limit_ + options_.growth / limit_); }

void limit_rule::shrink(clock::time_point began, clock::time_point now) noexcept {
    if (began < shrunk_) return;  // another call of the same round has shrunk it
    shrunk_ = now;
    set(limit_ * options_.backoff);
}

void limit_rule::follow_latency(double seconds) noexcept {
    auto const share = 1.0 / (samples_ < warm_up_samples ? samples_ + 1.0 : long_window);
    ++samples_;
    samples_ = std::min(samples_, warm_up_samples);
    long_mean_ += (seconds - long_mean_) * share;
    if (seconds <= 0) return;
    if (long_mean_ > 2.0 * seconds) long_mean_ *= long_decay;
    auto const gradient = std::clamp(options_.tolerance * long_mean_ / seconds, least_gradient, 1.0);
    auto const wanted = limit_ * gradient + queue_allowance;
    set(limit_ + (wanted - limit_) * smoothing);
}

void limit_rule::set(double wanted) noexcept {
    limit_ = std::clamp(wanted, static_cast<double>(options_.minimum), static_cast<double>(options_.maximum));
}

}  // namespace coax::policy::detail
