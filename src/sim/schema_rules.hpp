#pragma once

#include "sim/json_text.hpp"

#include <optional>
#include <string>

namespace coax::sim::detail {

/// What OpenAI's strict subset forbids in this schema, in the service's manner; `nullopt` if nothing.
[[nodiscard]] std::optional<std::string> openai_schema_fault(json::value const& schema);

/// What Anthropic's subset forbids in this schema; `nullopt` if nothing.
[[nodiscard]] std::optional<std::string> anthropic_schema_fault(json::value const& schema);

}  // namespace coax::sim::detail
