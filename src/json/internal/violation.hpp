#pragma once

#include <coax/core/result.hpp>
#include <coax/json/violation.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coax::json::detail {

/// Violations told at once, unless options say otherwise.
inline constexpr std::size_t most_violations = 8;

/// One way in which a text is not what was asked for.
struct violation {
    std::string pointer;  ///< JSON pointer.
    std::string message;  ///< "expected ..., found ...".
    std::size_t offset;   ///< Of the byte in the text.
};

/// All violations as one error; there must be one.
[[nodiscard]] error to_error(std::vector<violation> const& violations, std::string_view text,
                             std::size_t most = most_violations);

/// The same as callers see them one by one.
[[nodiscard]] std::vector<json::violation> to_public(std::vector<violation> const& violations, std::string_view text);

}  // namespace coax::json::detail
