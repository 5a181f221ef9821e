#pragma once

#include <coax/schema/detail/schema_problem.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

/// What single keywords of a schema mean for its others.
namespace coax::schema::detail {

/// The JSON pointer that a reference to one holds.
[[nodiscard]] std::string pointer_of(std::string_view reference);

/// A token of a JSON pointer as the key that it stands for.
[[nodiscard]] std::string unescaped(std::string_view token);

/// The type whose values a keyword is about; empty: it is about those of any type.
[[nodiscard]] std::string_view subject_of(std::string_view keyword);

/// Whether `if` decides about the properties of an object, which is then one of two alternatives.
[[nodiscard]] bool is_conditional(boost::json::object const& schema);

/// Leaves the listed values that are of a stated type; false: there are none, or nothing is valid anyway.
[[nodiscard]] bool narrow_values(boost::json::object& schema);

/// States the type that all keywords are about, where none is stated.
void infer_type(boost::json::object& schema);

/// Leaves out what is about values of other types than the only one that is stated.
void drop_foreign_keywords(boost::json::object& schema);

/// What is wrong with a name that is required.
struct required_problem {
    schema_problem problem{schema_problem::none};
    std::size_t index{0};  ///< Of the name.
};

/// Lists the properties that are only implied: by names that are known one by one, by dependent schemas, and by
/// `required`.
/// @param needs_schemas  What is required must have a schema.
[[nodiscard]] required_problem complete_object(boost::json::value const& root, boost::json::object& schema,
                                               bool needs_schemas);

/// Bounds an array to its first items; false: it must have more.
[[nodiscard]] bool close_array(boost::json::object& schema, std::size_t size);

}  // namespace coax::schema::detail
