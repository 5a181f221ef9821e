#pragma once

#include <coax/bind/detail/type_descriptor.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace coax::bind::detail {

/// Takes a violation: the JSON pointer from the checked value to the wrong one, what was expected and what was found.
/// False: no more are wanted.
using violation_reporter = std::function<bool(std::string_view below, std::string expected, std::string found)>;

/// Checks a value against what its field's documentation says of it. Bounds of numbers and strings hold for the items
/// of a list too.
/// @returns False if the reporter wants no more.
[[nodiscard]] bool check_constraints(doc const& rules, type_descriptor const& type, void const* value,
                                     violation_reporter const& report);

}  // namespace coax::bind::detail
