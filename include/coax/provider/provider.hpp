#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/boxed.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/message.hpp>
#include <coax/http/sse.hpp>
#include <coax/schema/dialect.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

enum class background_request;
enum class batch_request;
struct background_options;
struct background_response;
struct batch_handover;
struct batch_input;
struct batch_limits;
struct batch_page;
struct batch_row;
struct batch_row_request;
struct decision_request;
struct decision_response;
struct decision_support;
struct embedding_limits;
struct embedding_request;
struct embedding_response;
struct model_page;
struct rerank_request;
struct rerank_response;
struct service_batch;

/// How far a stream is that the service can show again from there (`background_request::stream`).
struct stream_position {
    std::string response_id{};  ///< Empty: not told.
    std::int64_t event{-1};     ///< The number of the last one; -1: none came.
};

/// Builds one response from the events of a stream. Made for one stream, used by one coroutine.
class stream_decoder {
public:
    virtual ~stream_decoder() = default;

    /// Reads one event. What it adds to the visible response goes into `delta`, which the caller has cleared.
    /// Errors: the service's own mid-stream error, `errc::protocol_error`, `errc::too_large`.
    [[nodiscard]] virtual result<void> feed(sse_event const& event, chat_delta& delta) = 0;

    /// The service ended the stream: what follows is not read.
    [[nodiscard]] virtual bool done() const noexcept = 0;

    /// The service said why the response ended: nothing that `finish` needs is to come.
    [[nodiscard]] virtual bool complete() const noexcept = 0;

    /// Tokens counted so far: partial when the stream broke.
    [[nodiscard]] virtual usage usage_so_far() const noexcept = 0;

    /// Bytes of text, reasoning and tool calls so far: what grows while the model writes. Events without any, such as
    /// pings, leave it as it is.
    [[nodiscard]] virtual std::size_t content_bytes() const noexcept = 0;

    /// Where a service that numbers its events is.
    [[nodiscard]] virtual stream_position position() const { return {}; }
    /// Another stream has shown the response up to there. Called before the first event.
    virtual void go_on_after(stream_position /*where*/) {}

    /// The whole response; call once, at the end.
    /// Errors: `errc::connection_lost` when the connection ended before the service said why the response ended;
    /// `errc::spent_on_reasoning`.
    [[nodiscard]] virtual result<chat_response> finish() = 0;
};

/// Translates between coax's types and the HTTP API of one service: pure functions, no waiting, no state, no clock.
/// `now` is the time at which a response came; a date in its headers becomes a wait from then on.
/// Unknown fields, enum values and event types are never errors.
/// Thread safety: all members may be called from any thread at once.
class provider {
public:
    virtual ~provider() = default;

    /// As in `provider_options::service`, or `service_profile::name`.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// The dialect of JSON Schema that it takes for structured outputs and strict tools.
    [[nodiscard]] virtual schema_dialect dialect() const noexcept = 0;

    /// The request in the service's form, without credentials. `streaming` asks for server-sent events.
    /// Errors: those of `validate(request)`; `errc::invalid_argument` for what this service cannot express.
    [[nodiscard]] virtual result<http_request> encode(chat_request const& request, bool streaming) const = 0;

    /// Adds the credential in the service's way. Called for each attempt. Nothing is added for an empty key.
    virtual void authorize(http_request& request, secret const& key) const = 0;

    /// The response, or the error that its status and body report.
    [[nodiscard]] virtual result<chat_response> decode(http_response const& response,
                                                       std::chrono::system_clock::time_point now) const = 0;

    /// The service's limits, from the headers of any response or error; `chat_response::rate_limits` already has them.
    [[nodiscard]] virtual rate_limit_status rate_limits(header_list const& headers,
                                                        std::chrono::system_clock::time_point now) const = 0;

    /// Decodes the events of one response with status 200 and these headers.
    [[nodiscard]] virtual std::unique_ptr<stream_decoder> decode_stream(
        header_list const& headers, std::chrono::system_clock::time_point now) const = 0;

