#pragma once

#include <string>
#include <string_view>

namespace coax::json::detail {

enum class member_found : unsigned char { no, string, other };

/// Looks into the object that starts at `object` inside `text` for a member, without reading the rest.
/// @param value  The member's text if it is a string.
[[nodiscard]] member_found find_member(std::string_view text, char const* object, std::string_view key,
                                       std::string& value);

}  // namespace coax::json::detail
