#pragma once

#include <coax/cache/cache_store.hpp>
#include <coax/core/secret.hpp>

#include <memory>

namespace coax {

/// The store that a text names: "memory", "redis://…" or "rediss://…", or else the path of a SQLite file; each with its
/// default options.
/// Errors: as `make_memory_cache`, `make_redis_cache` and `make_sqlite_cache` throw.
[[nodiscard]] result<std::shared_ptr<cache_store>> open_cache(secret const& where);

}  // namespace coax
