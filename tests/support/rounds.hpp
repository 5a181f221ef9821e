#pragma once

#include <cstdlib>

namespace coax::test {

/// How many of the usual rounds are tried: fewer where a sanitizer makes each of them several times as slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int usual_divisor = 4;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr int usual_divisor = 4;
#else
inline constexpr int usual_divisor = 1;
#endif
#else
inline constexpr int usual_divisor = 1;
#endif

/// Freed memory is kept for a time, so that what is resident says little.
inline constexpr bool is_sanitized = usual_divisor > 1;

/// How often a random test tries: `usual`, or `thorough` where the long tests run (`ctest --preset long`).
[[nodiscard]] inline int rounds(int usual, int thorough) {
    if (std::getenv("COAX_LONG_TESTS") != nullptr) return thorough;
    return (usual + usual_divisor - 1) / usual_divisor;
}

}  // namespace coax::test
