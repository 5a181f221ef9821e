#pragma once

#include <coax/schema/detail/schema_limits.hpp>

#include <string_view>

namespace coax::schema::detail {

/// What stands against a type or schema in a dialect, and the remedy.
[[nodiscard]] std::string_view explain(schema_problem problem);

}  // namespace coax::schema::detail
