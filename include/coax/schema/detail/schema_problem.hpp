#pragma once

#include <coax/core/detail/toolchain.hpp>

namespace coax::schema::detail {

/// Why a type or a schema cannot be expressed in a dialect.
enum class schema_problem : unsigned char {
    none,
    root_not_object,
    map,
    any_value,
    tuple,
    no_items,
    several_schemas,
    contradiction,
    required_without_schema,
    recursive,
    required_recursion,
    too_deep,
    too_many_properties,
    too_many_enum_values,
    too_many_optionals,
    too_many_unions,
    too_many_characters,
    too_large,
};

}  // namespace coax::schema::detail
