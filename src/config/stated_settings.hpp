#pragma once

#include "config/expand.hpp"
#include "config/node.hpp"

#include <coax/config/configuration.hpp>

#include <string>
#include <string_view>
#include <vector>

/// Settings that are stated one by one, by their paths, as a value like that of a file.
namespace coax::config::detail {

/// A variable without the blanks around it; nothing: it is not set, or to nothing.
[[nodiscard]] std::optional<std::string> non_empty(look_up_function const& look_up, std::string_view name);

/// The variable of a setting: "policies.max_concurrency" is COAX_POLICIES__MAX_CONCURRENCY.
[[nodiscard]] std::string variable_of(std::string_view path);

/// What the environment states.
/// @param has_address  The address of the service is stated elsewhere: COAX_API_KEY is the key for that.
[[nodiscard]] node stated_by(look_up_function const& look_up, bool has_address);

/// What a caller states. @param problems  Gets texts that are not what a list or map is written as.
[[nodiscard]] node stated_by(std::vector<setting> const& overrides, std::vector<problem>& problems);

/// The value below a path; null: there is none.
[[nodiscard]] node const* find_below(node const& root, std::string_view path);

}  // namespace coax::config::detail
