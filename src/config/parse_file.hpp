#pragma once

#include "config/node.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace coax::config::detail {

/// A file's one value, or what is wrong with the text.
using parsed_file = std::variant<node, problem>;

/// YAML 1.2 of one document. Anchors, aliases and merge keys ("<<") are known, tags but "!!str" are not.
/// @param name  The file's, for places.
[[nodiscard]] parsed_file parse_yaml(std::string_view text, std::string const& name);

/// Strict JSON.
[[nodiscard]] parsed_file parse_json(std::string_view text, std::string const& name);

/// JSON where the name ends in ".json", else YAML. A file with nothing in it is an empty map.
[[nodiscard]] parsed_file parse_file(std::string_view text, std::string const& name);

}  // namespace coax::config::detail
