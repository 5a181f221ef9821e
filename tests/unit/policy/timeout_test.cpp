#include "runtime/internal/context_service.hpp"
#include "support/run_coro.hpp"

#include <coax/policy/timeout.hpp>
#include <coax/runtime/on_executor.hpp>
#include <coax/tasks/when_all.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <gmock/gmock.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;
using testing::ElementsAre;

asio::awaitable<int> after(clock::duration wait, int value) {
    co_await sleep_for(wait);
    co_return value;
}
asio::awaitable<void> fail_after(clock::duration wait, errc code) {
    co_await sleep_for(wait);
    throw_error({.code = code});
}
/// Takes a while to go once cancelled, and says when it has.
asio::awaitable<int> stubborn(bool& gone) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await sleep_for(10s);
    gone = true;
    co_return 7;
}
struct flag_at_death {
    explicit flag_at_death(bool& where) : flag{where} {}
    flag_at_death(flag_at_death const&) = delete;
    flag_at_death& operator=(flag_at_death const&) = delete;
    ~flag_at_death() { flag = true; }
    bool& flag;
};
asio::awaitable<int> sleeper(bool& gone) {
    flag_at_death const guard{gone};
    co_await sleep_for(1h);
    co_return 0;
}

// ---- with_timeout

TEST(WithTimeout, LetsAFastOneThrough) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        EXPECT_EQ(co_await with_timeout(2s, after(1s, 5)), 5);
        EXPECT_EQ(now(executor) - start, 1s);
        EXPECT_EQ(*co_await with_timeout(
                      1s, []() -> asio::awaitable<std::unique_ptr<int>> { co_return std::make_unique<int>(3); }()),
                  3);
    };
    run_virtual(body());
}

TEST(WithTimeout, CancelsASlowOneAndWaitsUntilItIsGone) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        bool gone = false;
        auto const got = co_await as_result(with_timeout(1500ms, sleeper(gone)));
        EXPECT_EQ(got.error().code, errc::timeout);
        EXPECT_EQ(got.error().message, "not done within 1500 ms");
        EXPECT_TRUE(gone);
        EXPECT_EQ(now(executor) - start, 1500ms);
    };
    run_virtual(body());
}

TEST(WithTimeout, AValueThatStillArrivesWins) {
    auto body = []() -> asio::awaitable<void> {
        bool gone = false;
        EXPECT_EQ(co_await with_timeout(1s, stubborn(gone)), 7);
        EXPECT_TRUE(gone);
    };
    run_virtual(body());
}

TEST(WithTimeout, PassesOtherFailuresThrough) {
    auto body = []() -> asio::awaitable<void> {
        EXPECT_EQ((co_await as_result(with_timeout(2s, fail_after(1s, errc::refused)))).error().code, errc::refused);
    };
    run_virtual(body());
}

TEST(WithTimeout, NoTimeAtAllNeverStarts) {
    auto body = []() -> asio::awaitable<void> {
        bool ran = false;
        auto work = [](bool& flag) -> asio::awaitable<void> {
            flag = true;
            co_return;
        };
        EXPECT_EQ((co_await as_result(with_timeout(0s, work(ran)))).error().code, errc::timeout);
        EXPECT_FALSE(ran);
    };
    run_virtual(body());
}

TEST(WithTimeout, CallersCancellationIsNotATimeout) {
    auto body = []() -> asio::awaitable<void> {
        bool gone = false;
        auto work = [](bool& flag) -> asio::awaitable<void> { co_await with_timeout(1h, sleeper(flag)); };
        started call{co_await asio::this_coro::executor, work(gone)};
        co_await sleep_for(1s);
        call.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(call.failure(), errc::cancelled);
        EXPECT_TRUE(gone);
    };
    run_virtual(body());
}

TEST(WithTimeout, NestsAndTheInnerOneMayBeTheFirst) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        auto const inner = co_await as_result(with_timeout(5s, with_timeout(2s, after(1h, 1))));
        EXPECT_EQ(inner.error().message, "not done within 2000 ms");
        auto const outer = co_await as_result(with_timeout(2s, with_timeout(5s, after(1h, 1))));
        EXPECT_EQ(outer.error().message, "not done within 2000 ms");
        EXPECT_EQ(now(executor) - start, 4s);
        co_await sleep_for(1s);  // the caller itself was never cancelled
    };
    run_virtual(body());
}

