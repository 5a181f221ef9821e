#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

/// What schemas ask of JSON values, whatever keeps them.
namespace coax::schema::detail {

/// "null", "boolean", "integer", "number", "string", "array" or "object".
[[nodiscard]] std::string_view type_of(boost::json::value const& value);

/// Whether a value is of a type; 1.0 is an integer, and integers are numbers.
[[nodiscard]] bool has_type(boost::json::value const& value, std::string_view type);

/// Numbers compare as 64-bit integers where both are, and as doubles otherwise.
[[nodiscard]] int compare(boost::json::value const& a, boost::json::value const& b);

[[nodiscard]] bool is_multiple(boost::json::value const& value, boost::json::value const& step);

/// Compact JSON, with numbers as people write them: 0.5 rather than 5E-1.
[[nodiscard]] std::string to_text(boost::json::value const& value);

/// Equal values have equal texts: members sorted, 1.0 as 1.
[[nodiscard]] std::string canonical_text(boost::json::value const& value);

}  // namespace coax::schema::detail
