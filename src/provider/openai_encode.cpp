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
        case role::developer: return profile.known.has(request_member::developer_role) ? "developer" : "system";
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
    if (auto valid = check_members(profile.service, profile.known, request); !valid) return valid;
    if (profile.azure_inference && request.temperature.value_or(0) > 1)
        return invalid_argument("temperature", std::string{profile.service} + " takes [0, 1]");
    if (request.response_format.kind == response_format_kind::json_schema && request.response_format.name.empty() &&
        profile.known.has(request_member::named_schema))
        return invalid_argument("response_format.name", std::string{profile.service} + " needs a name for the schema");
    if (streaming && asks_for_several(request.extra))
        return invalid_argument("extra.n", "a stream shows one response: ask for several without one");
    if (request.advanced)
        if (auto valid = check_openai_advanced(profile, *request.advanced, streaming); !valid) return valid;
    return check_openai_parts(profile, request.messages);
}

/// Whether a member of `message::raw_content`, which another service may have sent, goes to this one.
bool goes_back(std::string_view name, json_value const& value, member_set const& known) {
    constexpr std::pair<std::string_view, request_member> rows[]{
        {"reasoning_content", request_member::reasoning_content},
        {"reasoning", request_member::reasoning},
        {"reasoning_details", request_member::reasoning_details},
        {"extra_content", request_member::extra_content},
    };
    if (name == "tool_calls")
        return known.has(request_member::extra_content) || value.text().find("\"extra_content\"") == std::string::npos;
    return std::ranges::any_of(rows, [&](auto const& row) { return row.first == name && known.has(row.second); });
}

/// The calls, and what the service wants back besides.
void write_turn(writer& out, openai_profile const& profile, message const& msg) {
    bool has_calls = msg.tool_calls.empty();
    for (auto const& [name, value] : read_members(msg.raw_content)) {
        if (!goes_back(name, value, profile.known)) continue;
        has_calls |= name == "tool_calls";
        out.key(name).raw(value.text());
    }
    if (!has_calls) write_tool_calls(out, msg.tool_calls);
}

/// Whether the content may be a list of parts; else it is one text.
bool takes_parts(openai_profile const& profile, role speaker) {
    return profile.known.has(request_member::content_parts) ||
           (speaker == role::user && profile.known.has(request_member::user_parts));
}

std::string joined_texts(std::vector<content_part> const& parts) {
    std::string text;
    for (auto const& part : parts)
        if (part.text() != nullptr) text.append(text.empty() ? "" : "\n\n").append(part.text()->text);
    return text;
}

/// @param ends_cached_prefix  The service's prompt cache keeps all up to here.
void write_message(writer& out, openai_profile const& profile, message const& msg, bool ends_cached_prefix) {
    out.begin_object().member("role", role_name(msg.role, profile));
    bool const has_refusal = !msg.refusal.empty() && profile.known.has(request_member::refusal);
    bool const has_parts = has_openai_parts(msg);
    if (has_parts && !takes_parts(profile, msg.role)) {
        out.member("content", joined_texts(msg.parts));
    } else if (has_parts) {
        write_openai_parts(out.key("content"), profile, msg.parts, ends_cached_prefix);
    } else if (ends_cached_prefix && !msg.text.empty()) {
        write_openai_text_part(out.key("content").begin_array(), msg.text, true);
        out.end_array();
    } else if (msg.text.empty() && (has_refusal || !msg.tool_calls.empty())) {
        out.key("content").null();
    } else {
        out.member("content", msg.text.empty() ? msg.refusal : msg.text);
    }
    if (has_refusal) out.member("refusal", msg.refusal);
    if (!msg.name.empty()) out.member("name", msg.name);
    if (msg.raw_content.is_object())
        write_turn(out, profile, msg);
    else if (!msg.tool_calls.empty())
        write_tool_calls(out, msg.tool_calls);
    if (!msg.tool_call_id.empty()) out.member("tool_call_id", msg.tool_call_id);
    out.end_object();
}

template <class T>
void write_if_set(writer& out, std::string_view name, std::optional<T> const& value) {
    if (value) out.member(name, *value);
}

