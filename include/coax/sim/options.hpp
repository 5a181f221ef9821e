#pragma once

#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>
#include <coax/sim/answer_rule.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::sim {

/// What can be made to go wrong. Beside each kind: the members of `fault` that it uses.
enum class fault_kind {
    http_status,            ///< `http_status` with the service's own error body.
    rate_limited,           ///< 429 as the service writes it; `retry_after` and `wait`.
    overloaded,             ///< 503, or 529 in the Anthropic form.
    quota_exhausted,        ///< 429 that waiting does not end: credit or a spending limit is used up.
    context_too_long,       ///< 400: the prompt does not fit the model.
    content_filter,         ///< The prompt is blocked: Azure's 400; a finish reason elsewhere.
    reset,                  ///< The connection is reset (RST) after `at_byte` bytes of the response, head included.
    close_before_response,  ///< The request is read, then the connection closes.
    stall,                  ///< No byte ever comes; the connection closes after `options::stall_limit`.
    truncated_body,         ///< Content-Length promises more than is sent; half, or `at_byte` bytes of the body, come.
    malformed_json,         ///< A body (in a stream: one event) that is not JSON, correctly framed.
    stream_error,           ///< An error event in the middle of a stream; a whole response becomes a 500.
    schema_violation,       ///< A field is missing, of a wrong type or out of range. Needs a schema or tools.
    refusal,                ///< The model declines.
    overlong,               ///< The text (or a tool's arguments) has at least `at_byte` bytes (0: 256 KiB).
    length,                 ///< The token limit cuts the output.
    slow,                   ///< A few bytes every `wait` (1 ms if 0), for `options::stall_limit` at most.
};

/// The standard spelling of a kind, such as "rate_limited". Never empty.
[[nodiscard]] std::string_view to_string(fault_kind kind) noexcept;

/// The form in which a 429 names its wait.
enum class retry_after_form {
    none,          ///< No header at all.
    seconds,       ///< `retry-after: 2`, rounded up.
    milliseconds,  ///< `retry-after-ms: 1500`.
    http_date,     ///< `retry-after: Fri, 20 Nov 2026 23:00:00 GMT`.
};

/// One thing that goes wrong, and how often.
struct fault {
    fault_kind kind{fault_kind::http_status};
    /// Chance for each model request. Range: [0, 1]. Ignored in `options::script`.
    double probability{1.0};
    /// Model requests that pass before this fault may strike. Ignored in `options::script`.
    std::uint64_t after_requests{0};
    /// Times it may strike; 0: no limit. Ignored in `options::script`.
    std::uint64_t max_count{0};
    /// Status of `http_status`. Range: [400, 599].
    int http_status{500};
    /// The form of the wait of `rate_limited`.
    retry_after_form retry_after{retry_after_form::seconds};
    /// The wait that `rate_limited` names (and `overloaded`, if > 0); the pause between pieces of `slow`.
    std::chrono::milliseconds wait{1000};
    /// Byte count of `reset`, `truncated_body` and `overlong`.
    std::size_t at_byte{0};
};

/// Reads `KIND[:PROBABILITY[:VALUE]]`, as on a command line: `reset:0.05:200`, `http_status:0.1:503`,
/// `rate_limited:0.2:1500` (a wait in ms), `slow:1:5`. VALUE is the status, the wait or the
/// byte count, depending on the kind.
[[nodiscard]] result<fault> parse_fault(std::string_view text);

/// A fault for one certain request.
struct scripted_fault {
    /// Which model request, from 1 in order of arrival. A request the script names gets no other fault.
    std::uint64_t request{1};
    sim::fault fault{};
};

/// What can go wrong with a batch.
enum class batch_fault_kind {
    expire,        ///< Its time is over once `share` of its rows are done.
    invalid,       ///< It does not pass the check of its rows.
    fail_rows,     ///< `share` of its rows, the first ones, fail with `http_status`.
    vanish,        ///< Nobody knows it any more: 404.
    out_of_order,  ///< Its results come in another order.
    lost_answer,   ///< It is made, and the connection closes before that is told.
};

/// The standard spelling of a kind, such as "fail_rows". Never empty.
[[nodiscard]] std::string_view to_string(batch_fault_kind kind) noexcept;

/// One thing that goes wrong with a batch.
struct batch_fault {
    batch_fault_kind kind{batch_fault_kind::expire};
    double share{0.5};     ///< Of its rows. Range: [0, 1].
    std::size_t batch{0};  ///< Which, from 1 in order of making. 0: each.
    int http_status{500};  ///< Of `fail_rows`. Range: [400, 599].
};

