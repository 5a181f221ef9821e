#pragma once

#include "sim/completion.hpp"
#include "sim/limits.hpp"
#include "sim/parsed_chat.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::sim::detail {

/// A request as the service sees it. Views into the connection's buffers.
struct request_view {
    std::string_view method{};
    std::string_view target{};
    std::string_view body{};
    std::string_view authorization{};
    std::string_view api_key{};
    std::string_view x_api_key{};
    std::string_view x_goog_api_key{};
    std::string_view anthropic_version{};
    std::string_view anthropic_beta{};
    std::string_view extra_parameters{};
    std::string_view content_type{};
    std::string_view host{};
    bool tls{false};
    /// The headers of a resumable upload, `X-Goog-Upload-…`.
    struct upload_headers {
        std::string_view protocol{};
        std::string_view command{};
        std::string_view offset{};
        std::string_view length{};
        std::string_view type{};
    } upload{};
};

enum class dialect { openai, azure_classic, azure_v1, azure_ai, anthropic, gemini, vertex, system_one };
enum class endpoint {
    chat,
    responses,
    one_response,
    cancel_response,
    embeddings,
    rerank,
    decisions,
    models,
    one_model,
    files,
    one_file,
    file_content,
    upload,
    batches,
    one_batch,
    cancel_batch,
    batch_results,
    count_tokens,
    unknown
};

/// The endpoint that a target names.
struct request_route {
    detail::dialect dialect{detail::dialect::openai};
    detail::endpoint endpoint{detail::endpoint::unknown};
    std::string_view name{};         ///< The deployment, model, response, file or batch in the path; empty: none.
    std::string_view method{};       ///< Gemini's, behind the model's name; empty: none.
    std::string_view api_version{};  ///< Of the query; empty: none.
    std::string_view query{};
};

[[nodiscard]] request_route find_route(request_view const& request) noexcept;

/// The value of a query's parameter; empty: it has none.
[[nodiscard]] std::string_view query_value(std::string_view query, std::string_view name) noexcept;

/// Reads a whole number; an empty text leaves `count` as it is. @returns Whether the text is one, or empty.
[[nodiscard]] bool read_count(std::string_view text, std::size_t& count) noexcept;

/// A part of the list of models.
struct model_page {
    std::vector<std::string> names{};
    bool has_more{false};
    std::string next{};  ///< Gemini's name of the part that follows.
};

/// Both clocks, read once for each request.
struct moment {
    std::chrono::steady_clock::time_point steady{};
    std::chrono::system_clock::time_point system{};
};

class service_api;
struct embedding_request;

/// A request's ids, time and route.
struct request_context {
    std::uint64_t id_seed{0};
    std::string request_id{};
    moment now{};
    request_route route{};
    service_api const* api{nullptr};
    std::string origin{};  ///< The server's address, as the request has it: "http://127.0.0.1:80".
};

/// A response ready to be sent.
struct response {
    int status{200};
    std::string content_type{"application/json"};
    std::string headers{};              ///< Further lines, each with its CRLF.
    std::string body{};                 ///< Sent with Content-Length, unless `chunked`.
    std::vector<std::string> pieces{};  ///< Sent one by one in chunked coding.
    std::string object{};               ///< The whole response object, where the API is one that keeps them.
    bool chunked{false};
    bool close{false};
    std::chrono::nanoseconds first_byte{0};
    std::optional<std::chrono::nanoseconds> delay{};  ///< Before the first byte, in place of the options' latency.
    std::chrono::nanoseconds between_pieces{0};
    std::optional<sim::fault> fault{};  ///< Injected while it is sent.
    std::size_t prompt_tokens{0};
    std::size_t completion_tokens{0};
    std::size_t cached_tokens{0};  ///< Of the prompt's: read from the cache.
    std::size_t cache_write_tokens{0};
};

/// How one service reads requests and writes responses. Immutable.
class service_api {
public:
    virtual ~service_api() = default;

