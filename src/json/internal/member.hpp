#pragma once

#include <optional>
#include <string_view>

namespace coax::json::detail {

/// The text of an object's member, found without reading the others. Of several with that name the last one counts, as
/// for the reader. Nothing: there is none, or the value is no object.
/// @param object  The text of a `json_value`. The member is a part of it.
[[nodiscard]] std::optional<std::string_view> find_member(std::string_view object, std::string_view name);

}  // namespace coax::json::detail
