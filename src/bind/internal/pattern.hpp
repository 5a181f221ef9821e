#pragma once

#include <string_view>

namespace coax::bind::detail {

enum class pattern_outcome { matches, differs, not_a_pattern };

/// Searches `text`, which is UTF-8, for an expression of ECMA-262, or of PCRE2 where that knows more. Compiled once for
/// each pattern and process; the cache and the work of one search are bounded. Thread safety: may be called from any
/// thread.
[[nodiscard]] pattern_outcome match_pattern(std::string_view pattern, std::string_view text);

}  // namespace coax::bind::detail