    /// Whether the request carries `key` where this service wants it.
    [[nodiscard]] virtual rejection authorize(request_view const& request, std::string_view key) const = 0;
    /// Checks the headers and the target.
    [[nodiscard]] virtual rejection check_request(request_view const& request, request_route const& route) const = 0;
    /// Checks and reads a chat request. `chat` views into `body`.
    [[nodiscard]] virtual rejection read_chat(json::value const& body, request_view const& request,
                                              request_route const& route, parsed_chat& chat) const = 0;
    /// Writes completions, one for each choice, whole or as events.
    virtual void write_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                            request_context const& context) const = 0;
    /// Checks and reads a request for embeddings. `wanted` views into `body`. Default: as OpenAI does.
    [[nodiscard]] virtual rejection read_embedding(json::value const& body, request_view const& request,
                                                   request_route const& route, embedding_request& wanted) const;
    virtual void write_embeddings(response& out, embedding_request const& wanted, request_route const& route,
                                  std::uint64_t seed) const;
    virtual void write_token_count(writer& out, std::size_t count) const;
    virtual void write_model(writer& out, std::string_view name) const = 0;
    /// Leaves of all models those that the query asks for. Default: all.
    [[nodiscard]] virtual rejection take_page(std::string_view /*query*/, model_page& /*page*/) const {
        return std::nullopt;
    }
    virtual void write_models(writer& out, model_page const& page) const = 0;

    [[nodiscard]] virtual std::string error_body(api_error const& why, request_context const& context) const = 0;
    /// The event that ends a stream with an error.
    [[nodiscard]] virtual std::string error_event(api_error const& why) const = 0;
    [[nodiscard]] virtual api_error error_of(int status) const = 0;
    [[nodiscard]] virtual api_error unknown_model(std::string_view model, request_route const& route) const = 0;
    [[nodiscard]] virtual api_error rate_limited(limit_refusal const& why, std::string_view model,
                                                 double limit) const = 0;
    [[nodiscard]] virtual api_error quota_exhausted() const = 0;
    [[nodiscard]] virtual api_error context_too_long() const = 0;
    /// The error of a blocked prompt; none: it is a completion that says so.
    [[nodiscard]] virtual rejection prompt_filtered() const = 0;
    [[nodiscard]] virtual int overloaded_status() const noexcept = 0;

    [[nodiscard]] virtual std::string request_id(std::uint64_t seed) const = 0;
    virtual void add_id_headers(std::string& headers, request_context const& context) const = 0;
    virtual void add_limit_headers(std::string& headers, limits& kept, request_context const& context) const = 0;
    /// The headers of a 429 that the service's own limits made.
    virtual void add_wait_headers(std::string& headers, limit_refusal const& why) const = 0;
    [[nodiscard]] virtual member_order order() const noexcept = 0;
};

[[nodiscard]] service_api const& openai_api(dialect which) noexcept;
[[nodiscard]] service_api const& azure_ai_api() noexcept;
[[nodiscard]] service_api const& anthropic_api() noexcept;
[[nodiscard]] service_api const& gemini_api(dialect which) noexcept;
[[nodiscard]] service_api const& system_one_api() noexcept;

[[nodiscard]] inline service_api const& api_of(dialect which) noexcept {
    if (which == dialect::gemini || which == dialect::vertex) return gemini_api(which);
    if (which == dialect::azure_ai) return azure_ai_api();
    if (which == dialect::system_one) return system_one_api();
    return which == dialect::anthropic ? anthropic_api() : openai_api(which);
}

// ---- shared by the services ----------------------------------------------------------------------------------------

void add_header(std::string& headers, std::string_view name, std::string_view value);
void add_header(std::string& headers, std::string_view name, std::int64_t value);
[[nodiscard]] std::string bearer_token(std::string_view authorization);
/// "Fri, 20 Nov 2026 23:00:00 GMT"
[[nodiscard]] std::string http_date(std::chrono::system_clock::time_point when);
/// "2026-11-20T23:00:00Z"
[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point when);
/// "2026-11-20T23:00:00.123Z"
[[nodiscard]] std::string rfc3339_ms(std::chrono::system_clock::time_point when);
/// "1s", "6m0s", "20ms"
[[nodiscard]] std::string short_duration(std::chrono::nanoseconds span);
/// Whole seconds, rounded up.
[[nodiscard]] std::int64_t ceil_seconds(std::chrono::nanoseconds span) noexcept;
[[nodiscard]] std::int64_t unix_seconds(std::chrono::system_clock::time_point when) noexcept;
/// 1 to `longest` letters, digits, `_` and `-`.
[[nodiscard]] bool is_tool_name(std::string_view name, std::size_t longest) noexcept;

}  // namespace coax::sim::detail
