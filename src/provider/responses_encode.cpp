#include "provider/encode.hpp"
#include "provider/json_text.hpp"
#include "provider/responses_wire.hpp"

#include <coax/bind/read.hpp>
#include <coax/chat/advanced_options.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>

namespace coax::detail {

/// What of `chat_request::extra` decides about the rest of the body.
struct responses_extra {
    std::optional<bool> store{};
    json_value include{};
};

/// The parts of an item by which it is known again.
struct responses_item_head {
    std::string type{};
    std::string call_id{};
    json_value encrypted_content{};
};

namespace {

using json::writer;

// --- what this wire cannot express ---

std::string_view refusal_of(content_part const& part, role speaker) {
    if (part.text() != nullptr) return {};
    if (part.audio() != nullptr) return "takes sound in chat completions alone";
    if (speaker != role::user && speaker != role::tool) return "takes images and files from the user and tools only";
    auto const* file = part.file();
    return file != nullptr && (file->citations || !file->context.empty())
               ? "knows no citations and no context of a file"
               : "";
}

result<void> check_advanced(openai_profile const& profile, advanced_options const& options) {
    auto const known = advanced_options{.headers = options.headers, .keep_raw = options.keep_raw};
    if (options == known) return {};
    return invalid_argument("advanced",
                            std::string{profile.service} + " takes these in the Responses API by `extra` alone");
}

result<void> check(openai_profile const& profile, chat_request const& request) {
    if (auto valid = validate(request); !valid) return valid;
    struct rule {
        char const* field;
        bool broken;
        char const* message;
    };
    constexpr auto no_such = "the Responses API has no such parameter: api \"chat_completions\" may";
    rule const rules[]{
        {"presence_penalty", request.presence_penalty.has_value(), no_such},
        {"frequency_penalty", request.frequency_penalty.has_value(), no_such},
        {"seed", request.seed.has_value(), no_such},
        {"stop", !request.stop.empty(), no_such},
        {"top_k", request.top_k.has_value(), no_such},
        {"max_output_tokens", request.max_output_tokens && *request.max_output_tokens < 16,
         "the Responses API takes no limit below 16"},
        {"response_format.name",
         request.response_format.kind == response_format_kind::json_schema && request.response_format.name.empty(),
         "the Responses API needs a name for the schema"},
    };
    for (auto const& [field, broken, message] : rules)
        if (broken) return invalid_argument(field, std::string{profile.service} + ": " + message);
    if (request.advanced)
        if (auto valid = check_advanced(profile, *request.advanced); !valid) return valid;
    return check_parts(request.messages, profile.service, refusal_of);
}

// --- items ---

void write_text_part(writer& out, std::string_view text) {
    if (text.empty()) return;  // services refuse empty parts
    out.begin_object().member("type", "input_text").member("text", text).end_object();
}

void write_image(writer& out, openai_profile const& profile, image_part const& image) {
    out.begin_object().member("type", "input_image");
    if (!image.data.empty())
        write_data_url(out, "image_url", image.media_type, image.data);
    else if (!image.url.empty())
        out.member("image_url", image.url);
    else
        out.member("file_id", image.file_id);
    auto const standard = profile.image_detail.empty() ? std::string_view{"auto"} : profile.image_detail;
    out.member("detail", image.detail.empty() ? standard : std::string_view{image.detail}).end_object();
}

void write_file(writer& out, file_part const& file) {
    out.begin_object().member("type", "input_file");
    bool const has_bytes = !file.data.empty() || !file.text.empty();
    if (has_bytes) out.member("filename", file.name.empty() ? std::string{"document"} : file.name);
    if (!file.text.empty())
        write_data_url(out, "file_data", "text/plain", base64_data::encode(file.text));
    else if (has_bytes)
        write_data_url(out, "file_data", file.media_type, file.data);
    else if (!file.url.empty())
        out.member("file_url", file.url);
    else
        out.member("file_id", file.file_id);
    out.end_object();
}

/// The text and the parts of a message, as a list.
void write_parts(writer& out, openai_profile const& profile, message const& msg) {
    out.begin_array();
    write_text_part(out, msg.text);
    for (auto const& part : msg.parts) {
        if (auto const* text = part.text())
            write_text_part(out, text->text);
        else if (auto const* image = part.image())
            write_image(out, profile, *image);
        else
            write_file(out, *part.file());
    }
    out.end_array();
}

std::string_view role_name(role speaker, openai_profile const& profile) {
    switch (speaker) {
        case role::system: return "system";
        case role::developer: return profile.developer_role ? "developer" : "system";
        case role::assistant: return "assistant";
        case role::user:
        case role::tool: break;
    }
    return "user";
}

void write_message(writer& out, openai_profile const& profile, message const& msg) {
    out.begin_object().member("role", role_name(msg.role, profile));
    if (msg.parts.empty())
        out.member("content", msg.text);
    else
        write_parts(out.key("content"), profile, msg);
    out.end_object();
}

/// Writes the items of one conversation.
class item_writer {
public:
    /// @param stored  The service keeps items, so that their ids alone name them.
    item_writer(writer& out, openai_profile const& profile, bool stored)
        : out_{out}, profile_{profile}, stored_{stored} {}

