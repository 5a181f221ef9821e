#include "support/run_coro.hpp"
#include "unit/tasks/tasks_support.hpp"

#include <coax/policy/timeout.hpp>
#include <coax/tasks/map.hpp>
#include <coax/tasks/stream.hpp>

#include <gmock/gmock.h>

#include <iterator>
#include <list>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::odd_fails;
using test::run_virtual;
using test::started;
using test::twice_after;
using testing::ElementsAre;

std::vector<int> values_of(std::vector<result<int>> const& results) {
    std::vector<int> values;
    for (auto const& one : results) values.push_back(one ? *one : -static_cast<int>(one.error().code));
    return values;
}

TEST(Map, KeepsTheOrderOfTheRange) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        std::vector<int> const input{5, 1, 3, 2};
        auto const out = co_await coax::map(input, {.concurrency = 10}, twice_after);
        EXPECT_THAT(values_of(out), ElementsAre(10, 2, 6, 4));
        EXPECT_EQ(now(executor) - start, 5s);
    };
    run_virtual(body());
}

TEST(Map, NeverExceedsItsConcurrencyAndUsesItFully) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        int in_work = 0;
        int peak = 0;
        auto one = [&](int) -> asio::awaitable<void> {
            peak = std::max(peak, ++in_work);
            co_await sleep_for(1s);
            --in_work;
        };
        auto const out = co_await coax::map(std::vector<int>(100), {.concurrency = 8}, one);
        EXPECT_EQ(out.size(), 100U);
        EXPECT_EQ(peak, 8);
        EXPECT_EQ(now(executor) - start, 13s);
    };
    run_virtual(body());
}

TEST(Map, EachItemHasItsOwnResult) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> const input{1, 2, 3, 4};
        auto const out = co_await coax::map(input, {.concurrency = 2}, odd_fails);
        int const refused = -static_cast<int>(errc::refused);
        EXPECT_THAT(values_of(out), ElementsAre(refused, 2, refused, 4));
        auto flat = [](int value) -> asio::awaitable<result<int>> {
            if (value == 1) co_return error{.code = errc::refused};
            co_return value;
        };
        std::vector<result<int>> const same = co_await coax::map(input, {}, flat);
        EXPECT_THAT(values_of(same), ElementsAre(refused, 2, 3, 4));
    };
    run_virtual(body());
}

TEST(Map, StopOnErrorCancelsTheOthersAndStartsNone) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        std::vector<int> const input{2, 3, 100, 4, 5};
        auto const out = co_await coax::map(input, {.concurrency = 3, .stop_on_error = true}, odd_fails);
        int const cancelled = -static_cast<int>(errc::cancelled);
        EXPECT_THAT(values_of(out), ElementsAre(2, -static_cast<int>(errc::refused), cancelled, cancelled, cancelled));
        EXPECT_EQ(out[4].error().message, "not started");
        EXPECT_EQ(now(executor) - start, 3s);
        co_await sleep_for(1s);  // the caller itself was never cancelled
    };
    run_virtual(body());
}

TEST(Map, TellsItsProgress) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<std::size_t> done;
        pipeline_progress last;
        map_options options{.concurrency = 2, .progress = [&](pipeline_progress const& at) {
                                done.push_back(at.done);
                                last = at;
                            }};
        std::vector<int> const input{1, 2, 3};
        co_await coax::map(input, options, odd_fails);
        EXPECT_THAT(done, ElementsAre(1, 2, 3));
        EXPECT_EQ(last.failed, 2U);
        EXPECT_EQ(last.started, 3U);
    };
    run_virtual(body());
}

TEST(Map, WhatThrowsBeforeItIsACoroutineIsThatItemsFailure) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> const input{2, 0, 4};
        auto const out = co_await coax::map(input, {.concurrency = 1}, [](int seconds) {
            if (seconds == 0) throw std::runtime_error{"no seconds"};
            return twice_after(seconds);
        });
        EXPECT_EQ(out.size(), 3U);
        EXPECT_EQ(out[0].value(), 4);
        EXPECT_EQ(out[1].error().message, "no seconds");
        EXPECT_EQ(out[2].value(), 8);
    };
    run_virtual(body());
}

TEST(Map, AThrowingProgressStopsIt) {
    auto body = []() -> asio::awaitable<void> {
        map_options options{.concurrency = 2,
                            .progress = [](pipeline_progress const&) { throw std::runtime_error{"disk full"}; }};
        std::vector<int> const input{1, 1000, 3};
        auto const out = co_await as_result(coax::map(input, options, twice_after));
        EXPECT_EQ(out.error().message, "disk full");
    };
    run_virtual(body());
}

TEST(Map, CancellationReachesTheItemsAndWaitsForThem) {
    auto body = []() -> asio::awaitable<void> {
        int ended = 0;
        int begun = 0;
        auto item = [&](int) -> asio::awaitable<void> {
            ++begun;
            auto const guard = std::shared_ptr<void>(nullptr, [&ended](void*) { ++ended; });
            co_await sleep_for(1h);
        };
        auto work = [&]() -> asio::awaitable<void> {
            co_await coax::map(std::vector<int>(10), {.concurrency = 4}, item);
        };
        started call{co_await asio::this_coro::executor, work()};
        co_await sleep_for(1s);
        call.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(call.failure(), errc::cancelled);
        EXPECT_EQ(begun, 4);
        EXPECT_EQ(ended, 4);
    };
    run_virtual(body());
}

