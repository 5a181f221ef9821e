#pragma once

#include "cli/batch_job.hpp"

#include <coax/batch/rehearsal.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coax::cli {

/// What is known of a service before a rehearsal.
struct sampled_service {
    std::vector<sampled_call> calls{};
    std::optional<std::int64_t> requests_per_minute{};  ///< As it told. Nothing: it did not.
    std::optional<std::int64_t> tokens_per_minute{};
};

/// Asks some records, spread evenly over the input, four at once, and says what that cost.
/// Errors: those of the calls, when none of them succeeds.
[[nodiscard]] result<sampled_service> ask_sample(batch_job const& job, std::uint64_t count);

/// The calls of an output of a batch: a fair sample of 10,000 records that took one request.
/// Errors: `errc::io_failed`; `errc::invalid_json` with "path:line".
[[nodiscard]] result<sampled_service> read_sample(std::string const& path);

}  // namespace coax::cli
