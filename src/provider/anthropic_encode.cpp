#include "provider/anthropic_content.hpp"
#include "provider/anthropic_wire.hpp"
#include "provider/encode.hpp"
#include "provider/json_text.hpp"

#include <coax/bind/read.hpp>
#include <coax/chat/advanced_options.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace coax::detail {
namespace {

using json::writer;

/// Whether the message holds blocks as this service sent them: those of others have no type.
bool has_own_blocks(message const& msg) {
    if (!msg.raw_content.is_array()) return false;
    auto const blocks = json::read<std::vector<json_value>>(msg.raw_content.text(), json::wire_options);
    return blocks && !blocks->empty() && read_members(blocks->front()).contains("type");
}

/// A turn that says nothing: the service takes none, and nothing is lost without it.
bool is_empty_turn(message const& msg) {
    return msg.role == role::assistant && has_blank_content(msg) && is_blank(msg.refusal) && msg.tool_calls.empty() &&
           !has_own_blocks(msg);
}

anthropic_cache_mark mark_if(bool wanted, chat_request const& request) {
    if (!wanted) return std::nullopt;
    return request.advanced->cache_ttl;
}

// --- content ---

void write_tool_result(writer& out, message const& msg, anthropic_cache_mark const& mark) {
    out.begin_object().member("type", "tool_result").member("tool_use_id", msg.tool_call_id);
    if (!msg.parts.empty()) {
        out.key("content").begin_array();
        write_anthropic_blocks(out, msg);
        out.end_array();
    } else if (!is_blank(msg.text)) {
        out.member("content", msg.text);
    }
    if (msg.tool_failed) out.member("is_error", true);
    write_cache_control(out, mark);
    out.end_object();
}

/// The arguments as the object that the wire wants, also where the model wrote none.
void write_tool_use(writer& out, tool_call const& call) {
    auto const arguments = json_value::parse(call.arguments);
    out.begin_object().member("type", "tool_use").member("id", call.id).member("name", call.name).key("input");
    if (arguments && arguments->is_object())
        out.raw(arguments->text());
    else if (call.arguments.empty())
        out.begin_object().end_object();
    else
        out.begin_object().member("invalid_json", call.arguments).end_object();
    out.end_object();
}

void write_assistant(writer& out, message const& msg) {
    out.begin_object().member("role", "assistant");
    if (has_own_blocks(msg)) {
        out.key("content").raw(msg.raw_content.text());
    } else if (msg.tool_calls.empty() && (msg.parts.empty() || has_blank_content(msg))) {
        out.member("content", is_blank(msg.text) ? msg.refusal : msg.text);
    } else {
        out.key("content").begin_array();
        write_anthropic_blocks(out, msg);
        for (auto const& call : msg.tool_calls) write_tool_use(out, call);
        out.end_array();
    }
    out.end_object();
}

/// What comes between two turns of the assistant is one message of the user, the tool results first.
void write_user_turn(writer& out, chat_request const& request, std::span<message const> turn) {
    auto const in_turn = [](message const& msg) { return msg.role == role::user || msg.role == role::tool; };
    auto const count = std::count_if(turn.begin(), turn.end(), in_turn);
    if (count == 0) return;
    auto const& first = *std::find_if(turn.begin(), turn.end(), in_turn);
    out.begin_object().member("role", "user");
    if (count == 1 && first.role == role::user && first.parts.empty() && !first.cache_breakpoint) {
        out.member("content", first.text).end_object();
        return;
    }
    out.key("content").begin_array();
    for (auto const& msg : turn)
        if (msg.role == role::tool) write_tool_result(out, msg, mark_if(msg.cache_breakpoint, request));
    for (auto const& msg : turn)
        if (msg.role == role::user) write_anthropic_blocks(out, msg, mark_if(msg.cache_breakpoint, request));
    out.end_array().end_object();
}

void write_messages(writer& out, chat_request const& request) {
    std::span<message const> messages{request.messages};
    out.key("messages").begin_array();
    while (!messages.empty()) {
        auto const turn_end = std::find_if(messages.begin(), messages.end(), [](message const& msg) {
            return msg.role == role::assistant && !is_empty_turn(msg);
        });
        auto const turn_size = static_cast<std::size_t>(turn_end - messages.begin());
        write_user_turn(out, request, messages.first(turn_size));
        messages = messages.subspan(turn_size);
        if (messages.empty()) break;
        write_assistant(out, messages.front());
        messages = messages.subspan(1);
    }
    out.end_array();
}

bool instructs(message const& msg) { return is_instruction(msg) && !has_blank_content(msg); }

void write_system(writer& out, chat_request const& request) {
    auto const& messages = request.messages;
    auto const last = std::find_if(messages.rbegin(), messages.rend(), instructs);
    if (last == messages.rend()) return;
    auto const& first = *std::ranges::find_if(messages, instructs);
    bool const is_marked = request.cache_prefix || first.cache_breakpoint;
    if (&first == &*last && first.parts.empty() && !is_marked) {
        out.member("system", first.text);
        return;
    }
    out.key("system").begin_array();
    for (auto const& msg : messages)
        if (instructs(msg))
            write_anthropic_blocks(out, msg,
                                   mark_if(msg.cache_breakpoint || (request.cache_prefix && &msg == &*last), request));
    out.end_array();
}

// --- tools and output format ---

std::string_view no_parameters(tool_definition const& tool) {
    return tool.strict ? strict_no_parameters : R"({"type":"object","properties":{}})";
}

/// A tool as the user wrote it.
std::string raw_tool(json_value const& tool, anthropic_cache_mark const& mark) {
    auto text = tool.text();
    if (!mark) return text;
    std::string added;
    writer out{added};
    out.begin_object();
    write_cache_control(out, mark);
    out.end_object();
    if (auto const control = json_value::parse(added)) (void)json::merge_objects(text, *control);
    return text;
}

void write_tool(writer& out, tool_definition const& tool, anthropic_cache_mark const& mark) {
    if (!tool.raw.is_null()) {
        out.raw(raw_tool(tool.raw, mark));
        return;
    }
    out.begin_object().member("name", tool.name);
    if (!tool.description.empty()) out.member("description", tool.description);
    out.key("input_schema").raw(tool.parameters.empty() ? no_parameters(tool) : tool.parameters);
    if (tool.strict) out.member("strict", true);
    write_cache_control(out, mark);
    out.end_object();
}

/// The last tool ends the shared prefix where no system message does.
void write_tools(writer& out, chat_request const& request) {
    bool const ends_prefix = request.cache_prefix && std::ranges::none_of(request.messages, instructs);
    out.key("tools").begin_array();
    for (auto const& tool : request.tools)
        write_tool(out, tool, mark_if(ends_prefix && &tool == &request.tools.back(), request));
    out.end_array();
}

std::string_view choice_type(tool_choice_mode mode) {
    switch (mode) {
        case tool_choice_mode::service_default:
        case tool_choice_mode::automatic: return "auto";
        case tool_choice_mode::none: return "none";
        case tool_choice_mode::required: return "any";
        case tool_choice_mode::named: return "tool";
    }
    return "auto";
}

void write_tool_choice(writer& out, chat_request const& request) {
    auto const mode = request.tool_choice.mode;
    bool const one_at_a_time = request.parallel_tool_calls == false && mode != tool_choice_mode::none;
    if (request.tools.empty() || (mode == tool_choice_mode::service_default && !one_at_a_time)) return;
    out.key("tool_choice").begin_object().member("type", choice_type(mode));
    if (mode == tool_choice_mode::named) out.member("name", request.tool_choice.name);
    if (one_at_a_time) out.member("disable_parallel_tool_use", true);
    out.end_object();
}

void write_thinking(writer& out, chat_request const& request) {
    if (request.reasoning_effort == "none") out.key("thinking").begin_object().member("type", "disabled").end_object();
    if (!request.advanced) return;
    auto const& thinking = request.advanced->thinking;
    constexpr std::array<std::string_view, 5> types{"", "disabled", "adaptive", "enabled", "between_tools"};
    if (thinking.mode == thinking_mode::service_default) return;
    out.key("thinking").begin_object().member("type", types.at(static_cast<std::size_t>(thinking.mode)));
    if (thinking.mode == thinking_mode::budget) out.member("budget_tokens", thinking.budget_tokens);
    if (thinking.show) out.member("display", *thinking.show ? "summarized" : "omitted");
    out.end_object();
}

void write_output_config(writer& out, chat_request const& request) {
    bool const wants_schema = request.response_format.kind == response_format_kind::json_schema;
    bool const has_effort = !request.reasoning_effort.empty() && request.reasoning_effort != "none";
    if (!wants_schema && !has_effort) return;
    out.key("output_config").begin_object();
    if (has_effort) out.member("effort", request.reasoning_effort == "minimal" ? "low" : request.reasoning_effort);
    if (wants_schema)
        out.key("format")
            .begin_object()
            .member("type", "json_schema")
            .key("schema")
            .raw(request.response_format.schema)
            .end_object();
    out.end_object();
}

void write_parameters(writer& out, chat_request const& request) {
    out.member("max_tokens", request.max_output_tokens.value_or(anthropic_default_max_tokens));
    if (request.temperature) out.member("temperature", *request.temperature);
    if (request.top_p) out.member("top_p", *request.top_p);
    if (request.top_k) out.member("top_k", *request.top_k);
    if (!request.stop.empty()) write_strings(out, "stop_sequences", request.stop);
    if (!request.user.empty()) out.key("metadata").begin_object().member("user_id", request.user).end_object();
    if (request.advanced && !request.advanced->service_tier.empty())
        out.member("service_tier", request.advanced->service_tier);
}

}  // namespace

result<std::string> encode_anthropic_body(chat_request const& request, bool takes_sampling, bool streaming) {
    if (auto valid = check_anthropic_request(request, takes_sampling); !valid) return std::move(valid).error();
    std::string body;
    body.reserve(expected_bytes(request));
    writer out{body};
    out.begin_object().member("model", request.model);
    write_parameters(out, request);
    write_system(out, request);
    write_messages(out, request);
    if (!request.tools.empty()) write_tools(out, request);
    write_tool_choice(out, request);
    write_thinking(out, request);
    write_output_config(out, request);
    if (streaming) out.member("stream", true);
    out.end_object();
    return with_extra(std::move(body), request);
}

}  // namespace coax::detail
