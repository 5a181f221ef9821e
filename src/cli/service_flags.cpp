#include "cli/service_flags.hpp"

#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "core/internal/near_names.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/provider/provider.hpp>
#include <coax/provider/service_profile.hpp>
#include <coax/telemetry/log_observer.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace coax::cli {

namespace {

/// Whether the provider that flag or environment name is known.
result<void> check_provider(service_flags const& flags, environment const& look_up) {
    bool const from_flag = !flags.provider.empty();
    auto const wanted = from_flag ? flags.provider : look_up("COAX_PROVIDER").value_or("");
    auto const known = provider_names();
    if (wanted.empty() || std::find(known.begin(), known.end(), wanted) != known.end()) return {};
    auto says = "unknown provider \"" + wanted + '"';
    if (auto const near = core::detail::near_names(wanted, known); !near.empty()) {
        says += "; did you mean " + core::detail::one_of(near) + '?';
    } else {
        says += ", known are ";
        for (auto const name : known) says.append(name).append(name == known.back() ? "" : ", ");
    }
    return invalid_argument(from_flag ? "--provider" : "COAX_PROVIDER", says);
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

/// What the flags state, by the paths of settings.
std::vector<setting> settings_of(service_flags const& flags) {
    std::vector<setting> stated;
    auto const add = [&](char const* path, std::string const& value, char const* flag) {
        if (!value.empty()) stated.push_back({path, value, flag});
    };
    add("service.provider.service", flags.provider, "--provider");
    add("service.model", flags.model, "--model");
    add("service.provider.base_url", flags.base_url, "--base-url");
    add("service.provider.api", flags.api, "--api");
    add("service.provider.api_version", flags.api_version, "--api-version");
    add("service.provider.deployment", flags.deployment, "--deployment");
    add("service.provider.token_limit_name", flags.token_limit_name, "--token-limit-name");
    add("service.provider.omit", flags.omit.empty() ? "" : json_list(flags.omit), "--omit");
    add("service.provider.organization", flags.organization, "--organization");
    add("service.provider.project", flags.project, "--project");
    add("service.provider.location", flags.location, "--location");
    add("service.provider.bearer", flags.bearer ? "true" : "", "--bearer");
    add("http.ca_file", flags.ca_file, "--ca-file");
    add("http.client_certificate.file", flags.client_certificate, "--client-certificate");
    add("http.client_certificate.key_file", flags.client_key, "--client-key");
    add("http.http2", flags.http2, "--http2");
    add("log.level", flags.log_level, "--log-level");
    add("log.directory", flags.log_folder, "--log-dir");
    add("log.console", flags.log_level.empty() && !flags.log_folder.empty() ? "false" : "", "--log-dir");
    return stated;
}

/// The environment without the address and key of another service than the one that the flags mean.
environment of_service(service_flags const& flags, environment const& look_up) {
    bool const is_other = names_another_service(flags, look_up);
    return [&look_up, is_other](std::string_view name) -> std::optional<std::string> {
        if (is_other && (name == "COAX_BASE_URL" || name == "COAX_API_KEY")) return std::nullopt;
        return look_up(name);
    };
}

/// The same for a service of the user's own.
environment of_profile(service_profile const& profile, environment const& look_up) {
    bool const has_address = !profile.base_url.empty();
    return [&look_up, has_address, key = profile.key_variable](std::string_view name) -> std::optional<std::string> {
        if (name == "COAX_PROVIDER" || (has_address && name == "COAX_BASE_URL")) return std::nullopt;
        return look_up(name == "COAX_API_KEY" && !key.empty() ? std::string_view{key} : name);
    };
}

/// A service of the user's own takes the place of the one that the configuration names.
std::vector<setting> settings_of_profile(service_flags const& flags, service_profile const& profile) {
    std::vector<setting> stated{{"service.provider.profile", json::write(profile), "--profile"}};
    if (flags.base_url.empty() && !profile.base_url.empty())
        stated.push_back({"service.provider.base_url", profile.base_url, "--profile"});
    return stated;
}

result<void> begin_log(configuration& set) try {
    if (set.log) set.client.telemetry.edit().observers.push_back(std::make_shared<log_observer>(*set.log));
    return {};
} catch (exception const& failure) {
    return failure.why();
}

}  // namespace

void add_service_flags(CLI::App& app, service_flags& flags) {
    auto constexpr group = "Service";
    app.add_option("--config", flags.config, "Configuration, YAML or JSON; also COAX_CONFIG (coax config --help)")
        ->group(group);
    app.add_option("--service", flags.service, "Which of the configuration's services; also COAX_SERVICE")
        ->group(group);
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
    app.add_option("--project", flags.project, "OpenAI's project, or that of Google Cloud for vertex")->group(group);
    app.add_option("--location", flags.location, "Vertex AI's location, such as europe-west4; default: global")
        ->group(group);
    app.add_flag("--bearer", flags.bearer, "Send the key as a bearer token, where the service has another way")
        ->group(group);
    app.add_option("--log-level", flags.log_level, "Log what is done, on standard error: debug, info, warning or error")
        ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
        ->group("Log");
    app.add_option(
           "--log-dir", flags.log_folder,
           "Log to DIR/default.log, and a JSON object for each call to DIR/inference.log; without --log-level to "
           "these alone")
        ->type_name("DIR")
        ->group("Log");
    app.add_option("--ca-file", flags.ca_file, "PEM file of certificate authorities trusted besides the system's")
        ->group(group);
    app.add_option("--client-certificate", flags.client_certificate,
                   "PEM file of the certificate to show a service that asks for one (mutual TLS)")
        ->type_name("FILE")
        ->group(group);
    app.add_option("--client-key", flags.client_key,
                   "PEM file of its private key, where that is another; a passphrase goes into "
                   "COAX_HTTP__CLIENT_CERTIFICATE__PASSPHRASE")
        ->type_name("FILE")
        ->group(group);
    app.add_option("--http2", flags.http2, "HTTP/2 for https: off (the default), automatic (where it is offered) or on")
        ->check(CLI::IsMember({"off", "automatic", "on"}))
        ->group(group);
}

std::optional<std::string> process_environment(std::string_view name) {
    auto const* const value = std::getenv(std::string{name}.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
}

std::string configuration_path(service_flags const& flags, environment const& look_up) {
    return flags.config.empty() ? look_up("COAX_CONFIG").value_or("") : flags.config;
}

std::vector<std::string> to_arguments(service_flags const& flags) {
    std::vector<std::string> all;
    auto const add = [&all](char const* flag, std::string const& value) {
        if (!value.empty()) all.insert(all.end(), {flag, value});
    };
    add("--config", flags.config);
    add("--service", flags.service);
    add("--profile", flags.profile);
    for (auto const& each : settings_of(flags))
        if (each.path.starts_with("service.") || each.path.starts_with("http."))
            if (each.origin != "--omit" && each.origin != "--bearer") add(each.origin.c_str(), each.value);
    for (auto const& each : flags.omit) add("--omit", each);
    if (flags.bearer) all.emplace_back("--bearer");
    return all;
}

std::string json_list(std::vector<std::string> const& texts) { return json::write(texts); }

result<configuration> resolve_all(service_flags const& flags, environment const& look_up, command_settings command) {
    if (auto checked = check_provider(flags, look_up); !checked) return std::move(checked).error();
    auto stated = settings_of(flags);
    auto variables = of_service(flags, look_up);
    if (!flags.profile.empty()) {
        if (!flags.provider.empty())
            return invalid_argument("--profile", "takes the place of --provider: give one of them");
        auto const profile = read_profile(flags.profile);
        if (!profile) return profile.error();
        auto const more = settings_of_profile(flags, *profile);
        stated.insert(stated.end(), more.begin(), more.end());
        variables = of_profile(*profile, look_up);
    }
    stated.insert(stated.end(), command.flags.begin(), command.flags.end());
    auto made = load_configuration(configuration_path(flags, look_up), {.service = flags.service,
                                                                        .defaults = std::move(command.defaults),
                                                                        .overrides = std::move(stated),
                                                                        .complete = command.complete,
                                                                        .look_up = std::move(variables)});
    if (!made) return made;
    proxy_from_env(made->client.http);
    if (!command.logs) return made;
    if (auto begun = begin_log(*made); !begun) return std::move(begun).error();
    return made;
}

result<client_options> resolve(service_flags const& flags, environment const& look_up) {
    auto made = resolve_all(flags, look_up);
    if (!made) return std::move(made).error();
    made->client.response_cache = boxed<response_cache_options>{};
    return std::move(made->client);
}

int resolve_exit_code(error const& why) {
    bool const is_place = why.where.starts_with("--") || why.where.starts_with("environment ") ||
                          why.where.find(':') != std::string::npos;
    bool const names_no_service = why.where == "COAX_PROVIDER" || why.where == "service";
    bool const is_wrong = why.code == errc::invalid_argument && (is_place || names_no_service);
    return is_wrong ? bad_usage : could_not_go_on;
}

}  // namespace coax::cli
