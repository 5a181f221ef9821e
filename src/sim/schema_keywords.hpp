#pragma once

#include "sim/json_text.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace coax::sim::detail {

/// The largest whole number that every JSON reader keeps.
constexpr double largest_exact = 9'007'199'254'740'991.0;
/// Deeper schemas are taken for endless.
constexpr int max_depth = 48;

/// A keyword's number, also one that is in the description only; none: it is missing or not finite.
[[nodiscard]] std::optional<double> number_of(json::value const& schema, std::string_view keyword) noexcept;
[[nodiscard]] std::size_t size_of(json::value const& schema, std::string_view keyword, std::size_t otherwise) noexcept;
/// A keyword's array or object; null: it is missing or of another kind.
[[nodiscard]] json::array const* array_of(json::value const& schema, std::string_view keyword) noexcept;
[[nodiscard]] json::object const* object_of(json::value const& schema, std::string_view keyword) noexcept;
/// The alternatives of `anyOf` or `oneOf`; null: there are none.
[[nodiscard]] json::array const* variants_of(json::value const& schema) noexcept;
[[nodiscard]] bool is_required(json::value const& schema, std::string_view name) noexcept;
/// The type that a schema without `type` implies.
[[nodiscard]] std::string_view inferred_type(json::value const& schema) noexcept;
/// The parts of `allOf` as one schema: properties and required names add up, of other keywords the first one counts.
[[nodiscard]] json::value merge_all_of(json::value const& schema, json::value const& root);
/// How many levels a value of this schema needs at least; `deepest` where it has no end.
[[nodiscard]] int min_depth(json::value const& schema, json::value const& root);

}  // namespace coax::sim::detail
