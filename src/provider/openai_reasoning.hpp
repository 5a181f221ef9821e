#pragma once

#include "provider/json_text.hpp"

#include <coax/chat/tool.hpp>
#include <coax/json/value.hpp>
#include <coax/json/writer.hpp>

#include <cstddef>
#include <string>
#include <vector>

/// What services on the chat completions wire want back of the assistant's message besides its text and calls:
/// `reasoning_content` (DeepSeek, Kimi), `reasoning`, `reasoning_details` (OpenRouter), and Gemini's `extra_content`
/// with the signature of a thought; and calls of custom tools, which are no functions. It travels as
/// `message::raw_content`: an object of members of the message.
namespace coax::detail {

struct returned_reasoning {
    std::string content{};               ///< `reasoning_content`.
    std::string plain{};                 ///< `reasoning`.
    json_value details{};                ///< `reasoning_details`.
    json_value extra_content{};          ///< Of the message.
    std::vector<json_value> of_calls{};  ///< `extra_content` of each call.
    std::vector<bool> custom_calls{};  ///< Whether each call is of a custom tool, whose arguments are any text; may be
                                       ///< shorter.

    void set_custom(std::size_t call) {
        custom_calls.resize(call + 1);
        custom_calls[call] = true;
    }
};

/// The members to send back; null: none. The plain texts go back with tool calls only: services refuse them elsewhere.
/// Source: api-docs.deepseek.com, guides/thinking_mode; openrouter.ai, docs/use-cases/reasoning-tokens.
[[nodiscard]] json_value to_raw_content(returned_reasoning const& reasoning, std::vector<tool_call> const& calls);

/// Streamed `reasoning_details`: the pieces of one block are joined, so that its signature fits its text again.
class growing_details {
public:
    void append(json_value const& pieces);
    /// The array; null: there was none.
    [[nodiscard]] json_value finish() const;

private:
    struct block {
        json_members members{};
        std::string text{};     ///< In place of the member.
        std::string summary{};  ///< The same.
    };

    void append_piece(json_value const& piece);
    [[nodiscard]] static bool continues(block const& last, json_members const& piece);

    std::vector<block> blocks_{};
};

/// The calls as the wire has them, each with what its service added.
/// @param back  What of them goes back besides; its lists may be shorter.
void write_tool_calls(json::writer& out, std::vector<tool_call> const& calls, returned_reasoning const& back = {});

}  // namespace coax::detail
