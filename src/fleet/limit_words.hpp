#pragma once

#include "cache/internal/redis_protocol.hpp"

#include <coax/fleet/queue_job.hpp>
#include <coax/fleet/work_queue.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// How limits and money stand in Redis.
namespace coax::fleet::detail {

/// Of the form of jobs, rows and results.
inline constexpr char queue_version[] = "1";

[[nodiscard]] std::string digest_of_job(std::string_view description);

/// Nanodollars, rounded up, so that no sum is too small.
[[nodiscard]] std::int64_t to_nanos(usd amount) noexcept;
[[nodiscard]] usd from_nanos(std::int64_t nanos) noexcept;

/// Field, value, field, value…
[[nodiscard]] std::vector<std::string> limit_words(fleet_limits const& limits);
/// @param values  Of the fields rpm, tpm, concurrency, most, burst.
[[nodiscard]] fleet_limits read_limits(std::vector<cache::detail::redis_reply> const& values);

/// A number that Redis tells, as integer or text; 0: it is none.
[[nodiscard]] std::int64_t number_of(cache::detail::redis_reply const& reply) noexcept;

}  // namespace coax::fleet::detail
