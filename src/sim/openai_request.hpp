#pragma once

#include "sim/wire_form.hpp"

namespace coax::sim::detail {

/// Checks a chat as OpenAI and Azure do, in the order of its members, and says what it asks. `task` views into `body`.
[[nodiscard]] verdict read_openai_chat(json::value const& body, route const& asked, chat_task& task);

/// The conversation in it. @param messages  Null: there is none.
[[nodiscard]] verdict read_openai_messages(json::value const* messages, chat_task& task);

}  // namespace coax::sim::detail
