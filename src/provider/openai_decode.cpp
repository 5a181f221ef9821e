#include "provider/openai_decode.hpp"

#include "provider/json_text.hpp"
#include "provider/openai_details.hpp"
#include "provider/openai_reasoning.hpp"
#include "provider/response_headers.hpp"
#include "provider/response_limits.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <utility>

namespace coax::detail {

struct openai_text_part {
    std::string text{};
    std::string refusal{};
};

/// A part that holds thoughts, themselves parts.
struct openai_thinking_part {
    json_value thinking{};
};

/// Where a response has its messages, whatever they are.
struct openai_message_shape {
    json_value message{};
};
struct openai_message_shapes {
    std::vector<openai_message_shape> choices{};
};

namespace {

/// One part of a content that is a list; empty: it shows no text.
std::string text_of_part(json_value const& value) {
    openai_text_part part;
    if (!read_tolerantly(part, value.text())) return {};
    return part.text.empty() ? part.refusal : part.text;
}

template <class Text>
bool names_something(openai_tool_call<Text> const& call) {
    return !call.id.empty() || !call.function.name.empty() || !call.custom.name.empty();
}

template <class Text>
bool is_custom(openai_tool_call<Text> const& call) {
    return call.function.name.empty() && !call.custom.name.empty();
}

template <class Text>
std::vector<tool_call> take_tool_calls(openai_message<Text>& message) {
    std::vector<tool_call> calls;
    calls.reserve(message.tool_calls.size());
    for (auto& wire : message.tool_calls) {
        if (!names_something(wire)) continue;  // an element of another kind
        bool const custom = is_custom(wire);
        tool_call call{.id = std::move(wire.id),
                       .name = std::move(custom ? wire.custom.name : wire.function.name),
                       .arguments = custom ? std::move(wire.custom.input) : take_arguments(wire.function.arguments)};
        if (call.id.empty()) call.id = placeholder_call_id(calls.size());
        if (call.arguments.empty()) call.arguments = "{}";
        calls.push_back(std::move(call));
    }
    if (calls.empty() && !message.function_call.name.empty()) {
        auto arguments = take_arguments(message.function_call.arguments);
        calls.push_back({.id = placeholder_call_id(0),
                         .name = std::move(message.function_call.name),
                         .arguments = arguments.empty() ? "{}" : std::move(arguments)});
    }
    return calls;
}

template <class Text>
openai_choice<Text>* first_choice(std::vector<openai_choice<Text>>& choices) {
    for (auto& choice : choices)
        if (choice.index == 0) return &choice;
    return choices.empty() ? nullptr : &choices.front();
}

template <class Text>
chat_response take_message(openai_choice<Text>& choice) {
    auto& msg = choice.message;
    chat_response out;
    auto thoughts = take_thoughts(msg.content);
    out.text = take_text(msg.content);
    out.refusal = take_text(msg.refusal);
    returned_reasoning back{.details = std::move(msg.reasoning_details), .extra_content = std::move(msg.extra_content)};
    back.content = take_text(msg.reasoning_content);
    if (back.content.empty()) back.plain = take_text(msg.reasoning) + thoughts;
    out.reasoning = back.content.empty() ? back.plain : back.content;
    for (auto& wire : msg.tool_calls) {
        if (!names_something(wire)) continue;
        back.of_calls.push_back(std::move(wire.extra_content));
        if (is_custom(wire)) back.set_custom(back.of_calls.size() - 1);
    }
    out.tool_calls = take_tool_calls(msg);
    out.raw_content = to_raw_content(back, out.tool_calls);
    out.finish_reason =
        refine_finish_reason(to_finish_reason(choice.finish_reason), !out.refusal.empty(), !out.tool_calls.empty());
    if (choice.logprobs.is_object()) add_openai_logprobs(out.details.edit().logprobs, choice.logprobs);
    if (has_elements(msg.annotations)) add_openai_citations(out.details.edit().citations, msg.annotations, out.text);
    return out;
}

/// The choices but the first, as the service ordered them.
template <class Text>
void take_other_choices(chat_response& out, std::vector<openai_choice<Text>>& choices,
                        openai_choice<Text> const* first) {
    for (auto& choice : choices) {
        if (&choice == first) continue;
        auto other = take_message(choice);
        out.details.edit().choices.push_back({.text = std::move(other.text),
                                              .tool_calls = std::move(other.tool_calls),
                                              .finish_reason = other.finish_reason,
                                              .refusal = std::move(other.refusal),
                                              .reasoning = std::move(other.reasoning),
                                              .logprobs = other.details->logprobs});
    }
}

/// Whether the first choice has a message, whatever is in it.
bool has_message(std::string_view body) {
    openai_message_shapes shapes;
    if (!read_tolerantly(shapes, body)) return false;
    for (auto const& choice : shapes.choices)
        if (choice.message.is_object()) return true;
    return false;
}

bool is_empty(chat_response const& response) {
    return response.text.empty() && response.refusal.empty() && response.reasoning.empty() &&
           response.tool_calls.empty();
}

/// Why a whole response is none, if it is not. It does not hold the tokens.
std::optional<error> find_fault(std::string_view service, chat_response const& out, http_response const& response) {
    if (auto starved = find_starved(service, out)) return starved;
    if (out.finish_reason == finish_reason::content_filter || !is_empty(out)) return std::nullopt;
    bool const lost_calls = out.finish_reason == finish_reason::tool_calls;
    if (!lost_calls && has_message(response.body)) return std::nullopt;
    return make_protocol_error(
        service, lost_calls ? "the response asks for tools and names none" : "the response has no message",
        {.where = "/choices/0/message"}, out.request_id);
}

template <class Text>
result<chat_response> to_response(openai_profile const& profile, openai_completion<Text>& wire,
                                  http_response const& response) {
    auto const spent = wire.usage ? to_usage(*wire.usage) : usage{};
    auto id = request_id(response.headers);
    if (is_truthy(wire.error)) return with_tokens(make_reported_error(profile.service, response.body, id), spent);
    auto* const choice = first_choice(wire.choices);
    if (choice == nullptr)
        return make_unreadable_error(profile.service, "a chat completion", response, {.where = "/choices"});
    if (auto failed = find_failure(profile.service, choice->error, choice->finish_reason, id))
        return with_tokens(*std::move(failed), spent);
    if (choice->message.tool_calls.size() > max_tool_calls)
        return with_tokens(response_too_large(profile.service, "more than 128 tool calls"), spent);
    auto out = take_message(*choice);
    out.usage = spent;
    out.id = std::move(wire.id);
    out.model = std::move(wire.model);
    out.service_tier = std::move(wire.service_tier);
    out.content_filter = content_filter_json(wire.prompt_filter_results, choice->content_filter_results);
    out.request_id = std::move(id);
    if (auto fault = find_fault(profile.service, out, response)) return with_tokens(*std::move(fault), spent);
    if (wire.choices.size() > 1) take_other_choices(out, wire.choices, choice);
    out.rate_limits = openai_rate_limits(response.headers);
    return out;
}

}  // namespace

std::optional<error> find_failure(std::string_view service, json_value const& of_choice, std::string_view finish_reason,
                                  std::string_view request_id) {
    if (is_truthy(of_choice)) return make_reported_error(service, "{\"error\":" + of_choice.text() + "}", request_id);
    if (finish_reason != "error") return std::nullopt;
    return make_reported_error(service, R"({"error":{"message":"finish_reason is \"error\""}})", request_id);
}

