#include "support/rounds.hpp"
#include "support/run_coro.hpp"
#include "support/store_model.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/cache/memory_cache.hpp>
#include <coax/cache/open_cache.hpp>
#include <coax/cache/redis_cache.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/cache/sqlite_cache.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <list>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::store_model;
using test::temp_folder;

/// What every store does, in virtual time.
class CacheStore : public testing::TestWithParam<char const*> {
protected:
    [[nodiscard]] std::shared_ptr<cache_store> make(std::size_t max_bytes = 1U << 20U) const {
        if (std::string_view{GetParam()} == "memory") return make_memory_cache({.max_bytes = max_bytes});
        return make_sqlite_cache({.path = folder_.path("cache.sqlite"), .max_bytes = max_bytes});
    }

private:
    temp_folder folder_;
};

INSTANTIATE_TEST_SUITE_P(Stores, CacheStore, testing::Values("memory", "sqlite"),
                         [](auto const& row) { return std::string{row.param}; });

/// The value under a key; "-": there is none.
asio::awaitable<std::string> value_of(std::shared_ptr<cache_store> store, std::string key,
                                      std::chrono::milliseconds max_age = {}) {
    auto found = co_await store->get(std::move(key), max_age);
    EXPECT_TRUE(found);
    co_return found && *found ? std::move((*found)->value) : "-";
}

asio::awaitable<void> keep(std::shared_ptr<cache_store> store, std::string key, cache_entry entry) {
    auto const done = co_await store->put(std::move(key), std::move(entry));
    EXPECT_TRUE(done) << (done ? error{} : done.error());
}

TEST_P(CacheStore, GivesBackWhatItWasGiven) {
    run_virtual([](std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        std::string const any{"a\0b\xFF\n", 5};
        EXPECT_EQ(co_await value_of(store, "k"), "-");
        co_await keep(store, "k", {.value = any});
        co_await keep(store, "empty", {});
        EXPECT_EQ(co_await value_of(store, "k"), any);
        EXPECT_EQ(co_await value_of(store, "empty"), "");
        co_await keep(store, "k", {.value = "new"});
        EXPECT_EQ(co_await value_of(store, "k"), "new");
        auto const all = (co_await store->statistics()).value();
        EXPECT_EQ(all.hits, 3U);
        EXPECT_EQ(all.misses, 1U);
        EXPECT_EQ(all.stores, 3U);
        EXPECT_EQ(all.entries, 2U);
        EXPECT_GE(all.bytes, 8U);
        EXPECT_EQ(all.errors, 0U);
    }(make()));
}

