#pragma once

#include <coax/client/toolbox.hpp>

#include <string>
#include <string_view>

namespace coax::mcp::detail {

/// What a service calls a tool: a name that it takes, and that no tool in `box` has.
/// @param prefix  The name of the server; may be empty.
[[nodiscard]] std::string service_name(std::string_view prefix, std::string_view name, toolbox const& box);

}  // namespace coax::mcp::detail
