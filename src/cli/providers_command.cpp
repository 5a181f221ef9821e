#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/service_table.hpp"

#include <coax/json/writer.hpp>
#include <coax/provider/provider.hpp>
#include <coax/provider/service_profile.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <string>

namespace coax::cli {

namespace {

/// The variables that a service is configured by.
std::string variables(std::string_view provider) {
    if (provider == "openai") return "OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_ORG_ID, OPENAI_PROJECT_ID";
    if (provider == "azure")
        return "AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY, AZURE_OPENAI_AD_TOKEN or an identity, OPENAI_API_VERSION, "
               "AZURE_OPENAI_DEPLOYMENT";
    if (provider == "azure_ai") return "AZURE_INFERENCE_ENDPOINT, AZURE_INFERENCE_CREDENTIAL or an identity";
    if (provider == "anthropic") return "ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL";
    if (provider == "gemini")
        return "GEMINI_API_KEY or GOOGLE_API_KEY, GOOGLE_GEMINI_BASE_URL, GOOGLE_GENAI_API_VERSION";
    if (provider == "vertex")
        return "GOOGLE_GENAI_USE_VERTEXAI, GOOGLE_CLOUD_PROJECT, GOOGLE_CLOUD_LOCATION, GOOGLE_API_KEY or "
               "GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_VERTEX_BASE_URL";
    if (provider == "typesafe") return "TYPESAFE_API_KEY, TYPESAFE_BASE_URL, TYPESAFE_DEFAULT_MODEL";
    if (provider == "perplexity") return "PERPLEXITY_API_KEY";
    auto const profile = find_service_profile(provider);
    if (profile && !profile->key_variable.empty() && provider != "compatible") return profile->key_variable;
    return "COAX_BASE_URL, COAX_API_KEY";
}

int list_providers() {
    for (auto const name : provider_names())
        std::printf("%-12s %s\n", std::string{name}.c_str(), variables(name).c_str());
    return all_ok;
}

/// An object for each service, with the variables as the list names them.
std::string providers_as_json() {
    std::string text;
    json::writer out{text};
    out.begin_array();
    for (auto const name : provider_names()) {
        out.begin_object().member("name", name);
        out.member("variables", std::string_view{variables(name)}).end_object();
    }
    out.end_array();
    return text + '\n';
}

int print_text(std::string const& text) {
    std::fputs(text.c_str(), stdout);
    return all_ok;
}

}  // namespace

void add_providers_command(CLI::App& program, chosen_command& chosen) {
    auto* const command =
        program.add_subcommand("providers", "List the services and the environment variables that configure them");
    auto table = std::make_shared<bool>(false);
    auto requests = std::make_shared<bool>(false);
    auto as_json = std::make_shared<bool>(false);
    auto* const shows_table =
        command->add_flag("--table", *table, "Print what each service can be asked for, as docs/services.md has it");
    command
        ->add_flag("--requests", *requests, "Print a request of each kind for each service, as it would be sent: JSONL")
        ->excludes(shows_table);
    command->add_flag("--json", *as_json, "Print the list as a JSON array")->excludes(shows_table);
    command->callback([&chosen, table, requests, as_json] {
        if (*as_json)
            chosen = [] { return print_text(providers_as_json()); };
        else if (*requests)
            chosen = [] { return print_text(request_lines()); };
        else if (*table)
            chosen = [] { return print_text(service_table()); };
        else
            chosen = list_providers;
    });
}

}  // namespace coax::cli
