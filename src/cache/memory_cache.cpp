#include "cache/entry_check.hpp"
#include "cache/internal/counters.hpp"

#include <coax/cache/memory_cache.hpp>
#include <coax/runtime/clock.hpp>

#include <list>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace coax {
namespace cache::detail {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t entry_overhead = 128;

struct node {
    std::string key;
    cache_entry entry;
    std::int64_t stored;
    std::int64_t ends;
    std::size_t bytes;
};

std::int64_t time_at(asio::any_io_executor const& executor) { return to_milliseconds(clock_of(executor).system_now()); }

std::size_t size_of(std::string const& key, cache_entry const& entry) {
    auto bytes = entry_overhead + key.size() + entry.value.size();
    for (auto const& tag : entry.tags) bytes += tag.size();
    return bytes;
}

/// The entries in the order of their last use, the latest first. For one thread at a time.
class entry_list {
public:
    [[nodiscard]] node const* find(std::string_view key) {
        auto const at = by_key_.find(key);
        if (at == by_key_.end()) return nullptr;
        nodes_.splice(nodes_.begin(), nodes_, at->second);
        return &*at->second;
    }
    bool erase(std::string_view key) {
        auto const at = by_key_.find(key);
        if (at == by_key_.end()) return false;
        drop(at->second);
        return true;
    }
    void add(node added) {
        nodes_.push_front(std::move(added));
        auto const& first = nodes_.front();
        by_key_.emplace(first.key, nodes_.begin());
        for (auto const& tag : first.entry.tags) by_tag_[tag].insert(first.key);
        bytes_ += first.bytes;
    }
    void drop_oldest() { drop(std::prev(nodes_.end())); }

    std::uint64_t erase_tag(std::string const& tag) {
        auto const at = by_tag_.find(tag);
        if (at == by_tag_.end()) return 0;
        auto const keys = std::move(at->second);
        for (auto const key : keys) erase(key);
        by_tag_.erase(tag);
        return keys.size();
    }
    void clear() {
        by_tag_.clear();
        by_key_.clear();
        nodes_.clear();
        bytes_ = 0;
    }

    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    void drop(std::list<node>::iterator one) {
        for (auto const& tag : one->entry.tags) untag(tag, one->key);
        by_key_.erase(one->key);
        bytes_ -= one->bytes;
        nodes_.erase(one);
    }
    void untag(std::string const& tag, std::string_view key) {
        auto const at = by_tag_.find(tag);
        if (at == by_tag_.end()) return;
        at->second.erase(key);
        if (at->second.empty()) by_tag_.erase(at);
    }

    std::list<node> nodes_{};
    std::unordered_map<std::string_view, std::list<node>::iterator> by_key_{};
    std::unordered_map<std::string, std::unordered_set<std::string_view>> by_tag_{};
    std::size_t bytes_{0};
};

class memory_cache final : public cache_store {
public:
    explicit memory_cache(memory_cache_options const& options) : options_{options} {}

    asio::awaitable<result<std::optional<cached_value>>> get(std::string key, milliseconds max_age) override {
        auto const now = time_at(co_await asio::this_coro::executor);
        co_return counted_.looked_up(find(key, now, max_age));
    }
    asio::awaitable<result<void>> put(std::string key, cache_entry entry) override {
        auto const now = time_at(co_await asio::this_coro::executor);
        co_return counted_.done(keep(std::move(key), std::move(entry), now));
    }
    asio::awaitable<result<bool>> erase(std::string key) override {
        std::lock_guard const lock{mutex_};
        co_return entries_.erase(key);
    }
    asio::awaitable<result<std::uint64_t>> invalidate_by_tags(std::vector<std::string> tags) override {
        std::lock_guard const lock{mutex_};
        std::uint64_t dropped = 0;
        for (auto const& tag : tags) dropped += entries_.erase_tag(tag);
        co_return dropped;
    }
    asio::awaitable<result<void>> clear() override {
        std::lock_guard const lock{mutex_};
        entries_.clear();
        co_return result<void>{};
    }
    asio::awaitable<result<cache_statistics>> statistics() override {
        auto all = counted_.read();
        std::lock_guard const lock{mutex_};
        all.entries = entries_.size();
        all.bytes = entries_.bytes();
        co_return all;
    }
    void count_unreadable() noexcept override { counted_.unreadable(); }

private:
    result<std::optional<cached_value>> find(std::string const& key, std::int64_t now, milliseconds max_age) {
        std::lock_guard const lock{mutex_};
        auto const* const found = entries_.find(key);
        if (found == nullptr) return std::optional<cached_value>{};
        if (found->ends <= now) {
            entries_.erase(key);
            ++counted_.evictions;
            return std::optional<cached_value>{};
        }
        if (is_older(found->stored, now, max_age)) return std::optional<cached_value>{};
        return std::optional{cached_value{.value = found->entry.value, .stored_at = from_milliseconds(found->stored)}};
    }

    result<void> keep(std::string key, cache_entry entry, std::int64_t now) {
        if (auto checked = check_entry(key, entry); !checked) return checked;
        entry.tags = distinct(std::move(entry.tags));
        auto const bytes = size_of(key, entry);
        if (bytes > options_.max_bytes)
            return error{.code = errc::too_large,
                         .message = "an entry of " + std::to_string(bytes) + " bytes is larger than the cache, " +
                                    std::to_string(options_.max_bytes) + " bytes (max_bytes)"};
        std::lock_guard const lock{mutex_};
        entries_.erase(key);
        make_room(bytes);
        auto const ends = end_of_life(now, entry.ttl);
        entries_.add({.key = std::move(key), .entry = std::move(entry), .stored = now, .ends = ends, .bytes = bytes});
        ++counted_.stores;
        return {};
    }

    void make_room(std::size_t bytes) {
        while (entries_.size() >= options_.max_entries ||
               (entries_.size() > 0 && entries_.bytes() + bytes > options_.max_bytes)) {
            entries_.drop_oldest();
            ++counted_.evictions;
        }
    }

    memory_cache_options const options_;
    std::mutex mutex_{};
    entry_list entries_{};  ///< Guarded.
    counters counted_{};
};

}  // namespace
}  // namespace cache::detail

result<void> validate(memory_cache_options const& options) {
    if (options.max_entries == 0) return invalid_argument("max_entries", "must be greater than 0");
    if (options.max_bytes == 0) return invalid_argument("max_bytes", "must be greater than 0");
    return {};
}

std::shared_ptr<cache_store> make_memory_cache(memory_cache_options options) {
    value_or_throw(validate(options));
    return std::make_shared<cache::detail::memory_cache>(options);
}

}  // namespace coax
