#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coax::core::detail {

/// How many letters must be put in, taken out, replaced or swapped with the next to make `b` of `a`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known names that a misspelt one is likely to mean: the nearest, if one letter in four is wrong at most, or two.
[[nodiscard]] std::vector<std::string_view> near_names(std::string_view misspelt,
                                                       std::span<std::string_view const> known);

/// "\"top_p\" or \"top_k\"", for people.
[[nodiscard]] std::string one_of(std::span<std::string_view const> names);

}  // namespace coax::core::detail