TEST(WithTimeout, DiesWithItsContext) {
    bool gone = false;
    {
        asio::io_context context;
        auto work = [](bool& flag) -> asio::awaitable<void> { co_await with_timeout(1h, sleeper(flag)); };
        started call{context.get_executor(), work(gone)};
        context.poll();
        EXPECT_FALSE(gone);
    }
    EXPECT_TRUE(gone);
}

TEST(WithTimeout, WhatOneDoesToItsCancellationDoesNotReachTheNext) {
    auto body = []() -> asio::awaitable<void> {
        bool gone = false;
        EXPECT_EQ(co_await with_timeout(1s, stubborn(gone)), 7);  // deaf, and cancelled
        EXPECT_EQ(co_await with_timeout(2s, after(1s, 5)), 5);
        bool other = false;
        EXPECT_EQ((co_await as_result(with_timeout(1s, sleeper(other)))).error().code, errc::timeout);
        EXPECT_TRUE(other);
    };
    run_virtual(body());
}

TEST(WithTimeout, ManyInARowDoNotNest) {
    auto body = []() -> asio::awaitable<void> {
        auto at_once = [](int value) -> asio::awaitable<int> { co_return value; };
        auto turn = [](int value) -> asio::awaitable<int> {
            co_await asio::post(co_await asio::this_coro::executor, asio::deferred);
            co_return value;
        };
        int sum = 0;
        for (int i = 0; i < 20'000; ++i) {
            sum += co_await with_timeout(1h, at_once(1));
            sum += co_await with_timeout(1h, turn(1));
            sum += co_await with_timeout(2h, with_timeout(1h, turn(1)));
        }
        EXPECT_EQ(sum, 60'000);
    };
    run_virtual(body());
}

TEST(WithTimeout, RunsOnTheCallersOwnStrand) {
    asio::io_context context;
    auto const work = [](int& right) -> asio::awaitable<void> {
        auto const here = co_await asio::this_coro::executor;
        auto same = [](asio::any_io_executor caller) -> asio::awaitable<bool> {
            co_return caller == co_await asio::this_coro::executor;
        };
        for (int i = 0; i < 3; ++i)
            if (co_await with_timeout(1h, same(here))) ++right;
    };
    int right = 0;
    std::vector<std::unique_ptr<started>> calls;
    for (int i = 0; i < 100; ++i) calls.push_back(std::make_unique<started>(asio::make_strand(context), work(right)));
    context.run();
    EXPECT_EQ(right, 300);
}

TEST(WithTimeout, LeavesNothingThatKeepsTheContextAtWork) {
    asio::io_context context;
    started call{context.get_executor(), with_timeout(1h, sleep_for(1ms))};
    context.run();  // returns
    EXPECT_FALSE(call.failure());
}

TEST(WithTimeout, AThousandDeadlinesAreNoMoreTimerCallsThanTicks) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto& timers = coax::detail::context_service::of(executor).timers;
        auto const start = now(executor);
        for (int i = 0; i < 1'000; ++i) {
            co_await with_timeout(1h, [](asio::any_io_executor here) -> asio::awaitable<void> {
                co_await asio::post(here, asio::deferred);
            }(executor));
        }
        auto const ticks_passed = (now(executor) - start) / coax::detail::timer_queue::tick;
        EXPECT_LE(timers.tick_count(), static_cast<std::uint64_t>(ticks_passed) + 1);
    };
    test::run_coro(body());
}

