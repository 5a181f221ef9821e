#pragma once

#include "cli/service_flags.hpp"

#include <coax/core/result.hpp>
#include <coax/fleet/work_queue.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace coax::cli {

/// Which queue, and how it is used.
struct queue_flags {
    std::string url{};          ///< Without a password; empty: COAX_QUEUE names it, where there has to be one.
    std::size_t window{1'000};  ///< Rows that a coordinator puts in before their results are there.
    std::optional<double> lease{};
    std::optional<int> max_deliveries{};
};

/// Adds --queue. @param description  What it is for.
void add_queue_flag(CLI::App& command, queue_flags& flags, std::string description);
/// Adds --queue and --queue-window.
void add_coordinator_flags(CLI::App& command, queue_flags& flags);
/// Adds --lease and --max-deliveries.
void add_lease_flags(CLI::App& command, queue_flags& flags);

/// The options that flags and environment name; the password is that of COAX_QUEUE_PASSWORD, or in COAX_QUEUE.
/// Errors: `errc::invalid_argument`.
[[nodiscard]] result<queue_options> queue_options_of(queue_flags const& flags, service_flags const& service,
                                                     environment const& look_up);

}  // namespace coax::cli
