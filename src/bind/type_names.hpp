#pragma once

#include <coax/bind/detail/type_descriptor.hpp>

#include <string>

namespace coax::bind::detail {

/// Whether a value whose text starts with `c` may be of this type.
[[nodiscard]] bool may_start(type_descriptor const& type, char c);

/// What a type is called in a message: "an integer".
[[nodiscard]] std::string name_of(type_descriptor const& type);

}  // namespace coax::bind::detail
