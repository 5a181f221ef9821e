#include "mcp/tool_output.hpp"

#include <coax/bind/read.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coax::mcp::detail {
namespace {

struct wire_resource {
    std::string uri{};
    std::string mimeType{};
    std::optional<std::string> text{};
};

struct wire_content {
    std::string type{};
    std::string text{};
    std::string data{};
    std::string mimeType{};
    std::string uri{};
    std::string name{};
    std::string description{};
    wire_resource resource{};
};

struct wire_input_request {
    std::string method{};
};

struct wire_tool_result {
    std::string resultType{};
    std::vector<wire_content> content{};
    json_value structuredContent{};
    bool isError{false};
    std::map<std::string, wire_input_request> inputRequests{};
};

std::string text_of(wire_content const& piece) {
    if (piece.type == "text") return piece.text;
    if (piece.type == "resource")
        return piece.resource.text ? *piece.resource.text
                                   : "[" + piece.resource.mimeType + " at " + piece.resource.uri + "]";
    if (piece.type == "resource_link") return "[" + piece.name + " at " + piece.uri + "] " + piece.description;
    return "[" + piece.type + (piece.mimeType.empty() ? "" : " of type " + piece.mimeType) + "]";
}

void add(tool_result& made, wire_content piece) {
    if (piece.type == "image") {
        made.images.push_back({.media_type = std::move(piece.mimeType), .data = std::move(piece.data)});
        return;
    }
    made.text.append(made.text.empty() ? "" : "\n").append(text_of(piece));
}

/// The server wants to ask a model or a person before it answers.
error needs_input(wire_tool_result const& told) {
    std::string asked;
    for (auto const& [key, request] : told.inputRequests)
        asked.append(asked.empty() ? "" : ", ").append(request.method);
    return {.code = errc::tool_failed,
            .message = "the tool needs what coax does not offer" + (asked.empty() ? asked : ": " + asked)};
}

}  // namespace

result<tool_result> parse_tool_result(json_value const& text) {
    auto told = json::read<wire_tool_result>(text, json::wire_options);
    if (!told)
        return error{.code = errc::protocol_error,
                     .message = "the result of the tool cannot be read: " + told.error().message,
                     .where = told.error().where};
    if (told->resultType == "input_required") return needs_input(*told);
    if (!told->resultType.empty() && told->resultType != "complete")
        return error{.code = errc::protocol_error,
                     .message = "the result of the tool is of an unknown kind: " + told->resultType};
    tool_result made{.structured = std::move(told->structuredContent), .failed = told->isError};
    for (auto& piece : told->content) add(made, std::move(piece));
    if (made.text.empty() && made.images.empty() && !made.structured.is_null()) made.text = made.structured.text();
    return made;
}

}  // namespace coax::mcp::detail
