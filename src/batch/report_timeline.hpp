#pragma once

#include "batch/sketches.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace coax::detail {

/// What a chart over time shows: spans of equal width, one after the other.
struct timeline {
    std::chrono::milliseconds begin{0};  ///< Since 1970.
    std::chrono::milliseconds end{0};
    std::chrono::milliseconds paused{0};  ///< In all.
    std::chrono::milliseconds width{0};
    std::vector<time_bin> bins{};
    std::vector<double> in_work{};  ///< Records at once, on average.
    std::vector<std::size_t>
        pauses{};  ///< Bins before which nothing was done for more than a minute; that is left out.
};

/// At most `most` spans. Empty where there is nothing.
[[nodiscard]] timeline timeline_of(time_series const& times, std::size_t most);

}  // namespace coax::detail
