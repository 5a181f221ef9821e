#include "cli/commands.hpp"
#include "cli/exit_code.hpp"

#include <coax/provider/provider.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <string>

namespace coax::cli {

namespace {

/// The variables that a service is configured by.
std::string_view variables(std::string_view provider) {
    if (provider == "openai") return "OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_ORG_ID, OPENAI_PROJECT_ID";
    if (provider == "azure")
        return "AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN, OPENAI_API_VERSION, "
               "AZURE_OPENAI_DEPLOYMENT";
    if (provider == "anthropic") return "ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL";
    if (provider == "gemini")
        return "GEMINI_API_KEY or GOOGLE_API_KEY, GOOGLE_GEMINI_BASE_URL, GOOGLE_GENAI_API_VERSION";
    if (provider == "vertex")
        return "GOOGLE_GENAI_USE_VERTEXAI, GOOGLE_CLOUD_PROJECT, GOOGLE_CLOUD_LOCATION, GOOGLE_API_KEY or "
               "GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_VERTEX_BASE_URL";
    return "COAX_BASE_URL, COAX_API_KEY";
}

int list_providers() {
    for (auto const name : provider_names())
        std::printf("%-12s %s\n", std::string{name}.c_str(), std::string{variables(name)}.c_str());
    return all_ok;
}

}  // namespace

void add_providers_command(CLI::App& program, chosen_command& chosen) {
    auto* const command =
        program.add_subcommand("providers", "List the services and the environment variables that configure them");
    command->callback([&chosen] { chosen = list_providers; });
}

}  // namespace coax::cli