TEST_P(CacheStore, ForgetsWhenTheTimeIsOver) {
    run_virtual([](std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        co_await keep(store, "short", {.value = "s", .ttl = 10s});
        co_await keep(store, "long", {.value = "l"});
        co_await sleep_for(9'999ms);
        EXPECT_EQ(co_await value_of(store, "short"), "s");
        co_await sleep_for(1ms);
        EXPECT_EQ(co_await value_of(store, "short"), "-");
        EXPECT_EQ(co_await value_of(store, "long"), "l");
        co_await keep(store, "other", {.value = "o"});
        EXPECT_EQ((co_await store->statistics()).value().entries, 2U);
    }(make()));
}

TEST_P(CacheStore, OlderThanWantedIsAMissThatStays) {
    run_virtual([](std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        co_await keep(store, "k", {.value = "v"});
        co_await sleep_for(10s);
        EXPECT_EQ(co_await value_of(store, "k", 10s), "v");
        EXPECT_EQ(co_await value_of(store, "k", 9'999ms), "-");
        EXPECT_EQ(co_await value_of(store, "k"), "v");
    }(make()));
}

TEST_P(CacheStore, TagsDropWhatHasThem) {
    run_virtual([](std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        co_await keep(store, "a", {.value = "a", .tags = {"x", "y", "x"}});
        co_await keep(store, "b", {.value = "b", .tags = {"y"}});
        co_await keep(store, "c", {.value = "c"});
        co_await keep(store, "d", {.value = "d", .tags = {"x"}});
        co_await keep(store, "d", {.value = "d", .tags = {"z"}});
        EXPECT_EQ((co_await store->invalidate_by_tags({"x", "none"})).value(), 1U);
        EXPECT_EQ(co_await value_of(store, "a"), "-");
        EXPECT_EQ(co_await value_of(store, "b"), "b");
        EXPECT_EQ(co_await value_of(store, "d"), "d");
        EXPECT_EQ((co_await store->invalidate_by_tags({"y", "z"})).value(), 2U);
        EXPECT_EQ((co_await store->statistics()).value().entries, 1U);
    }(make()));
}

TEST_P(CacheStore, ErasesAndClears) {
    run_virtual([](std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        co_await keep(store, "a", {.value = "a", .tags = {"x"}});
        co_await keep(store, "b", {.value = "b"});
        EXPECT_TRUE((co_await store->erase("a")).value());
        EXPECT_FALSE((co_await store->erase("a")).value());
        EXPECT_EQ((co_await store->invalidate_by_tags({"x"})).value(), 0U);
        EXPECT_TRUE(co_await store->clear());
        auto const all = (co_await store->statistics()).value();
        EXPECT_EQ(all.entries, 0U);
        EXPECT_EQ(all.bytes, 0U);
    }(make()));
}

TEST_P(CacheStore, PastItsBytesTheLongestUnusedGoes) {
    run_virtual([](std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        for (char const* key : {"a", "b", "c"}) {
            co_await keep(store, key, {.value = std::string(3'000, *key)});
            co_await sleep_for(1s);
        }
        EXPECT_EQ(co_await value_of(store, "a"), std::string(3'000, 'a'));
        co_await sleep_for(1s);
        co_await keep(store, "d", {.value = std::string(3'000, 'd')});
        EXPECT_EQ(co_await value_of(store, "b"), "-");
        for (char const* key : {"a", "c", "d"}) EXPECT_NE(co_await value_of(store, key), "-") << key;
        EXPECT_EQ((co_await store->statistics()).value().evictions, 1U);

        auto const too_large = co_await store->put("e", {.value = std::string(10'001, 'e')});
        EXPECT_EQ(too_large.error().code, errc::too_large);
        EXPECT_EQ((co_await store->statistics()).value().entries, 3U);
    }(make(10'000)));
}

struct wrong_entry {
    char const* where;
    std::string key;
    cache_entry entry;
};

TEST_P(CacheStore, RefusesWhatNoStoreTakes) {
    run_virtual([](std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        std::vector<wrong_entry> const rows{{"key", "", {}},
                                            {"key", std::string(513, 'k'), {}},
                                            {"ttl", "k", {.ttl = -1ms}},
                                            {"tags", "k", {.tags = {""}}},
                                            {"tags", "k", {.tags = {std::string(257, 't')}}},
                                            {"tags", "k", {.tags = std::vector<std::string>(129, "t")}}};
        for (auto const& row : rows) {
            auto const done = co_await store->put(row.key, row.entry);
            EXPECT_FALSE(done);
            if (!done) EXPECT_EQ(done.error().where, row.where);
        }
        EXPECT_EQ((co_await store->statistics()).value().errors, rows.size());
    }(make()));
}

TEST_P(CacheStore, AgreesWithAModel) {
    run_virtual([](std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        store_model model{store, "one", 7};
        co_await model.run(test::rounds(2'000, 50'000));
        EXPECT_EQ((co_await store->statistics()).value().entries, model.size());
        co_await model.finish();
        EXPECT_EQ((co_await store->statistics()).value().entries, 0U);
    }(make()));
}

/// Keys in the order of their use, the latest first, of 100 bytes each.
struct use_order {
    void use(std::string const& key) {
        keys.remove(key);
        keys.push_front(key);
        if (keys.size() > 10) keys.pop_back();
    }
    [[nodiscard]] bool has(std::string const& key) const { return std::ranges::find(keys, key) != keys.end(); }

    std::list<std::string> keys{};
};

TEST_P(CacheStore, DropsInTheOrderOfAModel) {
    bool const counts_overhead = std::string_view{GetParam()} == "memory";
    run_virtual([](std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        use_order model;
        std::mt19937_64 random{11};
        for (int i = 0; i < 1'000 && !testing::Test::HasFailure(); ++i) {
            auto const key = std::to_string(10 + random() % 20);
            co_await sleep_for(1ms);
            if (random() % 2 == 0) {
                co_await keep(store, key, {.value = std::string(98, 'v')});
                model.use(key);
            } else {
                EXPECT_EQ(co_await value_of(store, key) != "-", model.has(key)) << i;
                if (model.has(key)) model.use(key);
            }
        }
    }(make(counts_overhead ? 2'280 : 1'000)));
}

TEST(MemoryCache, PastItsEntriesTheLongestUnusedGoes) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const store = make_memory_cache({.max_entries = 2});
        for (char const* key : {"a", "b", "c"}) co_await keep(store, key, {.value = key});
        EXPECT_EQ(co_await value_of(store, "a"), "-");
        EXPECT_EQ(co_await value_of(store, "b"), "b");
    }());
}

TEST(SqliteCache, OutlivesItsStoreAndKeepsTheOrderOfUse) {
    temp_folder const folder;
    run_virtual([](std::string path) -> asio::awaitable<void> {
        {
            auto const store = make_sqlite_cache({.path = path});
            co_await keep(store, "a", {.value = std::string(100, 'a'), .ttl = 1h, .tags = {"x"}});
            co_await sleep_for(1s);
            co_await keep(store, "b", {.value = std::string(100, 'b')});
            co_await sleep_for(1s);
            EXPECT_NE(co_await value_of(store, "a"), "-");  // written down at the end
        }
        auto const again = make_sqlite_cache({.path = path, .max_bytes = 250});
        co_await keep(again, "c", {.value = std::string(100, 'c')});
        EXPECT_EQ(co_await value_of(again, "b"), "-");
        EXPECT_EQ(co_await value_of(again, "a"), std::string(100, 'a'));
        EXPECT_EQ((co_await again->invalidate_by_tags({"x"})).value(), 1U);
    }(folder.path("cache.sqlite")));
}

TEST(SqliteCache, IsItsOwnersAlone) {
    temp_folder const folder;
    auto const path = folder.path("cache.sqlite");
    (void)make_sqlite_cache({.path = path});
    auto const others = std::filesystem::status(path).permissions() & std::filesystem::perms{077};
    EXPECT_EQ(others, std::filesystem::perms::none);
}

error error_of(sqlite_cache_options options) {
    try {
        (void)make_sqlite_cache(std::move(options));
    } catch (exception const& wrong) {
        return wrong.why();
    }
    return {};
}

TEST(SqliteCache, AFileOfAnotherKindIsRefusedAndLeftAlone) {
    temp_folder const folder;
    auto const text =
        folder.write("text", "This is no database, but a text that is long enough to be taken for one.\n");
    auto const why = error_of({.path = text});
    EXPECT_EQ(why.code, errc::io_failed) << why;
    EXPECT_EQ(why.where, text);
    EXPECT_TRUE(temp_folder::read(text).starts_with("This is no database"));
    EXPECT_EQ(error_of({.path = folder.path("none/cache.sqlite")}).code, errc::io_failed);
    EXPECT_EQ(error_of({}).code, errc::invalid_argument);
    EXPECT_EQ(error_of({.path = ":memory:"}).where, "path");
}

/// Overwrites the bytes at a place in a file.
void overwrite(std::string const& path, std::streamoff at, std::string_view bytes) {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(at);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST(SqliteCache, AnotherDatabaseAndANewerVersionAreRefused) {
    temp_folder const folder;
    auto const path = folder.path("cache.sqlite");
    (void)make_sqlite_cache({.path = path});
    // The header of the file format: the user version at 60, the application id at 68.
    overwrite(path, 60, {"\0\0\0\2", 4});
    EXPECT_NE(error_of({.path = path}).message.find("version 2"), std::string::npos) << error_of({.path = path});
    overwrite(path, 68, "mail");
    EXPECT_NE(error_of({.path = path}).message.find("no cache of coax"), std::string::npos);
}

TEST(SqliteCache, ADamagedFileIsAnErrorAndNeverAValue) {
    temp_folder const folder;
    auto const path = folder.path("cache.sqlite");
    run_virtual([](std::string file) -> asio::awaitable<void> {
        auto const store = make_sqlite_cache({.path = file});
        for (int i = 0; i < 50; ++i)
            co_await keep(store, std::to_string(i), {.value = std::string(2'000, static_cast<char>('a' + i % 26))});
    }(path));
    overwrite(path, 3 * 4'096,
              std::string(static_cast<std::size_t>(std::filesystem::file_size(path)) - 3 * 4'096, '\x5A'));
    run_virtual([](std::string file) -> asio::awaitable<void> {
        std::shared_ptr<cache_store> store;
        try {
            store = make_sqlite_cache({.path = file});
        } catch (exception const& wrong) {
            EXPECT_EQ(wrong.code_value(), errc::io_failed);
        }
        for (int i = 0; store && i < 50; ++i) {
            auto const found = co_await store->get(std::to_string(i), {});
            if (!found) EXPECT_EQ(found.error().code, errc::io_failed);
            if (found && *found) EXPECT_EQ((*found)->value, std::string(2'000, static_cast<char>('a' + i % 26)));
        }
    }(path));
}

TEST(OpenCache, ChoosesByTheText) {
    temp_folder const folder;
    EXPECT_TRUE(open_cache("memory"));
    EXPECT_TRUE(open_cache(folder.path("c.sqlite")));
    EXPECT_TRUE(std::filesystem::exists(folder.path("c.sqlite")));
    EXPECT_TRUE(open_cache("redis://localhost:1/2"));
    EXPECT_TRUE(open_cache("rediss://user:word@localhost"));
    for (char const* wrong :
         {"redis://", "redis://host/x", "redis://user@host", "redis://host:99999", "redis://host?a=b"}) {
        auto const opened = open_cache(wrong);
        EXPECT_FALSE(opened) << wrong;
        if (!opened) EXPECT_EQ(opened.error().where, "url") << wrong;
    }
}

TEST(CacheOptions, AreChecked) {
    EXPECT_EQ(validate(memory_cache_options{.max_entries = 0}).error().where, "max_entries");
    EXPECT_EQ(validate(memory_cache_options{.max_bytes = 0}).error().where, "max_bytes");
    EXPECT_EQ(validate(sqlite_cache_options{.path = "x", .max_bytes = 0}).error().where, "max_bytes");
    EXPECT_EQ(validate(sqlite_cache_options{.path = "x", .busy_timeout = -1ms}).error().where, "busy_timeout");
    redis_cache_options const redis{.url = "redis://localhost"};
    EXPECT_TRUE(validate(redis));
    auto changed = redis;
    changed.command_timeout = 0ms;
    EXPECT_EQ(validate(changed).error().where, "command_timeout");
    EXPECT_EQ(validate(response_cache_options{}).error().where, "store");
    auto const store = make_memory_cache();
    EXPECT_EQ(validate(response_cache_options{.store = store, .ttl = -1ms}).error().where, "ttl");
    EXPECT_EQ(validate(response_cache_options{.store = store, .tags = {""}}).error().where, "tags");
}

}  // namespace
}  // namespace coax