void write_numbers(writer& out, openai_body_options const& options, chat_request const& request) {
    write_if_set(out, "temperature", request.temperature);
    write_if_set(out, "top_p", request.top_p);
    write_if_set(out, "top_k", request.top_k);
    write_if_set(out, "presence_penalty", request.presence_penalty);
    write_if_set(out, "frequency_penalty", request.frequency_penalty);
    write_if_set(out, options.token_limit_name, request.max_output_tokens);
    bool const is_random_seed = options.profile.known.has(request_member::random_seed);
    write_if_set(out, is_random_seed ? "random_seed" : "seed", request.seed);
}

void write_tools(writer& out, member_set const& known, std::vector<tool_definition> const& tools) {
    bool const always = known.has(request_member::empty_parameters);
    out.key("tools").begin_array();
    for (auto const& tool : tools) {
        if (!tool.raw.is_null()) {
            out.raw(tool.raw.text());
            continue;
        }
        out.begin_object().member("type", "function").key("function").begin_object();
        out.member("name", tool.name);
        if (!tool.description.empty()) out.member("description", tool.description);
        if (!tool.parameters.empty() || tool.strict || always)
            out.key("parameters").raw(tool.parameters.empty() ? strict_no_parameters : tool.parameters);
        if (tool.strict && known.has(request_member::strict_tools)) out.member("strict", true);
        out.end_object().end_object();
    }
    out.end_array();
}

void write_tool_choice(writer& out, member_set const& known, tool_choice const& choice) {
    if (!known.has(request_member::tool_choice)) return;  // "auto", as the service does it anyway
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

void write_schema(writer& out, member_set const& known, response_format const& format) {
    bool const is_named = known.has(request_member::named_schema);
    out.member("type", "json_schema").key("json_schema").begin_object();
    if (is_named) out.member("name", format.name);
    if (is_named && !format.description.empty()) out.member("description", format.description);
    if (is_named) out.member("strict", format.strict);
    out.key("schema").raw(format.schema).end_object();
}

void write_format(writer& out, member_set const& known, response_format const& format) {
    bool const is_schema = format.kind == response_format_kind::json_schema && known.has(request_member::json_schema);
    bool const is_object = format.kind != response_format_kind::text && known.has(request_member::json_object);
    if (!is_schema && !is_object) return;
    out.key("response_format").begin_object();
    if (is_schema)
        write_schema(out, known, format);
    else
        out.member("type", "json_object");
    out.end_object();
}

/// For a service that takes no schema the model has to read it.
void write_schema_message(writer& out, member_set const& known, response_format const& format) {
    if (format.kind != response_format_kind::json_schema || known.has(request_member::json_schema)) return;
    out.begin_object().member("role", "system");
    out.member("content", "Respond with JSON alone, which must fit this JSON Schema:\n" + format.schema).end_object();
}

void write_effort(writer& out, member_set const& known, std::string const& effort) {
    if (effort == "none" && known.has(request_member::thinking))
        out.key("thinking").begin_object().member("type", "disabled").end_object();
    else if (known.has(request_member::reasoning_object))
        out.key("reasoning").begin_object().member("effort", effort).end_object();
    else
        out.member("reasoning_effort", effort);
}

void write_texts(writer& out, member_set const& known, chat_request const& request) {
    if (!request.stop.empty()) write_strings(out, "stop", request.stop);
    if (!request.reasoning_effort.empty()) write_effort(out, known, request.reasoning_effort);
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
    write_schema_message(out, profile.known, request.response_format);
    openai_cache_marks const marks{profile, options.model, request};
    for (std::size_t i = 0; i < request.messages.size(); ++i)
        write_message(out, profile, request.messages[i], marks.any() && marks.at(request, i));
    out.end_array();
    write_numbers(out, options, request);
    write_texts(out, profile.known, request);
    if (!request.tools.empty()) {  // without tools services refuse what is said of their use
        write_tools(out, profile.known, request.tools);
        write_tool_choice(out, profile.known, request.tool_choice);
        write_if_set(out, "parallel_tool_calls", request.parallel_tool_calls);
    }
    write_format(out, profile.known, request.response_format);
    if (request.advanced) write_openai_advanced(out, *request.advanced);
    if (marks.any()) marks.write_options(out, *request.advanced);
    if (options.streaming) {
        out.member("stream", true);
        if (profile.known.has(request_member::stream_options))
            out.key("stream_options").begin_object().member("include_usage", true).end_object();
    }
    out.end_object();
    return with_extra(std::move(body), request);
}

}  // namespace coax::detail
