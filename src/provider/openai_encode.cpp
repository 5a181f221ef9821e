#include "provider/encode.hpp"
#include "provider/openai_wire.hpp"

#include <coax/json/writer.hpp>

namespace coax::detail {
namespace {

using json::writer;

std::string_view role_name(role speaker, openai_profile const& profile) {
    switch (speaker) {
        case role::system: return "system";
        case role::developer: return profile.developer_role ? "developer" : "system";
        case role::user: return "user";
        case role::assistant: return "assistant";
        case role::tool: return "tool";
    }
    return "user";
}

result<void> check(openai_profile const& profile, chat_request const& request) {
    if (auto valid = validate(request); !valid) return valid;
    if (request.top_k && !profile.takes_top_k)
        return invalid_argument("top_k", std::string{profile.service} + " has no such parameter");
    if (request.response_format.kind == response_format_kind::json_schema && request.response_format.name.empty())
        return invalid_argument("response_format.name", std::string{profile.service} + " needs a name for the schema");
    return check_images(request.messages, role::user, "only the user may show images");
}

void write_image(writer& out, image_part const& image) {
    out.begin_object().member("type", "image_url").key("image_url").begin_object();
    if (image.data.empty()) {
        out.member("url", image.url);
    } else {
        std::string url;
        url.reserve(image.media_type.size() + image.data.size() + 13);
        url.append("data:").append(image.media_type).append(";base64,").append(image.data);
        out.member("url", url);
    }
    if (!image.detail.empty()) out.member("detail", image.detail);
    out.end_object().end_object();
}

void write_parts(writer& out, std::vector<content_part> const& parts) {
    out.begin_array();
    for (auto const& part : parts) {
        if (auto const* text = part.text())
            out.begin_object().member("type", "text").member("text", text->text).end_object();
        else
            write_image(out, *part.image());
    }
    out.end_array();
}

void write_tool_calls(writer& out, std::vector<tool_call> const& calls) {
    out.key("tool_calls").begin_array();
    for (auto const& call : calls) {
        out.begin_object().member("id", call.id).member("type", "function");
        out.key("function").begin_object();
        out.member("name", call.name)
            .member("arguments", call.arguments.empty() ? std::string_view{"{}"} : call.arguments);
        out.end_object().end_object();
    }
    out.end_array();
}

void write_message(writer& out, openai_profile const& profile, message const& msg) {
    out.begin_object().member("role", role_name(msg.role, profile));
    bool const has_other_content = !msg.tool_calls.empty() || !msg.refusal.empty();
    if (!msg.parts.empty())
        write_parts(out.key("content"), msg.parts);
    else if (msg.text.empty() && has_other_content)
        out.key("content").null();
    else
        out.member("content", msg.text);
    if (!msg.refusal.empty()) out.member("refusal", msg.refusal);
    if (!msg.name.empty()) out.member("name", msg.name);
    if (!msg.tool_calls.empty()) write_tool_calls(out, msg.tool_calls);
    if (!msg.tool_call_id.empty()) out.member("tool_call_id", msg.tool_call_id);
    out.end_object();
}

template <class T>
void write_if_set(writer& out, std::string_view name, std::optional<T> const& value) {
    if (value) out.member(name, *value);
}

void write_numbers(writer& out, openai_profile const& profile, chat_request const& request) {
    write_if_set(out, "temperature", request.temperature);
    write_if_set(out, "top_p", request.top_p);
    write_if_set(out, "top_k", request.top_k);
    write_if_set(out, "presence_penalty", request.presence_penalty);
    write_if_set(out, "frequency_penalty", request.frequency_penalty);
    write_if_set(out, profile.legacy_token_limit ? "max_tokens" : "max_completion_tokens", request.max_output_tokens);
    write_if_set(out, "seed", request.seed);
}

void write_tools(writer& out, std::vector<tool_definition> const& tools) {
    out.key("tools").begin_array();
    for (auto const& tool : tools) {
        out.begin_object().member("type", "function").key("function").begin_object();
        out.member("name", tool.name);
        if (!tool.description.empty()) out.member("description", tool.description);
        if (!tool.parameters.empty()) out.key("parameters").raw(tool.parameters);
        if (tool.strict) out.member("strict", true);
        out.end_object().end_object();
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
            out.key("tool_choice").begin_object().member("type", "function");
            out.key("function").begin_object().member("name", choice.name).end_object().end_object();
            break;
    }
}

void write_format(writer& out, response_format const& format) {
    if (format.kind == response_format_kind::text) return;
    out.key("response_format").begin_object();
    if (format.kind == response_format_kind::json_object) {
        out.member("type", "json_object").end_object();
        return;
    }
    out.member("type", "json_schema").key("json_schema").begin_object().member("name", format.name);
    if (!format.description.empty()) out.member("description", format.description);
    out.member("strict", format.strict).key("schema").raw(format.schema).end_object().end_object();
}

void write_texts(writer& out, chat_request const& request) {
    if (!request.stop.empty()) write_strings(out, "stop", request.stop);
    if (!request.reasoning_effort.empty()) out.member("reasoning_effort", request.reasoning_effort);
    if (!request.metadata.empty()) {
        out.key("metadata").begin_object();
        for (auto const& [key, value] : request.metadata) out.member(key, value);
        out.end_object();
    }
    if (!request.user.empty()) out.member("user", request.user);
}

}  // namespace

result<std::string> encode_openai_body(openai_profile const& profile, chat_request const& request,
                                       std::string_view model, bool streaming) {
    if (auto valid = check(profile, request); !valid) return std::move(valid).error();
    std::string body;
    body.reserve(expected_bytes(request));
    writer out{body};
    out.begin_object();
    if (!model.empty()) out.member("model", model);
    out.key("messages").begin_array();
    for (auto const& msg : request.messages) write_message(out, profile, msg);
    out.end_array();
    write_numbers(out, profile, request);
    write_texts(out, request);
    if (!request.tools.empty()) write_tools(out, request.tools);
    write_tool_choice(out, request.tool_choice);
    write_if_set(out, "parallel_tool_calls", request.parallel_tool_calls);
    write_format(out, request.response_format);
    if (streaming) {
        out.member("stream", true);
        if (profile.stream_usage) out.key("stream_options").begin_object().member("include_usage", true).end_object();
    }
    out.end_object();
    return with_extra(std::move(body), request);
}

}  // namespace coax::detail