    void write(message const& msg) {
        if (msg.role == role::tool) return write_tool_output(msg);
        if (msg.role != role::assistant) return write_message(out_, profile_, msg);
        auto const returned = read_members(msg.raw_content)["output"];
        if (returned.is_array()) return write_returned(returned);
        write_spoken(msg);
        for (auto const& call : msg.tool_calls) write_call(call);
    }

private:
    /// What the assistant said, as one text: lists of parts are of another form for it.
    void write_spoken(message const& msg) {
        auto text = msg.text;
        for (auto const& part : msg.parts)
            if (part.text() != nullptr) text += part.text()->text;
        auto const& said = text.empty() ? msg.refusal : text;
        if (!said.empty()) out_.begin_object().member("role", "assistant").member("content", said).end_object();
    }

    void write_call(tool_call const& call) {
        out_.begin_object().member("type", "function_call").member("call_id", call.id).member("name", call.name);
        out_.member("arguments", call.arguments.empty() ? std::string_view{"{}"} : call.arguments).end_object();
    }

    /// Items as the service sent them. Reasoning that it neither keeps nor can read says nothing to it.
    void write_returned(json_value const& items) {
        auto const list = json::read<std::vector<json_value>>(items.text(), json::wire_options);
        if (!list) return;
        for (auto const& item : *list) {
            auto const head = json::read<responses_item_head>(item.text(), json::wire_options);
            if (head && head->type == "custom_tool_call") custom_calls_.push_back(head->call_id);
            if (head && head->type == "reasoning" && !stored_ && !head->encrypted_content.is_string()) continue;
            out_.raw(item.text());
        }
    }

    void write_tool_output(message const& msg) {
        bool const custom = std::ranges::find(custom_calls_, msg.tool_call_id) != custom_calls_.end();
        out_.begin_object().member("type", custom ? "custom_tool_call_output" : "function_call_output");
        out_.member("call_id", msg.tool_call_id);
        if (msg.parts.empty())
            out_.member("output", msg.text);
        else
            write_parts(out_.key("output"), profile_, msg);
        out_.end_object();
    }

