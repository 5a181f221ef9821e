#include "provider/unusable_response.hpp"

#include "provider/json_text.hpp"
#include "provider/response_headers.hpp"
#include "provider/service_words.hpp"
#include "provider/tolerant_read.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace coax::detail {
namespace {

/// The media type, in lower case, without its parameters.
std::string media_type(header_list const& headers) {
    auto const field = headers.find("content-type");
    auto type = one_line(std::string{field.substr(0, field.find(';'))}, longest_code_bytes);
    std::ranges::transform(type, type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; });
    return type;
}

/// What came instead of what was asked for.
std::string what_came(http_response const& response) {
    if (response.body.empty()) return "the response is empty";
    auto const type = media_type(response.headers);
    bool const is_named = !type.empty() && type.find("json") == std::string::npos;
    return is_named ? "the response is " + type : "the response is something else";
}

/// The service's own words in a response that is no answer; nothing of what may be a model's text.
std::string words_of_unreadable(std::string_view body) {
    auto const first = body.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && body[first] == '<') return words_of_text(body.substr(0, longest_page_bytes));
    auto const object = parse_tolerantly(body);
    if (!object) return {};
    auto all = read_members(*object);
    for (auto const* name : {"message", "detail", "msg", "error_msg"})
        if (auto words = words_of(all[name]); !words.empty()) return words;
    return {};
}

}  // namespace

error make_protocol_error(std::string_view service, std::string_view what, error const& reader_error,
                          std::string_view request_id) {
    error why{.code = errc::protocol_error, .message = std::string{service}, .where = reader_error.where};
    why.message.append(": ").append(what);
    why.http_status = 200;
    why.request_id = request_id;
    why.should_retry = false;  // it is paid for, and would come again
    return why;
}

error make_unreadable_error(std::string_view service, std::string_view wanted, http_response const& response,
                            error const& reader_error) {
    auto const what = what_came(response).append(", not ").append(wanted);
    auto why = make_protocol_error(service, what, reader_error, request_id(response.headers));
    why.http_status = response.status;
    auto words = words_of_unreadable(response.body);
    hide_keys(words);
    why.service_message = one_line(std::move(words), longest_message_bytes);
    return with_tokens(std::move(why), salvage_usage(response.body));
}

error with_tokens(error why, usage const& spent) {
    why.input_tokens = spent.input_tokens;
    why.output_tokens = spent.output_tokens;
    return why;
}

std::optional<error> find_starved(std::string_view service, chat_response const& response) {
    auto const& spent = response.usage;
    bool const has_text = response.text.find_first_not_of(" \t\r\n") != std::string::npos;
    // With a limit of 0 Anthropic only fills its prompt cache.
    bool const was_asked_for = spent.input_tokens > 0 && spent.output_tokens == 0 && response.reasoning.empty();
    if (response.finish_reason != finish_reason::length || has_text || !response.tool_calls.empty() ||
        !response.refusal.empty() || was_asked_for)
        return std::nullopt;
    error why{.code = errc::spent_on_reasoning,
              .message = std::string{service},
              .where = "max_output_tokens",
              .http_status = 200,
              .request_id = response.request_id};
    why.message.append(": the token limit was spent on reasoning before any text came (")
        .append(std::to_string(spent.output_tokens))
        .append(" output tokens, ")
        .append(std::to_string(spent.reasoning_tokens))
        .append(" of them told as reasoning): raise `max_output_tokens` or lower `reasoning_effort`");
    return why;
}

}  // namespace coax::detail
