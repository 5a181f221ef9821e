#pragma once

#include "sim/limits.hpp"
#include "sim/response.hpp"
#include "sim/task.hpp"

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
    std::string_view anthropic_version{};
    std::string_view anthropic_beta{};
};

enum class dialect { openai, azure_classic, azure_v1, anthropic };
enum class endpoint { chat, embeddings, models, one_model, count_tokens, unknown };

/// What a target asks for.
struct route {
    dialect speech{dialect::openai};
    endpoint what{endpoint::unknown};
    std::string_view name{};         ///< The deployment or the model in the path; empty: none.
    std::string_view api_version{};  ///< Of the query; empty: none.
};

[[nodiscard]] route route_of(request_view const& request) noexcept;

/// Both clocks, read once for each request.
struct moment {
    std::chrono::steady_clock::time_point steady{};
    std::chrono::system_clock::time_point wall{};
};

/// What one request carries through to its answer.
struct exchange {
    std::uint64_t number{0};
    std::uint64_t id_seed{0};
    std::string request_id{};
    moment now{};
    route asked{};
};

/// An answer ready to be sent.
struct reply {
    int status{200};
    std::string content_type{"application/json"};
    std::string headers{};              ///< Further lines, each with its CRLF.
    std::string body{};                 ///< Sent with Content-Length, unless `chunked`.
    std::vector<std::string> pieces{};  ///< Sent one by one in chunked coding.
    bool chunked{false};
    bool close{false};
    std::chrono::nanoseconds first_byte{0};
    std::chrono::nanoseconds between_pieces{0};
    std::optional<fault> mishap{};  ///< What happens to it on the way.
    std::size_t prompt_tokens{0};
    std::size_t completion_tokens{0};
};

/// One service's way of saying things. Immutable.
class wire_form {
public:
    virtual ~wire_form() = default;

    /// Whether the request carries `key` where this service wants it.
    [[nodiscard]] virtual verdict authorize(request_view const& request, std::string_view key) const = 0;
    /// Checks what the headers and the target must hold.
    [[nodiscard]] virtual verdict check_request(request_view const& request, route const& asked) const = 0;
    /// Checks a chat as the service does and says what it asks. `task` views into `body`.
    [[nodiscard]] virtual verdict read_chat(json::value const& body, request_view const& request, route const& asked,
                                            chat_task& task) const = 0;
    /// Writes answers, one for each choice, whole or as events.
    virtual void write_chat(reply& out, chat_task const& task, std::vector<answer> const& answers,
                            exchange const& with) const = 0;

    [[nodiscard]] virtual std::string error_body(wire_error const& why, exchange const& with) const = 0;
    /// The event that ends a stream badly.
    [[nodiscard]] virtual std::string error_event(wire_error const& why) const = 0;
    [[nodiscard]] virtual wire_error failure(int status) const = 0;
    [[nodiscard]] virtual wire_error unknown_model(std::string_view model, route const& asked) const = 0;
    [[nodiscard]] virtual wire_error limited(limit_refusal const& why, std::string_view model, double limit) const = 0;
    [[nodiscard]] virtual wire_error filtered() const = 0;
    [[nodiscard]] virtual wire_error quota_exhausted() const = 0;
    [[nodiscard]] virtual wire_error context_too_long() const = 0;
    /// Whether a blocked prompt is an error (or else an answer that says so).
    [[nodiscard]] virtual bool filters_with_error() const noexcept = 0;

    virtual void tell_ids(std::string& headers, exchange const& with) const = 0;
    virtual void tell_limits(std::string& headers, limits& kept, exchange const& with) const = 0;
    /// The headers of a 429 that the service's own limits made.
    virtual void tell_wait(std::string& headers, limit_refusal const& why) const = 0;
    [[nodiscard]] virtual int overloaded_status() const noexcept = 0;
    [[nodiscard]] virtual member_order order() const noexcept = 0;
};

[[nodiscard]] wire_form const& openai_form_of(dialect speech) noexcept;
[[nodiscard]] wire_form const& anthropic_form() noexcept;

[[nodiscard]] inline wire_form const& form_of(dialect speech) noexcept {
    return speech == dialect::anthropic ? anthropic_form() : openai_form_of(speech);
}

// ---- shared by both forms ------------------------------------------------------------------------------------------

void add_header(std::string& headers, std::string_view name, std::string_view value);
[[nodiscard]] std::string bearer_token(std::string_view authorization);
/// "Fri, 20 Nov 2026 23:00:00 GMT"
[[nodiscard]] std::string http_date(std::chrono::system_clock::time_point when);
/// "2026-11-20T23:00:00Z"
[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point when);
/// "1s", "6m0s", "20ms"
[[nodiscard]] std::string short_duration(std::chrono::nanoseconds span);
/// Whole seconds, rounded up.
[[nodiscard]] std::int64_t ceil_seconds(std::chrono::nanoseconds span) noexcept;
[[nodiscard]] std::int64_t unix_seconds(std::chrono::system_clock::time_point when) noexcept;
/// 1 to `longest` letters, digits, `_` and `-`.
[[nodiscard]] bool is_tool_name(std::string_view name, std::size_t longest) noexcept;

}  // namespace coax::sim::detail