usage to_usage(openai_usage const& wire) noexcept {
    auto const known = [](std::int64_t count) { return std::max<std::int64_t>(count, 0); };  // -1: not told
    return {
        .input_tokens = known(wire.prompt_tokens),
        .output_tokens = known(wire.completion_tokens),
        .cached_input_tokens = known(std::max(wire.prompt_tokens_details.cached_tokens, wire.prompt_cache_hit_tokens)),
        .cache_write_tokens = known(wire.prompt_tokens_details.cache_write_tokens),
        .reasoning_tokens = known(wire.completion_tokens_details.reasoning_tokens)};
}

finish_reason to_finish_reason(std::string_view name) noexcept {
    if (name == "stop") return finish_reason::stop;
    if (name == "length") return finish_reason::length;
    if (name == "tool_calls" || name == "function_call") return finish_reason::tool_calls;
    if (name.starts_with("content_filter")) return finish_reason::content_filter;  // Gemini adds its reason
    if (name == "max_tokens") return finish_reason::length;
    return finish_reason::unknown;
}

finish_reason refine_finish_reason(finish_reason reported, bool refused, bool calls_tools) noexcept {
    if (reported != finish_reason::stop) return reported;
    if (refused) return finish_reason::refusal;
    return calls_tools ? finish_reason::tool_calls : reported;
}

std::string take_text(json_value& value) {
    if (value.is_object()) return text_of_part(value);
    if (!value.is_array()) return value.kind() == json_kind::boolean ? std::string{} : text_of(value);
    std::string text;
    auto const parts = json::read<std::vector<json_value>>(value.text(), json::wire_options);
    if (!parts) return text;
    for (auto const& part : *parts) text += part.is_string() ? text_of(part) : text_of_part(part);
    return text;
}

std::string take_thoughts(json_value const& value) {
    std::string text;
    if (!value.is_array()) return text;
    auto const parts = json::read<std::vector<json_value>>(value.text(), json::wire_options);
    if (!parts) return text;
    for (auto const& part : *parts) {
        openai_thinking_part thinking;
        if (part.is_object() && read_tolerantly(thinking, part.text())) text += take_text(thinking.thinking);
    }
    return text;
}

std::string take_arguments(json_value& value) { return value.is_object() ? value.text() : text_of(value); }

json_value content_filter_json(json_value const& of_prompt, json_value const& of_response) {
    if (of_prompt.is_null() && of_response.is_null()) return {};
    std::string text;
    json::writer out{text};
    out.begin_object();
    if (!of_prompt.is_null()) out.key("prompt_filter_results").raw(of_prompt.text());
    if (!of_response.is_null()) out.key("content_filter_results").raw(of_response.text());
    out.end_object();
    auto parsed = json_value::parse(text);
    return parsed ? std::move(*parsed) : json_value{};
}

std::string placeholder_call_id(std::size_t index) { return "call_" + std::to_string(index); }

result<chat_response> decode_openai_response(openai_profile const& profile, http_response const& response,
                                             std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(profile.service, response, now);
    {
        openai_completion<std::string> wire;
        if (json::read_into(wire, response.body, json::wire_options)) return to_response(profile, wire, response);
    }
    openai_completion<json_value> wire;
    if (auto read = read_tolerantly(wire, response.body); !read)
        return make_unreadable_error(profile.service, "a chat completion", response, read.error());
    return to_response(profile, wire, response);
}

}  // namespace coax::detail
