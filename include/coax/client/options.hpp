#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/boxed.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/http_transport.hpp>
#include <coax/json/leniency.hpp>
#include <coax/json/violation.hpp>
#include <coax/policy/adaptive_limit.hpp>
#include <coax/policy/circuit_breaker.hpp>
#include <coax/policy/hedge.hpp>
#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/retry.hpp>
#include <coax/policy/retry_budget.hpp>
#include <coax/provider/provider.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

struct telemetry_options;
extern template class boxed<telemetry_options>;
struct token_options;
extern template class boxed<token_options>;

/// A response that does not have the wanted format, before it is asked for again.
struct reask_event {
    int number{1};                              ///< Of the re-ask that follows, from 1.
    error why{};                                ///< As `parse` would report it.
    std::vector<json::violation> violations{};  ///< One by one; empty where the format cannot tell them apart.
    chat_response response{};                   ///< Its usage, attempts and latency count all tries so far.
};

/// One request that is over.
struct attempt_event {
    int number{1};                      ///< Among the requests of its call, in the order of sending; from 1.
    bool hedge{false};                  ///< Sent because the one before was slow; both were under way at once.
    std::chrono::milliseconds took{0};  ///< From sending to the end.
    coax::usage usage{};         ///< As far as the service told: nothing of one that was cancelled, billed or not.
    std::optional<error> why{};  ///< None: it succeeded.
};

/// Which service is called, and as whom.
struct service_options {
    /// Which service, where, in what form.
    provider_options provider{};
    /// The service's key. Empty: none is sent (local servers).
    secret api_key{};
    /// Asked before each attempt for a fresh token, in place of `api_key`, which is sent as a bearer token. Ready-made
    /// ones: `coax/auth/entra.hpp`; `cached_token` keeps the tokens of one of yours. Empty: not used.
    std::function<boost::asio::awaitable<result<secret>>()> token_source{};
    /// Model for requests that name none. Empty: every request must name one.
    std::string model{};
    /// Model for embeddings that name none. Empty: on Azure the deployment, else `model`.
    std::string embedding_model{};
    /// Used in place of HTTP by every call. Then the client must have one shard only. Empty: HTTP.
    std::shared_ptr<coax::transport> transport{};
};

extern template class boxed<adaptive_limit_options>;
extern template class boxed<retry_budget_options>;
extern template class boxed<circuit_breaker_options>;
extern template class boxed<hedge_options>;

/// How many calls are made at once, how fast, for how long and how often.
struct policy_options {
    /// The whole call: waits in line, attempts, back-offs, re-asks, tool rounds and a stream's body together. No retry
    /// begins that would end after it. Zero: no limit.
    std::chrono::milliseconds timeout{0};
    /// Limits of one attempt: the first token of a stream is `first_byte`, between two of them is `idle`, all of it
    /// `total`.
    exchange_limits limits{};
    /// Requests in flight at once, streams included; more wait in line. Range: [1, 65535].
    std::size_t max_concurrency{64};
    /// In place of `max_concurrency`: as many as the service bears, found by its refusals and timeouts. Off unless
    /// given.
    boxed<adaptive_limit_options> adaptive{};
    /// Requests and tokens per minute, shared by all calls. Default: no limit but what the service's headers say.
    rate_limiter_options rate_limits{};
    /// Tokens that the rate limiter assumes for a response until its length is known, where a request sets no
    /// `max_output_tokens`.
    std::int64_t expected_output_tokens{256};
    /// When a failed call is sent again. Streams are retried only until their first delta.
    retry_options retry{};
    /// Retries that all calls of this client may make together. Off: as many as `retry` allows, or as the budget that
    /// it shares with other clients (`retry_options::budget`) does; at most one of the two may be given.
    boxed<retry_budget_options> retry_budget{};
    /// Turns attempts away while too many fail; retries wait until it lets some through, where `retry` allows. Off
    /// unless given.
    boxed<circuit_breaker_options> circuit_breaker{};
    /// Sends a second request when the first is slow to be answered (a stream: to begin). Each takes its own permit and
    /// quota. The slower one is cancelled, but a service that has accepted it bills it. Off unless given.
    boxed<hedge_options> hedge{};
};

