#include "cache/entry_check.hpp"

#include "cache/internal/tags.hpp"

#include <algorithm>

namespace coax::cache::detail {
namespace {

constexpr std::size_t largest_key = 512;
constexpr std::size_t largest_tag = 256;
constexpr std::size_t most_tags = 128;  // 64 of a request and 64 of its client

}  // namespace

result<void> check_tags(std::string_view where, std::vector<std::string> const& tags, std::size_t most) {
    if (tags.size() > most)
        return invalid_argument(std::string{where}, "has more than " + std::to_string(most) + " tags");
    auto const is_wrong = [](std::string const& tag) { return tag.empty() || tag.size() > largest_tag; };
    if (std::ranges::any_of(tags, is_wrong))
        return invalid_argument(std::string{where}, "a tag must have 1 to 256 bytes");
    return {};
}

result<void> check_key(std::string const& key) {
    if (key.empty() || key.size() > largest_key) return invalid_argument("key", "must have 1 to 512 bytes");
    return {};
}

result<void> check_entry(std::string const& key, cache_entry const& entry) {
    if (auto checked = check_key(key); !checked) return checked;
    if (entry.ttl.count() < 0) return invalid_argument("ttl", "must not be negative");
    return check_tags("tags", entry.tags, most_tags);
}

std::vector<std::string> distinct(std::vector<std::string> tags) {
    std::ranges::sort(tags);
    auto const rest = std::ranges::unique(tags);
    tags.erase(rest.begin(), rest.end());
    return tags;
}

std::int64_t end_of_life(std::int64_t now, std::chrono::milliseconds ttl) noexcept {
    return ttl.count() > 0 && ttl.count() < never - now ? now + ttl.count() : never;
}

}  // namespace coax::cache::detail
