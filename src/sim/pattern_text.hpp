#pragma once

#include "sim/random.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace coax::sim::detail {

/// A text that the regular expression matches, or `nullopt` for what is not understood here (back-references,
/// look-around, named classes). Understands literals, escapes, classes, groups, alternatives, anchors and quantifiers;
/// an open quantifier repeats at most three times more than it must.
[[nodiscard]] std::optional<std::string> text_matching(std::string_view pattern, random_source& random);

}  // namespace coax::sim::detail
