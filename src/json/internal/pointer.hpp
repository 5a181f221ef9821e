#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Places in a text: where a JSON pointer leads to, and which one leads to a place.
namespace coax::json::detail {

/// Where the value of a JSON pointer starts. If a key is not there, the closing bracket of the object that lacks it; if
/// the text cannot be followed, the last place that could be.
[[nodiscard]] std::size_t locate_pointer(std::string_view text, std::string_view pointer);

/// The JSON pointer of the innermost value in which a text ceases to be JSON.
[[nodiscard]] std::string find_error_pointer(std::string_view text);

}  // namespace coax::json::detail