/// An executor that never calls inline, so that the work begins a turn later.
TEST(WithTimeout, CancelledBeforeItBeginsNeverStarts) {
    asio::io_context context;
    asio::any_io_executor const later = asio::require(context.get_executor(), asio::execution::blocking.never);
    bool ran = false;
    auto work = [](bool& flag) -> asio::awaitable<void> {
        auto child = [](bool& went) -> asio::awaitable<void> {
            went = true;
            co_return;
        };
        co_await with_timeout(1h, child(flag));
    };
    started call{later, work(ran)};
    context.poll_one();  // the caller has begun
    call.cancel();
    context.run();
    EXPECT_EQ(call.failure(), errc::cancelled);
    EXPECT_FALSE(ran);
}

// ---- when_all

TEST(WhenAll, RunsTogetherAndKeepsTheOrder) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        auto const [a, b, c] = co_await when_all(after(3s, 1), sleep_for(2s), after(1s, 3));
        EXPECT_EQ(a, 1);
        EXPECT_EQ(b, std::monostate{});
        EXPECT_EQ(c, 3);
        EXPECT_EQ(now(executor) - start, 3s);
        std::vector<asio::awaitable<int>> many;
        for (int i = 0; i < 5; ++i) many.push_back(after(std::chrono::seconds{5 - i}, i));
        EXPECT_THAT(co_await when_all(std::move(many)), ElementsAre(0, 1, 2, 3, 4));
        EXPECT_EQ(now(executor) - start, 8s);
        co_await when_all(std::vector<asio::awaitable<void>>{});
    };
    run_virtual(body());
}

TEST(WhenAll, FirstFailureCancelsTheRestAndWaitsForThem) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        bool gone = false;
        auto const got =
            co_await as_result(when_all(sleeper(gone), fail_after(2s, errc::refused), fail_after(1s, errc::truncated)));
        EXPECT_EQ(got.error().code, errc::truncated);
        EXPECT_TRUE(gone);
        EXPECT_EQ(now(executor) - start, 1s);
        bool late = false;
        EXPECT_EQ((co_await as_result(when_all(stubborn(late), fail_after(1s, errc::refused)))).error().code,
                  errc::refused);
        EXPECT_TRUE(late);
    };
    run_virtual(body());
}

TEST(WhenAll, AFailureBeforeAnySuspensionStartsNoMore) {
    auto body = []() -> asio::awaitable<void> {
        bool started_first = false;
        bool started_last = false;
        auto note = [](bool& flag) -> asio::awaitable<void> {
            flag = true;
            co_await sleep_for(1h);
        };
        auto const got =
            co_await as_result(when_all(note(started_first), fail_after(0s, errc::refused), note(started_last)));
        EXPECT_EQ(got.error().code, errc::refused);
        EXPECT_TRUE(started_first);
        EXPECT_FALSE(started_last);
    };
    run_virtual(body());
}

TEST(WhenAll, PassesCancellationOnAndWaits) {
    auto body = []() -> asio::awaitable<void> {
        bool a = false;
        bool b = false;
        auto work = [](bool& first, bool& second) -> asio::awaitable<void> {
            co_await when_all(sleeper(first), sleeper(second));
        };
        started call{co_await asio::this_coro::executor, work(a, b)};
        co_await sleep_for(1s);
        call.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(call.failure(), errc::cancelled);
        EXPECT_TRUE(a);
        EXPECT_TRUE(b);
    };
    run_virtual(body());
}

TEST(WhenAll, ACancellationWhileStartingStartsNoMore) {
    auto body = []() -> asio::awaitable<void> {
        std::optional<started> call;
        bool second_ran = false;
        auto first = [](std::optional<started>& self) -> asio::awaitable<void> {
            self->cancel();
            co_await sleep_for(1s);
        };
        auto second = [](bool& ran) -> asio::awaitable<void> {
            ran = true;
            co_return;
        };
        auto work = [&]() -> asio::awaitable<void> {
            co_await sleep_for(1s);
            co_await when_all(first(call), second(second_ran));
        };
        call.emplace(co_await asio::this_coro::executor, work());
        co_await sleep_for(1h);
        EXPECT_EQ(call->failure(), errc::cancelled);
        EXPECT_FALSE(second_ran);
    };
    run_virtual(body());
}

// ---- on_executor

TEST(OnExecutor, IsInlineWhenAlreadyThere) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        EXPECT_EQ(co_await on_executor(executor, after(1s, 4)), 4);
    };
    run_virtual(body());
}

