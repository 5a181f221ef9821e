#include "support/run_coro.hpp"

#include <coax/policy/hedge.hpp>

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;
using testing::ElementsAre;

/// What each attempt does: how long it takes and how it ends.
struct course {
    clock::duration takes;
    errc ends{};  ///< Zero: well.
};

/// Runs attempts by script, and knows which were cut off.
struct service {
    std::vector<course> script;
    std::vector<int> began{};
    std::vector<int> cut{};

    asio::awaitable<result<int>> call(attempt which) {
        int const number = which.hedge ? 2 : 1;
        began.push_back(number);
        auto const plan = script.at(static_cast<std::size_t>(number - 1));
        auto const slept = co_await as_result(sleep_for(plan.takes));
        if (!slept) {
            cut.push_back(number);
            co_return slept.error();
        }
        if (plan.ends != errc{}) co_return error{.code = plan.ends};
        co_return number;
    }
};

struct race_case {
    char const* name;
    std::vector<course> script;
    int winner;  ///< 0: the call fails
    errc ends;   ///< with this.
    clock::duration took;
    std::vector<int> began;
    std::vector<int> cut;
};
void PrintTo(race_case const& row, std::ostream* out) { *out << row.name; }
class HedgeRace : public testing::TestWithParam<race_case> {};

TEST_P(HedgeRace, FollowsTheTable) {
    auto body = [](race_case const& row) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        hedger policy{{.delay = 100ms}};
        service peer{row.script};
        auto const start = now(executor);
        auto const got = co_await hedge(policy, [&peer](attempt which) { return peer.call(which); });
        EXPECT_EQ(now(executor) - start, row.took);
        EXPECT_EQ(got ? *got : 0, row.winner);
        if (!got) {
            EXPECT_EQ(got.error().code, row.ends);
        }
        EXPECT_EQ(peer.began, row.began);
        EXPECT_EQ(peer.cut, row.cut);
    };
    run_virtual(body(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HedgeRace,
    testing::Values(
        race_case{"done_before_the_delay", {{50ms}, {}}, 1, {}, 50ms, {1}, {}},
        race_case{"original_first", {{150ms}, {1s}}, 1, {}, 150ms, {1, 2}, {2}},
        race_case{"hedge_first", {{1s}, {50ms}}, 2, {}, 150ms, {1, 2}, {1}},
        race_case{"failure_before_the_delay_is_the_end",
                  {{50ms, errc::server_error}, {}},
                  0,
                  errc::server_error,
                  50ms,
                  {1},
                  {}},
        race_case{"failure_of_the_original_leaves_the_hedge",
                  {{150ms, errc::server_error}, {100ms}},
                  2,
                  {},
                  200ms,
                  {1, 2},
                  {}},
        race_case{
            "failure_of_the_hedge_leaves_the_original", {{300ms}, {50ms, errc::overloaded}}, 1, {}, 300ms, {1, 2}, {}},
        race_case{"of_two_failures_the_first_attempts",
                  {{300ms, errc::timeout}, {50ms, errc::overloaded}},
                  0,
                  errc::timeout,
                  300ms,
                  {1, 2},
                  {}}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Hedge, TheLoserIsGoneBeforeTheCallEndsAndItsCostIsTold) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<hedge_report> told;
        hedger policy{{.delay = 100ms, .on_hedge = [&told](hedge_report const& one) { told.push_back(one); }}};
        service peer{{{1s}, {50ms}}};
        co_await hedge(policy, [&peer](attempt which) { return peer.call(which); });
        EXPECT_THAT(peer.cut, ElementsAre(1));
        EXPECT_EQ(told.size(), 1U);
        EXPECT_EQ(told[0].winner, 2);
        EXPECT_EQ(told[0].delay, 100ms);
        EXPECT_EQ(told[0].loser_ran_for, 150ms);
        EXPECT_EQ(told[0].loser_error->code, errc::cancelled);
    };
    run_virtual(body());
}

TEST(Hedge, BeginsOnceEnoughIsKnownAtThePercentile) {
    hedger policy{{.percentile = 0.95, .minimum_samples = 20}};
    for (int i = 1; i <= 19; ++i) policy.note(i * 1ms, clock::time_point{});
    EXPECT_EQ(policy.delay(), std::nullopt);
    policy.note(20ms, clock::time_point{});
    EXPECT_EQ(policy.delay(), 19ms);
    for (int i = 0; i < 256; ++i) policy.note(5ms, clock::time_point{});
    EXPECT_EQ(policy.delay(), 5ms) << "the oldest are forgotten";
}

