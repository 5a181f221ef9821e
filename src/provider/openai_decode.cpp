#include "provider/openai_decode.hpp"

#include "provider/json_text.hpp"
#include "provider/response_bound.hpp"
#include "provider/service_error.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <utility>

namespace coax::detail {

template <class Text>
struct openai_choice {
    std::int64_t index{0};
    openai_message<Text> message{};
    std::string finish_reason{};
    json_value content_filter_results{};
};

template <class Text>
struct openai_answer {
    std::string id{};
    std::string model{};
    std::vector<openai_choice<Text>> choices{};
    openai_usage usage{};
    json_value prompt_filter_results{};
    json_value error{};
};

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
        if (call.id.empty()) call.id = made_up_call_id(calls.size());
        if (call.arguments.empty()) call.arguments = "{}";
        calls.push_back(std::move(call));
    }
    if (calls.empty() && !message.function_call.name.empty()) {
        auto arguments = take_arguments(message.function_call.arguments);
        calls.push_back({.id = made_up_call_id(0),
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
result<chat_response> to_response(openai_dialect const& dialect, openai_answer<Text>& wire,
                                  http_response const& answer) {
    if (is_truthy(wire.error)) return make_reported_error(dialect.service, answer.body, request_id(answer.headers));
    auto* const choice = first_choice(wire.choices);
    if (choice == nullptr)
        return make_protocol_error(dialect.service, "the answer has no choices", {.where = "/choices"},
                                   request_id(answer.headers));
    auto& said = choice->message;
    if (said.tool_calls.size() > max_tool_calls) return answer_too_large(dialect.service, "more than 128 tool calls");
    chat_response out;
    out.text = take_text(said.content);
    out.refusal = take_text(said.refusal);
    out.reasoning = take_text(said.reasoning_content);
    if (out.reasoning.empty()) out.reasoning = take_text(said.reasoning);
    out.tool_calls = take_tool_calls(said);
    out.finish_reason = settled(to_finish_reason(choice->finish_reason), !out.refusal.empty(), !out.tool_calls.empty());
    out.usage = to_usage(wire.usage);
    out.id = std::move(wire.id);
    out.model = std::move(wire.model);
    out.content_filter = filter_findings(wire.prompt_filter_results, choice->content_filter_results);
    out.request_id = request_id(answer.headers);
    out.rate_limits = openai_rate_limits(answer.headers);
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

finish_reason settled(finish_reason told, bool refused, bool calls_tools) noexcept {
    if (told != finish_reason::stop) return told;
    if (refused) return finish_reason::refusal;
    return calls_tools ? finish_reason::tool_calls : told;
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

json_value filter_findings(json_value const& of_prompt, json_value const& of_answer) {
    if (of_prompt.is_null() && of_answer.is_null()) return {};
    std::string text;
    json::writer out{text};
    out.begin_object();
    if (!of_prompt.is_null()) out.key("prompt_filter_results").raw(of_prompt.text());
    if (!of_answer.is_null()) out.key("content_filter_results").raw(of_answer.text());
    out.end_object();
    auto findings = json_value::parse(text);
    return findings ? std::move(*findings) : json_value{};
}

std::string made_up_call_id(std::size_t index) { return "call_" + std::to_string(index); }

result<chat_response> decode_openai_answer(openai_dialect const& dialect, http_response const& answer) {
    if (answer.status < 200 || answer.status > 299) return make_service_error(dialect.service, answer, system_now());
    {
        openai_answer<std::string> wire;
        if (json::read_into(wire, answer.body, json::wire_options)) return to_response(dialect, wire, answer);
    }
    openai_answer<json_value> wire;
    if (auto read = json::read_into(wire, answer.body, json::wire_options); !read)
        return make_protocol_error(dialect.service, "the answer is not a chat completion", read.error(),
                                   request_id(answer.headers));
    return to_response(dialect, wire, answer);
}

}  // namespace coax::detail
