#pragma once

#include <coax/core/result.hpp>

#include <boost/json/value.hpp>

#include <map>
#include <string>
#include <vector>

namespace coax::schema::detail {

/// The schemas of a file, by their JSON pointers.
struct schema_places {
    std::vector<std::string> schemas{};               ///< In the order in which they are met.
    std::map<std::string, std::string> references{};  ///< Of each reference keyword, where the schema is that it names.
};

/// Checks that a JSON value is a schema that coax understands, and each schema that it refers to.
[[nodiscard]] result<schema_places> check_schema(boost::json::value const& root);

}  // namespace coax::schema::detail
