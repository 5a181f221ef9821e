#include "provider/openai_decode.hpp"

#include "provider/json_text.hpp"
#include "provider/response_headers.hpp"
#include "provider/response_limits.hpp"
#include "provider/service_error.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <utility>

namespace coax::detail {

struct openai_text_part {
    std::string text{};
    std::string refusal{};
};

namespace {

template <class Text>
std::vector<tool_call> take_tool_calls(openai_message<Text>& message) {
    std::vector<tool_call> calls;
    calls.reserve(message.tool_calls.size());
    for (auto& wire : message.tool_calls) {
        bool const custom = wire.function.name.empty() && !wire.custom.name.empty();
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
result<chat_response> to_response(openai_profile const& profile, openai_completion<Text>& wire,
                                  http_response const& response) {
    if (is_truthy(wire.error)) return make_reported_error(profile.service, response.body, request_id(response.headers));
    auto* const choice = first_choice(wire.choices);
    if (choice == nullptr)
        return make_protocol_error(profile.service, "the response has no choices", {.where = "/choices"},
                                   request_id(response.headers));
    auto& msg = choice->message;
    if (msg.tool_calls.size() > max_tool_calls) return response_too_large(profile.service, "more than 128 tool calls");
    chat_response out;
    out.text = take_text(msg.content);
    out.refusal = take_text(msg.refusal);
    out.reasoning = take_text(msg.reasoning_content);
    if (out.reasoning.empty()) out.reasoning = take_text(msg.reasoning);
    out.tool_calls = take_tool_calls(msg);
    out.finish_reason =
        refine_finish_reason(to_finish_reason(choice->finish_reason), !out.refusal.empty(), !out.tool_calls.empty());
    if (wire.usage) out.usage = to_usage(*wire.usage);
    out.id = std::move(wire.id);
    out.model = std::move(wire.model);
    out.content_filter = content_filter_json(wire.prompt_filter_results, choice->content_filter_results);
    out.request_id = request_id(response.headers);
    out.rate_limits = openai_rate_limits(response.headers);
    return out;
}

}  // namespace

usage to_usage(openai_usage const& wire) noexcept {
    usage counted{.input_tokens = wire.prompt_tokens,
                  .output_tokens = wire.completion_tokens,
                  .cached_input_tokens = wire.prompt_tokens_details.cached_tokens,
                  .cache_write_tokens = wire.prompt_tokens_details.cache_write_tokens,
                  .reasoning_tokens = wire.completion_tokens_details.reasoning_tokens};
    return counted;
}

finish_reason to_finish_reason(std::string_view name) noexcept {
    if (name == "stop") return finish_reason::stop;
    if (name == "length") return finish_reason::length;
    if (name == "tool_calls" || name == "function_call") return finish_reason::tool_calls;
    if (name == "content_filter") return finish_reason::content_filter;
    return finish_reason::unknown;
}

finish_reason refine_finish_reason(finish_reason reported, bool refused, bool calls_tools) noexcept {
    if (reported != finish_reason::stop) return reported;
    if (refused) return finish_reason::refusal;
    return calls_tools ? finish_reason::tool_calls : reported;
}

std::string take_text(json_value& value) {
    if (!value.is_array()) return text_of(value);
    std::string text;
    auto const parts = json::read<std::vector<openai_text_part>>(value.text(), json::wire_options);
    if (!parts) return text;
    for (auto const& part : *parts) text += part.text.empty() ? part.refusal : part.text;
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
    if (auto read = json::read_into(wire, response.body, json::wire_options); !read)
        return make_protocol_error(profile.service, "the response is not a chat completion", read.error(),
                                   request_id(response.headers));
    return to_response(profile, wire, response);
}

}  // namespace coax::detail
