#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace coax::json::detail {

/// Appends `text` in the one form of all JSON that means the same: no white space, members in the order of their names,
/// strings escaped as `append_string` does, numbers with the fewest digits (1, 1.0 and 1e0 are one).
/// @param leaves_out  Whether the root goes without a member. May be null.
/// @returns false: the text is not JSON, or nested deeper; `out` may have grown all the same.
[[nodiscard]] bool append_canonical(std::string& out, std::string_view text, std::size_t max_depth,
                                    bool (*leaves_out)(std::string_view member) = nullptr);

}  // namespace coax::json::detail
