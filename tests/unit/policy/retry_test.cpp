#include "support/run_coro.hpp"

#include <coax/policy/retry.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::started;
using testing::ElementsAre;

// ---- the rule

error failing(errc code, std::optional<std::chrono::milliseconds> after = {}) {
    return {.code = code, .retry_after = after};
}

struct step_case {
    char const* name;
    retry_options options;
    int failed;
    error why;
    clock::duration elapsed;
    double chance;
    retry_step expected;
    std::chrono::milliseconds server_waits{0};
};
void PrintTo(step_case const& row, std::ostream* out) { *out << row.name; }
class NextRetry : public testing::TestWithParam<step_case> {};

TEST_P(NextRetry, FollowsTheTable) {
    auto const& row = GetParam();
    auto const step = next_retry(row.options, row.failed, row.why, row.elapsed, row.chance, 0ms, row.server_waits);
    EXPECT_EQ(step.again, row.expected.again);
    EXPECT_EQ(step.wait, row.expected.wait);
    EXPECT_EQ(step.again && step.uses_attempt, row.expected.again && row.expected.uses_attempt);
}

retry_options many() { return {.max_attempts = 100}; }
retry_options patient() {
    auto options = many();
    options.max_elapsed = 10s;
    return options;
}
retry_options only_bad_requests() {
    auto options = many();
    options.retry_if = [](error const& why) { return why.code != errc::rate_limited; };
    return options;
}
error told(bool verdict) {
    auto why = failing(verdict ? errc::bad_request : errc::overloaded);
    why.should_retry = verdict;
    return why;
}

constexpr retry_step stop{};

