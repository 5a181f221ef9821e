#pragma once

#include <coax/schema/detail/dialect_rules.hpp>

#include <cstddef>
#include <string_view>

namespace coax::schema::detail {

/// What a schema describes. `anything` stands for `{}` and for schemas without a single type, `nothing` for `false`.
enum class node_kind : unsigned char {
    anything,
    nothing,
    null,
    boolean,
    integer,
    number,
    string,
    array,
    object,
    reference,
};

/// The names of the types, in the order of `node_kind`.
inline constexpr std::string_view type_names[] = {{},       {},       "null",  "boolean", "integer",
                                                  "number", "string", "array", "object"};

/// One schema on its way into a dialect. A source (`type_source`, `json_source`) derives its own node from it, which
/// knows where its children are.
struct schema_node {
    node_kind kind{node_kind::anything};
    bool nullable{false};          ///< Null is a value too.
    bool documented{false};        ///< It has a title, a description or keywords of its own.
    bool has_alternatives{false};  ///< `anyOf`; null is not among them.
    bool has_properties{false};    ///< Of an object: a list of properties, be it empty.
    bool has_additional{false};    ///< Of an object: a schema for the properties that are not listed.
    bool is_map{false};            ///< Of an object: no property is listed, and that schema says what all of them are.
    bool has_items{false};         ///< Of an array: a schema for the items, after those that have one each.
    bool is_uniform{false};        ///< Of an array whose first items have a schema each: all have the same.
    bool is_constant{false};       ///< The only value that is listed is a constant.
    std::string_view title{};
    std::string_view description{};
};

/// Whether it is an object and nothing else, as services want the root to be.
constexpr bool is_plain_object(schema_node const& root) {
    return root.kind == node_kind::object && !root.has_alternatives && !root.nullable;
}

/// The property that holds what is no object, where the root must be one.
inline constexpr std::string_view wrapped_key = "value";

/// One property of an object's schema.
struct schema_property {
    std::string_view name{};
    bool required{false};
    bool has_default{false};
    bool hidden{false};  ///< It is no part of the schema.
};

/// One value of an enum, or a constant.
struct schema_value {
    std::string_view text{};  ///< The text of a string, and else JSON.
    value_kind kind{value_kind::text};
};

}  // namespace coax::schema::detail
