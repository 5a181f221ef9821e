#include "cli/commands.hpp"
#include "cli/completion_script.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/manual_page.hpp"

#include <coax/version.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace coax::cli {

void add_completion_command(CLI::App& program, chosen_command& chosen) {
    auto* const command = program.add_subcommand("completion", "Print a script that completes coax in a shell");
    auto shell = std::make_shared<std::string>();
    command->add_option("SHELL", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->callback([shell, &program, &chosen] {
        chosen = [shell, &program] {
            print_answer(*shell == "bash"  ? bash_completion(program)
                         : *shell == "zsh" ? zsh_completion(program)
                                           : fish_completion(program));
            return all_ok;
        };
    });

    auto* const manual = program.add_subcommand("man", "Print the manual page, as man reads it");
    manual->callback([&program, &chosen] {
        chosen = [&program] {
            print_answer(manual_page(program, COAX_VERSION));
            return all_ok;
        };
    });
}

}  // namespace coax::cli
