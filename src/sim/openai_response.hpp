#pragma once

#include "sim/wire_form.hpp"

#include <vector>

namespace coax::sim::detail {

/// Writes answers as OpenAI and Azure do, one for each choice, whole or as events.
void write_openai_chat(reply& out, chat_task const& task, std::vector<answer> const& answers, exchange const& with);

}  // namespace coax::sim::detail
