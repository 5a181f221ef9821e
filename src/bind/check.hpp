#pragma once

#include <coax/bind/detail/type_descriptor.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace coax::bind::detail {

/// Takes a violation: the index below the checked value (empty: the value itself) and the message.
/// False: no more are wanted.
using violation_taker = std::function<bool(std::string_view below, std::string message)>;

/// Checks what a field's documentation says of its value. Bounds of strings and numbers hold for the items of a list
/// too.
/// @returns False if the taker wants no more.
[[nodiscard]] bool check_documentation(doc const& stated, type_descriptor const& type, void const* value,
                                       violation_taker const& take);

}  // namespace coax::bind::detail
