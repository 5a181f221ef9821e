#pragma once

#include <coax/schema/runtime_schema.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::cli {

/// The text of a built-in schema; nothing: there is none of that name.
[[nodiscard]] std::optional<std::string_view> built_in_schema(std::string_view name);

[[nodiscard]] std::vector<std::string_view> built_in_schema_names();

}  // namespace coax::cli
