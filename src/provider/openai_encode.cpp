#include "provider/encode.hpp"
#include "provider/json_text.hpp"
#include "provider/openai_advanced.hpp"
#include "provider/openai_content.hpp"
#include "provider/openai_reasoning.hpp"
#include "provider/openai_wire.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>

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

struct extra_count {
    json_value n{};
};

bool asks_for_several(json_value const& extra) {
    if (!extra.is_object()) return false;
    auto const told = json::read<extra_count>(extra, json::wire_options);
    return told && !told->n.is_null() && told->n.text() != "1";
}

result<void> check(openai_profile const& profile, chat_request const& request, bool streaming) {
    if (auto valid = validate(request); !valid) return valid;
    if (request.top_k && !profile.takes_top_k)
        return invalid_argument("top_k", std::string{profile.service} + " has no such parameter");
    if (request.response_format.kind == response_format_kind::json_schema && request.response_format.name.empty())
        return invalid_argument("response_format.name", std::string{profile.service} + " needs a name for the schema");
    if (streaming && asks_for_several(request.extra))
        return invalid_argument("extra.n", "a stream shows one response: ask for several without one");
    if (request.advanced)
        if (auto valid = check_openai_advanced(profile, *request.advanced, streaming); !valid) return valid;
    return check_openai_parts(profile, request.messages);
}

/// The calls, and what the service wants back besides.
void write_turn(writer& out, message const& msg) {
    auto const back = read_members(msg.raw_content);
    for (auto const& [name, value] : back)
        if (name != "output") out.key(name).raw(value.text());  // of the Responses API
    if (!msg.tool_calls.empty() && !back.contains("tool_calls")) write_tool_calls(out, msg.tool_calls);
}

/// @param ends_cached_prefix  The service's prompt cache keeps all up to here.
void write_message(writer& out, openai_profile const& profile, message const& msg, bool ends_cached_prefix) {
    out.begin_object().member("role", role_name(msg.role, profile));
    bool const has_other_content = !msg.tool_calls.empty() || !msg.refusal.empty();
    if (has_openai_parts(msg)) {
        write_openai_parts(out.key("content"), profile, msg.parts, ends_cached_prefix);
    } else if (ends_cached_prefix && !msg.text.empty()) {
        write_openai_text_part(out.key("content").begin_array(), msg.text, true);
        out.end_array();
    } else if (msg.text.empty() && has_other_content) {
        out.key("content").null();
    } else {
        out.member("content", msg.text);
    }
    if (!msg.refusal.empty()) out.member("refusal", msg.refusal);
    if (!msg.name.empty()) out.member("name", msg.name);
    if (msg.raw_content.is_object())
        write_turn(out, msg);
    else if (!msg.tool_calls.empty())
        write_tool_calls(out, msg.tool_calls);
    if (!msg.tool_call_id.empty()) out.member("tool_call_id", msg.tool_call_id);
    out.end_object();
}

template <class T>
void write_if_set(writer& out, std::string_view name, std::optional<T> const& value) {
    if (value) out.member(name, *value);
}

void write_numbers(writer& out, std::string_view token_limit_name, chat_request const& request) {
    write_if_set(out, "temperature", request.temperature);
    write_if_set(out, "top_p", request.top_p);
    write_if_set(out, "top_k", request.top_k);
    write_if_set(out, "presence_penalty", request.presence_penalty);
    write_if_set(out, "frequency_penalty", request.frequency_penalty);
    write_if_set(out, token_limit_name, request.max_output_tokens);
    write_if_set(out, "seed", request.seed);
}

void write_tools(writer& out, std::vector<tool_definition> const& tools) {
    out.key("tools").begin_array();
    for (auto const& tool : tools) {
        if (!tool.raw.is_null()) {
            out.raw(tool.raw.text());
            continue;
        }
        out.begin_object().member("type", "function").key("function").begin_object();
        out.member("name", tool.name);
        if (!tool.description.empty()) out.member("description", tool.description);
        if (!tool.parameters.empty() || tool.strict)
            out.key("parameters").raw(tool.parameters.empty() ? strict_no_parameters : tool.parameters);
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

result<std::string> encode_openai_body(openai_body_options const& options, chat_request const& request) {
    auto const& profile = options.profile;
    if (auto valid = check(profile, request, options.streaming); !valid) return std::move(valid).error();
    std::string body;
    body.reserve(expected_bytes(request));
    writer out{body};
    out.begin_object();
    if (!options.model.empty()) out.member("model", options.model);
    out.key("messages").begin_array();
    openai_cache_marks const marks{profile, options.model, request};
    for (std::size_t i = 0; i < request.messages.size(); ++i)
        write_message(out, profile, request.messages[i], marks.any() && marks.at(request, i));
    out.end_array();
    write_numbers(out, options.token_limit_name, request);
    write_texts(out, request);
    if (!request.tools.empty()) {  // without tools services refuse what is said of their use
        write_tools(out, request.tools);
        write_tool_choice(out, request.tool_choice);
        write_if_set(out, "parallel_tool_calls", request.parallel_tool_calls);
    }
    write_format(out, request.response_format);
    if (request.advanced) write_openai_advanced(out, *request.advanced);
    if (marks.any()) marks.write_options(out, *request.advanced);
    if (options.streaming) {
        out.member("stream", true);
        if (profile.stream_usage) out.key("stream_options").begin_object().member("include_usage", true).end_object();
    }
    out.end_object();
    return with_extra(std::move(body), request);
}

}  // namespace coax::detail
