#pragma once

#include "provider/openai_wire.hpp"

#include <coax/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The part of the chat completions wire that coax reads. Everything may be missing or null; the rest is skipped.
///
/// Members are in the order in which OpenAI sends them, as far as that goes: the reader expects the next one and
/// searches for another.
///
/// `Text` is std::string, or json_value for servers that send other forms: content as a list of parts, arguments as an
/// object. The first is tried first, as it costs less; the second is read tolerantly.
namespace coax::detail {

template <class Text>
struct openai_function {
    std::string name{};
    Text arguments{};
};

struct openai_custom_tool {
    std::string name{};
    std::string input{};
};

template <class Text>
struct openai_tool_call {
    std::int64_t index{-1};  ///< In streams only.
    std::string id{};
    openai_function<Text> function{};
    openai_custom_tool custom{};
    json_value extra_content{};  ///< Gemini's signature of a thought, which it wants back.
};

/// A message, or the delta of one.
template <class Text>
struct openai_message {
    Text content{};
    Text refusal{};
    json_value annotations{};
    Text reasoning_content{};
    Text reasoning{};
    std::vector<openai_tool_call<Text>> tool_calls{};
    openai_function<Text> function_call{};  ///< The predecessor of `tool_calls`.
    json_value reasoning_details{};         ///< OpenRouter's reasoning, which it wants back.
    json_value extra_content{};
};

struct openai_prompt_details {
    std::int64_t cached_tokens{0};
    std::int64_t cache_write_tokens{0};
};

struct openai_completion_details {
    std::int64_t reasoning_tokens{0};
};

struct openai_usage {
    std::int64_t prompt_tokens{0};
    std::int64_t completion_tokens{0};
    std::int64_t total_tokens{0};
    openai_prompt_details prompt_tokens_details{};
    openai_completion_details completion_tokens_details{};
    std::int64_t prompt_cache_hit_tokens{0};  ///< DeepSeek's `cached_tokens`.
};

/// Groq's own part of a chunk: the last one has the usage.
struct openai_groq_part {
    std::optional<openai_usage> usage{};
};

template <class Text>
struct openai_choice {
    std::int64_t index{0};
    openai_message<Text> message{};
    openai_message<Text> delta{};  ///< In streams, instead of the message.
    json_value logprobs{};
    std::string finish_reason{};
    json_value content_filter_results{};
    json_value error{};  ///< OpenRouter's, of a provider that failed.
};

/// A whole response, or one chunk of a stream.
template <class Text>
struct openai_completion {
    std::string id{};
    std::string model{};
    std::vector<openai_choice<Text>> choices{};
    std::optional<openai_usage> usage{};
    std::string service_tier{};
    openai_groq_part x_groq{};
    json_value prompt_filter_results{};
    json_value error{};
};

[[nodiscard]] usage to_usage(openai_usage const& wire) noexcept;

/// The failure that a choice reports instead of a response, if it does. It does not hold the tokens.
/// @param text  JSON that has the words, where the choice has none.
[[nodiscard]] std::optional<error> find_failure(std::string_view service, json_value const& of_choice,
                                                std::string_view finish_reason, std::string_view request_id);

[[nodiscard]] finish_reason to_finish_reason(std::string_view name) noexcept;

/// "stop" becomes `refusal` or `tool_calls` where there is a refusal or a call, as the other services have it.
[[nodiscard]] finish_reason refine_finish_reason(finish_reason reported, bool refused, bool calls_tools) noexcept;

/// The text in `content`: the string itself, or the texts of its parts.
[[nodiscard]] inline std::string take_text(std::string& text) { return std::move(text); }
[[nodiscard]] std::string take_text(json_value& value);

/// The thoughts in `content`, which Mistral sends as parts of it.
[[nodiscard]] inline std::string take_thoughts(std::string const& /*text*/) { return {}; }
[[nodiscard]] std::string take_thoughts(json_value const& value);

/// The arguments as JSON text: the string itself, or the object's own text.
[[nodiscard]] inline std::string take_arguments(std::string& text) { return std::move(text); }
[[nodiscard]] std::string take_arguments(json_value& value);

/// `chat_response::content_filter` from its two members, of which either may be null.
[[nodiscard]] json_value content_filter_json(json_value const& of_prompt, json_value const& of_response);

/// The id of a call to which the server gave none.
[[nodiscard]] std::string placeholder_call_id(std::size_t index);

}  // namespace coax::detail
