#pragma once

#include "json/internal/violation.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <vector>

namespace coax::schema::detail {

/// How a value differs from a schema: at most `most_violations`, with their offsets left at 0.
/// @param most_checks  How often a schema may be held against a value before that is a violation.
[[nodiscard]] std::vector<json::violation> validate_tree(boost::json::value const& root,
                                                         boost::json::value const& response, std::size_t most_checks);

}  // namespace coax::schema::detail
