#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"

#include <coax/config/configuration.hpp>
#include <coax/json/writer.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <string>

namespace coax::cli {

namespace {

constexpr char config_help[] =
    "A configuration is YAML, or JSON in a file called *.json. Its settings are those of the library:\n"
    "  service:\n"
    "    provider: {service: openai}\n"
    "    model: gpt-5.4-mini\n"
    "    api_key: ${OPENAI_API_KEY}\n"
    "  policies: {max_concurrency: 16, timeout: 30s, retry: {max_attempts: 5}}\n"
    "  request: {temperature: 0}\n"
    "  batch: {max_failures: 10}\n"
    "  services:\n"
    "    fast: {service: {model: gpt-5.4-nano}}\n"
    "    big: {service: {model: gpt-5.4}, policies: {timeout: 5m}}\n"
    "  default_service: fast\n"
    "Flags come first, then the environment (COAX_POLICIES__MAX_CONCURRENCY=8 and so on), the file, the defaults.\n"
    "Every command takes --config FILE and --service NAME, or COAX_CONFIG and COAX_SERVICE.\n\n";

/// What is wrong, one object for each; an empty list: nothing.
std::string to_json_list(std::vector<error> const& wrong) {
    std::string text;
    json::writer out{text};
    out.begin_array();
    for (auto const& each : wrong)
        out.begin_object()
            .member("where", std::string_view{each.where})
            .member("message", std::string_view{each.message})
            .end_object();
    out.end_array();
    return text + '\n';
}

std::string to_json_list(std::vector<setting> const& settings) {
    std::string text;
    json::writer out{text};
    out.begin_array();
    for (auto const& each : settings)
        out.begin_object()
            .member("path", std::string_view{each.path})
            .member("value", std::string_view{each.value})
            .member("origin", std::string_view{each.origin})
            .end_object();
    out.end_array();
    return text + '\n';
}

int run_check(std::string const& path, bool as_json) {
    auto const text = read_file(path);
    if (!text) {
        print_error(text.error());
        return bad_usage;
    }
    auto const wrong = check_configuration(*text, path, {.look_up = process_environment});
    if (as_json) return print_answer(to_json_list(wrong)), wrong.empty() ? all_ok : bad_usage;
    for (auto const& each : wrong) print_note(each.where + ": " + each.message);
    if (!wrong.empty()) return bad_usage;
    print_answer(path + ": as it should be\n");
    return all_ok;
}

std::string to_text(std::vector<setting> const& settings) {
    std::size_t width = 0;
    for (auto const& each : settings)
        width = std::max(width, each.path.size() + 2 + std::min<std::size_t>(each.value.size(), 40));
    std::string text;
    for (auto const& each : settings) {
        auto const line = each.path + ": " + each.value;
        text += line + std::string(width > line.size() ? width - line.size() : 0, ' ') + "  # " + each.origin + '\n';
    }
    return text;
}

/// @param path  Takes the place of --config.
int run_show(service_flags flags, std::string const& path, bool as_json) {
    if (!path.empty()) flags.config = path;
    auto set = resolve_all(flags, process_environment, {.logs = false});
    if (!set) {
        auto const why = set.error();
        set = resolve_all(flags, process_environment, {.complete = false, .logs = false});
        if (!set) {
            print_error(why);
            return resolve_exit_code(why);
        }
        print_error(why);
    }
    if (!set->service.empty()) print_note("service " + set->service);
    print_answer(as_json ? to_json_list(set->settings) : visible(to_text(set->settings)));
    return all_ok;
}

}  // namespace

void add_config_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("config", "Check and show configurations");
    command->require_subcommand(1);
    command->footer(config_help);
    auto path = std::make_shared<std::string>();
    auto as_json = std::make_shared<bool>(false);

    auto* const check = command->add_subcommand("check", "Say what is wrong with a configuration, and where");
    check->add_option("FILE", *path, "The configuration")->required();
    check->add_flag("--json", *as_json, "Print a JSON array, an object with where and message for each fault");
    check->callback([path, as_json, &chosen] { chosen = [path, as_json] { return run_check(*path, *as_json); }; });

    auto* const show = command->add_subcommand("show", "Print every setting, and where its value is from");
    show->add_option("FILE", *path, "The configuration; default: that of --config, or none");
    show->add_flag("--json", *as_json, "Print a JSON array, an object with path, value and origin for each setting");
    show->callback([path, as_json, &service, &chosen] {
        chosen = [path, as_json, &service] { return run_show(service, *path, *as_json); };
    });

    auto* const schema = command->add_subcommand("schema", "Print the JSON Schema of configurations, for editors");
    schema->callback([&chosen] {
        chosen = [] {
            print_answer(configuration_schema() + '\n');
            return all_ok;
        };
    });
}

}  // namespace coax::cli
