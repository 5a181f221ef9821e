#pragma once

#include <coax/schema/detail/schema_problem.hpp>

#include <string_view>

namespace coax::schema::detail {

/// Why a dialect cannot express a type or schema, and the remedy.
[[nodiscard]] std::string_view explain(schema_problem problem);

}  // namespace coax::schema::detail
