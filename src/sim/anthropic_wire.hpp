#pragma once

#include "sim/service_api.hpp"

namespace coax::sim::detail {

/// Whether the request asks for the version without sampling parameters and `x-api-key`.
[[nodiscard]] bool is_newer_anthropic(request_view const& request) noexcept;

/// Checks and reads a message request as Anthropic does. `chat` views into `body`.
/// @param counting  Its tokens are to be counted; no completion is wanted.
[[nodiscard]] rejection read_anthropic_chat(json::value const& body, request_view const& request, bool counting,
                                            parsed_chat& chat);

/// Checks and reads its messages. @param messages  Null: there are none.
[[nodiscard]] rejection read_anthropic_messages(json::value const* messages, bool newer, parsed_chat& chat);

/// Writes a completion as Anthropic does, whole or as events.
void write_anthropic_chat(response& out, parsed_chat const& chat, completion const& output,
                          request_context const& context);

}  // namespace coax::sim::detail
