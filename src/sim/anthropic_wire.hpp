#pragma once

#include "sim/service_api.hpp"
#include "sim/text.hpp"

namespace coax::sim::detail {

/// Whether the request asks for the version without sampling parameters and `x-api-key`.
[[nodiscard]] bool is_newer_anthropic(request_view const& request) noexcept;

/// Checks and reads a message request as Anthropic does. `chat` views into `body`.
/// @param counting  Its tokens are to be counted; no completion is wanted.
[[nodiscard]] rejection read_anthropic_chat(json::value const& body, request_view const& request, bool counting,
                                            parsed_chat& chat);

/// Checks and reads its messages. @param messages  Null: there are none.
[[nodiscard]] rejection read_anthropic_messages(json::value const* messages, bool newer, parsed_chat& chat);

/// Checks a text, an image or a document. @param where  Of the block, such as "messages.0.content.1".
[[nodiscard]] rejection check_anthropic_block(json::value const& block, std::string const& where);

/// Checks and counts the mark for the cache that a block or a tool may bear. What it ends must have been added before.
[[nodiscard]] rejection read_cache_control(json::value const& of, std::string const& where, parsed_chat& chat);

/// What proves that a thought is the model's own.
[[nodiscard]] std::string thought_signature(std::string_view thought);

/// Writes a completion as Anthropic does, whole or as events.
void write_anthropic_chat(response& out, parsed_chat const& chat, completion const& output,
                          request_context const& context);

}  // namespace coax::sim::detail
