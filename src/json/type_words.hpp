#pragma once

#include <coax/json/detail/plan.hpp>

#include <string>

namespace coax::json::detail {

/// Whether a value whose text starts with `c` may be of this type.
[[nodiscard]] bool may_start(plan const& type, char c);

/// What a type is called in a message: "an integer".
[[nodiscard]] std::string name_of(plan const& type);

}  // namespace coax::json::detail
