#include "cache/internal/redis_url.hpp"

#include <coax/cache/memory_cache.hpp>
#include <coax/cache/open_cache.hpp>
#include <coax/cache/redis_cache.hpp>
#include <coax/cache/sqlite_cache.hpp>

namespace coax {

result<void> validate(sqlite_cache_options const& options) {
    if (options.path.empty()) return invalid_argument("path", "must name a file");
    if (options.path == ":memory:") return invalid_argument("path", "must name a file; make_memory_cache has no file");
    if (options.max_bytes == 0) return invalid_argument("max_bytes", "must be greater than 0");
    if (options.busy_timeout.count() < 0 || options.busy_timeout > std::chrono::hours{1})
        return invalid_argument("busy_timeout", "must be in [0, 1 hour]");
    return {};
}

result<std::shared_ptr<cache_store>> open_cache(secret const& where) try {
    auto const& text = where.reveal();
    if (text == "memory") return make_memory_cache();
    if (cache::detail::is_redis_url(where)) return make_redis_cache({.url = where});
    return make_sqlite_cache({.path = text});
} catch (exception const& wrong) {
    return wrong.why();
}

}  // namespace coax
