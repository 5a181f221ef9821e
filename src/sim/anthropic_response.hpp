#pragma once

#include "sim/wire_form.hpp"

namespace coax::sim::detail {

/// Writes an answer as Anthropic does, whole or as events.
void write_anthropic_chat(reply& out, chat_task const& task, answer const& made, exchange const& with);

}  // namespace coax::sim::detail
