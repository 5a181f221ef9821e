#pragma once

#include <coax/json/value.hpp>

#include <map>
#include <string>

namespace coax::detail {

/// The text of a string, number or boolean; empty for null, arrays and objects.
[[nodiscard]] std::string text_of(json_value const& value);

/// Whether the value is none of null, false and the empty string.
[[nodiscard]] bool is_truthy(json_value const& value);

/// The members of a JSON object, as services and gateways send them: of any type, null or missing.
using json_members = std::map<std::string, json_value>;

/// Empty for what is no object.
[[nodiscard]] json_members read_members(json_value const& value);

}  // namespace coax::detail
