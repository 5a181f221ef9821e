#pragma once

#include <boost/json/value.hpp>

#include <string>

/// What a schema expects and what a value is, in the words of `json::read`.
namespace coax::schema::detail {

/// "a string", "one of 1, 2", "an integer or null".
[[nodiscard]] std::string description_of(boost::json::value const& root, boost::json::value const& schema);
[[nodiscard]] std::string description_of(boost::json::value const& root, boost::json::object const& schema);
/// Of any of these schemas.
[[nodiscard]] std::string description_of(boost::json::value const& root, boost::json::array const& schemas);

/// "a string"; numbers and literals as they are.
[[nodiscard]] std::string describe(boost::json::value const& value);

}  // namespace coax::schema::detail
