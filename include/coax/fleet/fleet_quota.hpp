#pragma once

#include <coax/fleet/work_queue.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/tokens/shared_quota.hpp>

#include <chrono>
#include <memory>

namespace coax {

/// How a worker takes part in the quota of a job.
struct fleet_quota_options {
    /// How long a request that is under way counts when its worker gives no sign of life. What it had set aside then
    /// counts as spent. Must be in [1 s, 1 day].
    std::chrono::milliseconds lease{60'000};
    /// How long a request waits for Redis where money is limited, before it fails. Must be >= 0.
    std::chrono::milliseconds max_away{60'000};
};

/// The quota of a job (`fleet_limits`), which all workers share: taken and settled in Redis in one step each, by its
/// clock.
///
/// A pause that one worker is told (Retry-After) holds for all. While Redis is away nothing is spent: where
/// `fleet_limits::max_cost` is set, requests wait, then fail as `errc::connect_failed`; else each worker goes on with
/// its share of the rates, those of the last time divided by the workers that were there then.
///
/// @param queue  Its connection is used.
/// @throws coax::exception  `errc::invalid_argument`.
[[nodiscard]] std::shared_ptr<shared_quota> make_fleet_quota(work_queue queue, fleet_limits limits,
                                                             fleet_quota_options options = {});

/// Waits until Redis has all that was settled, or `within` has passed: at the end of a worker.
[[nodiscard]] asio::awaitable<void> flush(std::shared_ptr<shared_quota> quota, std::chrono::milliseconds within);

}  // namespace coax
