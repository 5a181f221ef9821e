#pragma once

#include <coax/batch/batch.hpp>
#include <coax/chat/request.hpp>
#include <coax/client/options.hpp>
#include <coax/core/result.hpp>
#include <coax/mcp/session.hpp>
#include <coax/telemetry/log_options.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

struct router_options;
extern template class boxed<router_options>;

/// One setting, and where its value is from.
struct setting {
    std::string path{};    ///< As in a file: "policies.retry.max_attempts".
    std::string value{};   ///< Its text; of lists and maps their JSON. Secrets are "[secret]".
    std::string origin{};  ///< "default", "coax.yaml:12:5", "environment COAX_MODEL", "--model".
};

/// What a program is set to.
struct configuration {
    client_options client{};
    /// The model parameters that requests begin with: everything of a `chat_request` but what it asks and the model.
    chat_request request{};
    batch_options batch{};
    /// For a `log_observer`. Off unless something of it is stated.
    boxed<log_options> log{};
    /// For a `router` (`coax/client/router.hpp`): its routes have the options of the services that they name, and it
    /// has `policies.retry` and `policies.timeout` of `client`. Off unless the file has one.
    boxed<router_options> router{};
    /// Servers of the Model Context Protocol, by the name that their tools' names begin with.
    std::map<std::string, coax::mcp::session_options> mcp{};
    /// Which of the file's services it is; empty: its services have no names.
    std::string service{};
    /// All settings and where each is from, in the order of the options.
    std::vector<setting> settings{};
};

/// What is used besides a file.
struct configuration_options {
    /// Which of the file's `services`. Empty: COAX_SERVICE, else its `default_service`, else the only one.
    std::string service{};
    /// What holds where nothing else states it; `settings` and `service` are not looked at.
    configuration defaults{};
    /// Come before file and environment; `origin` says where they are from, such as a flag.
    std::vector<setting> overrides{};
    /// Variables of services (OPENAI_API_KEY and its like) fill what nothing states; a service without a key is then an
    /// error. Otherwise what nothing states is left as it is.
    bool complete{true};
    /// The environment. Empty: that of the process.
    std::function<std::optional<std::string>(std::string_view name)> look_up{};
};

/// Reads a configuration: YAML, or JSON where the file's name ends in ".json".
///
///     service:                                # the members of `client_options` are the settings
///       provider: {service: openai}
///       model: gpt-5.4-mini
///     policies: {max_concurrency: 16, timeout: 30s, retry: {max_attempts: 5}}
///     request: {temperature: 0, max_output_tokens: 500}   # those of `chat_request`
///     response_cache: {where: answers.sqlite, ttl: 24h}   # those of `response_cache_options`
///     batch: {max_failures: 10}                           # those of `batch_options`
///     log: {level: debug, directory: logs}                # those of `log_options`
///     mcp:                                                # those of `mcp::session_options`, by name
///       files: {command: [npx, -y, "@modelcontextprotocol/server-filesystem", /data]}
///       weather: {url: "https://example.com/mcp", bearer_token: "${WEATHER_TOKEN}"}
///     services:                               # each has what stands above, and what it says itself
///       fast: {service: {model: gpt-5.4-nano}}
///       big: {service: {provider: {service: anthropic}, model: claude-opus-5, api_key: "${BIG_KEY:-none}"}}
///     default_service: fast
///     router:                                 # one client over several of the services, by their names
///       routes: [{name: fast}, {name: big, only_after: [context_too_long]}]
///     exclude_fields: [user]                  # members of requests that are never sent, as `provider_options::omit`
///
/// `${NAME}` and `${NAME:-default}` in a value stand for variables of the environment. Times have a unit: "500ms",
/// "30s", "1h30m". Callbacks and shared objects cannot be stated. A setting comes from the overrides, else from the
/// environment, else from the file (the service's own part first), else from the defaults. In the environment each
/// setting is COAX_ and its path in capitals with __ for dots (COAX_POLICIES__MAX_CONCURRENCY; lists with commas);
/// COAX_PROVIDER, COAX_BASE_URL (with COAX_API_KEY), COAX_MODEL, COAX_EMBEDDING_MODEL and COAX_API are the service's,
/// COAX_CACHE is response_cache.where, RETRY_ATTEMPTS and RETRY_WAIT_EXPONENTIAL_{MULTIPLIER,MIN,MAX} those of
/// `retry_options_from`. The variables of services (OPENAI_API_KEY and the others of `client_options::from_env`) give
/// what nothing states. Where environment or overrides name another provider than the file, the file's `service` is
/// left out: no key goes to another service.
///
/// @param path  Empty: there is no file.
/// Errors: `errc::io_failed`, `errc::invalid_argument`: `where` is "file:line:column", the variable or the override, of
/// the first mistake; the message names the others too. Names that do not exist are mistakes.
[[nodiscard]] result<configuration> load_configuration(std::string const& path, configuration_options options = {});

/// The same of a text: nothing but the look-up is outside of it. @param name  Of the file, for messages.
[[nodiscard]] result<configuration> configuration_from(std::string_view text, std::string const& name,
                                                       configuration_options options = {});

/// All that is wrong with a file, in its order: with each of its services, whether the environment sets the variables
/// that it names, but not whether it sets the keys that the file leaves to it.
[[nodiscard]] std::vector<error> check_configuration(std::string_view text, std::string const& name,
                                                     configuration_options const& options = {});

/// The JSON Schema of a file, for editors.
[[nodiscard]] std::string configuration_schema();

}  // namespace coax
