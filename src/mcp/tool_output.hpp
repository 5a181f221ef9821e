#pragma once

#include <coax/core/result.hpp>
#include <coax/json/value.hpp>
#include <coax/mcp/session.hpp>

namespace coax::mcp::detail {

/// What the result of a `tools/call` says. Errors: `errc::protocol_error`; `errc::tool_failed`: the server needs what
/// is not offered.
[[nodiscard]] result<tool_result> parse_tool_result(json_value const& text);

}  // namespace coax::mcp::detail
