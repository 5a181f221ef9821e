#include "cache/internal/redis_url.hpp"
#include "cache/internal/tags.hpp"
#include "core/internal/boxed.hpp"

#include <coax/cache/cache_store.hpp>
#include <coax/cache/redis_cache.hpp>
#include <coax/cache/response_cache.hpp>

namespace coax {
namespace {

/// Checks what `open_cache` is given, without opening it.
result<void> check_place(secret const& where) {
    if (cache::detail::is_redis_url(where)) return validate(redis_cache_options{.url = where});
    if (where.reveal().find("://") == std::string::npos) return {};
    return invalid_argument("where", "names a cache as \"memory\", a file, redis://… or rediss://…");
}

}  // namespace

template class boxed<response_cache_options>;

result<void> validate(response_cache_options const& options) {
    if (!options.store && options.where.empty())
        return invalid_argument("store", "must be given, such as make_memory_cache(), or named by `where`");
    if (!options.store)
        if (auto checked = check_place(options.where); !checked)
            return invalid_argument("where", checked.error().message);
    if (options.ttl.count() < 0) return invalid_argument("ttl", "must not be negative");
    return cache::detail::check_tags("tags", options.tags);
}

}  // namespace coax
