#pragma once

#include <coax/core/result.hpp>
#include <coax/json/violation.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace coax::json::detail {

/// Violations reported at once, unless options say otherwise.
inline constexpr std::size_t most_violations = 8;

/// All violations as one error; there must be one. The lines and columns come from `text`.
/// @param most  With so many violations, there may be more.
[[nodiscard]] error to_error(std::vector<violation> const& violations, std::string_view text,
                             std::size_t most = most_violations);

/// Fills in `line`, `column` and `near`, which follow from the offset.
[[nodiscard]] std::vector<violation> add_positions(std::vector<violation> violations, std::string_view text);

}  // namespace coax::json::detail
