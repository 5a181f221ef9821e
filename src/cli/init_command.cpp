#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace coax::cli {

namespace {

/// With each "# " below the first paragraph taken away it is a configuration, too.
constexpr char first_configuration[] =
    R"(# Configuration of coax. Check it with: coax config check FILE
# What every setting is now, and where it is from: coax config show --config FILE
# Flags come first, then the environment, this file, the defaults. Keys belong into the environment: ${NAME} is
# the variable of that name. What is a comment below is there to be used: take the "# " away.

service:
  provider:
    service: openai                # `coax providers` lists them
#     base_url: https://api.openai.com/v1
  model: gpt-5.4-mini
  api_key: ${OPENAI_API_KEY}

policies:
  max_concurrency: 32              # requests under way at once
  timeout: 5m                      # for a call, its retries included; 0s: no limit
#   rate_limits: {requests_per_minute: 3000, tokens_per_minute: 1000000}
  retry:
    max_attempts: 5

# http:
#   ca_file: /etc/ssl/certs/company.pem
#   client_certificate: {file: client.pem, key_file: client.key, passphrase: "${KEY_PASSPHRASE:-}"}

request:                           # what every question begins with
  temperature: 0
#   max_output_tokens: 1000

batch:
  max_failures: 100                # begin nothing new after so many failed records; 0: go on

# log:
#   level: info
#   directory: logs
)";

struct init_flags {
    std::string file{"coax.yaml"};
    bool force{false};
};

int run_init(init_flags const& flags) {
    if (!flags.force && file_exists(flags.file)) {
        print_note(flags.file + " is there already; --force writes it anew");
        return bad_usage;
    }
    if (auto const written = write_file(flags.file, first_configuration); !written)
        return print_error(written.error()), could_not_go_on;
    print_answer(flags.file + ": written; edit it, then: coax doctor --config " + flags.file + '\n');
    return all_ok;
}

}  // namespace

void add_init_command(CLI::App& program, chosen_command& chosen) {
    auto* const command = program.add_subcommand("init", "Write a first configuration, with comments");
    auto flags = std::make_shared<init_flags>();
    command->add_option("FILE", flags->file, "Where to write it")->default_str("coax.yaml");
    command->add_flag("--force", flags->force, "Write it even if the file is there");
    command->callback([flags, &chosen] { chosen = [flags] { return run_init(*flags); }; });
}

}  // namespace coax::cli
