#include "mcp/messages.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>
#include <coax/version.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace coax::mcp::detail {
namespace {

/// As it is on the wire.
struct wire_message {
    std::optional<json_value> id{};
    std::string method{};
    json_value params{};
    std::optional<json_value> result{};
    std::optional<rpc_failure> error{};
};

constexpr std::array<std::string_view, 4> legacy_versions{"2024-11-05", "2025-03-26", "2025-06-18",
                                                          newest_legacy_version};

void append_client_info(json::writer& out) {
    out.begin_object().member("name", "coax").member("version", COAX_VERSION).end_object();
}

error no_message(std::string_view why) {
    return {.code = errc::protocol_error, .message = "what came is no message of JSON-RPC: " + std::string{why}};
}

/// @param id      Empty: it is a notification.
/// @param params  Empty: none.
std::string message_text(std::string_view id, std::string_view method, std::string_view params) {
    std::string text;
    json::writer out{text};
    out.begin_object().member("jsonrpc", "2.0");
    if (!id.empty()) out.key("id").raw(id);
    out.member("method", method);
    if (!params.empty()) out.key("params").raw(params);
    out.end_object();
    return text;
}

}  // namespace

bool is_modern(rpc_failure const& why) noexcept {
    return why.code == rpc_code::header_mismatch || why.code == rpc_code::missing_capability ||
           why.code == rpc_code::unsupported_version;
}

bool is_legacy(std::string_view version) noexcept {
    return std::ranges::find(legacy_versions, version) != legacy_versions.end();
}

result<incoming> parse_message(std::string_view text) {
    auto read = json::read<wire_message>(text, json::wire_options);
    if (!read) return no_message(to_string(read.error()));
    auto& wire = *read;
    if (wire.method.empty() && !wire.result && !wire.error) return no_message("it has no method, result or error");
    return incoming{.id = std::move(wire.id),
                    .method = std::move(wire.method),
                    .params = std::move(wire.params),
                    .outcome = {.result = std::move(wire.result), .error = std::move(wire.error)}};
}

std::optional<std::int64_t> number_of(std::optional<json_value> const& id) {
    if (!id) return std::nullopt;
    std::int64_t number = 0;
    auto const& text = id->text();
    auto const [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string request_text(std::int64_t id, std::string_view method, std::string_view params) {
    return message_text(std::to_string(id), method, params);
}

std::string notification_text(std::string_view method, std::string_view params) {
    return message_text({}, method, params);
}

std::string result_text(json_value const& id, std::string_view result) {
    std::string text;
    json::writer out{text};
    out.begin_object().member("jsonrpc", "2.0").key("id").raw(id.text()).key("result").raw(result).end_object();
    return text;
}

std::string failure_text(json_value const& id, std::int64_t code, std::string_view message) {
    std::string text;
    json::writer out{text};
    out.begin_object().member("jsonrpc", "2.0").key("id").raw(id.text()).key("error");
    out.begin_object().member("code", code).member("message", message).end_object().end_object();
    return text;
}

std::string unreadable_text(std::string_view text, error const& why) {
    bool const is_json = json_value::parse(text).has_value();
    return failure_text({}, is_json ? rpc_code::invalid_request : rpc_code::parse_error, why.message);
}

std::string answer_to(incoming const& request) {
    if (request.method == "ping") return result_text(*request.id, "{}");
    return failure_text(*request.id, rpc_code::method_not_found,
                        "coax uses tools only and does not offer " + request.method);
}

std::string with_meta(std::string_view params) {
    std::string text;
    json::writer out{text};
    out.begin_object().key("_meta").begin_object();
    out.member("io.modelcontextprotocol/protocolVersion", modern_version);
    out.key("io.modelcontextprotocol/clientCapabilities").begin_object().end_object();
    out.key("io.modelcontextprotocol/clientInfo");
    append_client_info(out);
    out.end_object().end_object();
    if (params.size() <= 2) return text;  // "{}"
    text.back() = ',';
    return text.append(params.substr(1));
}

std::string initialize_params() {
    std::string text;
    json::writer out{text};
    out.begin_object().member("protocolVersion", newest_legacy_version);
    out.key("capabilities").begin_object().end_object().key("clientInfo");
    append_client_info(out);
    out.end_object();
    return text;
}

std::string cancelled_params(std::int64_t id) {
    std::string text;
    json::writer{text}.begin_object().member("requestId", id).member("reason", "cancelled").end_object();
    return text;
}

}  // namespace coax::mcp::detail
