#include "support/run_coro.hpp"

#include <coax/tasks/when_any.hpp>

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;

asio::awaitable<int> value_after(clock::duration wait, int value, int* ended = nullptr) {
    auto const guard = std::shared_ptr<void>(nullptr, [ended](void*) {
        if (ended != nullptr) ++*ended;
    });
    co_await sleep_for(wait);
    co_return value;
}
asio::awaitable<int> fail_after(clock::duration wait, errc code) {
    co_await sleep_for(wait);
    throw_error({.code = code});
}
asio::awaitable<result<int>> result_after(clock::duration wait, result<int> outcome) {
    co_await sleep_for(wait);
    co_return outcome;
}

TEST(WhenAny, TheFirstOneToEndWinsAndTheOthersAreGone) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto const start = now(executor);
        int ended = 0;
        auto const got = co_await when_any(value_after(5s, 1, &ended), sleep_for(2s), value_after(9s, 3, &ended));
        EXPECT_EQ(got.index(), 1U);
        EXPECT_EQ(ended, 2);
        EXPECT_EQ(now(executor) - start, 2s);
        auto const at_once = co_await when_any(value_after(0s, 4), value_after(0s, 5, &ended));
        EXPECT_EQ(std::get<0>(at_once), 4);
        co_await sleep_for(1s);  // the caller itself was never cancelled
    };
    run_virtual(body());
}

TEST(WhenAny, AFailureIsAnEndToo) {
    auto body = []() -> asio::awaitable<void> {
        auto const got = co_await as_result(when_any(value_after(5s, 1), fail_after(1s, errc::refused)));
        EXPECT_EQ(got.error().code, errc::refused);
    };
    run_virtual(body());
}

TEST(WhenAny, CancellationReachesAllAndWaitsForThem) {
    auto body = []() -> asio::awaitable<void> {
        int ended = 0;
        auto whole = [&]() -> asio::awaitable<void> {
            co_await when_any(value_after(1h, 1, &ended), value_after(1h, 2, &ended));
        };
        started call{co_await asio::this_coro::executor, whole()};
        co_await sleep_for(1s);
        call.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(call.failure(), errc::cancelled);
        EXPECT_EQ(ended, 2);
    };
    run_virtual(body());
}

TEST(Race, TheFirstSuccessWins) {
    auto body = []() -> asio::awaitable<void> {
        EXPECT_EQ(co_await race(fail_after(1s, errc::refused), value_after(3s, 3), value_after(2s, 2)), 2);
        auto const bad = result<int>{error{.code = errc::refused}};
        EXPECT_EQ(*co_await race(result_after(1s, bad), result_after(2s, 2)), 2);
    };
    run_virtual(body());
}

TEST(Race, WithoutASuccessTheFirstFailureCounts) {
    auto body = []() -> asio::awaitable<void> {
        auto const thrown = co_await as_result(race(fail_after(2s, errc::closed), fail_after(1s, errc::refused)));
        EXPECT_EQ(thrown.error().code, errc::refused);
        auto first = result_after(1s, error{.code = errc::refused});
        auto second = result_after(2s, error{.code = errc::closed});
        EXPECT_EQ((co_await race(std::move(first), std::move(second))).error().code, errc::refused);
        auto const nobody = co_await as_result(race(std::vector<asio::awaitable<int>>{}));
        EXPECT_EQ(nobody.error().code, errc::invalid_argument);
    };
    run_virtual(body());
}

TEST(Race, CancellationReachesAll) {
    auto body = []() -> asio::awaitable<void> {
        int ended = 0;
        auto whole = [&]() -> asio::awaitable<void> {
            co_await race(value_after(1h, 1, &ended), value_after(1h, 2, &ended));
        };
        started call{co_await asio::this_coro::executor, whole()};
        call.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(call.failure(), errc::cancelled);
        EXPECT_EQ(ended, 2);
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
