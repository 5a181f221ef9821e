#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"

#include <coax/client/client.hpp>
#include <coax/client/connection_check.hpp>
#include <coax/json/writer.hpp>
#include <coax/reflect/enums.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace coax::cli {

namespace {

std::string to_json(client_info const& info, connection_check const& found) {
    std::string text;
    json::writer out{text};
    out.begin_object().member("ok", found.ok()).member("service", info.service).member("url", info.address);
    out.member("model_name", found.model_name).member("key_name", info.key);
    out.member("address", reflect::enum_name(found.address)).member("key", reflect::enum_name(found.key));
    out.member("model", reflect::enum_name(found.model));
    if (found.why) {
        out.key("error").begin_object().member("code", to_string(found.why->code));
        out.member("message", error_text(*found.why)).end_object();
    }
    if (!found.models.empty()) {
        out.key("models").begin_array();
        for (auto const& model : found.models) out.value(model);
        out.end_array();
    }
    out.member("latency_ms", found.latency.count()).end_object();
    return text + '\n';
}

std::string to_text(client_info const& info, connection_check const& found) {
    auto text = "service  " + info.service + "\nurl      " + info.address + "\n" + to_string(found);
    if (found.ok()) text += "time     " + std::to_string(found.latency.count()) + " ms\n";
    return text;
}

int run_check(bool as_json, service_flags const& service) {
    auto options = resolve(service, process_environment);
    if (!options) {
        print_error(options.error());
        return resolve_exit_code(options.error());
    }
    runtime rt;
    client const llm{rt.executor(), std::move(*options)};
    auto const found = rt.run(llm.check_connection());
    print_answer(as_json ? to_json(llm.info(), found) : to_text(llm.info(), found));
    return found.ok() ? all_ok : could_not_go_on;
}

}  // namespace

void add_check_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("check", "Check address, key and model of the service");
    auto as_json = std::make_shared<bool>(false);
    command->add_flag("--json", *as_json, "Print one JSON object");
    command->footer(
        "Costs no tokens where the service's own list of models has the model; else a chat of a few tokens is sent.\n");
    command->callback(
        [as_json, &service, &chosen] { chosen = [as_json, &service] { return run_check(*as_json, service); }; });
}

}  // namespace coax::cli
