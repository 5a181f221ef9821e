#pragma once

#include <coax/cache/cache_store.hpp>

#include <cstddef>
#include <memory>

namespace coax {

/// How much a cache in memory keeps. Past either limit it drops what was used longest ago.
struct memory_cache_options {
    std::size_t max_entries{100'000};    ///< Must be > 0.
    std::size_t max_bytes{256U << 20U};  ///< Keys, values, tags and 128 bytes for each entry. Must be > 0.
};

/// Errors: `errc::invalid_argument`.
[[nodiscard]] result<void> validate(memory_cache_options const& options);

/// A cache in the memory of this process. Its operations never wait.
/// @throws coax::exception  `errc::invalid_argument`.
[[nodiscard]] std::shared_ptr<cache_store> make_memory_cache(memory_cache_options options = {});

}  // namespace coax