INSTANTIATE_TEST_SUITE_P(
    Rows, NextRetry,
    testing::Values(
        step_case{"first_base", {}, 1, failing(errc::overloaded), 0s, 0.0, {true, 500ms}},
        step_case{"second_doubles", {}, 2, failing(errc::overloaded), 0s, 0.0, {true, 1s}},
        step_case{"third_attempt_is_last", {}, 3, failing(errc::overloaded), 0s, 0.0, stop},
        step_case{"one_attempt_never_retries", {.max_attempts = 1}, 1, failing(errc::overloaded), 0s, 0.0, stop},
        step_case{"fifth_reaches_the_cap", many(), 5, failing(errc::timeout), 0s, 0.0, {true, 8s}},
        step_case{"sixth_stays_at_the_cap", many(), 6, failing(errc::timeout), 0s, 0.0, {true, 8s}},
        step_case{"ninetieth_stays_at_the_cap", many(), 90, failing(errc::timeout), 0s, 0.0, {true, 8s}},
        step_case{"jitter_shortens_by_an_eighth_at_half", {}, 1, failing(errc::timeout), 0s, 0.5, {true, 438ms}},
        step_case{"jitter_shortens_by_a_quarter_at_most", {}, 2, failing(errc::timeout), 0s, 0.999999, {true, 750ms}},
        step_case{"server_wait_wins", {}, 1, failing(errc::rate_limited, 20s), 0s, 0.0, {true, 20s, false}},
        step_case{"server_wait_is_spread", {}, 1, failing(errc::rate_limited, 20s), 0s, 0.5, {true, 22500ms, false}},
        step_case{"spread_grows", {}, 1, failing(errc::rate_limited, 1s), 0s, 0.5, {true, 2s, false}, 7s},
        step_case{"spread_has_a_bound", {}, 1, failing(errc::rate_limited, 1s), 0s, 0.5, {true, 5s, false}, 300s},
        step_case{"server_wait_uses_no_attempt", {}, 3, failing(errc::overloaded, 1s), 0s, 0.0, {true, 1s, false}},
        step_case{
            "server_wait_over_the_budget_uses_one", {}, 2, failing(errc::rate_limited, 1s), 0s, 0.0, {true, 1s}, 600s},
        step_case{"nor_is_it_free_for_ever", {}, 3, failing(errc::rate_limited, 1s), 0s, 0.0, stop, 600s},
        step_case{"wait_of_a_failed_server_uses_one", {}, 3, failing(errc::server_error, 1s), 0s, 0.0, stop},
        step_case{"no_retries_no_server_wait", {.max_attempts = 1}, 1, failing(errc::rate_limited, 1s), 0s, 0.0, stop},
        step_case{"absurd_server_wait",
                  {.max_server_wait = std::chrono::milliseconds::max(),
                   .server_wait_budget = std::chrono::milliseconds::max()},
                  1,
                  failing(errc::rate_limited, std::chrono::milliseconds::max()),
                  0s,
                  0.0,
                  {true, std::chrono::milliseconds{1'000'000'000'000}, false}},
        step_case{"absurd_own_wait",
                  {.initial_delay = std::chrono::milliseconds::max(),
                   .max_delay = std::chrono::milliseconds::max(),
                   .min_delay = std::chrono::milliseconds::max(),
                   .random_delay = std::chrono::milliseconds::max()},
                  1,
                  failing(errc::timeout),
                  0s,
                  0.9,
                  {true, std::chrono::milliseconds{1'000'000'000'000}}},
        step_case{
            "absurd_time_spent", {.max_elapsed = 1s}, 1, failing(errc::timeout), clock::duration::max(), 0.0, stop},
        step_case{"server_wait_at_the_bound", {}, 1, failing(errc::rate_limited, 120s), 0s, 0.0, {true, 120s, false}},
        step_case{"server_wait_over_the_bound_ends_it", {}, 1, failing(errc::rate_limited, 120'001ms), 0s, 0.0, stop},
        step_case{"server_wait_of_zero_is_none", {}, 1, failing(errc::rate_limited, 0s), 0s, 0.0, {true, 500ms}},
        step_case{"cancel_is_final", {}, 1, failing(errc::cancelled), 0s, 0.0, stop},
        step_case{"cancel_is_final_for_any_predicate", only_bad_requests(), 1, failing(errc::cancelled), 0s, 0.0, stop},
        step_case{"bad_request_is_final", {}, 1, failing(errc::bad_request), 0s, 0.0, stop},
        step_case{"quota_is_final", {}, 1, failing(errc::quota_exhausted), 0s, 0.0, stop},
        step_case{"service_says_yes", {}, 1, told(true), 0s, 0.0, {true, 500ms}},
        step_case{"service_says_no", {}, 1, told(false), 0s, 0.0, stop},
        step_case{"predicate_says_yes", only_bad_requests(), 1, failing(errc::bad_request), 0s, 0.0, {true, 500ms}},
        step_case{"predicate_says_no", only_bad_requests(), 1, failing(errc::rate_limited), 0s, 0.0, stop},
        step_case{"elapsed_within", patient(), 1, failing(errc::timeout), 9500ms, 0.0, {true, 500ms}},
        step_case{"elapsed_would_pass", patient(), 1, failing(errc::timeout), 9501ms, 0.0, stop},
        step_case{"fixed_is_fixed", retry_options::fixed(9, 2s, 0s), 7, failing(errc::timeout), 0s, 0.7, {true, 2s}},
        step_case{"fixed_plus_random",
                  retry_options::fixed(9, 2s, 1s),
                  1,
                  failing(errc::timeout),
                  0s,
                  0.5 / 4096,
                  {true, 2500ms}}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(NextRetry, RandomDelayIsSpreadOverItsWholeRange) {
    auto const options = retry_options::fixed(2, 0s, 1000ms);
    auto least = 1000ms;
    auto most = 0ms;
    for (int i = 0; i < 1000; ++i) {
        auto const wait = next_retry(options, 1, failing(errc::timeout), 0s, i * 0.000'999'7).wait;
        least = std::min(least, wait);
        most = std::max(most, wait);
    }
    EXPECT_LT(least, 50ms);
    EXPECT_GT(most, 950ms);
    EXPECT_LE(most, 1000ms);
}

struct option_case {
    char const* name;
    retry_options options;
    char const* where;  ///< Empty: valid.
};
void PrintTo(option_case const& row, std::ostream* out) { *out << row.name; }
class RetryOptions : public testing::TestWithParam<option_case> {};

TEST_P(RetryOptions, AreChecked) { EXPECT_EQ(validate(GetParam().options).error().where, GetParam().where); }

INSTANTIATE_TEST_SUITE_P(
    Rows, RetryOptions,
    testing::Values(option_case{"default", {}, ""}, option_case{"attempts", {.max_attempts = 0}, "max_attempts"},
                    option_case{"initial", {.initial_delay = -1ms}, "initial_delay"},
                    option_case{"factor", {.factor = 0.5}, "factor"},
                    option_case{"factor_nan", {.factor = std::numeric_limits<double>::quiet_NaN()}, "factor"},
                    option_case{"max", {.max_delay = 1ms}, "max_delay"},
                    option_case{"jitter", {.jitter = 1.5}, "jitter"},
                    option_case{"random", {.random_delay = -1ms}, "random_delay"},
                    option_case{"elapsed", {.max_elapsed = -1ms}, "max_elapsed"},
                    option_case{"server", {.max_server_wait = -1ms}, "max_server_wait"},
                    option_case{"server_budget", {.server_wait_budget = -1ms}, "server_wait_budget"},
                    option_case{"fixed", retry_options::fixed(3, 1s, 1s), ""}),
    [](auto const& row) { return std::string(row.param.name); });

// ---- the loop

/// Fails as scripted, then succeeds.
struct flaky {
    std::vector<error> script;
    std::vector<int> attempts{};
    std::vector<clock::duration> at{};

    asio::awaitable<result<std::string>> call(attempt which) {
        attempts.push_back(which.number);
        at.push_back(now(co_await asio::this_coro::executor).time_since_epoch());
        if (attempts.size() > script.size()) co_return "ok";
        co_return script[attempts.size() - 1];
    }
    asio::awaitable<std::string> call_or_throw(attempt which) { co_return value_or_throw(co_await call(which)); }
};

TEST(Retry, ReturnsTheFirstSuccess) {
    auto body = []() -> asio::awaitable<void> {
        flaky service{{failing(errc::overloaded), failing(errc::rate_limited, 7s)}};
        std::vector<retry_event> told;
        retry_options options{.on_retry = [&told](retry_event const& event) { told.push_back(event); }};
        auto const got = co_await coax::retry(options, [&](attempt which) { return service.call(which); });
        EXPECT_EQ(got.value(), "ok");
        EXPECT_THAT(service.attempts, ElementsAre(1, 2, 3));
        EXPECT_EQ(told.size(), 2U);
        EXPECT_EQ(told[0].failed_attempts, 1);
        EXPECT_EQ(told[0].why.code, errc::overloaded);
        EXPECT_EQ(service.at[1] - service.at[0], told[0].wait);
        EXPECT_GE(told[0].wait, 375ms);
        EXPECT_LE(told[0].wait, 500ms);
        EXPECT_GE(service.at[2] - service.at[1], 7s);
        EXPECT_LT(service.at[2] - service.at[1], 8750ms) << "a quarter more at most";
    };
    run_virtual(body());
}

TEST(Retry, GivesUpWithTheLastErrorAndTheCount) {
    auto body = []() -> asio::awaitable<void> {
        flaky service{{failing(errc::overloaded), failing(errc::timeout), failing(errc::server_error)}};
        auto const got = co_await coax::retry(retry_options{}, [&](attempt which) { return service.call(which); });
        EXPECT_EQ(got.error().code, errc::server_error);
        EXPECT_EQ(got.error().attempts, 3);
    };
    run_virtual(body());
}

TEST(Retry, ThrowsForWhatThrows) {
    auto body = []() -> asio::awaitable<void> {
        flaky service{{failing(errc::overloaded), failing(errc::bad_request)}};
        auto const got = co_await as_result(
            coax::retry(retry_options{}, [&](attempt which) { return service.call_or_throw(which); }));
        EXPECT_EQ(got.error().code, errc::bad_request);
        EXPECT_EQ(got.error().attempts, 2);
    };
    run_virtual(body());
}

TEST(Retry, TreatsNetworkErrorsOfOthersLikeOurs) {
    auto body = []() -> asio::awaitable<void> {
        int calls = 0;
        auto connect = [&calls]() -> asio::awaitable<void> {
            if (++calls < 3) throw boost::system::system_error{asio::error::connection_reset};
            co_return;
        };
        co_await coax::retry(retry_options{}, connect);
        EXPECT_EQ(calls, 3);
    };
    run_virtual(body());
}

TEST(Retry, WhatThrowsBeforeItIsACoroutineIsAFailedAttempt) {
    auto body = []() -> asio::awaitable<void> {
        int calls = 0;
        auto const flaky_start = [&]() -> asio::awaitable<int> {
            if (++calls < 3) throw_error({.code = errc::overloaded});
            return [](int value) -> asio::awaitable<int> { co_return value; }(7);
        };
        EXPECT_EQ(co_await coax::retry(retry_options{}, flaky_start), 7);
        EXPECT_EQ(calls, 3);
    };
    run_virtual(body());
}

TEST(Retry, RethrowsAForeignExceptionAsItWas) {
    auto body = []() -> asio::awaitable<void> {
        int calls = 0;
        auto broken = [&calls]() -> asio::awaitable<int> {
            ++calls;
            throw std::out_of_range{"index"};
            co_return 0;
        };
        bool seen = false;
        try {
            co_await coax::retry(retry_options{}, broken);
        } catch (std::out_of_range const&) {
            seen = true;
        }
        EXPECT_TRUE(seen);
        EXPECT_EQ(calls, 1);
    };
    run_virtual(body());
}

TEST(Retry, CancelledInAWaitEndsInCancelledAndCallsNoMore) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        for (bool throwing : {false, true}) {
            flaky service{{failing(errc::overloaded, 100s)}};
            std::optional<errc> seen;
            auto attempt_calls = [&]() -> asio::awaitable<void> {
                if (throwing) {
                    co_await coax::retry(retry_options{}, [&](attempt which) { return service.call_or_throw(which); });
                } else {
                    auto got =
                        co_await coax::retry(retry_options{}, [&](attempt which) { return service.call(which); });
                    seen = got.error().code;
                }
            };
            started call{executor, attempt_calls()};
            co_await sleep_for(1s);
            call.cancel();
            co_await sleep_for(1h);
            EXPECT_TRUE(call.done());
            EXPECT_EQ(throwing ? call.failure() : seen, errc::cancelled);
            EXPECT_EQ(service.attempts.size(), 1U);
        }
    };
    run_virtual(body());
}

TEST(Retry, CancelledInAnAttemptIsNotTriedAgain) {
    auto body = []() -> asio::awaitable<void> {
        int calls = 0;
        auto slow = [&calls]() -> asio::awaitable<void> {
            ++calls;
            co_await sleep_for(1h);
        };
        started call{co_await asio::this_coro::executor, coax::retry(retry_options{}, slow)};
        co_await sleep_for(1s);
        call.cancel();
        co_await sleep_for(2h);
        EXPECT_EQ(call.failure(), errc::cancelled);
        EXPECT_EQ(calls, 1);
    };
    run_virtual(body());
}

TEST(Retry, RefusesWrongOptions) {
    auto body = []() -> asio::awaitable<void> {
        auto const got = co_await as_result(
            coax::retry(retry_options{.max_attempts = 0}, []() -> asio::awaitable<void> { co_return; }));
        EXPECT_EQ(got.error().where, "max_attempts");
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
