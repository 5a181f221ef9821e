#pragma once

#include "sim/json_text.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace coax::sim::detail {

/// The largest whole number that every reader of JSON keeps.
constexpr double largest_exact = 9'007'199'254'740'991.0;
/// Beyond so many levels a schema has no end.
constexpr int deepest = 48;

/// A keyword's number, also one that stands in the description only; none: there is none, or it is not finite.
[[nodiscard]] std::optional<double> number_of(json::value const& schema, std::string_view keyword) noexcept;
[[nodiscard]] std::size_t size_of(json::value const& schema, std::string_view keyword, std::size_t otherwise) noexcept;
/// A keyword's array or object; null: there is none, or it is something else.
[[nodiscard]] json::array const* array_of(json::value const& schema, std::string_view keyword) noexcept;
[[nodiscard]] json::object const* object_of(json::value const& schema, std::string_view keyword) noexcept;
/// The schemas of which one must fit; null: there are none.
[[nodiscard]] json::array const* variants_of(json::value const& schema) noexcept;
[[nodiscard]] bool is_required(json::value const& schema, std::string_view name) noexcept;
/// The type of a schema that names none.
[[nodiscard]] std::string_view inferred_type(json::value const& schema) noexcept;
/// allOf, folded into one schema: members and required names add up, other keywords come from whoever has them first.
[[nodiscard]] json::value folded(json::value const& schema, json::value const& root);
/// How many levels a value of this schema needs at least; `deepest` where it has no end.
[[nodiscard]] int least_depth(json::value const& schema, json::value const& root);

}  // namespace coax::sim::detail
