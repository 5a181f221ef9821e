#pragma once

#include <coax/json/value.hpp>

#include <string>

namespace coax::detail {

/// The text of a string, number or boolean; empty for null, arrays and objects.
[[nodiscard]] std::string text_of(json_value const& value);

/// Whether the value is none of null, false and the empty string.
[[nodiscard]] bool is_truthy(json_value const& value);

}  // namespace coax::detail
