#include "cli/service_flags.hpp"

#include "cli/exit_code.hpp"

#include <coax/provider/provider.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace coax::cli {

namespace {

/// Whether the provider that flag or environment name is known.
result<void> check_provider(service_flags const& flags, environment const& look_up) {
    bool const from_flag = !flags.provider.empty();
    auto const wanted = from_flag ? flags.provider : look_up("COAX_PROVIDER").value_or("");
    auto const known = provider_names();
    if (wanted.empty() || std::find(known.begin(), known.end(), wanted) != known.end()) return {};
    std::string list;
    for (auto const name : known) list.append(list.empty() ? "" : ", ").append(name);
    return invalid_argument(from_flag ? "--provider" : "COAX_PROVIDER",
                            "unknown provider \"" + wanted + "\", known are " + list);
}

/// Whether the flags name another service than the one whose address and key COAX_BASE_URL and COAX_API_KEY are.
bool names_another_service(service_flags const& flags, environment const& look_up) {
    if (flags.provider.empty()) return false;
    return flags.provider != look_up("COAX_PROVIDER").value_or("compatible");
}

}  // namespace

void add_service_flags(CLI::App& app, service_flags& flags) {
    auto constexpr group = "Service";
    app.add_option("--provider", flags.provider, "openai, azure, anthropic, gemini, vertex or compatible")
        ->group(group);
    app.add_option("--model", flags.model, "Model to ask")->group(group);
    app.add_option("--base-url", flags.base_url, "Address of the service, such as http://localhost:8000/v1")
        ->group(group);
    app.add_option("--api", flags.api, "Form of requests: chat_completions or responses, where the service has both")
        ->check(CLI::IsMember({"chat_completions", "responses"}))
        ->group(group);
    app.add_option("--api-version", flags.api_version,
                   "Azure's api-version, Anthropic's anthropic-version or Gemini's, such as v1")
        ->group(group);
    app.add_option("--deployment", flags.deployment, "Azure: deployment in the address")->group(group);
    app.add_option("--ca-file", flags.ca_file, "PEM file of certificate authorities trusted besides the system's")
        ->group(group);
}

std::optional<std::string> process_environment(std::string_view name) {
    auto const* const value = std::getenv(std::string{name}.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
}

result<client_options> resolve(service_flags const& flags, environment const& look_up) {
    if (auto checked = check_provider(flags, look_up); !checked) return std::move(checked).error();
    bool const other = names_another_service(flags, look_up);
    auto options = client_options_from([&](std::string_view name) -> std::optional<std::string> {
        if (name == "COAX_PROVIDER" && !flags.provider.empty()) return flags.provider;
        if (name == "COAX_BASE_URL" && !flags.base_url.empty()) return flags.base_url;
        if (other && (name == "COAX_BASE_URL" || name == "COAX_API_KEY")) return std::nullopt;
        if (name == "COAX_MODEL" && !flags.model.empty()) return flags.model;
        if (name == "COAX_API" && !flags.api.empty()) return flags.api;
        if (name == "SSL_CERT_FILE" && !flags.ca_file.empty()) return flags.ca_file;
        if (name == "OPENAI_API_VERSION" && !flags.api_version.empty()) return flags.api_version;
        if (name == "AZURE_OPENAI_DEPLOYMENT" && !flags.deployment.empty()) return flags.deployment;
        return look_up(name);
    });
    if (!options) return options;
    if (!flags.api_version.empty()) options->service.provider.api_version = flags.api_version;
    if (!flags.deployment.empty()) options->service.provider.deployment = flags.deployment;
    proxy_from_env(options->http);
    return options;
}

int resolve_exit_code(error const& why) {
    return why.where == "--provider" || why.where == "COAX_PROVIDER" ? bad_usage : could_not_go_on;
}

}  // namespace coax::cli
