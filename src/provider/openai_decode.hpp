#pragma once

#include "provider/openai_wire.hpp"

#include <coax/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What of the chat completions wire coax reads. Everything may be missing or null; the rest is skipped.
///
/// `Text` is std::string, or json_value for servers that send other forms: content as a list of parts, arguments as an
/// object. The first is tried first, as it costs less.
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
};

/// A message, or what a chunk adds to it.
template <class Text>
struct openai_message {
    Text content{};
    Text refusal{};
    Text reasoning_content{};
    Text reasoning{};
    std::vector<openai_tool_call<Text>> tool_calls{};
    openai_function<Text> function_call{};  ///< The predecessor of `tool_calls`.
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
};

[[nodiscard]] usage to_usage(openai_usage const& wire) noexcept;

[[nodiscard]] finish_reason to_finish_reason(std::string_view name) noexcept;

/// A refusal or tool calls that ended in "stop" end in what they are, as on the other services.
[[nodiscard]] finish_reason settled(finish_reason told, bool refused, bool calls_tools) noexcept;

/// The words in `content`: the string itself, or the texts of its parts.
[[nodiscard]] inline std::string take_text(std::string& text) { return std::move(text); }
[[nodiscard]] std::string take_text(json_value& value);

/// The arguments as JSON text: the string itself, or the object's own text.
[[nodiscard]] inline std::string take_arguments(std::string& text) { return std::move(text); }
[[nodiscard]] std::string take_arguments(json_value& value);

/// The two members of `chat_response::content_filter`, of which either may be null.
[[nodiscard]] json_value filter_findings(json_value const& of_prompt, json_value const& of_answer);

/// Stands in for an id that the server did not give.
[[nodiscard]] std::string made_up_call_id(std::size_t index);

}  // namespace coax::detail
