#pragma once

#include <coax/core/result.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coax {

/// What is put into a cache.
struct cache_entry {
    std::string value{};               ///< Any bytes.
    std::chrono::milliseconds ttl{0};  ///< How long it is kept. Zero: until it must make room.
    std::vector<std::string> tags{};   ///< Names by which it can be invalidated.
};

/// What a cache has.
struct cached_value {
    std::string value{};
    std::chrono::system_clock::time_point stored_at{};
};

/// What one store did since it was made, and what it holds now.
struct cache_statistics {
    std::uint64_t hits{0};
    std::uint64_t misses{0};                     ///< Nothing there, too old, or unreadable.
    std::uint64_t stores{0};                     ///< Entries put.
    std::uint64_t evictions{0};                  ///< Entries dropped for room, or since their time was over.
    std::uint64_t errors{0};                     ///< Operations that failed, and entries that could not be read.
    std::uint64_t entries{0};                    ///< Held now, by all who share the store.
    std::uint64_t bytes{0};                      ///< Held now: keys, values and tags. 0: the store cannot tell.
    std::uint64_t fallbacks{0};                  ///< Operations that the store in place of an absent one served.
    std::chrono::milliseconds fallback_time{0};  ///< How long the store itself was away, in all.
};

/// Keeps values under keys, for a time. Ready-made: `make_memory_cache`, `make_sqlite_cache`, `make_redis_cache`, and
/// `open_cache` for whichever a text names.
///
/// A cache that cannot do what it is asked says so; a client goes on as if it had none. Keys have 1 to 512 bytes.
/// Times are those of the caller's clock. Thread safety: all members from any thread and any executor. Lifetime: must
/// outlive its operations. Cancellation: `terminal`, as `errc::cancelled`; whether it was done is then not known.
class cache_store {
public:
    cache_store() = default;
    cache_store(cache_store const&) = delete;
    cache_store& operator=(cache_store const&) = delete;
    virtual ~cache_store() = default;

    /// The value under `key`, which counts as used now; nothing: there is none, or it is older than `max_age`.
    /// @param max_age  Zero: of any age.
    virtual boost::asio::awaitable<result<std::optional<cached_value>>> get(std::string key,
                                                                            std::chrono::milliseconds max_age) = 0;

    /// Keeps an entry, in place of what was there.
    /// Errors: `errc::invalid_argument` (key, tags, ttl); `errc::too_large`: it is larger than all that may be kept.
    virtual boost::asio::awaitable<result<void>> put(std::string key, cache_entry entry) = 0;

    /// @returns Whether there was one.
    virtual boost::asio::awaitable<result<bool>> erase(std::string key) = 0;

    /// Drops all entries that have one of these tags.
    /// @returns How many there were.
    virtual boost::asio::awaitable<result<std::uint64_t>> invalidate_by_tags(std::vector<std::string> tags) = 0;

    /// Drops everything.
    virtual boost::asio::awaitable<result<void>> clear() = 0;

    virtual boost::asio::awaitable<result<cache_statistics>> statistics() = 0;

    /// To be called when what `get` gave last cannot be read: it was a miss and an error, not a hit.
    virtual void count_unreadable() noexcept {}
};

}  // namespace coax
