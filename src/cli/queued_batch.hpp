#pragma once

#include "cli/batch_job.hpp"
#include "cli/service_flags.hpp"

#include <coax/batch/json_line.hpp>

namespace coax::cli {

/// Has workers do a job, and collects what they find. @returns An exit code.
[[nodiscard]] int run_queued_batch(batch_job const& job, batch_flags const& flags, service_flags const& service,
                                   output_kind form);

}  // namespace coax::cli
