#pragma once

#include <coax/bind/detail/type_descriptor.hpp>
#include <coax/schema/dialect.hpp>

#include <string>
#include <string_view>

/// A root that is no object, where a service wants one: it becomes the property "value" of one.
namespace coax::schema::detail {

[[nodiscard]] bool wants_object_root(schema_dialect dialect);

/// Whether the JSON of a type is an object with fields.
[[nodiscard]] bool is_object_type(bind::detail::type_descriptor const& type);

/// A schema in plain JSON Schema as the property of an object.
[[nodiscard]] std::string wrap_schema(std::string_view schema);

}  // namespace coax::schema::detail
