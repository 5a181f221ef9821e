#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/message.hpp>
#include <coax/http/sse.hpp>
#include <coax/schema/dialect.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// Puts a stream's events together into one answer. Made for one stream, used by one coroutine.
class stream_decoder {
public:
    virtual ~stream_decoder() = default;

    /// Takes one event. What it adds to the visible answer goes into `delta`, which the caller has cleared.
    /// Errors: the service's own mid-stream error, `errc::protocol_error`, `errc::too_large`.
    [[nodiscard]] virtual result<void> feed(sse_event const& event, chat_delta& delta) = 0;

    /// The service said that the stream is over: what follows is not read.
    [[nodiscard]] virtual bool done() const noexcept = 0;

    /// Tokens counted so far: partial when the stream broke.
    [[nodiscard]] virtual usage usage_so_far() const noexcept = 0;

    /// The whole answer. `errc::connection_lost` when the stream ended before the service said so. Call once, at the
    /// end.
    [[nodiscard]] virtual result<chat_response> finish() = 0;
};

/// The translation between coax's words and one service's wire: pure functions, no waiting, no state.
/// Unknown fields, enum values and event types are never errors.
/// Thread safety: all members may be called from any thread at once.
class provider {
public:
    virtual ~provider() = default;

    /// "openai", "azure", "anthropic", "compatible": as in `provider_options::service`.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// The form of JSON Schema it takes for structured answers and strict tools.
    [[nodiscard]] virtual schema_dialect dialect() const noexcept = 0;

    /// The request in the service's form, without credentials. `streaming` asks for server-sent events.
    /// Errors: those of `validate(request)`; `errc::invalid_argument` for what this service can not express.
    [[nodiscard]] virtual result<http_request> encode(chat_request const& request, bool streaming) const = 0;

    /// Adds the credential in the service's way. Called for each attempt. Nothing is added for an empty key.
    virtual void authorize(http_request& request, secret const& key) const = 0;

    /// The answer, or the error that its status and body tell.
    [[nodiscard]] virtual result<chat_response> decode(http_response const& answer) const = 0;

    /// What the headers of any answer, an error's too, say of the service's limits. `decode` puts a good answer's into
    /// it.
    [[nodiscard]] virtual rate_limit_status rate_limits(header_list const& headers) const = 0;

    /// For the events of one answer with status 200 and these headers.
    [[nodiscard]] virtual std::unique_ptr<stream_decoder> decode_stream(header_list const& headers) const = 0;
};

/// Which service, where, and in what form.
struct provider_options {
    /// A name from `provider_names()`.
    std::string service{"openai"};
    /// "https://host/path" before the service's own paths. Empty: the service's public address (Azure and "compatible"
    /// have none: there it must be set). Over http:// the key travels in the clear: for servers of your own network.
    std::string base_url{};
    /// Azure's `api-version`, or Anthropic's `anthropic-version`. Empty: Azure uses its v1 URLs, Anthropic 2023-06-01.
    std::string api_version{};
    /// Azure: the deployment in the URL. Empty: the request's model names it.
    std::string deployment{};
    /// Azure: send the key as `Authorization: Bearer` (an Entra token) instead of `api-key`. Anthropic: instead of
    /// `x-api-key`; from version 2026-10-21 on it always is.
    bool bearer{false};
    std::string organization{};  ///< OpenAI; empty: not sent.
    std::string project{};       ///< OpenAI; empty: not sent.
    /// Added to every request; a name given here replaces the service's own field of that name.
    std::vector<header_list::field> headers{};
};

/// Every service this build knows.
[[nodiscard]] std::vector<std::string_view> provider_names();

/// The translator for a service. `errc::invalid_argument` names the wrong option.
[[nodiscard]] result<std::shared_ptr<provider const>> make_provider(provider_options const& options);

}  // namespace coax
