#pragma once

#include <coax/cache/cache_store.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace coax::cache::detail {

using system_time = std::chrono::system_clock::time_point;

/// Errors: `errc::invalid_argument`.
[[nodiscard]] result<void> check_key(std::string const& key);
[[nodiscard]] result<void> check_entry(std::string const& key, cache_entry const& entry);

/// The tags, each once, in order.
[[nodiscard]] std::vector<std::string> distinct(std::vector<std::string> tags);

/// Milliseconds since 1970.
[[nodiscard]] inline std::int64_t to_milliseconds(system_time when) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
}
[[nodiscard]] inline system_time from_milliseconds(std::int64_t count) {
    return system_time{std::chrono::milliseconds{count}};
}

inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// When an entry that is put now ends, in milliseconds since 1970.
[[nodiscard]] std::int64_t end_of_life(std::int64_t now, std::chrono::milliseconds ttl) noexcept;

/// Whether an entry is older than `max_age`; zero: never. A clock that went back makes none old.
[[nodiscard]] inline bool is_older(std::int64_t stored, std::int64_t now, std::chrono::milliseconds max_age) noexcept {
    return max_age.count() > 0 && now > stored && now - stored > max_age.count();
}

}  // namespace coax::cache::detail
