#pragma once

#include <coax/client/toolbox.hpp>
#include <coax/core/result.hpp>

#include <string>
#include <vector>

namespace coax::detail {

/// What a service is told of tools.
struct tool_definitions {
    std::vector<tool_definition> all{};
    std::string note{};  ///< Which tools are described in plain JSON Schema although they are strict, and why.
};

/// @param relax  What the dialect cannot express is described in plain JSON Schema. Otherwise that is an error.
[[nodiscard]] result<tool_definitions> define_tools(toolbox const& tools, schema_dialect dialect, bool relax);

}  // namespace coax::detail
