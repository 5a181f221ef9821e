#include "cli/service_flags.hpp"

#include "cli/exit_code.hpp"
#include "cli/files.hpp"

#include <coax/bind/read.hpp>
#include <coax/provider/provider.hpp>
#include <coax/provider/service_profile.hpp>

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

/// The profile in a file. Errors: `errc::io_failed`; `errc::invalid_argument`, `where` is "--profile".
result<service_profile> read_profile(std::string const& path) {
    auto const text = read_file(path);
    if (!text) return text.error();
    auto profile = json::read<service_profile>(*text, {.refuse_unknown_keys = true, .require_fields = false});
    if (!profile) return invalid_argument("--profile", path + ": " + to_string(profile.error()));
    if (auto valid = validate(*profile); !valid)
        return invalid_argument("--profile", path + ": " + to_string(valid.error()));
    return profile;
}

/// What of the form of requests the flags say.
void add_form(service_flags const& flags, provider_options& provider) {
    if (!flags.api_version.empty()) provider.api_version = flags.api_version;
    if (!flags.deployment.empty()) provider.deployment = flags.deployment;
    if (!flags.token_limit_name.empty()) provider.token_limit_name = flags.token_limit_name;
    if (!flags.omit.empty()) provider.omit = flags.omit;
    if (!flags.organization.empty()) provider.organization = flags.organization;
    if (!flags.project.empty()) provider.project = flags.project;
    provider.bearer |= flags.bearer;
}

/// The environment with what the flags say in place of it.
environment over(service_flags const& flags, environment const& look_up) {
    return [&flags, &look_up,
            other = names_another_service(flags, look_up)](std::string_view name) -> std::optional<std::string> {
        std::pair<std::string_view, std::string const&> const said[]{{"COAX_PROVIDER", flags.provider},
                                                                     {"COAX_BASE_URL", flags.base_url},
                                                                     {"COAX_MODEL", flags.model},
                                                                     {"COAX_API", flags.api},
                                                                     {"SSL_CERT_FILE", flags.ca_file},
                                                                     {"OPENAI_API_VERSION", flags.api_version},
                                                                     {"AZURE_OPENAI_DEPLOYMENT", flags.deployment}};
        for (auto const& [variable, value] : said)
            if (name == variable && !value.empty()) return value;
        if (other && (name == "COAX_BASE_URL" || name == "COAX_API_KEY")) return std::nullopt;
        return look_up(name);
    };
}

/// A service of the user's own is a compatible one with a profile.
result<client_options> resolve_profile(service_flags const& flags, environment const& look_up) {
    auto profile = read_profile(flags.profile);
    if (!profile) return std::move(profile).error();
    auto const base = flags.base_url.empty() ? profile->base_url : flags.base_url;
    auto options = client_options_from([&](std::string_view name) -> std::optional<std::string> {
        if (name == "COAX_PROVIDER") return "compatible";
        if (name == "COAX_BASE_URL" && !base.empty()) return base;
        if (name == "COAX_API_KEY" && !profile->key_variable.empty()) return look_up(profile->key_variable);
        return over(flags, look_up)(name);
    });
    if (options) options->service.provider.profile = *std::move(profile);
    return options;
}

}  // namespace

void add_service_flags(CLI::App& app, service_flags& flags) {
    auto constexpr group = "Service";
    app.add_option("--provider", flags.provider, "Name of the service; `coax providers` lists them")->group(group);
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
    app.add_option("--profile", flags.profile,
                   "JSON file that describes a service on the chat completions wire, in place of --provider")
        ->group(group);
    app.add_option("--token-limit-name", flags.token_limit_name,
                   "Name of the token limit in requests, max_tokens or max_completion_tokens")
        ->group(group);
    app.add_option("--omit", flags.omit, "A member of requests that is never sent; may be given again")
        ->group(group)
        ->allow_extra_args(false);
    app.add_option("--organization", flags.organization, "OpenAI's organization")->group(group);
    app.add_option("--project", flags.project, "OpenAI's project")->group(group);
    app.add_flag("--bearer", flags.bearer, "Send the key as a bearer token, where the service has another way")
        ->group(group);
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
    if (!flags.profile.empty() && !flags.provider.empty())
        return invalid_argument("--profile", "takes the place of --provider: give one of them");
    auto options = flags.profile.empty() ? client_options_from(over(flags, look_up)) : resolve_profile(flags, look_up);
    if (!options) return options;
    add_form(flags, options->service.provider);
    proxy_from_env(options->http);
    return options;
}

int resolve_exit_code(error const& why) {
    bool const names_no_service = why.where == "--provider" || why.where == "COAX_PROVIDER" || why.where == "--profile";
    return names_no_service ? bad_usage : could_not_go_on;
}

}  // namespace coax::cli
