#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/error.hpp>
#include <coax/telemetry/span_context.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// What is observed from its beginning to its end.
enum class operation_kind {
    chat,  ///< One request to a model with all its attempts: `client::chat` and `stream`, each try of `parse`, each
           ///< round of `run`.
    embedding,  ///< One request of `client::embed`.
    rerank,     ///< `client::rerank`.
    decision,   ///< `client::decide`, measured.
    service,    ///< What asks no model: lists of models, counts of tokens.
    attempt,    ///< One HTTP request of one of the above.
    parse,      ///< All tries of one `client::parse`.
    run,        ///< All rounds of one `client::run`.
    tool,       ///< One call of a tool.
    batch,      ///< A whole batch.
    record,     ///< The work on one record of a batch, which `operation::link` names.
    function    ///< What `traced` was given.
};

/// A request to a service, as it was made and, at its end, what came of it. The views are valid during the callback.
struct call_details {
    std::string_view provider{};  ///< `provider::name()`.
    std::string_view api{};       ///< `provider_options::api`.
    std::string_view model{};     ///< As asked for.
    std::string_view host{};
    std::uint16_t port{0};
    std::string_view method{};   ///< Of HTTP.
    std::string_view address{};  ///< "https://host:port".
    std::string_view path{};     ///< Without the query.
    bool streaming{false};
    int reask{0};  ///< The number of the re-ask that it is; 0: none.

    // As in `chat_request`.
    std::optional<double> temperature{};
    std::optional<double> top_p{};
    std::optional<int> top_k{};
    std::optional<double> presence_penalty{};
    std::optional<double> frequency_penalty{};
    std::optional<std::int64_t> max_output_tokens{};
    std::optional<std::int64_t> seed{};
    std::vector<std::string> const* stop{nullptr};  ///< Null: none.
    std::string_view reasoning_effort{};
    int choices{1};
    bool wants_json{false};  ///< The response is to have a format.

    // At the end.
    std::string_view response_id{};
    std::string_view response_model{};
    std::string_view request_id{};
    std::string_view service_tier{};
    coax::finish_reason finish_reason{coax::finish_reason::unknown};  ///< Of a chat.
    coax::usage usage{};                                              ///< Of all attempts, as far as the service told.
    int attempts{0};
    bool cached{false};                                     ///< As in `chat_response`: it has no attempt.
    std::optional<std::chrono::nanoseconds> first_token{};  ///< Of a stream: from the call to its first token.
};

/// One HTTP request.
struct attempt_details {
    int number{1};                      ///< Among those of its call, from 1.
    bool hedge{false};                  ///< Sent because the one before was slow.
    std::chrono::nanoseconds waited{};  ///< For a permit and quota.
    int http_status{0};                 ///< At the end; 0: no response came.
};

/// What a batch has done. At its end.
struct batch_details {
    std::uint64_t ok{0};
    std::uint64_t failed{0};
    std::uint64_t unfinished{0};
};

/// An operation, as observers are told of it. It and all that it refers to are valid during the callback only.
struct operation {
    operation_kind kind{};
    std::string_view name{};  ///< Of a tool, a function, a batch, a service call; of a record its key.
    std::string_view id{};    ///< Of a tool call: the service's.
    span_context context{};
    std::array<std::uint8_t, 8> parent{};  ///< The operation in the same trace that it is part of; zeros: none.
    span_context const* link{nullptr};     ///< Of a record: its batch. Null: none.
    std::chrono::system_clock::time_point began{};
    call_details const* call{nullptr};        ///< Of requests to a service and their attempts.
    attempt_details const* attempt{nullptr};  ///< Of an attempt.
    batch_details const* batch{nullptr};      ///< Of a batch, at its end.
    /// What went in and, at the end, came out, as JSON text, for an observer that asks for it: of a chat the messages
    /// in the form of OpenTelemetry's `gen_ai.input.messages`, of a tool its arguments and result, of a function what
    /// it was given and returned. Empty: not asked for, or none.
    std::string_view input{};
    std::string_view output{};

    // At the end.
    std::chrono::nanoseconds took{0};
    error const* why{nullptr};  ///< Null: it succeeded.
};

/// What happens once within an operation.
enum class moment_kind {
    queued,       ///< An attempt of a call got its permit and quota after a wait of `time`.
    first_token,  ///< Of a streamed call, `time` after its beginning.
    reasked       ///< A response did not have the wanted form, for `why`; `number` is that of the re-ask that follows.
};

struct moment {
    moment_kind kind{};
    std::chrono::nanoseconds time{0};
    int number{0};
    error const* why{nullptr};
};

/// Is told what clients and batches do: the seam of logs, traces and metrics.
///
/// Every operation is told once when it begins and once when it ends, in whatever way; children between the two.
/// An exception is ignored: nothing that an observer does harms a call. It delays it, though: these functions are to
/// be quick, and never wait. Thread safety: called from the threads of all clients that have the observer, from several
/// at once.
class observer {
public:
    virtual ~observer() = default;

    /// May change `one.context`, whose ids are fresh ones: children and the header field `traceparent` then have what
    /// it says, and `ended` is told it. So a tracer that makes ids of its own, or samples, takes part.
    virtual void began(operation& /*one*/) {}
    virtual void ended(operation const& /*one*/) {}
    virtual void noticed(operation const& /*in*/, moment const& /*what*/) {}

    /// Most bytes of text in `operation::input` and `output` each, that it wants; longer texts are cut. 0: none at all,
    /// which is what holds unless someone who may decide that prompts are kept has done so.
    [[nodiscard]] virtual std::size_t content_bytes() const noexcept { return 0; }
};

/// Who observes a client or batch.
struct telemetry_options {
    /// Told of all operations, in this order; none is null.
    std::vector<std::shared_ptr<observer>> observers{};
    /// Sends `traceparent` and `tracestate` with every request, so that a gateway or service that traces joins in. It
    /// learns no more than random ids.
    bool propagate{false};
};

}  // namespace coax
