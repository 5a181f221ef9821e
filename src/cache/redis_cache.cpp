#include "cache/entry_check.hpp"
#include "cache/internal/counters.hpp"
#include "cache/internal/io_thread.hpp"
#include "cache/internal/redis_link.hpp"
#include "cache/redis_commands.hpp"

#include <coax/cache/redis_cache.hpp>
#include <coax/runtime/on_executor.hpp>

#include <utility>

namespace coax {
namespace cache::detail {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t most_counted = 1'000'000;

redis_link_options link_options(redis_cache_options const& options) {
    return {.connect_timeout = options.connect_timeout,
            .command_timeout = options.command_timeout,
            .retry_interval = options.retry_interval,
            .max_waiting_bytes = options.max_waiting_bytes,
            .max_reply_bytes = options.max_reply_bytes,
            .ca_file = options.ca_file,
            .ca_pem = options.ca_pem,
            .client_certificate = options.client_certificate};
}

asio::awaitable<void> forget(std::shared_ptr<cache_store> store) { (void)co_await store->clear(); }

/// `link->ask` with the link kept alive.
asio::awaitable<result<std::vector<redis_reply>>> ask(std::shared_ptr<redis_link> link, std::string bytes,
                                                      std::size_t count) {
    co_return co_await link->ask(std::move(bytes), count);
}

class redis_cache final : public cache_store {
public:
    redis_cache(redis_cache_options options, redis_address address)
        : commands_{options.prefix},
          fallback_{make_memory_cache(options.fallback)},
          link_{std::make_shared<redis_link>(thread_.executor(), link_options(options), std::move(address),
                                             [store = fallback_] { return forget(store); })} {}
    ~redis_cache() override { thread_.stop(); }

    asio::awaitable<result<std::optional<cached_value>>> get(std::string key, milliseconds max_age) override {
        if (auto checked = check_key(key); !checked)
            co_return counted_.done(error_of<std::optional<cached_value>>(checked));
        auto const now = to_milliseconds(clock_of(co_await asio::this_coro::executor).system_now());
        auto found = co_await read(commands_.get(key), &to_value);
        if (!found && found.error().code != errc::cancelled) {
            ++counted_.fallbacks;
            co_return counted_.looked_up(co_await fallback_->get(std::move(key), max_age));
        }
        if (found && *found && is_older(to_milliseconds((*found)->stored_at), now, max_age)) found->reset();
        co_return counted_.looked_up(std::move(found));
    }

    asio::awaitable<result<void>> put(std::string key, cache_entry entry) override {
        auto const now = to_milliseconds(clock_of(co_await asio::this_coro::executor).system_now());
        if (auto checked = check_entry(key, entry); !checked) co_return counted_.done(std::move(checked));
        entry.tags = distinct(std::move(entry.tags));
        auto const kept = co_await read(commands_.put(key, entry, now), &to_count);
        if (!kept && kept.error().code == errc::cancelled) co_return counted_.done(result<void>{kept.error()});
        result<void> done{};
        if (!kept) {
            ++counted_.fallbacks;
            done = co_await fallback_->put(std::move(key), std::move(entry));
        }
        if (done) ++counted_.stores;
        co_return counted_.done(std::move(done));
    }

    asio::awaitable<result<bool>> erase(std::string key) override {
        (void)co_await fallback_->erase(key);
        auto const erased = counted_.done(co_await read(commands_.erase(key), &to_count));
        if (!erased) co_return erased.error();
        co_return *erased > 0;
    }

    asio::awaitable<result<std::uint64_t>> invalidate_by_tags(std::vector<std::string> tags) override {
        (void)co_await fallback_->invalidate_by_tags(tags);
        co_return counted_.done(co_await read(commands_.invalidate(distinct(std::move(tags))), &to_count));
    }

    asio::awaitable<result<void>> clear() override {
        (void)co_await fallback_->clear();
        auto const step = [this](redis_reply const& keys) { return unlink(keys); };
        auto const done = counted_.done(co_await scan(false, step));
        if (!done) co_return done.error();
        co_return result<void>{};
    }

    asio::awaitable<result<cache_statistics>> statistics() override {
        auto const held = co_await scan(true, {});
        if (!held) co_return held.error();
        auto all = counted_.read();
        all.entries = *held;
        all.fallback_time = link_->away().total(clock_of(thread_.executor()).now());
        co_return all;
    }

    void count_unreadable() noexcept override { counted_.unreadable(); }

private:
    template <class T>
    static result<T> error_of(result<void> const& failed) {
        return failed.error();
    }

    /// Asks the server one thing.
    template <class T>
    asio::awaitable<result<T>> read(std::string bytes, result<T> (*read_reply)(redis_reply const&)) {
        auto replies = co_await as_result(on_executor(thread_.executor(), ask(link_, std::move(bytes), 1)));
        if (!replies) co_return std::move(replies).error();
        co_return read_reply(replies->front());
    }

    using scan_step = std::function<asio::awaitable<result<void>>(redis_reply const& keys)>;

    /// Goes over the cache's keys. @returns How many there are.
    asio::awaitable<result<std::uint64_t>> scan(bool entries_only, scan_step step) {
        std::uint64_t count = 0;
        for (std::string cursor{"0"}; count < most_counted || step;) {
            auto bytes = commands_.scan(cursor, entries_only);
            auto replies = co_await as_result(on_executor(thread_.executor(), ask(link_, std::move(bytes), 1)));
            if (!replies) co_return std::move(replies).error();
            auto& reply = replies->front();
            if (auto good = check(reply); !good) co_return std::move(good).error();
            if (reply.items.size() != 2) co_return error{.code = errc::protocol_error, .message = "no reply to SCAN"};
            count += reply.items[1].items.size();
            if (step && !reply.items[1].items.empty())
                if (auto done = co_await step(reply.items[1]); !done) co_return std::move(done).error();
            cursor = reply.items[0].text;
            if (cursor == "0") break;
        }
        co_return count;
    }

    asio::awaitable<result<void>> unlink(redis_reply const& keys) {
        auto const done = co_await read(redis_commands::unlink(keys.items), &to_count);
        if (!done) co_return done.error();
        co_return result<void>{};
    }

    redis_commands const commands_;
    std::shared_ptr<cache_store> const fallback_;
    counters counted_{};
    io_thread thread_{};
    std::shared_ptr<redis_link> const link_;
};

}  // namespace
}  // namespace cache::detail

std::shared_ptr<cache_store> make_redis_cache(redis_cache_options options) {
    value_or_throw(validate(options));
    auto address = value_or_throw(cache::detail::parse_redis_url(options.url));
    return std::make_shared<cache::detail::redis_cache>(std::move(options), std::move(address));
}

}  // namespace coax
