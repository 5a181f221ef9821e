#pragma once

#include "config/node.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::config::detail {

using look_up_function = std::function<std::optional<std::string>(std::string_view name)>;

/// Whether a text names a variable: "${NAME}" or "${NAME:-default}".
[[nodiscard]] bool has_variable(std::string_view text);

/// Puts the values of variables into all texts of a value. "$${" stands for "${". What a variable holds is text,
/// whatever is in it. One that is empty counts as not set.
/// @param problems  Gets those that are not set and have no default.
void expand(node& value, look_up_function const& look_up, std::vector<problem>& problems);

/// Takes out what only the values of variables decide.
void drop_variables(node& value);

}  // namespace coax::config::detail
