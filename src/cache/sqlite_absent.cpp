#include <coax/cache/sqlite_cache.hpp>

namespace coax {

std::shared_ptr<cache_store> make_sqlite_cache(sqlite_cache_options options) {
    value_or_throw(validate(options));
    throw_error(invalid_argument("store", "this coax was built without SQLite (COAX_WITH_SQLITE)"));
}

}  // namespace coax
