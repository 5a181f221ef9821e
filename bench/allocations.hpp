#pragma once

#include <cstddef>

namespace coax::bench {

/// What the program has asked the heap for so far; counted in allocations.cpp.
struct heap_use {
    std::size_t allocations{0};
    std::size_t live_bytes{0};
    std::size_t peak_bytes{0};
};

[[nodiscard]] heap_use heap() noexcept;
/// Forgets the peak: it is counted from here.
void reset_peak() noexcept;

}  // namespace coax::bench
