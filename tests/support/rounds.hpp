#pragma once

#include <cstdlib>

namespace coax::test {

/// How often a random test tries: `usual`, or `thorough` where the long tests run (`ctest --preset long`).
[[nodiscard]] inline int rounds(int usual, int thorough) {
    return std::getenv("COAX_LONG_TESTS") != nullptr ? thorough : usual;
}

}  // namespace coax::test