TEST(Hedge, WithoutKnowledgeOneAttemptOnly) {
    auto body = []() -> asio::awaitable<void> {
        hedger policy;
        service peer{{{1h}, {}}};
        EXPECT_EQ((co_await hedge(policy, [&peer](attempt which) { return peer.call(which); })).value(), 1);
        EXPECT_THAT(peer.began, ElementsAre(1));
    };
    run_virtual(body());
}

TEST(Hedge, TheBudgetBoundsSecondAttempts) {
    auto body = []() -> asio::awaitable<void> {
        hedger policy{{.delay = 100ms, .budget = {.capacity = 2, .per_success = 0.5, .per_second = 0}}};
        int second = 0;
        auto slow = [&second](attempt which) -> asio::awaitable<int> {
            if (which.hedge) ++second;
            co_await sleep_for(1s);
            co_return which.hedge ? 2 : 1;
        };
        for (int i = 0; i < 9; ++i) co_await hedge(policy, slow);
        EXPECT_EQ(second, 6) << "two saved up, and one for every other of the first eight successes";
    };
    run_virtual(body());
}

TEST(Hedge, CancelReachesBothAndWaitsForThem) {
    auto body = []() -> asio::awaitable<void> {
        hedger policy{{.delay = 100ms}};
        service peer{{{1h}, {1h}}};
        std::optional<errc> seen;
        auto call = [&]() -> asio::awaitable<void> {
            auto const got = co_await hedge(policy, [&peer](attempt which) { return peer.call(which); });
            seen = got.error().code;
        };
        started work{co_await asio::this_coro::executor, call()};
        co_await sleep_for(1s);
        work.cancel();
        co_await sleep_for(1ms);
        EXPECT_TRUE(work.done());
        EXPECT_EQ(seen, errc::cancelled);
        EXPECT_THAT(peer.cut, testing::UnorderedElementsAre(1, 2));
    };
    run_virtual(body());
}

TEST(Hedge, ThrowsForWhatThrowsAsItWas) {
    auto body = []() -> asio::awaitable<void> {
        hedger policy{{.delay = 100ms}};
        auto broken = []() -> asio::awaitable<int> {
            throw std::out_of_range{"index"};
            co_return 0;
        };
        bool seen = false;
        try {
            co_await hedge(policy, broken);
        } catch (std::out_of_range const&) {
            seen = true;
        }
        EXPECT_TRUE(seen);
    };
    run_virtual(body());
}

TEST(HedgeOptions, AreChecked) {
    EXPECT_TRUE(validate(hedge_options{}));
    EXPECT_EQ(validate(hedge_options{.delay = -1ms}).error().where, "delay");
    EXPECT_EQ(validate(hedge_options{.percentile = 1}).error().where, "percentile");
    EXPECT_EQ(validate(hedge_options{.minimum_samples = 257}).error().where, "minimum_samples");
    EXPECT_EQ(validate(hedge_options{.budget = {.capacity = 0}}).error().where, "capacity");
    EXPECT_THROW(hedger({.percentile = 0}), exception);
}

// ---- callbacks that throw

TEST(HedgeCallbacks, WhatThrowsBeforeItIsACoroutineIsAFailedAttempt) {
    auto body = []() -> asio::awaitable<void> {
        hedger policy{{.delay = 100ms}};
        int calls = 0;
        auto const flaky_start = [&](attempt which) -> asio::awaitable<int> {
            ++calls;
            if (which.hedge) throw std::out_of_range{"no second one"};
            return [](int value) -> asio::awaitable<int> {
                co_await sleep_for(150ms);
                co_return value;
            }(7);
        };
        EXPECT_EQ(co_await hedge(policy, flaky_start), 7);
        EXPECT_EQ(calls, 2);
        auto const broken = [](attempt) -> asio::awaitable<int> { throw std::out_of_range{"none at all"}; };
        auto const got = co_await as_result(hedge(policy, broken));
        EXPECT_TRUE(!got && got.error().code == errc::internal && got.error().message == "none at all");
    };
    run_virtual(body());
}

TEST(HedgeCallbacks, AThrowingReportEndsTheCall) {
    auto body = []() -> asio::awaitable<void> {
        hedger policy{{.delay = 100ms, .on_hedge = [](hedge_report const&) { throw std::out_of_range{"report"}; }}};
        service peer{{{1s}, {50ms}}};
        auto const got = co_await as_result(hedge(policy, [&peer](attempt which) { return peer.call(which); }));
        EXPECT_TRUE(!got && got.error().code == errc::internal && got.error().message == "report");
        EXPECT_THAT(peer.cut, ElementsAre(1));
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
