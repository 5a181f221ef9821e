#include "client/internal/options_from_env.hpp"

#include "client/secret_filter.hpp"
#include "http/internal/proxy_environment.hpp"

#include <coax/auth/entra.hpp>
#include <coax/auth/google.hpp>
#include <coax/client/options.hpp>
#include <coax/provider/service_profile.hpp>
#include <coax/reflect/fields.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <type_traits>
#include <vector>

namespace coax {
namespace {

using look_up_function = std::function<std::optional<std::string>(std::string_view name)>;

/// A variable without the blanks and line breaks around it, with which values from files come. One that is set to
/// nothing counts as not set.
std::optional<std::string> non_empty(look_up_function const& look_up, std::string_view name) {
    constexpr std::string_view blanks = " \t\r\n";
    auto value = look_up(name);
    auto const first = value ? value->find_first_not_of(blanks) : std::string::npos;
    if (first == std::string::npos) return std::nullopt;
    return value->substr(first, value->find_last_not_of(blanks) - first + 1);
}

std::string or_empty(look_up_function const& look_up, std::string_view name) {
    return non_empty(look_up, name).value_or(std::string{});
}

void fill_azure(look_up_function const& env, client_options& options) {
    options.service.provider.base_url = or_empty(env, "AZURE_OPENAI_ENDPOINT");
    options.service.provider.api_version = or_empty(env, "OPENAI_API_VERSION");
    options.service.provider.deployment = or_empty(env, "AZURE_OPENAI_DEPLOYMENT");
    if (auto token = non_empty(env, "AZURE_OPENAI_AD_TOKEN")) {
        options.service.api_key = secret{std::move(*token)};
        options.service.provider.bearer = true;
    } else {
        options.service.api_key = or_empty(env, "AZURE_OPENAI_API_KEY");
    }
}

void fill_openai(look_up_function const& env, client_options& options) {
    options.service.api_key = or_empty(env, "OPENAI_API_KEY");
    options.service.provider.base_url = or_empty(env, "OPENAI_BASE_URL");
    options.service.provider.organization = or_empty(env, "OPENAI_ORG_ID");
    options.service.provider.project = or_empty(env, "OPENAI_PROJECT_ID");
    options.service.embedding_model = "text-embedding-3-small";
}

void fill_anthropic(look_up_function const& env, client_options& options) {
    options.service.provider.base_url = or_empty(env, "ANTHROPIC_BASE_URL");
    if (auto key = non_empty(env, "ANTHROPIC_API_KEY")) {
        options.service.api_key = secret{std::move(*key)};
    } else {
        options.service.api_key = or_empty(env, "ANTHROPIC_AUTH_TOKEN");
        options.service.provider.bearer = true;
    }
}

void fill_compatible(look_up_function const& env, client_options& options) {
    options.service.provider.base_url = or_empty(env, "COAX_BASE_URL");
    options.service.api_key = or_empty(env, "COAX_API_KEY");
}

/// Google's own clients take the first of the two where both are set.
secret google_key(look_up_function const& env) {
    auto key = non_empty(env, "GOOGLE_API_KEY");
    return secret{key ? *std::move(key) : or_empty(env, "GEMINI_API_KEY")};
}

void fill_gemini(look_up_function const& env, client_options& options) {
    options.service.api_key = google_key(env);
    options.service.provider.base_url = or_empty(env, "GOOGLE_GEMINI_BASE_URL");
    options.service.provider.api_version = or_empty(env, "GOOGLE_GENAI_API_VERSION");
}

void fill_vertex(look_up_function const& env, client_options& options) {
    options.service.provider.base_url = or_empty(env, "GOOGLE_VERTEX_BASE_URL");
    options.service.provider.api_version = or_empty(env, "GOOGLE_GENAI_API_VERSION");
    options.service.provider.project = or_empty(env, "GOOGLE_CLOUD_PROJECT");
    options.service.provider.location = or_empty(env, "GOOGLE_CLOUD_LOCATION");
    options.service.api_key = or_empty(env, "GOOGLE_API_KEY");
}

void fill_azure_ai(look_up_function const& env, client_options& options) {
    options.service.provider.base_url = or_empty(env, "AZURE_INFERENCE_ENDPOINT");
    options.service.api_key = or_empty(env, "AZURE_INFERENCE_CREDENTIAL");
}

void fill_typesafe(look_up_function const& env, client_options& options) {
    options.service.api_key = or_empty(env, "TYPESAFE_API_KEY");
    options.service.provider.base_url = or_empty(env, "TYPESAFE_BASE_URL");
    options.service.model = or_empty(env, "TYPESAFE_DEFAULT_MODEL");
}

/// A service and what configures it.
struct service_source {
    std::string_view service;
    std::array<std::string_view, 2> signs;  ///< Any of these set: this service is meant.
    bool needs_key;
    bool needs_address;
    std::string_view key_names;
    std::string_view default_model;
    void (*fill)(look_up_function const&, client_options&);  ///< Null: `key_names` is the variable of its key.
};

constexpr std::array own_sources{
    service_source{"compatible", {"COAX_BASE_URL", "COAX_API_KEY"}, false, true, "COAX_API_KEY", "", fill_compatible},
    service_source{"azure",
                   {"AZURE_OPENAI_ENDPOINT"},
                   true,
                   false,
                   "AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN",
                   "",
                   fill_azure},
    service_source{"openai", {"OPENAI_API_KEY"}, true, false, "OPENAI_API_KEY", "gpt-5.4-mini", fill_openai},
    service_source{"anthropic",
                   {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"},
                   true,
                   false,
                   "ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN",
                   "claude-sonnet-5",
                   fill_anthropic},
    service_source{"vertex",
                   {"GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"},
                   true,
                   false,
                   "GOOGLE_API_KEY",
                   "gemini-3.6-flash",
                   fill_vertex},
    service_source{"gemini",
                   {"GEMINI_API_KEY", "GOOGLE_API_KEY"},
                   true,
                   false,
                   "GEMINI_API_KEY or GOOGLE_API_KEY",
                   "gemini-3.6-flash",
                   fill_gemini},
    service_source{
        "azure_ai", {"AZURE_INFERENCE_ENDPOINT"}, true, false, "AZURE_INFERENCE_CREDENTIAL", "", fill_azure_ai},
    service_source{"typesafe", {"TYPESAFE_API_KEY"}, true, false, "TYPESAFE_API_KEY", "jev-latest", fill_typesafe},
    // Its key alone says nothing: who has one may mean its chats, which "compatible" asks.
    service_source{"perplexity", {}, true, false, "PERPLEXITY_API_KEY", "", nullptr},
};

service_source const* own_source(std::string_view service) {
    for (auto const& source : own_sources)
        if (source.service == service) return &source;
    return nullptr;
}

service_source of_profile(service_profile const& profile) {
    bool const has_variable = !profile.key_variable.empty();
    return {.service = profile.name,
            .signs = {profile.key_variable},
            .needs_key = has_variable,
            .needs_address = false,
            .key_names = has_variable ? std::string_view{profile.key_variable} : "COAX_API_KEY",
            .default_model = "",
            .fill = nullptr};
}

/// Services in the order in which the environment is searched for them. The variables of coax are meant for it alone,
/// so they come first: with them a key of another service that happens to be set is not sent to their address.
std::vector<service_source> all_sources() {
    std::vector<service_source> all{own_sources.begin(), own_sources.end()};
    for (auto const& profile : service_profiles())
        if (own_source(profile.name) == nullptr) all.push_back(of_profile(profile));
    return all;
}

/// Whether a sign is set, and not to say no.
bool is_set(service_source const& source, look_up_function const& env) {
    return std::ranges::any_of(source.signs, [&](auto sign) {
        auto const value = sign.empty() ? std::nullopt : non_empty(env, sign);
        return value && *value != "false" && *value != "False" && *value != "0";
    });
}

/// The service that COAX_PROVIDER names, else the first that the environment configures.
result<service_source> find_source(look_up_function const& env) {
    auto const wanted = non_empty(env, "COAX_PROVIDER");
    std::string names;
    for (auto const& source : all_sources()) {
        if (wanted ? source.service == *wanted : is_set(source, env)) return source;
        names.append(names.empty() ? "" : ", ").append(source.service);
    }
    if (wanted) return invalid_argument("COAX_PROVIDER", "unknown provider \"" + *wanted + "\"; known are " + names);
    return invalid_argument(
        "environment",
        "no service is configured: set OPENAI_API_KEY, AZURE_OPENAI_ENDPOINT, ANTHROPIC_API_KEY, GEMINI_API_KEY or "
        "COAX_BASE_URL, or "
        "COAX_PROVIDER to one of " +
            names);
}

void fill(service_source const& source, look_up_function const& env, client_options& options) {
    options.service.provider.service = source.service;
    if (source.fill != nullptr)
        source.fill(env, options);
    else
        options.service.api_key = or_empty(env, source.key_names);
}

constexpr char const* identity_hint =
    ", or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE for an identity";

/// What a token for Azure is for: its dated versions want another scope than its v1 URLs.
std::string entra_scope(provider_options const& options) {
    if (options.service == "azure_ai") return "https://ml.azure.com/.default";
    bool const is_dated = options.api_version.starts_with("20");
    return is_dated ? "https://cognitiveservices.azure.com/.default" : "https://ai.azure.com/.default";
}

/// Where no key is given, Azure and Vertex AI may be called with an identity.
result<void> fill_identity(look_up_function const& env, client_options& options) {
    auto& service = options.service;
    bool const is_vertex = service.provider.service == "vertex";
    bool const is_azure = service.provider.service.starts_with("azure");
    if ((!is_azure && !is_vertex) || !service.api_key.empty()) return {};
    if (is_vertex && service.provider.project.empty())
        return invalid_argument("GOOGLE_CLOUD_PROJECT", "must be set, unless GOOGLE_API_KEY is");
    http_options http{.ca_file = options.http.ca_file};
    http::detail::proxy_from(env, http);
    auto const look_up = [&](std::string_view name) { return non_empty(env, name); };
    auto source = is_vertex ? google_token_from(look_up, {.http = {.http = std::move(http)}})
                            : entra_token_from(
                                  look_up, {.scope = entra_scope(service.provider), .http = {.http = std::move(http)}});
    if (!source) return std::move(source).error();
    service.token_source = *std::move(source);
    return {};
}

/// Whether there is what the service cannot be called without.
result<void> check_service(service_source const& source, std::string_view key_names, service_options const& service) {
    if (source.needs_key && service.api_key.empty() && !service.token_source)
        return invalid_argument(std::string{source.key_names},
                                "no key for " + std::string{source.service} + ": set " + std::string{source.key_names} +
                                    (source.service.starts_with("azure") ? identity_hint : ""));
    if (source.needs_address && service.provider.base_url.empty())
        return invalid_argument("COAX_BASE_URL",
                                "no address: set COAX_BASE_URL, or COAX_PROVIDER where another service is meant");
    if (!detail::fits_header(service.api_key))
        return invalid_argument(std::string{key_names}, "the key holds a line break or another control character");
    return {};
}

/// Takes over the texts that `into` leaves empty.
template <class Options>
void fill_empty(Options& into, Options const& from) {
    reflect::visit_fields(into, [&from](auto&... members) {
        reflect::visit_fields(from, [&](auto const&... found) {
            auto const fill_one = []<class T>(T& member, T const& value) {
                if constexpr (std::is_same_v<T, std::string>)
                    if (member.empty()) member = value;
            };
            (fill_one(members, found), ...);
        });
    });
}

/// What the variables that are coax's own state.
client_options stated_by(look_up_function const& look_up) {
    client_options options;
    auto& service = options.service;
    if (auto url = non_empty(look_up, "COAX_BASE_URL")) {
        service.provider.base_url = std::move(*url);
        service.api_key = or_empty(look_up, "COAX_API_KEY");  // of an address: the one that was set beside it
    }
    service.provider.api = or_empty(look_up, "COAX_API");
    service.model = or_empty(look_up, "COAX_MODEL");
    service.embedding_model = or_empty(look_up, "COAX_EMBEDDING_MODEL");
    return options;
}

}  // namespace

result<client_options> detail::complete_from_env(look_up_function const& look_up, client_options stated,
                                                 std::string_view key_names) {
    auto const source = find_source(look_up);
    if (!source) return source.error();
    client_options found;
    fill(*source, look_up, found);
    auto& service = stated.service;
    service.provider.service = source->service;
    bool const has_key = !service.api_key.empty() || service.token_source;
    if (!has_key) {
        service.api_key = found.service.api_key;
        service.provider.bearer |= found.service.provider.bearer;
    }
    fill_empty(service.provider, found.service.provider);
    if (stated.http.ca_file.empty()) stated.http.ca_file = or_empty(look_up, "SSL_CERT_FILE");
    if (!has_key)
        if (auto filled = fill_identity(look_up, stated); !filled) return std::move(filled).error();
    if (key_names.empty() || !has_key) key_names = source->key_names;
    if (auto checked = check_service(*source, key_names, service); !checked) return std::move(checked).error();
    if (service.model.empty()) service.model = found.service.model;
    if (service.model.empty()) service.model = source->default_model;
    if (service.model.empty()) service.model = service.provider.deployment;
    if (service.embedding_model.empty()) service.embedding_model = found.service.embedding_model;
    return stated;
}

result<client_options> client_options_from(look_up_function const& look_up) {
    auto options = detail::complete_from_env(look_up, stated_by(look_up), "COAX_API_KEY");
    if (!options) return options;
    auto retry = retry_options_from(look_up, std::move(options->policies.retry));
    if (!retry) return retry.error();
    options->policies.retry = std::move(*retry);
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

}  // namespace coax
