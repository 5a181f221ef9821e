#include <coax/cache/redis_cache.hpp>

namespace coax {

std::shared_ptr<cache_store> make_redis_cache(redis_cache_options options) {
    value_or_throw(validate(options));
    throw_error(invalid_argument("store", "this coax was built without hiredis (COAX_WITH_HIREDIS)"));
}

}  // namespace coax
