#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace coax::json {

/// One way in which a text is not what was asked for.
struct violation {
    std::string pointer{};   ///< JSON pointer; empty: the whole value.
    std::string expected{};  ///< What belongs there. Empty: `found` alone says what is wrong, as in "unknown key".
    std::string found{};     ///< A short form of what stands there; may be empty.
    std::string near{};      ///< At most 60 bytes of the text around it, on one line, with " >>> " before the place.
    std::size_t line{0};     ///< From 1. 0: not known.
    std::size_t column{0};   ///< In code points, from 1.
    std::size_t offset{0};   ///< Of the byte in the text.

    friend bool operator==(violation const&, violation const&) = default;
};

/// All violations as a list, one a line, from which a model can correct its response.
[[nodiscard]] std::string to_string(std::vector<violation> const& violations);

}  // namespace coax::json
