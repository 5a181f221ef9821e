#pragma once

#include "cli/batch_job.hpp"

namespace coax::cli {

/// Whether the page that --report wants can be made once the batch is over.
[[nodiscard]] result<void> check_batch_report(batch_job const& job, batch_flags const& flags);

/// Writes the page that --report wants, of all that the output has. @param code  The batch's exit code.
/// @returns An exit code.
[[nodiscard]] int write_batch_report(batch_job const& job, batch_flags const& flags, int code);

}  // namespace coax::cli
