#pragma once

#include <coax/chat/content.hpp>
#include <coax/chat/tool.hpp>
#include <coax/json/value.hpp>

#include <string>
#include <vector>

namespace coax {

/// Who wrote a message.
enum class role { system, developer, user, assistant, tool };

/// One message of a conversation. The functions below make the common ones.
struct message {
    coax::role role{coax::role::user};
    std::string text{};                   ///< The content, when it is text alone.
    std::vector<content_part> parts{};    ///< The content, when it is more; then `text` must be empty.
    std::string name{};                   ///< The speaker's name where the service knows one; empty: not sent.
    std::string refusal{};                ///< The assistant's own words when it declined.
    std::vector<tool_call> tool_calls{};  ///< The calls that the assistant asks for.
    std::string tool_call_id{};           ///< Of a `role::tool` message: the call whose result it holds.
    bool tool_failed{false};              ///< Of a `role::tool` message: its text is an error.
    bool cache_breakpoint{false};  ///< The service's prompt cache keeps the prompt up to the end of this message,
                                   ///< see `chat_request::cache_prefix`; not of the assistant.
    json_value raw_content{};      ///< The service's own content blocks, sent back unchanged where it wants them
                                   ///< (Anthropic's thinking); null: none.

    [[nodiscard]] bool operator==(message const& other) const;
};

[[nodiscard]] message system(std::string text);
/// Makes `system("...")` after `using namespace coax` ambiguous instead of a call of the C library's shell.
[[nodiscard]] message system(char const* text);
[[nodiscard]] message developer(std::string text);
[[nodiscard]] message user(std::string text);
[[nodiscard]] message assistant(std::string text);

/// The result of one tool call. `failed`: the text tells the model what went wrong.
[[nodiscard]] message tool_result(std::string tool_call_id, std::string text, bool failed = false);

}  // namespace coax
