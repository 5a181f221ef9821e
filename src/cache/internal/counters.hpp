#pragma once

#include <coax/cache/cache_store.hpp>

#include <atomic>
#include <cstdint>

namespace coax::cache::detail {

/// What a store counts, from any thread.
struct counters {
    std::atomic<std::uint64_t> hits{0};
    std::atomic<std::uint64_t> misses{0};
    std::atomic<std::uint64_t> stores{0};
    std::atomic<std::uint64_t> evictions{0};
    std::atomic<std::uint64_t> errors{0};
    std::atomic<std::uint64_t> fallbacks{0};

    void unreadable() noexcept {
        --hits;
        ++misses;
        ++errors;
    }
    /// Counts how a look-up ended, and hands it on.
    template <class Outcome>
    Outcome looked_up(Outcome outcome) noexcept {
        if (!outcome) ++errors;
        ++(outcome && *outcome ? hits : misses);
        return outcome;
    }
    /// Counts an operation that failed, and hands it on.
    template <class Outcome>
    Outcome done(Outcome outcome) noexcept {
        if (!outcome) ++errors;
        return outcome;
    }
    [[nodiscard]] cache_statistics read() const noexcept {
        return {.hits = hits,
                .misses = misses,
                .stores = stores,
                .evictions = evictions,
                .errors = errors,
                .fallbacks = fallbacks};
    }
};

}  // namespace coax::cache::detail
