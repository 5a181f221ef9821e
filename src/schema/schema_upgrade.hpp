#pragma once

#include "schema/schema_check.hpp"

#include <coax/core/result.hpp>

#include <boost/json/value.hpp>

namespace coax::schema::detail {

/// A checked schema in the words of 2020-12: what older drafts and OpenAPI 3.0 say otherwise is said anew, and each
/// reference is a JSON pointer from the root.
[[nodiscard]] result<boost::json::value> upgrade_schema(boost::json::value const& root, schema_places const& places);

}  // namespace coax::schema::detail
