#include "support/certificates.hpp"
#include "support/fake_service.hpp"
#include "support/redis_server.hpp"
#include "support/rounds.hpp"
#include "support/run_coro.hpp"
#include "support/store_model.hpp"

#include <coax/cache/memory_cache.hpp>
#include <coax/cache/redis_cache.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/cache/sqlite_cache.hpp>
#include <coax/tasks/map.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <thread>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::child_process;
using test::redis_server;
using test::run_coro;
using test::store_model;
using test::temp_folder;

constexpr int thread_count = 8;

/// Skipped where there is no Redis.
class RedisCache : public testing::Test {
protected:
    void SetUp() override {
        if (!redis_server::is_installed()) GTEST_SKIP() << "redis-server is not installed: scripts/setup installs it";
    }
};

/// Operations of each thread, of two processes with eight: 100,000 in all where the long tests run.
int operations() { return test::rounds(600, 6'250); }

asio::awaitable<void> work(std::shared_ptr<cache_store> store, std::string owner, std::uint64_t seed, int count) {
    store_model model{store, std::move(owner), seed};
    co_await model.run(count);
    co_await model.finish();
}

/// Works on a store from many threads, each with a context of its own.
void work_on_threads(std::shared_ptr<cache_store> const& store, std::string const& process, int count) {
    std::vector<std::thread> threads;
    for (int i = 0; i < thread_count; ++i)
        threads.emplace_back([=] {
            auto const owner = process + std::to_string(i);
            run_coro(work(store, owner, static_cast<std::uint64_t>(std::hash<std::string>{}(owner)), count), 10min);
        });
    for (auto& each : threads) each.join();
}

cache_statistics statistics_of(std::shared_ptr<cache_store> const& store) {
    cache_statistics all;
    run_coro([](std::shared_ptr<cache_store> one, cache_statistics& into) -> asio::awaitable<void> {
        into = value_or_throw(co_await one->statistics());
    }(store, all));
    return all;
}

std::shared_ptr<cache_store> open_store(std::string const& where) {
    if (where.starts_with("redis://"))
        return make_redis_cache({.url = where, .connect_timeout = 10s, .command_timeout = 60s});
    return make_sqlite_cache({.path = where, .busy_timeout = 60s});
}

std::string setting(char const* name) {
    auto const* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// What the second process does.
TEST(CacheChild, DISABLED_WorksOnTheStore) {
    work_on_threads(open_store(setting("COAX_CACHE_WHERE")), "child", operations());
}

/// Two processes with eight threads each work on the store that `where` names.
void agrees_with_models(std::string const& where) {
    auto const store = open_store(where);
    auto child = test::run_disabled_test("CacheChild.DISABLED_WorksOnTheStore", {"COAX_CACHE_WHERE=" + where});
    work_on_threads(store, "parent", operations());
    EXPECT_EQ(child.wait(), 0);
    auto const all = statistics_of(store);
    EXPECT_EQ(all.entries, 0U);
    EXPECT_EQ(all.errors, 0U);
    EXPECT_EQ(all.evictions, 0U);
    EXPECT_EQ(all.fallbacks, 0U);
}

TEST(CacheStores, MemoryAgreesWithModelsOnManyThreads) {
    auto const store = make_memory_cache();
    work_on_threads(store, "", 2 * operations());
    EXPECT_EQ(statistics_of(store).entries, 0U);
}

TEST(CacheStores, SqliteAgreesWithModelsOnThreadsOfTwoProcesses) {
    temp_folder const folder;
    agrees_with_models(folder.path("cache.sqlite"));
}

TEST_F(RedisCache, AgreesWithModelsOnThreadsOfTwoProcesses) {
    redis_server const server;
    agrees_with_models(server.url());
}

/// Writes entries of which each is told by its key, until it is killed.
TEST(CacheChild, DISABLED_WritesUntilKilled) {
    auto const store = make_sqlite_cache({.path = setting("COAX_CACHE_WHERE"), .max_bytes = 400'000});
    run_coro(
        [](std::shared_ptr<cache_store> one) -> asio::awaitable<void> {
            for (std::size_t i = 0;; ++i) {
                auto const key = std::to_string(i % 500);
                (void)co_await one->put(key, {.value = key + std::string(1'000 + i % 1'000, 'v'), .tags = {"t" + key}});
                if (i % 100 == 99) (void)co_await one->invalidate_by_tags({"t" + std::to_string(i % 250)});
            }
        }(store),
        10min);
}

asio::awaitable<std::size_t> count_whole(std::shared_ptr<cache_store> store) {
    std::size_t whole = 0;
    for (int i = 0; i < 500; ++i) {
        auto const key = std::to_string(i);
        auto const found = co_await store->get(key, {});
        EXPECT_TRUE(found) << (found ? error{} : found.error());
        if (!found || !*found) continue;
        ++whole;
        EXPECT_TRUE((*found)->value.starts_with(key + "v"));
        EXPECT_EQ((*found)->value.find_first_not_of('v', key.size()), std::string::npos);
    }
    co_return whole;
}

/// Waits until a process has begun to write pages: its start takes as long as the machine likes.
void wait_for_a_write(std::string const& path) {
    auto const limit = std::chrono::steady_clock::now() + 30s;
    std::error_code absent;
    while (std::filesystem::file_size(path, absent) < 20'000 || absent) {
        ASSERT_LT(std::chrono::steady_clock::now(), limit) << path;
        std::this_thread::sleep_for(2ms);
    }
}

TEST(CacheStores, AProcessThatIsKilledNeverHarmsTheFile) {
    temp_folder const folder;
    auto const path = folder.path("cache.sqlite");
    for (int round = 0; round < test::rounds(5, 50); ++round) {
        auto child = test::run_disabled_test("CacheChild.DISABLED_WritesUntilKilled", {"COAX_CACHE_WHERE=" + path});
        ASSERT_TRUE(child.started());
        wait_for_a_write(path + "-wal");
        std::this_thread::sleep_for(7ms * round);
        child.kill(SIGKILL);
        auto const store = make_sqlite_cache({.path = path, .max_bytes = 400'000});
        run_coro([](std::shared_ptr<cache_store> one) -> asio::awaitable<void> {
            auto const whole = co_await count_whole(one);
            auto const all = (co_await one->statistics()).value();
            EXPECT_EQ(all.entries, whole);
            EXPECT_EQ(all.errors, 0U);
            EXPECT_TRUE(co_await one->put("after", {.value = "x"}));
            EXPECT_TRUE((co_await one->erase("after")).value());
        }(store));
    }
    EXPECT_GT(statistics_of(make_sqlite_cache({.path = path})).entries, 0U);
}

redis_cache_options options_of(redis_server const& server) {
    return {.url = server.url(), .command_timeout = 500ms, .retry_interval = 20ms};
}

TEST_F(RedisCache, KeepsForATimeAndByTags) {
    redis_server const server;
    run_coro([](redis_cache_options options) -> asio::awaitable<void> {
        auto const store = make_redis_cache(options);
        std::string const any{"a\0b\xFF\r\n", 6};
        EXPECT_TRUE(co_await store->put("k", {.value = any, .ttl = 300ms, .tags = {"x", any}}));
        EXPECT_TRUE(co_await store->put("l", {.value = "l", .tags = {"y"}}));
        auto const found = (co_await store->get("k", {})).value();
        EXPECT_TRUE(found);
        if (found) EXPECT_EQ(found->value, any);
        co_await sleep_for(20ms);
        EXPECT_FALSE((co_await store->get("l", 10ms)).value());
        EXPECT_TRUE((co_await store->get("l", 1h)).value());
        co_await sleep_for(400ms);
        EXPECT_FALSE((co_await store->get("k", {})).value());
        EXPECT_EQ((co_await store->invalidate_by_tags({"x", any})).value(), 0U);
        EXPECT_EQ((co_await store->invalidate_by_tags({"y"})).value(), 1U);
        options.prefix = "other*:";
        auto const other = make_redis_cache(options);
        EXPECT_TRUE(co_await other->put("k", {.value = "o", .tags = {"x"}}));
        EXPECT_TRUE(co_await store->put("m", {.value = "m", .tags = {"x"}}));
        EXPECT_TRUE(co_await store->clear());
        EXPECT_EQ((co_await store->statistics()).value().entries, 0U);
        EXPECT_EQ((co_await other->statistics()).value().entries, 1U);
        EXPECT_TRUE(co_await other->clear());
    }(options_of(server)));
}

TEST_F(RedisCache, SendsTogetherWhatIsAskedAtOnce) {
    redis_server const server;
    run_coro([](redis_cache_options options) -> asio::awaitable<void> {
        auto const store = make_redis_cache(options);
        std::vector<int> numbers(2'000);
        std::iota(numbers.begin(), numbers.end(), 0);
        auto const turn = [store](int i) -> asio::awaitable<bool> {
            return [](std::shared_ptr<cache_store> one, std::string key) -> asio::awaitable<bool> {
                auto const put = co_await one->put(key, {.value = key});
                auto const found = co_await one->get(key, {});
                co_return put&& found && *found && (*found)->value == key;
            }(store, std::to_string(i));
        };
        for (auto const& done : co_await map(numbers, {.concurrency = 500}, turn)) EXPECT_TRUE(done.value());
        EXPECT_EQ((co_await store->statistics()).value().entries, 2'000U);
    }(options_of(server)));
}

/// Until the server is asked again and answers.
asio::awaitable<void> wait_until_back(std::shared_ptr<cache_store> store) {
    while (!co_await store->statistics()) co_await sleep_for(5ms);
}

TEST_F(RedisCache, AServerThatIsKilledAndStartedAnewLosesNoOperation) {
    redis_server server;
    std::atomic<bool> over{false};
    std::atomic<int> done{0};
    auto const store = make_redis_cache(options_of(server));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            run_coro([](std::shared_ptr<cache_store> one, int thread, std::atomic<bool>& ended,
                        std::atomic<int>& count) -> asio::awaitable<void> {
                for (int k = 0; !ended; ++k) {
                    auto const key = std::to_string(thread) + "/" + std::to_string(k % 50);
                    EXPECT_TRUE(co_await one->put(key, {.value = key}));
                    auto const found = co_await one->get(key, {});
                    EXPECT_TRUE(found);
                    if (found && *found) EXPECT_EQ((*found)->value, key);
                    ++count;
                }
            }(store, i, over, done));
        });
    auto const until = [&](int more) {
        for (auto const wanted = done + more; done < wanted && !testing::Test::HasFailure();)
            std::this_thread::sleep_for(1ms);
    };
    for (int round = 0; round < 3; ++round) {
        until(100);
        server.kill();
        until(100);
        server.start();
        run_coro(wait_until_back(store));
    }
    over = true;
    for (auto& each : threads) each.join();
    auto const all = statistics_of(store);
    EXPECT_GT(all.fallbacks, 0U);
    EXPECT_GT(all.fallback_time, 0ms);
    EXPECT_EQ(all.errors, 0U);
}

/// Answers each question with its own words. @param asked  Counts them.
client_options echo_options(std::shared_ptr<int> asked) {
    client_options options{.service = {.api_key = "sk-test", .model = "m"}};
    options.service.transport = std::make_shared<memory_transport>([asked](http_request const& request) {
        ++*asked;
        auto const begin = request.body.find("question ");
        auto const words = request.body.substr(begin, request.body.find('"', begin) - begin);
        return result<memory_transport::timed_response>{{.response = test::openai_text(words)}};
    });
    return options;
}

/// Many calls at once, of which each has its own answer. @returns How many came from the cache.
asio::awaitable<int> ask_all(client llm) {
    std::vector<int> numbers(200);
    std::iota(numbers.begin(), numbers.end(), 0);
    auto const call = [llm](int i) { return llm.chat("question " + std::to_string(i % 60)); };
    auto const all = co_await map(numbers, {.concurrency = 16}, call);
    int cached = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_TRUE(all[i]) << (all[i] ? error{} : all[i].error());
        if (!all[i]) continue;
        EXPECT_EQ(all[i]->text, "question " + std::to_string(i % 60));
        cached += all[i]->cached ? 1 : 0;
    }
    co_return cached;
}

TEST_F(RedisCache, NoCallIsLostWhileTheServerIsKilledAndStartedAnew) {
    redis_server server;
    run_coro([](redis_server& redis) -> asio::awaitable<void> {
        auto const asked = std::make_shared<int>(0);
        auto options = echo_options(asked);
        auto const store = make_redis_cache(options_of(redis));
        options.response_cache = response_cache_options{.store = store};
        auto const llm = co_await test::connect(std::move(options));
        EXPECT_EQ(co_await ask_all(llm), 140);
        EXPECT_EQ(co_await ask_all(llm), 200);
        redis.kill();
        EXPECT_EQ(co_await ask_all(llm), 140);  // from memory
        EXPECT_EQ(co_await ask_all(llm), 200);
        redis.start();
        co_await wait_until_back(store);
        EXPECT_EQ(co_await ask_all(llm), 140);  // it forgot all
        EXPECT_EQ(co_await ask_all(llm), 200);
        EXPECT_EQ(*asked, 3 * 60);
        EXPECT_GT((co_await store->statistics()).value().fallbacks, 0U);
    }(server));
}

TEST_F(RedisCache, AServerThatIsSilentIsAwayAfterItsTime) {
    redis_server server;
    auto options = options_of(server);
    options.command_timeout = 100ms;
    options.retry_interval = 1h;
    run_coro([](redis_cache_options with, redis_server& quiet) -> asio::awaitable<void> {
        auto const store = make_redis_cache(with);
        EXPECT_TRUE(co_await store->put("k", {.value = "on the server"}));
        quiet.pause();
        EXPECT_FALSE((co_await store->get("k", {})).value());
        EXPECT_TRUE(co_await store->put("k", {.value = "here"}));
        EXPECT_EQ((co_await store->get("k", {})).value()->value, "here");
        EXPECT_EQ((co_await store->invalidate_by_tags({"t"})).error().code, errc::timeout);
        EXPECT_FALSE(co_await store->clear());
        quiet.resume();
    }(options, server));
}

TEST_F(RedisCache, NobodyThereIsServedFromMemory) {
    run_coro([]() -> asio::awaitable<void> {
        auto const store = make_redis_cache({.url = "redis://:hunter2secret@127.0.0.1:1", .retry_interval = 1h});
        EXPECT_TRUE(co_await store->put("k", {.value = "v"}));
        EXPECT_EQ((co_await store->get("k", {})).value()->value, "v");
        auto const why = (co_await store->statistics()).error();
        EXPECT_EQ(why.code, errc::connect_failed);
        EXPECT_EQ(why.where, "redis://127.0.0.1:1");
        EXPECT_EQ(to_string(why).find("hunter2"), std::string::npos);
    }());
}

TEST_F(RedisCache, ChoosesUserPasswordAndDatabase) {
    redis_server const server{{"--requirepass", "word", "--user", "me", "on", ">mine", "~*", "+@all"}};
    run_coro([](std::string address) -> asio::awaitable<void> {
        auto const at = [&](std::string const& who, std::string const& path) {
            return make_redis_cache({.url = "redis://" + who + address + path, .retry_interval = 1h});
        };
        auto const first = at(":word@", "/1");
        EXPECT_TRUE(co_await first->put("k", {.value = "v"}));
        EXPECT_TRUE((co_await at("me:mine@", "/1")->get("k", {})).value());
        EXPECT_FALSE((co_await at("me:mine@", "/2")->get("k", {})).value());
        EXPECT_EQ((co_await at("", "")->statistics()).error().code, errc::authentication);
        EXPECT_EQ((co_await at(":wrong@", "")->statistics()).error().code, errc::authentication);
    }(server.address()));
}

TEST_F(RedisCache, SpeaksOverTlsThatIsVerifiedOnBothSides) {
    test::certificate_authority const authority;
    auto const own = authority.issue("127.0.0.1");
    temp_folder const folder;
    redis_server const server{
        {"--tls-cert-file", folder.write("cert", own.chain), "--tls-key-file", folder.write("key", own.key),
         "--tls-ca-cert-file", folder.write("ca", authority.pem()), "--tls-auth-clients", "yes"},
        true};
    auto const client = authority.issue("client.invalid");
    tls_client_certificate const certificate{.pem = client.chain, .key_pem = client.key};
    auto const by_files = "rediss://" + server.address() + "?ssl_ca_certs=" + folder.path("ca") +
                          "&ssl_certfile=" + folder.write("client", client.key + client.chain);
    run_coro([](std::string address, std::string ca, tls_client_certificate shown,
                std::string files) -> asio::awaitable<void> {
        auto const store = make_redis_cache(
            {.url = "rediss://" + address, .connect_timeout = 20s, .ca_pem = ca, .client_certificate = shown});
        EXPECT_TRUE(co_await store->put("k", {.value = std::string(100'000, 'v')}));
        EXPECT_EQ((co_await store->get("k", {})).value()->value.size(), 100'000U);
        EXPECT_EQ((co_await store->statistics()).value().entries, 1U);
        auto const other = make_redis_cache({.url = files, .connect_timeout = 20s});
        EXPECT_EQ((co_await other->statistics()).value().entries, 1U);
        auto const stranger = make_redis_cache({.url = "rediss://" + address, .connect_timeout = 20s});
        EXPECT_EQ((co_await stranger->statistics()).error().code, errc::tls_failed);
        auto const unknown = make_redis_cache({.url = "rediss://" + address, .connect_timeout = 20s, .ca_pem = ca});
        EXPECT_EQ((co_await unknown->statistics()).error().code, errc::tls_failed);
    }(server.address(), authority.pem(), certificate, by_files));
}

}  // namespace
}  // namespace coax
