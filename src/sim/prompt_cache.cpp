#include "sim/prompt_cache.hpp"

#include "sim/text.hpp"

#include <algorithm>

namespace coax::sim::detail {
namespace {

constexpr std::size_t least_tokens = 1'024;
constexpr std::size_t most_entries = 65'536;

}  // namespace

cache_use prompt_cache::use(parsed_chat const& chat, std::chrono::steady_clock::time_point now) {
    cache_use used;
    std::size_t longest = 0;
    for (auto const& point : chat.cache_points) {
        auto const tokens = token_count(point.bytes);
        if (tokens < least_tokens) continue;
        auto const kept = ends_.find(point.hash);
        if (kept != ends_.end() && kept->second > now) used.read_tokens = std::max(used.read_tokens, tokens);
        longest = std::max(longest, tokens);
        keep(point, now);
    }
    if (chat.bills_cache_writes) used.write_tokens = longest - std::min(longest, used.read_tokens);
    return used;
}

void prompt_cache::keep(cache_point const& point, std::chrono::steady_clock::time_point now) {
    if (ends_.size() >= most_entries) std::erase_if(ends_, [now](auto const& entry) { return entry.second <= now; });
    if (ends_.size() >= most_entries) ends_.clear();
    ends_[point.hash] = now + point.kept_for;
}

}  // namespace coax::sim::detail