/// Reads `KIND[:SHARE[:BATCH[:STATUS]]]`, as on a command line: `expire:0.5:1`, `fail_rows:0.5:0:429`, `vanish`.
[[nodiscard]] result<batch_fault> parse_batch_fault(std::string_view text);

/// How long a response takes. All zero: as fast as it can be made.
struct latency_model {
    /// Wait before the first byte.
    std::chrono::milliseconds first_byte{0};
    /// A random share of this is added to `first_byte`, drawn from the seed.
    std::chrono::milliseconds first_byte_spread{0};
    /// Speed of generation; 0: no wait. A stream spreads its events, a whole response waits for all of them.
    double tokens_per_second{0};
};

/// A request as it came in, for tests. It holds the caller's key as sent.
struct recorded_request {
    std::string method{};
    std::string target{};
    std::vector<std::pair<std::string, std::string>> headers{};  ///< In order of arrival, names as sent.
    std::string body{};

    /// The first value of a header, names compared without case. Empty: not sent.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

/// A response exactly as a test wants it.
struct scripted_response {
    int status{200};
    /// Sent besides Content-Type (`application/json` unless named here) and the framing headers.
    std::vector<std::pair<std::string, std::string>> headers{};
    /// Sent with its Content-Length, unless `pieces` is not empty.
    std::string body{};
    /// Sent in chunked coding, each in a write of its own.
    std::vector<std::string> pieces{};
    /// Wait before the first byte.
    std::chrono::milliseconds delay{0};
    /// Wait between pieces.
    std::chrono::milliseconds piece_delay{0};
    /// Injected while it is sent: `reset`, `close_before_response`, `stall`, `truncated_body` or `slow`.
    std::optional<sim::fault> fault{};
};

/// The options of a `server`.
struct options {
    /// Port on 127.0.0.1; 0: any free one.
    std::uint16_t port{0};
    /// Serve TLS, with a certificate made at the start and signed by the test CA of `server::ca_pem()`.
    bool tls{false};
    /// Host name in the certificate. The default one also carries the address 127.0.0.1; any other name stands alone,
    /// so that a caller's host name check can be seen to fail.
    std::string certificate_host{"localhost"};
    /// Decides the responses (with the request) and the faults (with the request's number).
    std::uint64_t seed{1};
    /// The only key accepted; others get the service's 401. Empty: keys are not checked.
    secret api_key{};
    /// The only models (and deployments) known; others get the service's 404. Empty: any name is known.
    std::vector<std::string> models{};

    /// Requests per minute before the service's 429; 0: no limit.
    double requests_per_minute{0};
    /// Tokens per minute (prompt, and the response's limit or length) before the service's 429; 0: no limit.
    double tokens_per_minute{0};
    /// The share of a minute's limits that can be used at once after a pause. Must be > 0.
    std::chrono::milliseconds limit_window{std::chrono::minutes{1}};

    latency_model latency{};
    /// Each is drawn separately for every model request; the first that strikes is used.
    std::vector<fault> faults{};
    /// Used before `faults`.
    std::vector<scripted_fault> script{};

    /// From the making of a batch to its end. 0: it is over when it is first looked at. Must be >= 0.
    std::chrono::milliseconds batch_duration{0};
    std::vector<batch_fault> batch_faults{};

    /// Chats that one of these rules is for are answered by the first such one, all others with made-up responses.
    std::vector<answer_rule> answers{};
    /// About how long a plain chat response is. Must be > 0.
    int response_words{24};
    /// Tools called in one turn where the request allows parallel calls. Range: [1, 128].
    int tool_calls_per_turn{1};

    /// Connections open at once; further ones are closed on arrival. Must be > 0.
    std::size_t max_connections{16384};
    /// Larger request bodies get 413. Must be > 0.
    std::size_t max_body_bytes{std::size_t{32} << 20U};
    /// A connection on which nothing moves for so long is closed. Must be > 0.
    std::chrono::milliseconds idle_timeout{std::chrono::minutes{2}};
    /// Bound of the `stall` and `slow` faults. Must be > 0.
    std::chrono::milliseconds stall_limit{std::chrono::minutes{1}};
    /// The last requests kept for `server::requests()`; 0: none.
    std::size_t record_requests{0};
    /// A file to which each request is added as a line of JSON: `time`, `method`, `path`, `headers` with secrets as
    /// "***", `body`. Empty: none. Where it cannot be written, requests get 500.
    std::string record_file{};

    /// Called first for every request: its response is sent as it is; `nullopt` leaves the request to the service. Runs
    /// on the server's thread, which it must not block. An exception from it becomes a 500.
    std::function<std::optional<scripted_response>(recorded_request const&)> handler{};
};

/// Errors: `errc::invalid_argument` naming the option.
[[nodiscard]] result<void> validate(options const& opts);

}  // namespace coax::sim