/// How structured output is read, and what happens when it does not fit.
struct output_options {
    /// How often `parse` asks again when a response does not have the wanted format. Range: [0, 10].
    int max_reasks{2};
    /// Tokens of all tries of one `parse`, prompts included, after which it asks no more. 0: only `max_reasks` counts.
    std::int64_t max_reask_tokens{0};
    /// A schema that the service's strict form cannot express is sent as plain JSON Schema, which the service does not
    /// enforce; `chat_response::schema_note` says why. Otherwise such a call fails before it is sent, as
    /// `errc::invalid_argument`. Holds for tools, too (`tool_options::strict` is the choice for one).
    bool relax_schemas{false};
    /// Deviations from strict JSON that `parse` and `parse_stream` accept: services that enforce no schema wrap it in
    /// prose and code fences, and models write halves of surrogate pairs.
    json::leniency leniency{.code_fences = true, .prose = true, .bad_utf8 = true};
    /// Largest event of a stream. Must be > 0.
    std::size_t max_event_bytes{16U << 20U};
};

/// Callbacks of a client. They run on the call's own executor. An exception ends the call; where nobody waits for that
/// any more, as after a stream was dropped, it is ignored.
struct client_hooks {
    /// Called with each response that is to be asked for again.
    std::function<void(reask_event const&)> on_reask{};
    /// Called with each request when it is over: both of a hedged attempt, a stream at its end, or as `errc::cancelled`
    /// soon after it was dropped.
    std::function<void(attempt_event const&)> on_attempt{};
};

struct response_cache_options;
extern template class boxed<response_cache_options>;

/// All options of a client.
struct client_options {
    service_options service{};
    http_options http{};
    policy_options policies{};
    output_options output{};
    client_hooks hooks{};
    /// Who is told of all that the client does, for logs, traces and metrics: `coax/telemetry/observer.hpp`. Off unless
    /// given.
    boxed<telemetry_options> telemetry{};
    /// What is done with the tokens of requests before they are sent: a spending limit, counts for the rate limiter,
    /// prompts that are too long. `coax/client/token_options.hpp`. Off unless given.
    boxed<token_options> tokens{};
    /// Responses that are kept and used again, with `<coax/cache/response_cache.hpp>`. Off unless given.
    boxed<response_cache_options> response_cache{};

    /// From the environment: COAX_PROVIDER or whichever of these is set, in this order:
    /// COAX_BASE_URL or COAX_API_KEY (a compatible server at COAX_BASE_URL), AZURE_OPENAI_ENDPOINT
    /// (AZURE_OPENAI_API_KEY, AZURE_OPENAI_AD_TOKEN or the identity that `entra_token_from` finds, OPENAI_API_VERSION,
    /// AZURE_OPENAI_DEPLOYMENT), OPENAI_API_KEY (OPENAI_BASE_URL, OPENAI_ORG_ID, OPENAI_PROJECT_ID), ANTHROPIC_API_KEY
    /// or ANTHROPIC_AUTH_TOKEN (ANTHROPIC_BASE_URL), GOOGLE_GENAI_USE_VERTEXAI (Vertex AI: GOOGLE_API_KEY, or
    /// GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION with the identity that `google_token_from` finds,
    /// GOOGLE_VERTEX_BASE_URL), GEMINI_API_KEY or GOOGLE_API_KEY, which wins (GOOGLE_GEMINI_BASE_URL,
    /// GOOGLE_GENAI_API_VERSION), AZURE_INFERENCE_ENDPOINT (AZURE_INFERENCE_CREDENTIAL or an identity),
    /// TYPESAFE_API_KEY (TYPESAFE_BASE_URL, TYPESAFE_DEFAULT_MODEL), and the `key_variable` of the other
    /// `service_profiles()`. With COAX_PROVIDER, COAX_BASE_URL is the address of the service that it names, and
    /// COAX_API_KEY, if set, the key for that address. Blanks and line breaks around a value are dropped. COAX_MODEL
    /// names the model, COAX_EMBEDDING_MODEL that of embeddings, COAX_API `provider_options::api`. HTTPS_PROXY and
    /// NO_PROXY are honoured; SSL_CERT_FILE adds certificate authorities; RETRY_ATTEMPTS and
    /// RETRY_WAIT_EXPONENTIAL_{MULTIPLIER,MIN,MAX} set `policies.retry`, as `retry_options_from` says.
    /// @throws coax::exception  `errc::invalid_argument`: nothing is set, or what is set contradicts itself.
    [[nodiscard]] static client_options from_env();
};

/// `client_options::from_env` over any look-up: a pure function. The look-up returns nothing for a name that is not
/// set.
[[nodiscard]] result<client_options> client_options_from(
    std::function<std::optional<std::string>(std::string_view name)> const& look_up);

/// Errors: `errc::invalid_argument`; `where` is the option, such as "policies.retry.max_attempts".
[[nodiscard]] result<void> validate(client_options const& options);

/// The options that differ from their defaults, one a line, such as "service.model: gpt-5.4". Secrets are written as
/// "[secret]", callbacks and shared objects as "[set]".
[[nodiscard]] std::string describe(client_options const& options);

}  // namespace coax
