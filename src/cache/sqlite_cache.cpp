#include "cache/internal/counters.hpp"
#include "cache/sqlite_schema.hpp"
#include "cache/sqlite_sides.hpp"

#include <coax/cache/sqlite_cache.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/on_executor.hpp>

#include <boost/asio/thread_pool.hpp>

#include <mutex>
#include <utility>

namespace coax {
namespace cache::detail {
namespace {

using std::chrono::milliseconds;

/// How long a look-up waits for whoever mends the file after a crash, which is rare; it is a miss then.
constexpr milliseconds reader_patience{100};
/// Times of use that wait for the next entry to be written with.
constexpr std::size_t most_waiting_uses = 4'096;

class sqlite_cache final : public cache_store {
public:
    sqlite_cache(sqlite_reader reader, sqlite_writer writer)
        : reader_{std::move(reader)}, writer_{std::move(writer)}, thread_{1} {}
    ~sqlite_cache() override {
        thread_.join();
        (void)writer_.touch(used_);
    }

    asio::awaitable<result<std::optional<cached_value>>> get(std::string key, milliseconds max_age) override {
        auto const now = to_milliseconds(clock_of(co_await asio::this_coro::executor).system_now());
        auto found = counted_.looked_up(find(key, now, max_age));
        if (auto const used = full_uses()) (void)co_await write([this, held = *used] { return writer_.touch(held); });
        co_return found;
    }

    asio::awaitable<result<void>> put(std::string key, cache_entry entry) override {
        auto const now = to_milliseconds(clock_of(co_await asio::this_coro::executor).system_now());
        if (auto checked = check_entry(key, entry); !checked) co_return counted_.done(std::move(checked));
        entry.tags = distinct(std::move(entry.tags));
        auto const work = [this, key, entry = std::move(entry), now, used = take_uses()] {
            return writer_.put(key, entry, now, used);
        };
        auto const dropped = counted_.done(co_await write(work));
        if (!dropped) co_return dropped.error();
        counted_.evictions += *dropped;
        ++counted_.stores;
        co_return result<void>{};
    }

    asio::awaitable<result<bool>> erase(std::string key) override {
        auto const erased = counted_.done(co_await write([this, key] { return writer_.erase(key); }));
        if (!erased) co_return erased.error();
        co_return *erased > 0;
    }

    asio::awaitable<result<std::uint64_t>> invalidate_by_tags(std::vector<std::string> tags) override {
        co_return counted_.done(co_await write([this, tags] { return writer_.invalidate(tags); }));
    }

    asio::awaitable<result<void>> clear() override {
        co_return counted_.done(co_await write([this] { return writer_.clear(); }));
    }

    asio::awaitable<result<cache_statistics>> statistics() override {
        auto all = counted_.read();
        std::lock_guard const lock{mutex_};
        auto const held = reader_.totals();
        if (!held) co_return held.error();
        all.entries = held->entries;
        all.bytes = held->bytes;
        co_return all;
    }

    void count_unreadable() noexcept override { counted_.unreadable(); }

private:
    result<std::optional<cached_value>> find(std::string const& key, std::int64_t now, milliseconds max_age) {
        std::lock_guard const lock{mutex_};
        auto found = reader_.find(key);
        if (!found) return std::move(found).error();
        if (!*found || (*found)->ends <= now) return std::optional<cached_value>{};
        if (is_older(to_milliseconds((*found)->value.stored_at), now, max_age)) return std::optional<cached_value>{};
        used_[(*found)->id] = now;
        return std::optional{std::move((*found)->value)};
    }

    use_times take_uses() {
        std::lock_guard const lock{mutex_};
        return std::exchange(used_, {});
    }
    std::optional<use_times> full_uses() {
        std::lock_guard const lock{mutex_};
        return used_.size() < most_waiting_uses ? std::nullopt : std::optional{std::exchange(used_, {})};
    }

    template <class Work>
    asio::awaitable<std::invoke_result_t<Work>> run(Work work) {
        std::lock_guard const lock{writing_};
        co_return work();
    }
    /// Does `work`, which owns what it needs, on the thread that writes. It ends before the caller goes on, also one
    /// that was cancelled; only where the caller's context ends it goes on alone. Virtual time waits for no thread.
    template <class Work>
    asio::awaitable<std::invoke_result_t<Work>> write(Work work) {
        bool const is_real = &clock_of(co_await asio::this_coro::executor) == &clock::real();
        auto done = run(std::move(work));
        if (is_real) done = on_executor(asio::any_io_executor{thread_.get_executor()}, std::move(done));
        co_return co_await std::move(done);
    }

    std::mutex mutex_{};
    sqlite_reader reader_;  ///< Guarded.
    use_times used_{};      ///< Guarded.
    std::mutex writing_{};
    sqlite_writer writer_;  ///< Guarded by `writing_`.
    counters counted_{};
    asio::thread_pool thread_;
};

std::unique_ptr<sqlite_database> opened(std::string const& path, milliseconds patience) {
    return value_or_throw(open_cache_file(path, patience));
}

}  // namespace
}  // namespace cache::detail

std::shared_ptr<cache_store> make_sqlite_cache(sqlite_cache_options options) {
    using namespace cache::detail;
    value_or_throw(validate(options));
    sqlite_writer writer{opened(options.path, options.busy_timeout), options.max_bytes};
    value_or_throw(writer.prepare());
    auto file = opened(options.path, options.busy_timeout);
    sqlite3_busy_timeout(file->native(), static_cast<int>(reader_patience.count()));
    value_or_throw(file->run("PRAGMA query_only = 1"));
    sqlite_reader reader{std::move(file)};
    value_or_throw(reader.prepare());
    return std::make_shared<sqlite_cache>(std::move(reader), std::move(writer));
}

}  // namespace coax
