#pragma once

#include <coax/cache/cache_store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace coax {

/// A cache in one file.
struct sqlite_cache_options {
    /// Made if it is not there, for its owner alone. On a disk of this machine: several processes share memory over it.
    std::string path{};
    /// Keys, values and tags; past it what was used longest ago is dropped. The file itself is a little larger, and
    /// with two more beside it while it is open. Must be > 0.
    std::uint64_t max_bytes{1ULL << 30U};
    /// How long a write waits for another process's. Range: [0, 1 hour].
    std::chrono::milliseconds busy_timeout{5'000};
};

/// Errors: `errc::invalid_argument`.
[[nodiscard]] result<void> validate(sqlite_cache_options const& options);

/// A cache that outlives its process: a SQLite database in WAL mode, which several processes may use at once and which
/// the death of one never harms; what it had just put may be lost with the machine's power. Reading happens on the
/// caller's thread (some 10 µs), writing on a thread of the cache's own. `cache_statistics::entries` and `bytes` are
/// those of the file.
/// @throws coax::exception  `errc::invalid_argument`; `errc::io_failed`: it cannot be opened, or is no cache of coax,
/// or
///         one of a newer version (`where` is the path). Without SQLite (COAX_WITH_SQLITE) `errc::invalid_argument`.
[[nodiscard]] std::shared_ptr<cache_store> make_sqlite_cache(sqlite_cache_options options);

}  // namespace coax
