#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace coax::json {

/// One way in which a text is not what was asked for.
struct violation {
    std::string pointer{};  ///< JSON pointer; empty: the whole value.
    std::string expected{};
    std::string found{};  ///< A short form of what stands there.
    std::string near{};   ///< At most 60 bytes of the text around it, on one line; the place itself is behind " >>> ".
    std::size_t line{0};  ///< From 1. 0: not known.
    std::size_t column{0};  ///< In code points, from 1.

    friend bool operator==(violation const&, violation const&) = default;
};

/// All violations as a list that a model can mend its answer from, one a line.
[[nodiscard]] std::string to_string(std::vector<violation> const& violations);

}  // namespace coax::json
