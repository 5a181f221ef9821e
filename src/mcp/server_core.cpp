#include "mcp/server_core.hpp"

#include <coax/bind/read.hpp>
#include <coax/chat/tool.hpp>
#include <coax/json/writer.hpp>
#include <coax/runtime/as_result.hpp>

#include <map>
#include <optional>
#include <utility>

namespace coax::mcp::detail {
namespace {

constexpr std::string_view version_key = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view capabilities_key = "io.modelcontextprotocol/clientCapabilities";
/// The tools of a server do not change.
constexpr int list_lifetime_ms = 3'600'000;

struct wire_params {
    std::map<std::string, json_value> _meta{};
    std::string protocolVersion{};
    std::string name{};
    std::string cursor{};
    json_value arguments{};
};

/// A failed request, or none.
struct refused {
    std::int64_t code{0};
    std::string message{};
    std::string data{};
};

std::string refusal_text(json_value const& id, refused const& why) {
    std::string text;
    json::writer out{text};
    out.begin_object().member("jsonrpc", "2.0").key("id").raw(id.text()).key("error");
    out.begin_object().member("code", why.code).member("message", why.message);
    if (!why.data.empty()) out.key("data").raw(why.data);
    out.end_object().end_object();
    return text;
}

wire_params params_of(incoming const& request) {
    auto read = json::read<wire_params>(request.params.text(), json::wire_options);
    return read ? *std::move(read) : wire_params{};
}

bool is_modern_request(incoming const& request, wire_params const& params) {
    return params._meta.contains(std::string{version_key}) || request.method == "server/discover";
}

/// What a request of the newer protocol lacks.
std::optional<refused> wrong_meta(wire_params const& params) {
    auto const version = params._meta.find(std::string{version_key});
    if (version == params._meta.end())
        return refused{rpc_code::invalid_params, "_meta must have " + std::string{version_key}, {}};
    if (version->second.text() != '"' + std::string{modern_version} + '"')
        return refused{
            rpc_code::unsupported_version, "Unsupported protocol version",
            R"({"supported":[")" + std::string{modern_version} + R"("],"requested":)" + version->second.text() + '}'};
    if (!params._meta.contains(std::string{capabilities_key}))
        return refused{rpc_code::invalid_params, "_meta must have " + std::string{capabilities_key}, {}};
    return std::nullopt;
}

void append_server(json::writer& out, server_options const& options) {
    out.begin_object().member("name", options.name).member("version", options.program_version).end_object();
}

/// A result in the form of the protocol that was asked in.
std::string complete(json::writer& out, std::string& text, bool modern) {
    if (modern) out.member("resultType", "complete");
    out.end_object();
    return std::move(text);
}

void append_text(json::writer& out, std::string_view text) {
    out.begin_object().member("type", "text").member("text", text).end_object();
}

void append_output(json::writer& out, tool_output const& output) {
    append_text(out, output.text);
    for (auto const& part : output.parts)
        if (auto const* const image = part.image(); image != nullptr && !image->data.empty())
            out.begin_object()
                .member("type", "image")
                .member("data", image->data.text())
                .member("mimeType", image->media_type)
                .end_object();
}

std::string tool_text(result<tool_output> const& output, bool modern) {
    std::string text;
    json::writer out{text};
    out.begin_object().key("content").begin_array();
    if (output)
        append_output(out, *output);
    else
        append_text(out, to_string(output.error()));
    out.end_array();
    if (!output || output->failed) out.member("isError", true);
    return complete(out, text, modern);
}

/// As a coroutine of its own, so that what a tool throws before its coroutine begins is a failed call as well.
asio::awaitable<result<tool_output>> run_tool(toolbox::entry const& tool, std::string arguments) {
    co_return co_await tool.call(std::move(arguments));
}

}  // namespace

server_core::server_core(toolbox tools, server_options options)
    : tools_{std::move(tools)}, options_{std::move(options)} {
    json::writer out{tool_array_};
    out.begin_array();
    for (auto const& each : value_or_throw(tools_.definitions(schema_dialect::json_schema))) {
        out.begin_object().member("name", each.name).member("description", each.description).key("inputSchema");
        out.raw(each.parameters.empty() ? R"({"type":"object"})" : each.parameters).end_object();
    }
    out.end_array();
}

std::string server_core::greeting(json_value const& params) const {
    auto const asked = json::read<wire_params>(params.text(), json::wire_options);
    bool const known = asked && is_legacy(asked->protocolVersion);
    std::string text;
    json::writer out{text};
    out.begin_object().key("protocolVersion");
    out.value(known ? std::string_view{asked->protocolVersion} : newest_legacy_version);
    out.key("capabilities").raw(R"({"tools":{}})").key("serverInfo");
    append_server(out, options_);
    if (!options_.instructions.empty()) out.member("instructions", options_.instructions);
    return complete(out, text, false);
}

std::string server_core::discovery() const {
    std::string text;
    json::writer out{text};
    out.begin_object().key("supportedVersions").begin_array().value(modern_version).end_array();
    out.key("capabilities").raw(R"({"tools":{}})");
    if (!options_.instructions.empty()) out.member("instructions", options_.instructions);
    out.member("ttlMs", list_lifetime_ms).member("cacheScope", "public");
    out.key("_meta").begin_object().key("io.modelcontextprotocol/serverInfo");
    append_server(out, options_);
    out.end_object();
    return complete(out, text, true);
}

std::string server_core::tool_page(bool modern) const {
    std::string text;
    json::writer out{text};
    out.begin_object().key("tools").raw(tool_array_);
    if (modern) out.member("ttlMs", list_lifetime_ms).member("cacheScope", "public");
    return complete(out, text, modern);
}

asio::awaitable<std::string> server_core::answer(incoming request) const {
    if (!request.id || request.method.empty()) co_return std::string{};  // a notification, or a response
    auto const params = params_of(request);
    bool const modern = is_modern_request(request, params);
    if (modern)
        if (auto const wrong = wrong_meta(params)) co_return refusal_text(*request.id, *wrong);
    if (request.method == "tools/call") co_return co_await call(std::move(request), modern);
    co_return answer_now(request, modern);
}

std::string server_core::answer_now(incoming const& request, bool modern) const {
    auto const& id = *request.id;
    if (request.method == "server/discover") return result_text(id, discovery());
    if (request.method == "initialize") return result_text(id, greeting(request.params));
    if (request.method == "ping") return result_text(id, "{}");
    if (request.method == "tools/list") {
        if (params_of(request).cursor.empty()) return result_text(id, tool_page(modern));
        return refusal_text(id, {rpc_code::invalid_params, "There is one page only", {}});
    }
    return refusal_text(id, {rpc_code::method_not_found, "Method not found: " + request.method, {}});
}

asio::awaitable<std::string> server_core::call(incoming request, bool modern) const {
    auto const params = params_of(request);
    auto const* const found = tools_.find(params.name);
    if (found == nullptr)
        co_return refusal_text(*request.id, {rpc_code::invalid_params, "Unknown tool: " + params.name, {}});
    auto arguments = params.arguments.is_null() ? std::string{"{}"} : params.arguments.text();
    auto const output = co_await as_result(run_tool(*found, std::move(arguments)));
    co_return result_text(*request.id, tool_text(output, modern));
}

}  // namespace coax::mcp::detail
