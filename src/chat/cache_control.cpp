#include "core/internal/boxed.hpp"

#include <coax/chat/cache_control.hpp>
#include <coax/chat/request.hpp>  // declares the instantiation below

#include <algorithm>

namespace coax {

bool cache_control::operator==(cache_control const& other) const = default;

template class boxed<cache_control>;

result<void> validate(cache_control const& wanted) {
    if (wanted.max_age.count() < 0) return invalid_argument("response_cache.max_age", "must not be negative");
    if (wanted.ttl.count() < 0) return invalid_argument("response_cache.ttl", "must not be negative");
    if (wanted.tags.size() > 64) return invalid_argument("response_cache.tags", "has more than 64 tags");
    auto const is_wrong = [](std::string const& tag) { return tag.empty() || tag.size() > 256; };
    if (std::ranges::any_of(wanted.tags, is_wrong))
        return invalid_argument("response_cache.tags", "a tag must have 1 to 256 bytes");
    return {};
}

}  // namespace coax
