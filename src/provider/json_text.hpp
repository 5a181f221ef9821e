#pragma once

#include <coax/json/value.hpp>

#include <string>

namespace coax::detail {

/// A string's text, a number's or boolean's spelling; empty for null, arrays and objects.
[[nodiscard]] std::string text_of(json_value const& value);

/// Whether the value says something: not null, false or an empty string.
[[nodiscard]] bool is_truthy(json_value const& value);

}  // namespace coax::detail
