#pragma once

#include <coax/policy/adaptive_limit.hpp>

namespace coax::policy::detail {

/// Where an adaptive limit stands: arithmetic over (options, state, what happened), without a lock, a clock or a wait.
/// Source: reference runtime.md, section 1 (Netflix concurrency-limits: AIMD and Gradient2).
class limit_rule {
public:
    explicit limit_rule(adaptive_limit_options const& options) noexcept;

    /// A call ended.
    /// @param in_use  Calls under way, this one included.
    void note(load_signal signal, clock::time_point began, clock::time_point now, std::size_t in_use) noexcept;

    /// Whole calls.
    [[nodiscard]] std::size_t limit() const noexcept;

private:
    void grow() noexcept;
    void shrink(clock::time_point began, clock::time_point now) noexcept;
    void follow_latency(double seconds) noexcept;
    void set(double wanted) noexcept;

    adaptive_limit_options options_;
    double limit_;
    double long_mean_{0};
    int samples_{0};
    clock::time_point shrunk_{clock::time_point::min()};
};

}  // namespace coax::policy::detail
