#pragma once

#include <coax/core/result.hpp>
#include <coax/runtime/clock.hpp>

#include <mutex>
#include <optional>

namespace coax {

/// How many retries a group of calls may make together.
struct retry_budget_options {
    /// Retries that can be saved up; so many are there at the start. Range: [1, 1'000'000]. AWS's bucket holds 100.
    double capacity{100.0};
    /// Added by each call that succeeds: 0.1 lets retries add a tenth to the load. Range: [0, 10]. gRPC's usual
    /// ratio.
    double per_success{0.1};
    /// Added each second, so that a group that never succeeds still tries. Range: [0, 1'000'000].
    double per_second{0.1};
};

/// Errors: `errc::invalid_argument`; `error::where` names the first wrong option.
[[nodiscard]] result<void> validate(retry_budget_options const& options);

/// Keeps retries from multiplying the load of a service that fails: a bucket that calls to one service share through
/// `retry_options::budget`. A first attempt never needs it.
/// Thread safety: may be used from any thread. All times must come from one clock.
class retry_budget {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit retry_budget(retry_budget_options options = {});

    /// Takes one retry out, or says no.
    [[nodiscard]] bool try_spend(clock::time_point now) noexcept;
    /// A call succeeded.
    void earn(clock::time_point now) noexcept;
    /// Retries that are left.
    [[nodiscard]] double available(clock::time_point now) const noexcept;

private:
    [[nodiscard]] double level_at(clock::time_point now) const noexcept;
    void refill(clock::time_point now) noexcept;

    retry_budget_options const options_;
    mutable std::mutex mutex_;
    double level_;
    clock::time_point updated_{clock::time_point::min()};  ///< That: never yet.
};

}  // namespace coax
