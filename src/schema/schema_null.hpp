#pragma once

#include <boost/json/value.hpp>

/// How a schema says that a value may be null: by a list of types, by an alternative, or by OpenAPI's `nullable`.
namespace coax::schema::detail {

/// Also null.
/// @param type_lists  A list of types may say so.
[[nodiscard]] boost::json::value with_null(boost::json::value schema, bool type_lists);

/// No longer null, if it was: for a property that may be left out instead.
[[nodiscard]] boost::json::value without_null(boost::json::value schema);

/// Upper-case types, and `nullable` for an alternative that is null.
void to_open_api(boost::json::value& schema);

}  // namespace coax::schema::detail
