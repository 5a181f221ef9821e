#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/number_flag.hpp"
#include "cli/report_flags.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coax::cli {
namespace {

struct report_command_flags {
    std::vector<std::string> outputs{};
    std::string input{};
    std::string title{};
    std::string facts{};
    std::int64_t rpm{0};
    std::int64_t tpm{0};
    bool as_json{false};
    report_flags report{};
};

constexpr char report_help[] =
    "Makes a page of what `coax batch` wrote, also long ago: figures, throughput over time, latencies, tokens, cost, "
    "failures with samples, the slowest and dearest records, and how each member of the answers is distributed.\n"
    "With --input and --expected it tells how many answers are right, and which are taken for which.\n"
    "The page has no script and needs nothing from elsewhere. --model names the model whose prices hold.\n\n";

result<batch_report_options> report_options_of(report_command_flags const& flags, service_flags const& service) {
    batch_report_options options{.requests_per_minute = flags.rpm, .tokens_per_minute = flags.tpm};
    options.title =
        flags.title.empty() ? std::filesystem::path{flags.outputs.front()}.filename().string() : flags.title;
    options.model = service.model.empty() ? process_environment("COAX_MODEL").value_or("") : service.model;
    options.service = service.provider.empty() ? process_environment("COAX_PROVIDER").value_or("") : service.provider;
    if (flags.facts.empty()) return options;
    auto read = model_table::load(flags.facts);
    if (!read) return std::move(read).error();
    options.facts = *std::move(read);
    return options;
}

result<void> check_flags(report_command_flags const& flags) {
    if (flags.report.file.empty() && !flags.as_json) return invalid_argument("-o", "a file is needed, or --json");
    if (flags.input.empty() != flags.report.expected.empty())
        return invalid_argument("--expected", "and --input go together");
    return {};
}

result<batch_report> make_report(report_command_flags const& flags, service_flags const& service) {
    if (auto checked = check_flags(flags); !checked) return std::move(checked).error();
    auto options = report_options_of(flags, service);
    if (!options) return std::move(options).error();
    report_input input{.records = {.name = flags.input}};
    coax::detail::file_handle copy;
    if (!flags.input.empty()) {
        auto found = find_input(flags.input, {});
        if (!found) return std::move(found).error();
        input.table = *std::move(found);
        if (reads_once(flags.input)) {
            auto copied = copy_to_temporary(flags.input);
            if (!copied) return std::move(copied).error();
            copy = *std::move(copied);
            input.table.paths = {path_of(copy)};
        }
    }
    return read_report(flags.report, *std::move(options), input, flags.outputs);
}

int run_report(report_command_flags const& flags, service_flags const& service) {
    auto const report = make_report(flags, service);
    if (!report) return print_error(report.error()), bad_usage;
    if (!flags.report.file.empty())
        if (auto written = write_file(flags.report.file, report->html()); !written)
            return print_error(written.error()), could_not_go_on;
    if (flags.as_json) print_answer(to_json(report->figures()) + '\n');
    return all_ok;
}

}  // namespace

void add_report_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("report", "Make a page about the output of a batch");
    auto flags = std::make_shared<report_command_flags>();
    command->add_option("OUTPUT", flags->outputs, "Outputs of batches of the same kind")->required();
    command->add_option("-o", flags->report.file, "The page")->type_name("FILE.html");
    command->add_option("--input", flags->input, "The batch's input, for --expected; - reads standard input");
    add_expected_flags(*command, flags->report);
    command->add_option("--title", flags->title, "Heading; default: the name of OUTPUT");
    command->add_option("--facts", flags->facts, "File with prices of models, besides those built in");
    constexpr number_range<std::int64_t> count{0};
    add_number(*command, "--rpm", flags->rpm, count, "Requests a minute that were allowed, to be drawn; 0: not known");
    add_number(*command, "--tpm", flags->tpm, count, "Tokens a minute that were allowed; 0: not known");
    command->add_flag("--json", flags->as_json, "Print the figures as a JSON object");
    command->footer(std::string{report_help} + exit_code_help);
    command->callback(
        [flags, &service, &chosen] { chosen = [flags, &service] { return run_report(*flags, service); }; });
}

}  // namespace coax::cli
