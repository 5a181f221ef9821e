#include <coax/client/options.hpp>

#include <array>
#include <cstdlib>

namespace coax {
namespace {

using look_up_function = std::function<std::optional<std::string>(std::string_view name)>;

/// A variable that is set to nothing counts as not set.
std::optional<std::string> non_empty(look_up_function const& look_up, std::string_view name) {
    auto value = look_up(name);
    if (value && value->empty()) return std::nullopt;
    return value;
}

std::string or_empty(look_up_function const& look_up, std::string_view name) {
    return non_empty(look_up, name).value_or(std::string{});
}

void fill_azure(look_up_function const& env, client_options& options) {
    options.provider.base_url = or_empty(env, "AZURE_OPENAI_ENDPOINT");
    options.provider.api_version = or_empty(env, "OPENAI_API_VERSION");
    options.provider.deployment = or_empty(env, "AZURE_OPENAI_DEPLOYMENT");
    if (auto token = non_empty(env, "AZURE_OPENAI_AD_TOKEN")) {
        options.api_key = secret{std::move(*token)};
        options.provider.bearer = true;
    } else {
        options.api_key = or_empty(env, "AZURE_OPENAI_API_KEY");
    }
}

void fill_openai(look_up_function const& env, client_options& options) {
    options.api_key = or_empty(env, "OPENAI_API_KEY");
    options.provider.base_url = or_empty(env, "OPENAI_BASE_URL");
    options.provider.organization = or_empty(env, "OPENAI_ORG_ID");
    options.provider.project = or_empty(env, "OPENAI_PROJECT_ID");
}

void fill_anthropic(look_up_function const& env, client_options& options) {
    options.provider.base_url = or_empty(env, "ANTHROPIC_BASE_URL");
    if (auto key = non_empty(env, "ANTHROPIC_API_KEY")) {
        options.api_key = secret{std::move(*key)};
    } else {
        options.api_key = or_empty(env, "ANTHROPIC_AUTH_TOKEN");
        options.provider.bearer = true;
    }
}

void fill_compatible(look_up_function const& env, client_options& options) {
    options.provider.base_url = or_empty(env, "COAX_BASE_URL");
    options.api_key = or_empty(env, "COAX_API_KEY");
}

/// Services in the order in which the environment is searched for them.
struct service_source {
    std::string_view service;
    std::array<std::string_view, 2> signs;  // any of these set: this service is meant
    bool needs_key;
    std::string_view key_names;
    std::string_view default_model;
    void (*fill)(look_up_function const&, client_options&);
};

constexpr std::array service_sources{
    service_source{
        "azure", {"AZURE_OPENAI_ENDPOINT"}, true, "AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN", "", fill_azure},
    service_source{"openai", {"OPENAI_API_KEY"}, true, "OPENAI_API_KEY", "gpt-5.4-mini", fill_openai},
    service_source{"anthropic",
                   {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"},
                   true,
                   "ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN",
                   "claude-sonnet-5",
                   fill_anthropic},
    service_source{"compatible", {"COAX_BASE_URL"}, false, "COAX_API_KEY", "", fill_compatible},
};

service_source const* named_source(std::string_view service) {
    for (auto const& source : service_sources)
        if (source.service == service) return &source;
    return nullptr;
}

service_source const* found_source(look_up_function const& env) {
    for (auto const& source : service_sources)
        for (auto const sign : source.signs)
            if (!sign.empty() && non_empty(env, sign)) return &source;
    return nullptr;
}

error wrong(std::string_view field, std::string message) {
    return {.code = errc::invalid_argument, .message = std::move(message), .where = std::string{field}};
}

/// What is wrong with a part that has options of its own, named by the way to it.
template <class Options>
std::optional<error> inside(std::string_view part, Options const& options) {
    auto why = validate(options);
    if (why) why->where.insert(0, std::string{part} + '.');
    return why;
}

/// The same of a part that may be off.
template <class Options>
std::optional<error> inside(std::string_view part, std::optional<Options> const& options) {
    return options ? inside(part, *options) : std::nullopt;
}

}  // namespace

result<client_options> client_options_from(look_up_function const& look_up) {
    client_options options;
    auto const wanted = non_empty(look_up, "COAX_PROVIDER");
    auto const* source = wanted ? named_source(*wanted) : found_source(look_up);
    if (source == nullptr && wanted)
        return wrong("COAX_PROVIDER",
                     "unknown provider \"" + *wanted + "\"; known are openai, azure, anthropic, compatible");
    if (source == nullptr)
        return wrong(
            "environment",
            "no service is configured: set OPENAI_API_KEY, AZURE_OPENAI_ENDPOINT, ANTHROPIC_API_KEY or COAX_BASE_URL");
    options.provider.service = source->service;
    source->fill(look_up, options);
    if (auto url = non_empty(look_up, "COAX_BASE_URL")) options.provider.base_url = std::move(*url);
    if (source->needs_key && options.api_key.empty())
        return wrong(source->key_names,
                     "no key for " + std::string{source->service} + ": set " + std::string{source->key_names});
    options.model = non_empty(look_up, "COAX_MODEL").value_or(std::string{source->default_model});
    if (options.model.empty()) options.model = options.provider.deployment;
    options.http.ca_file = or_empty(look_up, "SSL_CERT_FILE");
    auto retry = retry_options_from(look_up, std::move(options.retry));
    if (!retry) return retry.error();
    options.retry = std::move(*retry);
    return options;
}

client_options client_options::from_env() {
    auto options = value_or_throw(client_options_from([](std::string_view name) -> std::optional<std::string> {
        auto const* value = std::getenv(std::string{name}.c_str());
        if (value == nullptr) return std::nullopt;
        return std::string{value};
    }));
    proxy_from_env(options.http);
    return options;
}

std::optional<error> validate(client_options const& options) {
    if (options.max_concurrency < 1 || options.max_concurrency > 65'535)
        return wrong("max_concurrency", "must be in [1, 65535], is " + std::to_string(options.max_concurrency));
    if (options.max_reasks < 0 || options.max_reasks > 10)
        return wrong("max_reasks", "must be in [0, 10], is " + std::to_string(options.max_reasks));
    if (options.max_reask_tokens < 0) return wrong("max_reask_tokens", "must not be negative");
    if (options.timeout.count() < 0) return wrong("timeout", "must not be negative");
    if (options.expected_output_tokens < 0) return wrong("expected_output_tokens", "must not be negative");
    if (options.max_event_bytes == 0) return wrong("max_event_bytes", "must be greater than 0");
    if (options.limits.max_body_bytes == 0) return wrong("limits.max_body_bytes", "must be greater than 0");
    for (auto const limit :
         {options.limits.connect, options.limits.first_byte, options.limits.idle, options.limits.total})
        if (limit.count() < 0) return wrong("limits", "times must not be negative");
    if (options.retry_budget && options.retry.budget) return wrong("retry_budget", "`retry.budget` is given as well");
    if (auto why = inside("adaptive", options.adaptive)) return why;
    if (auto why = inside("rate_limits", options.rate_limits)) return why;
    if (auto why = inside("retry", options.retry)) return why;
    if (auto why = inside("retry_budget", options.retry_budget)) return why;
    if (auto why = inside("circuit_breaker", options.circuit_breaker)) return why;
    if (auto why = inside("hedge", options.hedge)) return why;
    return inside("http", options.http);
}

std::string describe(client_options const& options) {
    std::string text;
    auto const line = [&text](std::string_view name, std::string const& value) {
        text.append(name).append(": ").append(value.empty() ? "(default)" : value).append("\n");
    };
    line("service", options.provider.service);
    line("base url", options.provider.base_url);
    line("api version", options.provider.api_version);
    line("deployment", options.provider.deployment);
    line("model", options.model);
    line("key", options.token_source ? "[token source]" : options.api_key.empty() ? "[none]" : "[secret]");
    line("max concurrency", options.adaptive ? "[adaptive]" : std::to_string(options.max_concurrency));
    line("circuit breaker", options.circuit_breaker ? "on" : "off");
    line("hedge", options.hedge ? "on" : "off");
    line("max re-asks", std::to_string(options.max_reasks));
    line("proxy", options.http.https_proxy.empty() ? "[none]" : "[secret]");
    line("ca file", options.http.ca_file);
    return text;
}

}  // namespace coax