    /// Whether the service may stop a response at a limit of its own, and goes on when the conversation is sent back
    /// with it. The client asks for the rest by itself.
    [[nodiscard]] virtual bool pauses() const noexcept { return false; }
    /// Whether this is such a response.
    [[nodiscard]] virtual bool has_more(chat_response const& /*response*/) const { return false; }
    /// Such a response and its rest as one.
    [[nodiscard]] virtual chat_response join(chat_response /*begun*/, chat_response rest) const { return rest; }

    // What services offer besides chats. A service without it: `errc::invalid_argument`, `where` is "service".

    /// What one request may hold (coax/provider/embedding.hpp).
    [[nodiscard]] virtual embedding_limits limits_of_embedding() const noexcept;
    /// One request for the vectors of all texts, of which none is empty.
    [[nodiscard]] virtual result<http_request> encode_embedding(embedding_request const& request) const;
    /// As many vectors as the request has texts, in their order; without `attempts` and `latency`.
    [[nodiscard]] virtual result<embedding_response> decode_embedding(embedding_request const& request,
                                                                      http_response const& response,
                                                                      std::chrono::system_clock::time_point now) const;

    /// The order of documents (coax/provider/rerank.hpp).
    [[nodiscard]] virtual result<http_request> encode_rerank(rerank_request const& request) const;
    [[nodiscard]] virtual result<rerank_response> decode_rerank(rerank_request const& request,
                                                                http_response const& response,
                                                                std::chrono::system_clock::time_point now) const;

    /// Typed questions (coax/provider/decision.hpp), and how this service answers those about a model.
    [[nodiscard]] virtual decision_support decisions_of(std::string_view model) const;
    [[nodiscard]] virtual result<http_request> encode_decision(decision_request const& request) const;
    /// Without `attempts` and `latency`.
    [[nodiscard]] virtual result<decision_response> decode_decision(decision_request const& request,
                                                                    http_response const& response,
                                                                    std::chrono::system_clock::time_point now) const;

    /// A part of the list of models (coax/provider/model_info.hpp).
    /// @param after  `model_page::next` of the part before; empty: the first.
    [[nodiscard]] virtual result<http_request> encode_models(std::string_view after) const;
    [[nodiscard]] virtual result<model_page> decode_models(http_response const& response,
                                                           std::chrono::system_clock::time_point now) const;

    /// The tokens of a chat's prompt, as the service would count them. Nothing is generated.
    [[nodiscard]] virtual result<http_request> encode_token_count(chat_request const& request) const;
    [[nodiscard]] virtual result<std::int64_t> decode_token_count(http_response const& response,
                                                                  std::chrono::system_clock::time_point now) const;

    /// A response that the service makes in the background (coax/provider/background.hpp).
    [[nodiscard]] virtual result<http_request> encode_background(chat_request const& request,
                                                                 background_options const& options,
                                                                 bool streaming) const;
    /// What is asked about such a response later.
    /// @param after  Of a stream: the number of the last event that is not wanted again; -1: all are wanted.
    [[nodiscard]] virtual result<http_request> encode_background(background_request asked, std::string_view id,
                                                                 std::int64_t after) const;
    /// How far the response is. That it failed is no error here.
    [[nodiscard]] virtual result<background_response> decode_background(
        http_response const& response, std::chrono::system_clock::time_point now) const;

    /// Batches that the service works on by itself (coax/provider/service_batch.hpp). `requests` 0: it has none.
    [[nodiscard]] virtual batch_limits limits_of_batches() const noexcept;
    /// The row of a batch that asks what `request`, which is no stream, asks alone.
    /// @param id  Letters, digits, '-' and '_', 64 at most; unique in its batch.
    [[nodiscard]] virtual result<batch_row_request> encode_batch_row(std::string_view id,
                                                                     http_request const& request) const;
    /// The next of the requests by which a batch is handed over. The one that makes it is not `repeatable`.
    /// @param reached  `batch_handover::reached` of the one before; empty: this is the first.
    [[nodiscard]] virtual result<http_request> encode_batch(batch_input const& input, std::string_view reached) const;
    [[nodiscard]] virtual result<batch_handover> decode_handover(std::string_view reached,
                                                                 http_response const& response,
                                                                 std::chrono::system_clock::time_point now) const;
    /// @param id  Of the batch, or `batch_page::next` of a list; empty: the first part.
    [[nodiscard]] virtual result<http_request> encode_batch(batch_request asked, std::string_view id) const;
    /// How far a batch is. That it failed is no error here.
    [[nodiscard]] virtual result<service_batch> decode_batch(http_response const& response,
                                                             std::chrono::system_clock::time_point now) const;
    [[nodiscard]] virtual result<batch_page> decode_batches(http_response const& response,
                                                            std::chrono::system_clock::time_point now) const;
    /// A request for rows, one a line, in any order. @param where  Of `service_batch::results`.
    [[nodiscard]] virtual result<http_request> encode_batch_results(std::string_view where) const;
    /// A line of them. Errors: `errc::protocol_error`: it is no such line.
    [[nodiscard]] virtual result<batch_row> decode_batch_row(std::string_view line) const;
};

