#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/help.hpp"
#include "cli/version_text.hpp"

#include <CLI/CLI.hpp>
#if COAX_WITH_ARROW
#include <coax/arrow/arrow_files.hpp>
#endif

#include <csignal>
#include <exception>
#include <string>

namespace {

constexpr char description[] =
    "coax: structured answers from language models\n"
    "Keys are read from the environment only, never from flags: OPENAI_API_KEY, AZURE_OPENAI_API_KEY, "
    "ANTHROPIC_API_KEY, GEMINI_API_KEY, "
    "COAX_API_KEY. Flags come before the environment.";

int run(int argc, char** argv) {
#if COAX_WITH_ARROW
    coax::use_arrow_files();
#endif
    CLI::App program{description, "coax"};
    program.set_version_flag("--version", coax::cli::version_text());
    program.require_subcommand(1);
    program.fallthrough();
    program.footer(coax::cli::exit_code_help);
    if (argc == 1) return coax::cli::print_answer(coax::cli::overview()), coax::cli::all_ok;

    coax::cli::service_flags service;
    coax::cli::add_service_flags(program, service);
    coax::cli::chosen_command chosen;
    coax::cli::add_batch_command(program, service, chosen);
    coax::cli::add_cache_command(program, chosen);
    coax::cli::add_chat_command(program, service, chosen);
    coax::cli::add_check_command(program, service, chosen);
    coax::cli::add_compare_command(program, service, chosen);
    coax::cli::add_config_command(program, service, chosen);
    coax::cli::add_embed_command(program, service, chosen);
    coax::cli::add_mcp_command(program, service, chosen);
    coax::cli::add_merge_command(program, chosen);
    coax::cli::add_models_command(program, service, chosen);
    coax::cli::add_providers_command(program, chosen);
    coax::cli::add_queue_command(program, service, chosen);
    coax::cli::add_rehearse_command(program, service, chosen);
    coax::cli::add_report_command(program, service, chosen);
    coax::cli::add_serve_sim_command(program, chosen);
    coax::cli::add_show_command(program, chosen);
    coax::cli::add_tokens_command(program, service, chosen);
    coax::cli::add_worker_command(program, service, chosen);
    coax::cli::add_completion_command(program, chosen);
    coax::cli::add_help_command(program, chosen);
    coax::cli::add_init_command(program, chosen);
    coax::cli::add_doctor_command(program, service, chosen);
    coax::cli::set_help(program);
    try {
        program.parse(argc, argv);
    } catch (CLI::ParseError const& why) {
        if (why.get_exit_code() == 0) return program.exit(why);  // --help, --version
        coax::cli::print_note(coax::cli::usage_error(program, why));
        return coax::cli::bad_usage;
    }
    return chosen();
}

/// Runs the program and turns what it throws into a note and an exit code.
int run_caught(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (coax::exception const& failure) {
        coax::cli::print_error(failure.why());
        bool const wrong_input = failure.why().code == coax::errc::invalid_argument;
        return wrong_input ? coax::cli::bad_usage : coax::cli::could_not_go_on;
    } catch (std::exception const& failure) {
        coax::cli::print_note(failure.what());
        return coax::cli::could_not_go_on;
    }
}

}  // namespace

int main(int argc, char** argv) {
    coax::cli::reserve_standard_files();
    // What they announce is then an error of the write, and what was paid for is not lost with the process.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    auto const code = run_caught(argc, argv);
    auto const written = coax::cli::flush_output();
    if (written || code != coax::cli::all_ok) return code;
    coax::cli::print_error(written.error());
    return coax::cli::could_not_go_on;
}
