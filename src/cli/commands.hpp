#pragma once

#include "cli/service_flags.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace coax::cli {

/// A command that was given: what main runs after the flags are read. The result is an exit code.
using chosen_command = std::function<int()>;

/// Each adds its subcommand to the program. When that one is given, `chosen` is set.
void add_batch_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_cache_command(CLI::App& program, chosen_command& chosen);
void add_chat_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_check_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
/// The command prints what `program` has in it when it is given.
void add_completion_command(CLI::App& program, chosen_command& chosen);
void add_compare_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_config_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_doctor_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_embed_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
/// `help` and `version`, as people type them.
void add_help_command(CLI::App& program, chosen_command& chosen);
void add_init_command(CLI::App& program, chosen_command& chosen);
void add_mcp_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_merge_command(CLI::App& program, chosen_command& chosen);
void add_models_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_providers_command(CLI::App& program, chosen_command& chosen);
void add_queue_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_rehearse_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_report_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_serve_sim_command(CLI::App& program, chosen_command& chosen);
void add_show_command(CLI::App& program, chosen_command& chosen);
void add_tokens_command(CLI::App& program, service_flags const& service, chosen_command& chosen);
void add_worker_command(CLI::App& program, service_flags const& service, chosen_command& chosen);

}  // namespace coax::cli