/// Two contexts turned by one thread: a hop without luck.
struct two_contexts {
    asio::io_context here{1};
    asio::io_context there{1};

    void turn(int times = 20) {
        for (int i = 0; i < times; ++i) {
            here.restart();
            here.poll();
            there.restart();
            there.poll();
        }
    }
};

asio::awaitable<void> note_executor(asio::any_io_executor& where) { where = co_await asio::this_coro::executor; }

TEST(OnExecutor, RunsThereAndComesBack) {
    two_contexts both;
    asio::any_io_executor inner;
    asio::any_io_executor outer;
    auto work = [&]() -> asio::awaitable<void> {
        co_await on_executor(both.there.get_executor(), note_executor(inner));
        outer = co_await asio::this_coro::executor;
        EXPECT_EQ(
            (co_await as_result(on_executor(both.there.get_executor(), fail_after(0s, errc::refused)))).error().code,
            errc::refused);
    };
    started call{both.here.get_executor(), work()};
    both.here.poll();
    EXPECT_FALSE(inner);  // it has not run on the caller's thread
    both.turn();
    EXPECT_TRUE(call.done());
    EXPECT_FALSE(call.failure());
    EXPECT_EQ(inner, asio::any_io_executor{both.there.get_executor()});
    EXPECT_EQ(outer, asio::any_io_executor{both.here.get_executor()});
}

TEST(OnExecutor, PassesCancellationOverAndWaits) {
    two_contexts both;
    bool gone = false;
    auto work = [&]() -> asio::awaitable<void> { co_await on_executor(both.there.get_executor(), sleeper(gone)); };
    started call{both.here.get_executor(), work()};
    both.turn();
    call.cancel();
    both.here.restart();
    both.here.poll();
    EXPECT_FALSE(call.done());  // not before the child is gone
    EXPECT_FALSE(gone);
    both.turn();
    EXPECT_TRUE(gone);
    EXPECT_EQ(call.failure(), errc::cancelled);
}

TEST(OnExecutor, CancelledBeforeItArrivesNeverRuns) {
    two_contexts both;
    bool ran = false;
    auto child = [](bool& flag) -> asio::awaitable<void> {
        flag = true;
        co_return;
    };
    auto work = [&]() -> asio::awaitable<void> {
        co_await on_executor(both.there.get_executor(), [](asio::awaitable<void> inner) -> asio::awaitable<void> {
            co_await sleep_for(1ms);
            co_await std::move(inner);
        }(child(ran)));
    };
    started call{both.here.get_executor(), work()};
    both.here.poll();
    call.cancel();
    both.turn();
    EXPECT_EQ(call.failure(), errc::cancelled);
    EXPECT_FALSE(ran);
}

TEST(OnExecutor, CallersContextMayDieFirst) {
    bool gone = false;
    bool caller_gone = false;
    auto there = std::make_unique<asio::io_context>(1);
    {
        asio::io_context here{1};
        auto work = [](asio::any_io_executor executor, bool& child, bool& caller) -> asio::awaitable<void> {
            flag_at_death const guard{caller};
            co_await on_executor(executor, stubborn(child));
        };
        started call{here.get_executor(), work(there->get_executor(), gone, caller_gone)};
        here.poll();
        there->poll();
    }
    EXPECT_TRUE(caller_gone);
    EXPECT_FALSE(gone);
    there.reset();
}

TEST(OnExecutor, TheOthersDeathEndsItInClosed) {
    asio::io_context here{1};
    auto there = std::make_unique<asio::io_context>(1);
    bool gone = false;
    auto work = [](asio::any_io_executor executor, bool& flag) -> asio::awaitable<void> {
        co_await on_executor(std::move(executor), sleeper(flag));
    };
    started call{here.get_executor(), work(there->get_executor(), gone)};
    here.poll();
    there->poll();
    there.reset();
    here.restart();
    here.poll();
    EXPECT_TRUE(gone);
    EXPECT_EQ(call.failure(), errc::closed);
}

}  // namespace
}  // namespace coax