struct service_profile;
extern template class boxed<service_profile>;

/// Which service, where, and in what form.
struct provider_options {
    /// A name from `provider_names()`.
    std::string service{"openai"};
    /// In place of `service`: one on the chat completions wire that this build does not know, described by data alone
    /// (`coax/provider/service_profile.hpp`): `.profile = service_profile{.name = "acme", …}`.
    boxed<service_profile> profile{};
    /// The form of requests, on "openai", "azure" and "compatible": "chat_completions" or "responses". Empty: chat
    /// completions, since every server of this kind speaks it, it takes every parameter of `chat_request`, and it keeps
    /// nothing: the Responses API stores what it is sent for 30 days, unless `advanced.store` is false. Responses
    /// can do more with models that reason: their reasoning goes back to them from turn to turn, a summary can be
    /// read, and a conversation can go on from {"previous_response_id":"resp_…"}. It takes no `stop`, `seed`,
    /// penalties or limit below 16 tokens.
    std::string api{};
    /// "https://host/path" before the service's own paths, or a whole address as documents and portals show it: a
    /// method's path at its end (such as "/chat/completions") is left out. Empty: the service's public address (Azure
    /// and "compatible" have none: there it must be set). Over http:// the key travels in the clear: for servers of
    /// your own network.
    std::string base_url{};
    /// Azure's `api-version`, Anthropic's `anthropic-version`, or the version in Gemini's and Vertex AI's paths. Empty:
    /// Azure uses its v1 URLs, Anthropic 2023-06-01, Gemini v1beta, Vertex AI v1beta1.
    std::string api_version{};
    /// Azure: the deployment in the URL. Empty: the request's model names it.
    std::string deployment{};
    /// The member of the body that holds `chat_request::max_output_tokens`: "max_tokens" or "max_completion_tokens" as
    /// a "compatible" server or a model wants it. Empty: "max_completion_tokens", on "compatible" servers "max_tokens".
    /// Anthropic knows but one.
    std::string token_limit_name{};
    /// Members of the body that are never sent, whatever the request says: {"stream_options"} for servers that forbid
    /// what they do not know.
    std::vector<std::string> omit{};
    /// Azure: send the key as `Authorization: Bearer` (an Entra token) instead of `api-key`. Anthropic: instead of
    /// `x-api-key`; from version 2026-10-21 on it always is. Gemini and Vertex AI: instead of `x-goog-api-key`.
    bool bearer{false};
    std::string organization{};  ///< OpenAI; empty: not sent.
    std::string project{};       ///< OpenAI; empty: not sent. Vertex AI: in the path; empty: the key names it.
    std::string location{};      ///< Vertex AI's, such as "europe-west4"; empty: "global".
    /// Gemini and Vertex AI: "json_schema" sends schemas as JSON Schema (`responseJsonSchema`), "open_api" in the older
    /// form, which all models and gateways know (`responseSchema`). Empty: "json_schema".
    std::string schema_form{};
    /// Added to every request; a name given here replaces the service's own field of that name.
    std::vector<header_list::field> headers{};
};

/// Every service this build knows.
[[nodiscard]] std::vector<std::string_view> provider_names();

/// The provider for a service. Errors: `errc::invalid_argument`, naming the option.
[[nodiscard]] result<std::shared_ptr<provider const>> make_provider(provider_options const& options);

}  // namespace coax
