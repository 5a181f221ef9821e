#pragma once

#include <coax/core/result.hpp>
#include <coax/tokens/usd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace coax {

/// What all workers of a job may do together, counted in Redis and by its clock.
struct fleet_limits {
    /// Requests a minute. 0: unlimited.
    std::int64_t requests_per_minute{0};
    /// Tokens a minute. 0: unlimited.
    std::int64_t tokens_per_minute{0};
    /// Requests under way at once. 0: unlimited.
    std::int64_t max_concurrency{0};
    /// What may be spent, by all runs of the job until it is finished. Nothing: unlimited.
    std::optional<usd> max_cost{};
    /// How much unused quota may pile up, as a time. Range: (0, 1 h].
    std::chrono::milliseconds burst{15'000};

    [[nodiscard]] bool any() const noexcept {
        return requests_per_minute > 0 || tokens_per_minute > 0 || max_concurrency > 0 || max_cost;
    }
};

/// Errors: `errc::invalid_argument`.
[[nodiscard]] result<void> validate(fleet_limits const& limits);

/// What workers are told of a job.
struct queue_job {
    /// What the workers need to know to work on a row: a text that they understand. No secrets.
    std::string description{};
    fleet_limits limits{};
    /// Jobs with the same one are the same. Empty: a digest of `description`.
    std::string identity{};
};

}  // namespace coax