TEST(Map, TakesEmptyMoveOnlyAndSinglePassRanges) {
    auto body = []() -> asio::awaitable<void> {
        EXPECT_TRUE((co_await coax::map(std::vector<int>{}, {}, twice_after)).empty());

        std::vector<std::unique_ptr<int>> owned;
        owned.push_back(std::make_unique<int>(1));
        owned.push_back(std::make_unique<int>(2));
        auto taking = [](std::unique_ptr<int> one) -> asio::awaitable<int> { co_return *one; };
        EXPECT_THAT(values_of(co_await coax::map(std::move(owned), {}, taking)), ElementsAre(1, 2));

        std::istringstream text{"1 2 3"};
        struct words {
            std::istream* in;
            [[nodiscard]] auto begin() const { return std::istream_iterator<int>{*in}; }
            [[nodiscard]] auto end() const { return std::istream_iterator<int>{}; }
        };
        EXPECT_THAT(values_of(co_await coax::map(words{&text}, {.concurrency = 2}, twice_after)), ElementsAre(2, 4, 6));

        std::list<std::string> const names{"a", "bb"};
        auto length = [](std::string const& one) -> asio::awaitable<int> { co_return static_cast<int>(one.size()); };
        EXPECT_THAT(values_of(co_await coax::map(names, {.concurrency = 1}, length)), ElementsAre(1, 2));
    };
    run_virtual(body());
}

TEST(Map, LvaluesAreUsedInPlace) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<std::string> const input{"x", "y"};
        std::vector<std::string const*> seen;
        auto note = [&seen](std::string const& one) -> asio::awaitable<void> {
            seen.push_back(&one);
            co_await sleep_for(1s);
        };
        co_await coax::map(input, {}, note);
        EXPECT_THAT(seen, ElementsAre(&input[0], &input[1]));
    };
    run_virtual(body());
}

TEST(Map, RefusesWrongOptions) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> const input{1};
        auto const out = co_await as_result(coax::map(input, {.concurrency = 0}, twice_after));
        EXPECT_EQ(out.error().where, "concurrency");
    };
    run_virtual(body());
}

// ---- stream

auto count_to(int last) {
    return generate([last, at = 0]() mutable -> asio::awaitable<std::optional<int>> {
        co_await sleep_for(1s);
        if (at == last) co_return std::nullopt;
        co_return ++at;
    });
}

TEST(Stream, PullsUntilItsEndAndStaysThere) {
    auto body = []() -> asio::awaitable<void> {
        auto numbers = count_to(3);
        EXPECT_TRUE(numbers.open());
        EXPECT_THAT(co_await collect(numbers, 2), ElementsAre(1, 2));
        EXPECT_THAT(co_await collect(numbers, 10), ElementsAre(3));
        EXPECT_FALSE(numbers.open());
        EXPECT_EQ(co_await numbers.next(), std::nullopt);
        stream<int> empty;
        EXPECT_EQ(co_await empty.next(), std::nullopt);
    };
    run_virtual(body());
}

TEST(Stream, IsMappedInItsOrder) {
    auto body = []() -> asio::awaitable<void> {
        auto const slower_first = [](int one) -> asio::awaitable<int> {
            co_await sleep_for(std::chrono::seconds{10 - 3 * one});
            co_return one;
        };
        EXPECT_THAT(values_of(co_await coax::map(count_to(3), {.concurrency = 3}, slower_first)), ElementsAre(1, 2, 3));
    };
    run_virtual(body());
}

TEST(Stream, AFailureIsItsEnd) {
    auto body = []() -> asio::awaitable<void> {
        auto broken = generate([]() -> asio::awaitable<std::optional<int>> {
            throw_error({.code = errc::connection_lost});
            co_return 1;
        });
        EXPECT_EQ((co_await as_result(broken.next())).error().code, errc::connection_lost);
        EXPECT_FALSE(broken.open());
        EXPECT_EQ(co_await broken.next(), std::nullopt);
    };
    run_virtual(body());
}

TEST(Stream, ClosingGivesUpTheSource) {
    auto const held = std::make_shared<int>(1);
    auto numbers = generate([held]() -> asio::awaitable<std::optional<int>> { co_return *held; });
    EXPECT_EQ(held.use_count(), 2);
    numbers.close();
    EXPECT_EQ(held.use_count(), 1);
}

TEST(Stream, ATimeoutInTheMiddleEndsIt) {
    auto body = []() -> asio::awaitable<void> {
        auto numbers = count_to(3);
        EXPECT_EQ(co_await with_timeout(5s, numbers.next()), 1);
        EXPECT_EQ((co_await as_result(with_timeout(500ms, numbers.next()))).error().code, errc::timeout);
        EXPECT_FALSE(numbers.open());
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
