#pragma once

#include <coax/schema/detail/schema_problem.hpp>

#include <boost/json/value.hpp>

#include <map>
#include <string>

namespace coax::schema::detail {

/// A schema in which each statement about a value stands in one place, as dialects want it.
///
/// No `allOf` is left but of what can only be told, no alternatives beside keywords that they would have to repeat, no
/// references beside more than words, and all that is referred to is in `$defs` under a name that services accept.
struct flat_schema {
    boost::json::value root{};
    std::string root_name{"root"};                 ///< Of the root as a definition.
    std::map<std::string, std::string> origins{};  ///< JSON pointers of the definitions in the file, by their names.
    std::string root_origin{};
    schema_problem problem{schema_problem::none};
    std::string where{};  ///< JSON pointer of the problem.
};

/// @param root  In the words of 2020-12 (`upgrade_schema`).
/// @param needs_schemas  What is required must have a schema, as the dialect has none for any value.
[[nodiscard]] flat_schema flatten_schema(boost::json::value const& root, bool needs_schemas);

}  // namespace coax::schema::detail
