#pragma once

#include "cli/batch_job.hpp"

#include <coax/config/configuration.hpp>

namespace coax::cli {

/// What the answers of a job depend on besides prompt and schema, whose parts are there already.
void add_identity(batch_flags const& flags, configuration const& set, run_identity& run);

}  // namespace coax::cli
