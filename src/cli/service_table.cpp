#include "cli/service_table.hpp"

#include "cli/request_kinds.hpp"

#include <coax/json/writer.hpp>
#include <coax/provider/background.hpp>
#include <coax/provider/decision.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/provider.hpp>
#include <coax/provider/rerank.hpp>
#include <coax/provider/service_profile.hpp>
#include <coax/reflect/enums.hpp>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

namespace coax::cli {
namespace {

struct column {
    std::string name;
    std::shared_ptr<provider const> service;
};

/// The options of a service at an address of its kind.
provider_options options_of(std::string_view name) {
    provider_options options{.service = std::string{name}};
    if (name == "azure") options.base_url = "https://RESOURCE.openai.azure.com";
    if (name == "azure_ai") options.base_url = "https://RESOURCE.services.ai.azure.com";
    if (name == "compatible") options.base_url = "http://HOST/v1";
    if (name == "vertex") options.project = "PROJECT", options.location = "us-central1";
    return options;
}

std::vector<column> make_columns() {
    std::vector<column> columns;
    for (auto const name : provider_names())
        columns.push_back({std::string{name}, value_or_throw(make_provider(options_of(name)))});
    auto responses = options_of("openai");
    responses.api = "responses";
    columns.insert(columns.begin() + 1, {"openai, responses", value_or_throw(make_provider(responses))});
    return columns;
}

bool holds(std::string const& body, std::initializer_list<std::string_view> texts) {
    return std::ranges::any_of(texts, [&](auto text) { return body.find(text) != std::string::npos; });
}

/// Where a service takes a request of the kind in another way than it is meant: how.
std::string_view remark(request_kind const& kind, std::string const& body) {
    bool const has_schema = kind.request.response_format.kind == response_format_kind::json_schema;
    if (has_schema && holds(body, {"must fit this JSON Schema"})) return "told";
    if (kind.name == "developer message" && !holds(body, {R"("role":"developer")"})) return "as system";
    if (kind.name == "strict tools" && !holds(body, {R"("strict":true)"})) return "not enforced";
    bool const goes_back = kind.name.starts_with("reasoning goes back");
    if (goes_back && !holds(body, {"Hm."})) return "left out";
    if (kind.name == "cached prefix" && !holds(body, {"cache"})) return "by itself";
    return "yes";
}

std::string cell(provider const& service, request_kind const& kind) {
    auto const encoded = service.encode(kind.request, kind.streaming);
    if (!encoded) return "–";
    if (kind.name != "token limit") return std::string{remark(kind, encoded->body)};
    for (std::string_view const name : {"max_completion_tokens", "max_output_tokens", "maxOutputTokens", "max_tokens"})
        if (holds(encoded->body, {name})) return "`" + std::string{name} + "`";
    return "yes";
}

void add_row(std::string& text, std::string_view head, std::vector<column> const& columns, auto const& cell_of) {
    text.append("| ").append(head);
    for (auto const& one : columns) text.append(" | ").append(cell_of(one));
    text += " |\n";
}

void add_head(std::string& text, std::vector<column> const& columns) {
    add_row(text, "", columns, [](column const& one) { return "`" + one.name + "`"; });
    add_row(text, "---", columns, [](column const&) { return "---"; });
}

decision_request one_decision() {
    return {.input = {.model = "MODEL", .messages = {user("Hi")}}, .questions = {{.name = "a"}}};
}

std::string_view decisions_of(column const& one) {
    auto const support = one.service->decisions_of("MODEL");
    if (support.wire == decision_wire::none) return "by chat";
    return support.standard ? "measured" : "by chat, or measured";
}

/// Where it is asked: for a chat, or for what it answers in place of chats.
std::string address_of(column const& one) {
    auto request = one.service->encode({.model = "MODEL", .messages = {user("Hi")}}, false);
    if (!request) request = one.service->encode_decision(one_decision());
    return request ? to_string(request->to) + request->target.substr(0, request->target.find('?')) : "";
}

std::string dialect_of(column const& one) {
    return "`" + std::string{reflect::enum_name(one.service->dialect())} + "`";
}

}  // namespace

std::string service_table() {
    auto const columns = make_columns();
    std::string text = "| service | address | schema dialect |\n| --- | --- | --- |\n";
    for (auto const& one : columns)
        text.append("| `" + one.name + "` | " + address_of(one) + " | " + dialect_of(one) + " |\n");
    text += '\n';
    add_head(text, columns);
    for (auto const& kind : request_kinds())
        add_row(text, kind.name, columns, [&](column const& one) { return cell(*one.service, kind); });
    auto const offered = [](auto const& encoded) { return std::string{encoded ? "yes" : "–"}; };
    add_row(text, "vectors of texts", columns, [&](column const& one) {
        return offered(one.service->encode_embedding({.texts = {"Hi"}, .model = "MODEL"}));
    });
    add_row(text, "documents in order", columns, [&](column const& one) {
        return offered(one.service->encode_rerank({.query = "Hi", .documents = {"a", "b"}, .model = "MODEL"}));
    });
    add_row(text, "typed questions", columns, [](column const& one) { return std::string{decisions_of(one)}; });
    add_row(text, "list of models", columns,
            [&](column const& one) { return offered(one.service->encode_models({})); });
    add_row(text, "tokens of a prompt, counted", columns, [&](column const& one) {
        return offered(one.service->encode_token_count({.model = "MODEL", .messages = {user("Hi")}}));
    });
    add_row(text, "responses in the background", columns, [&](column const& one) {
        return offered(one.service->encode_background({.model = "MODEL", .messages = {user("Hi")}}, {}, false));
    });
    return text;
}

std::string request_lines() {
    std::string text;
    for (auto const& one : make_columns())
        for (auto const& kind : request_kinds()) {
            auto const encoded = one.service->encode(kind.request, kind.streaming);
            json::writer out{text};
            out.begin_object().member("service", one.name).member("kind", kind.name);
            if (encoded)
                out.key("body").raw(encoded->body);
            else
                out.member("refused", encoded.error().where + " " + encoded.error().message);
            out.end_object();
            text += '\n';
        }
    return text;
}

}  // namespace coax::cli
