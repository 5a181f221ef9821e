#pragma once

#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The messages of the protocol, which are those of JSON-RPC 2.0. Source: reference mcp.md.
namespace coax::mcp::detail {

inline constexpr std::string_view modern_version = "2026-07-28";
inline constexpr std::string_view newest_legacy_version = "2025-11-25";

namespace rpc_code {
inline constexpr std::int64_t parse_error = -32700;
inline constexpr std::int64_t invalid_request = -32600;
inline constexpr std::int64_t invalid_params = -32602;
inline constexpr std::int64_t method_not_found = -32601;
inline constexpr std::int64_t header_mismatch = -32020;
inline constexpr std::int64_t missing_capability = -32021;
inline constexpr std::int64_t unsupported_version = -32022;
}  // namespace rpc_code

/// How a request failed, in the peer's words.
struct rpc_failure {
    std::int64_t code{0};
    std::string message{};
    json_value data{};
};

/// The response to a request: one of both.
struct reply {
    std::optional<json_value> result{};
    std::optional<rpc_failure> error{};
};

/// A message that came.
struct incoming {
    std::optional<json_value> id{};
    std::string method{};  ///< Empty: it is a response.
    json_value params{};
    reply outcome{};
};

/// Whether a failure is one of those that only the newer protocol has.
[[nodiscard]] bool is_modern(rpc_failure const& why) noexcept;

/// Whether this is a version of the older protocol.
[[nodiscard]] bool is_legacy(std::string_view version) noexcept;

/// Errors: `errc::protocol_error`: no JSON object, or no message.
[[nodiscard]] result<incoming> parse_message(std::string_view text);

/// The id of a response to one of our requests; none: it is not one of ours.
[[nodiscard]] std::optional<std::int64_t> number_of(std::optional<json_value> const& id);

/// @param params  The text of an object; empty: none.
[[nodiscard]] std::string request_text(std::int64_t id, std::string_view method, std::string_view params);
[[nodiscard]] std::string notification_text(std::string_view method, std::string_view params);
[[nodiscard]] std::string result_text(json_value const& id, std::string_view result);
[[nodiscard]] std::string failure_text(json_value const& id, std::int64_t code, std::string_view message);

/// The answer to a text that is no message. @param why  As `parse_message` said it.
[[nodiscard]] std::string unreadable_text(std::string_view text, error const& why);

/// The answer to a request of the server's: nothing is offered but `ping`.
[[nodiscard]] std::string answer_to(incoming const& request);

/// `params` with what the newer protocol wants to know with each request.
[[nodiscard]] std::string with_meta(std::string_view params);
/// The parameters of `initialize`.
[[nodiscard]] std::string initialize_params();
/// Those of the notification that a request is not waited for any more.
[[nodiscard]] std::string cancelled_params(std::int64_t id);

}  // namespace coax::mcp::detail
