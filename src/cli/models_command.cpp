#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"

#include <coax/client/client.hpp>
#include <coax/json/writer.hpp>
#include <coax/provider/model_info.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace coax::cli {

namespace {

/// One JSON object a line: what the service said of each.
std::string to_json_lines(std::vector<model_info> const& models) {
    std::string text;
    for (auto const& model : models) text.append(model.raw.text()).append("\n");
    return text;
}

std::string to_text(std::vector<model_info> const& models) {
    std::size_t width = 0;
    for (auto const& model : models) width = std::max(width, model.id.size());
    std::string text;
    for (auto const& model : models) {
        std::string facts;
        if (model.max_input_tokens) facts += "  " + std::to_string(*model.max_input_tokens) + " tokens";
        if (!model.retires.empty()) facts += "  until " + model.retires;
        text.append(model.id);
        if (!facts.empty()) text.append(width - model.id.size(), ' ').append(facts);
        text.append("\n");
    }
    return text;
}

int run_models(bool as_json, service_flags const& service) {
    auto options = resolve(service, process_environment);
    if (!options) {
        print_error(options.error());
        return resolve_exit_code(options.error());
    }
    runtime rt;
    client const llm{rt.executor(), std::move(*options)};
    auto const models = rt.run(as_result(llm.models()));
    if (!models) {
        print_error(models.error());
        return models.error().code == errc::invalid_argument ? bad_usage : could_not_go_on;
    }
    print_answer(as_json ? to_json_lines(*models) : to_text(*models));
    return all_ok;
}

}  // namespace

void add_models_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("models", "List the models of the service");
    auto as_json = std::make_shared<bool>(false);
    command->add_flag("--json", *as_json, "Print a JSON object a line, with all that the service says of a model");
    command->callback(
        [as_json, &service, &chosen] { chosen = [as_json, &service] { return run_models(*as_json, service); }; });
}

}  // namespace coax::cli
