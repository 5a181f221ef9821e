#pragma once

#include "violation.hpp"

#include <coax/json/runtime_schema.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// What copies of a runtime_schema share.
struct runtime_schema::state {
    boost::json::value root;
    std::string name;
};

namespace json::detail {

/// Nesting of a schema, and of the schemas that hold for one value through `$ref`.
inline constexpr std::size_t max_schema_depth = 128;

/// The schema that a local `$ref` names, or null.
[[nodiscard]] boost::json::value const* resolve(boost::json::value const& root, std::string_view reference);

/// Why a tree is not a schema that coax understands.
[[nodiscard]] std::optional<error> check_schema(boost::json::value const& root);

/// The schema in a service's dialect.
[[nodiscard]] result<boost::json::value> transform_schema(boost::json::value const& root, schema_dialect dialect);

/// How a value differs from a schema: at most `most_violations`, with their offsets left at 0.
/// @param most_checks  How often a schema may be held against a value before that is a violation.
[[nodiscard]] std::vector<violation> validate_tree(boost::json::value const& root, boost::json::value const& answer,
                                                   std::size_t most_checks);

/// Equal values have equal texts: members sorted, 1.0 as 1.
[[nodiscard]] std::string canonical_text(boost::json::value const& value);

/// The member `key` of an object, or null.
[[nodiscard]] inline boost::json::value const* member(boost::json::object const& object, std::string_view key) {
    return object.if_contains(key);
}

}  // namespace json::detail
}  // namespace coax
