#pragma once

#include "sim/random.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace coax::sim::detail {

/// A text that the regular expression matches. Supports literals, escapes, classes, groups, alternatives, anchors and
/// quantifiers, of which open ones repeat at most three times more than they must; `nullopt` for anything else.
[[nodiscard]] std::optional<std::string> text_matching(std::string_view pattern, random_source& random);

}  // namespace coax::sim::detail