    writer& out_;
    openai_profile const& profile_;
    bool stored_;
    std::vector<std::string> custom_calls_{};
};

// --- the rest ---

void write_tools(writer& out, std::vector<tool_definition> const& tools) {
    out.key("tools").begin_array();
    for (auto const& tool : tools) {
        if (!tool.raw.is_null()) {
            out.raw(tool.raw.text());
            continue;
        }
        out.begin_object().member("type", "function").member("name", tool.name);
        if (!tool.description.empty()) out.member("description", tool.description);
        auto const nothing = tool.strict ? strict_no_parameters : R"({"type":"object","properties":{}})";
        out.key("parameters").raw(tool.parameters.empty() ? nothing : tool.parameters);
        out.member("strict", tool.strict).end_object();  // without it some are made strict by the service
    }
    out.end_array();
}

void write_tool_choice(writer& out, tool_choice const& choice) {
    switch (choice.mode) {
        case tool_choice_mode::service_default: break;
        case tool_choice_mode::none: out.member("tool_choice", "none"); break;
        case tool_choice_mode::automatic: out.member("tool_choice", "auto"); break;
        case tool_choice_mode::required: out.member("tool_choice", "required"); break;
        case tool_choice_mode::named:
            out.key("tool_choice").begin_object().member("type", "function").member("name", choice.name).end_object();
            break;
    }
}

void write_format(writer& out, response_format const& format) {
    if (format.kind == response_format_kind::text) return;
    out.key("text").begin_object().key("format").begin_object();
    if (format.kind == response_format_kind::json_object) {
        out.member("type", "json_object");
    } else {
        out.member("type", "json_schema").member("name", format.name);
        if (!format.description.empty()) out.member("description", format.description);
        out.member("strict", format.strict).key("schema").raw(format.schema);
    }
    out.end_object().end_object();
}

void write_parameters(writer& out, chat_request const& request) {
    if (request.temperature) out.member("temperature", *request.temperature);
    if (request.top_p) out.member("top_p", *request.top_p);
    if (request.max_output_tokens) out.member("max_output_tokens", *request.max_output_tokens);
    if (!request.reasoning_effort.empty())
        out.key("reasoning").begin_object().member("effort", request.reasoning_effort).end_object();
    if (!request.metadata.empty()) {
        out.key("metadata").begin_object();
        for (auto const& [key, value] : request.metadata) out.member(key, value);
        out.end_object();
    }
    if (!request.user.empty()) out.member("user", request.user);
}

/// Whether the model thinks before it answers: others refuse to be asked for their reasoning. Names as of 2026-11.
bool is_reasoning_model(std::string_view model, chat_request const& request) {
    if (!request.reasoning_effort.empty()) return request.reasoning_effort != "none";
    constexpr std::array families{"o1", "o3", "o4", "gpt-5", "gpt-6", "codex"};
    return model.find("-chat") == std::string_view::npos &&
           std::ranges::any_of(families, [&](std::string_view family) { return model.starts_with(family); });
}

responses_extra read_extra(chat_request const& request) {
    if (!request.extra.is_object()) return {};
    auto told = json::read<responses_extra>(request.extra, json::wire_options);
    return told ? *std::move(told) : responses_extra{};
}

}  // namespace

result<std::string> encode_responses_body(openai_body_options const& options, chat_request const& request) {
    if (auto valid = check(options.profile, request); !valid) return std::move(valid).error();
    auto const extra = read_extra(request);
    bool const stored = extra.store.value_or(true);
    std::string body;
    body.reserve(expected_bytes(request));
    writer out{body};
    out.begin_object();
    if (!options.model.empty()) out.member("model", options.model);
    out.key("input").begin_array();
    item_writer items{out, options.profile, stored};
    for (auto const& msg : request.messages) items.write(msg);
    out.end_array();
    write_parameters(out, request);
    if (!stored && extra.include.is_null() && is_reasoning_model(options.model, request))
        write_strings(out, "include", {"reasoning.encrypted_content"});
    if (!request.tools.empty()) {
        write_tools(out, request.tools);
        write_tool_choice(out, request.tool_choice);
        if (request.parallel_tool_calls) out.member("parallel_tool_calls", *request.parallel_tool_calls);
    }
    write_format(out, request.response_format);
    if (options.streaming) out.member("stream", true);
    out.end_object();
    return with_extra(std::move(body), request);
}

}  // namespace coax::detail
