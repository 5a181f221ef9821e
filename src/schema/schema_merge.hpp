#pragma once

#include <boost/json/value.hpp>

#include <optional>

namespace coax::schema::detail {

/// One schema that says what two say together; none if they contradict each other. Where both say something of the same
/// child, that child gets an `allOf` of its own. What cannot be said in one place, such as two patterns, is left in an
/// `allOf` of schemas, each with one keyword. Neither may have references or alternatives beside its other keywords.
[[nodiscard]] std::optional<boost::json::object> merge_schemas(boost::json::object a, boost::json::object const& b);

}  // namespace coax::schema::detail
