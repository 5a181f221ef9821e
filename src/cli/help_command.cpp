#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/help.hpp"
#include "cli/version_text.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace coax::cli {

void add_help_command(CLI::App& program, chosen_command& chosen) {
    auto* const command = program.add_subcommand("help", "Print the page of a command, or all commands");
    auto path = std::make_shared<std::vector<std::string>>();
    command->add_option("COMMAND", *path, "A command, such as batch or config check");
    command->callback([path, &program, &chosen] {
        chosen = [path, &program]() -> int {
            auto const page = help_page(program, *path);
            if (!page) return print_note(page.error().message), bad_usage;
            print_answer(*page);
            return all_ok;
        };
    });

    auto* const version = program.add_subcommand("version", "Print the version, as --version does");
    version->callback([&chosen] {
        chosen = [] {
            print_answer(version_text() + '\n');
            return all_ok;
        };
    });
}

}  // namespace coax::cli
