#pragma once

#include "sim/json_text.hpp"

#include <optional>
#include <string>

namespace coax::sim::detail {

/// Why OpenAI refuses this schema for its root, strict or not; none: it takes it.
[[nodiscard]] std::optional<std::string> openai_root_error(json::value const& schema);

/// Why OpenAI's strict mode refuses this schema, in the service's words; none: it takes it.
[[nodiscard]] std::optional<std::string> openai_schema_error(json::value const& schema);

/// Why Anthropic refuses this schema; none: it takes it.
[[nodiscard]] std::optional<std::string> anthropic_schema_error(json::value const& schema);

}  // namespace coax::sim::detail
