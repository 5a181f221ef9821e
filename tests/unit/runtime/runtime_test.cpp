#include "support/run_coro.hpp"

#include <coax/runtime/on_executor.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/sync/async_semaphore.hpp>
#include <coax/sync/channel.hpp>
#include <coax/tasks/when_all.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>

namespace coax {
namespace {

using namespace std::chrono_literals;

asio::awaitable<std::string> word() { co_return "done"; }
asio::awaitable<void> refused() {
    throw_error({.code = errc::refused});
    co_return;
}
asio::awaitable<void> sleep_long() { co_await sleep_for(10h); }
asio::awaitable<std::thread::id> here() { co_return std::this_thread::get_id(); }

template <class F>
errc code_of(F f) {
    try {
        f();
    } catch (exception const& failure) {
        return failure.code_value();
    }
    return {};
}

TEST(Runtime, ReturnsWhatMainReturnsAlsoSeveralTimes) {
    runtime rt;
    EXPECT_EQ(rt.run(word()), "done");
    EXPECT_EQ(rt.run(word()), "done");
    EXPECT_EQ(*rt.run([]() -> asio::awaitable<std::unique_ptr<int>> { co_return std::make_unique<int>(5); }()), 5);
    EXPECT_EQ(&rt.time(), &clock::real());
    EXPECT_EQ(rt.shard_count(), 1U);
}

TEST(Runtime, RethrowsWhatMainThrowsAndGoesOn) {
    runtime rt;
    EXPECT_EQ(code_of([&] { rt.run(refused()); }), errc::refused);
    EXPECT_EQ(rt.run(word()), "done");
}

TEST(Runtime, RunsMainOnTheCallersThreadAndShardsOnTheirs) {
    runtime rt{{.threads = 3}};
    EXPECT_EQ(rt.shard_count(), 3U);
    EXPECT_EQ(rt.run(here()), std::this_thread::get_id());
    auto const one = rt.run(on_executor(rt.executor(1), here()));
    auto const two = rt.run(on_executor(rt.executor(2), here()));
    EXPECT_NE(one, std::this_thread::get_id());
    EXPECT_NE(two, std::this_thread::get_id());
    EXPECT_NE(one, two);
}

TEST(Runtime, WorkForShardZeroBetweenRunsWaitsForTheNextRun) {
    runtime rt{{.threads = 2}};
    bool ran = false;
    auto work = [](bool& flag) -> asio::awaitable<void> {
        flag = true;
        co_return;
    };
    auto const one = test::started{rt.executor(), work(ran)};
    EXPECT_FALSE(ran);
    rt.run(sleep_for(1ms));
    EXPECT_TRUE(ran);
    EXPECT_TRUE(one.done());
}

TEST(Runtime, RefusesToRunInsideOfItself) {
    runtime rt{{.threads = 2}};
    auto const inside = [](runtime& of) -> asio::awaitable<void> {
        of.run(word());
        co_return;
    };
    EXPECT_EQ(code_of([&] { rt.run(inside(rt)); }), errc::invalid_argument);
    EXPECT_EQ(code_of([&] { rt.run(on_executor(rt.executor(1), inside(rt))); }), errc::invalid_argument);
    EXPECT_EQ(rt.run(word()), "done");
    runtime simulated{virtual_time{}};
    EXPECT_EQ(code_of([&] { simulated.run(inside(simulated)); }), errc::invalid_argument);
    EXPECT_EQ(simulated.run(word()), "done");
    EXPECT_NO_THROW(rt.run(inside(simulated))) << "another runtime may run";
}

TEST(Runtime, RefusesNoThreads) {
    EXPECT_EQ(code_of([] { runtime{{.threads = 0}}; }), errc::invalid_argument);
    EXPECT_EQ(code_of([] { runtime{{.threads = 1025}}; }), errc::invalid_argument);
}

TEST(Runtime, StopCancelsMainAlsoFromAnotherThread) {
    runtime rt;
    std::thread other{[&] { rt.stop(); }};
    EXPECT_EQ(code_of([&] { rt.run(sleep_long()); }), errc::cancelled);
    other.join();
    EXPECT_EQ(rt.run(word()), "done");
}

TEST(Runtime, StopBeforeRunCancelsTheNextOneOnly) {
    runtime rt;
    rt.stop();
    EXPECT_EQ(code_of([&] { rt.run(sleep_long()); }), errc::cancelled);
    EXPECT_EQ(rt.run(word()), "done");
    rt.run(sleep_for(1ms));
}

TEST(Runtime, UnwindsWhatIsLeftBehind) {
    auto const held = std::make_shared<int>(1);
    async_semaphore slots{1};
    {
        runtime rt{{.threads = 2}};
        auto left = [](std::shared_ptr<int>, async_semaphore& all) -> asio::awaitable<void> {
            auto const slot = co_await all.acquire();
            co_await sleep_for(10h);
        };
        for (std::size_t i = 0; i < 6; ++i) asio::co_spawn(rt.executor(i % 2), left(held, slots), asio::detached);
        rt.run(sleep_for(1ms));
        EXPECT_EQ(held.use_count(), 7);
    }
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(slots.available(), 1U);
    EXPECT_EQ(slots.waiting(), 0U);
}

TEST(VirtualTime, JumpsToTheNextDeadline) {
    auto const before = std::chrono::steady_clock::now();
    runtime rt{virtual_time{}};
    auto const start = rt.time().now();
    auto const date = rt.time().system_now();
    rt.run(sleep_for(1000h));
    EXPECT_EQ(rt.time().now() - start, 1000h);
    EXPECT_EQ(rt.time().system_now() - date, 1000h);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 1min);
}

TEST(VirtualTime, AHungProgramEndsInStalled) {
    runtime rt{virtual_time{}};
    auto hung = []() -> asio::awaitable<void> {
        async_semaphore slots{1};
        auto const one = co_await slots.acquire();
        auto const two = co_await slots.acquire();
    };
    EXPECT_EQ(code_of([&] { rt.run(hung()); }), errc::stalled);
    EXPECT_EQ(rt.run(word()), "done");
}

template <class F>
std::string message_of(F f) {
    try {
        f();
    } catch (exception const& failure) {
        return failure.why().message;
    }
    return {};
}

TEST(VirtualTime, AHungProgramIsToldWhatWaits) {
    auto hung = []() -> asio::awaitable<void> {
        async_semaphore slots{1};
        channel<int> line{1};
        auto const one = co_await slots.acquire();
        auto take = [](async_semaphore& from) -> asio::awaitable<void> { co_await from.acquire(); };
        auto receive = [](channel<int>& from) -> asio::awaitable<void> { co_await from.receive(); };
        co_await when_all(take(slots), receive(line), take(slots));
    };
    runtime rt{virtual_time{}};
    EXPECT_EQ(message_of([&] { rt.run(hung()); }),
              "nothing is ready and no deadline is left; waiting: 2 on async_semaphore, 1 on channel");
    auto foreign = []() -> asio::awaitable<void> {
        asio::steady_timer never{co_await asio::this_coro::executor, std::chrono::hours{1}};
        co_await never.async_wait(asio::as_tuple(asio::deferred));
    };
    EXPECT_EQ(message_of([&] { rt.run(foreign()); }),
              "nothing is ready and no deadline is left; waiting: something that is not coax's own, as a socket or a "
              "plain timer");
}

TEST(VirtualTime, AHungProgramThatIgnoresCancellationIsLeftBehind) {
    auto const held = std::make_shared<int>(1);
    {
        runtime rt{virtual_time{}};
        auto deaf = [](std::shared_ptr<int>) -> asio::awaitable<int> {
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
            async_semaphore slots{1};
            auto const one = co_await slots.acquire();
            auto const two = co_await slots.acquire();
            co_return 1;
        };
        EXPECT_EQ(code_of([&] { rt.run(deaf(held)); }), errc::stalled);
        EXPECT_EQ(rt.run(word()), "done");
        EXPECT_EQ(held.use_count(), 2);
    }
    EXPECT_EQ(held.use_count(), 1);
}

std::string trace(std::uint64_t seed) {
    runtime rt{virtual_time{seed}};
    std::string text;
    auto worker = [](std::string& out, int id) -> asio::awaitable<void> {
        for (int i = 0; i < 5; ++i) {
            co_await sleep_for(std::chrono::milliseconds{(id * 7 + i * 3) % 10});
            out += static_cast<char>('a' + id);
        }
    };
    for (int id = 0; id < 5; ++id) asio::co_spawn(rt.executor(), worker(text, id), asio::detached);
    rt.run(sleep_for(1h));
    return text;
}

TEST(VirtualTime, TheSameSeedGivesTheSameRun) {
    for (std::uint64_t seed : {0U, 1U, 2U}) {
        EXPECT_EQ(trace(seed).size(), 25U);
        EXPECT_EQ(trace(seed), trace(seed));
    }
}

TEST(VirtualTime, TheSeedDecidesWhoGoesFirstAmongEqualDeadlines) {
    auto order = [](std::uint64_t seed) {
        runtime rt{virtual_time{seed}};
        std::string text;
        auto worker = [](std::string& out, char id) -> asio::awaitable<void> {
            co_await sleep_for(1s);
            out += id;
        };
        for (char id = 'a'; id <= 'h'; ++id) asio::co_spawn(rt.executor(), worker(text, id), asio::detached);
        rt.run(sleep_for(1h));
        return text;
    };
    EXPECT_EQ(order(0), "abcdefgh");
    std::set<std::string> different;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) different.insert(order(seed));
    EXPECT_GT(different.size(), 15U);
}

}  // namespace
}  // namespace coax
