#pragma once

#include "cli/batch_job.hpp"
#include "cli/setting_flags.hpp"

#include <coax/config/configuration.hpp>

#include <vector>

namespace coax::cli {

/// What holds for batches where nobody states anything else: more patience than for one call.
[[nodiscard]] configuration batch_defaults();

/// The settings that flags state.
[[nodiscard]] std::vector<setting> settings_of(batch_flags const& flags);

/// What follows from the number of records in work, where nothing else is stated.
void fit_to_concurrency(batch_flags const& flags, configuration& set);

}  // namespace coax::cli
