#pragma once

#include "sim/wire_form.hpp"

namespace coax::sim::detail {

/// Whether the request asks for the version without sampling parameters and `x-api-key`.
[[nodiscard]] bool is_newer_anthropic(request_view const& request) noexcept;

/// Checks a message request as Anthropic does and says what it asks. `task` views into `body`.
/// @param counting  Its tokens are to be counted; no answer is wanted.
[[nodiscard]] verdict read_anthropic_chat(json::value const& body, request_view const& request, bool counting,
                                          chat_task& task);

/// The conversation in it. @param messages  Null: there is none.
[[nodiscard]] verdict read_anthropic_messages(json::value const* messages, bool newer, chat_task& task);

}  // namespace coax::sim::detail
