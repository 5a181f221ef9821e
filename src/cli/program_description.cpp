#include "cli/program_description.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>

namespace coax::cli {
namespace {

/// "TEXT:{a,b}" tells that a flag takes a or b.
std::vector<std::string> choices_of(std::string_view type) {
    auto const begin = type.find('{');
    auto const end = type.find('}', std::min(begin, type.size()));
    if (end == std::string_view::npos) return {};
    std::vector<std::string> all;
    for (auto rest = type.substr(begin + 1, end - begin - 1); !rest.empty();) {
        auto const choice = rest.substr(0, rest.find(','));
        all.emplace_back(choice);
        rest.remove_prefix(std::min(choice.size() + 1, rest.size()));
    }
    return all;
}

flag_description describe(CLI::Option const& option) {
    flag_description flag{.description = option.get_description()};
    for (auto const& name : option.get_snames()) flag.names.push_back("-" + name);
    for (auto const& name : option.get_lnames()) flag.names.push_back("--" + name);
    if (option.get_items_expected_max() == 0) return flag;
    auto const type = option.get_type_name();
    flag.value = type.substr(0, type.find(':'));
    flag.choices = choices_of(type);
    return flag;
}

void describe(CLI::App const& app, std::string const& name, std::vector<command_description>& all) {
    command_description command{.name = name, .description = app.get_description(), .footer = app.get_footer()};
    for (auto const* const option : app.get_options()) {
        if (option->get_positional()) {
            auto const& text = option->get_name(true, false);
            command.arguments += ' ' + (option->get_required() ? text : '[' + text + ']');
        } else if (!option->get_group().empty()) {
            command.flags.push_back(describe(*option));
        }
    }
    all.push_back(std::move(command));
    for (auto const* const below : app.get_subcommands([](CLI::App const* one) { return !one->get_group().empty(); }))
        describe(*below, name.empty() ? below->get_name() : name + ' ' + below->get_name(), all);
}

}  // namespace

std::vector<command_description> describe_program(CLI::App const& program) {
    std::vector<command_description> all;
    describe(program, {}, all);
    return all;
}

}  // namespace coax::cli
