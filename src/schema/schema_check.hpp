#pragma once

#include <coax/core/result.hpp>

#include <boost/json/value.hpp>

namespace coax::schema::detail {

/// Checks that a JSON value is a schema that coax understands.
[[nodiscard]] result<void> check_schema(boost::json::value const& root);

}  // namespace coax::schema::detail
