#include "support/run_coro.hpp"
#include "unit/policy/policy_support.hpp"

#include <coax/policy/retry.hpp>

#include <gmock/gmock.h>

#include <map>
#include <ostream>
#include <string>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::run_virtual;
using test::start;

int spend_all(retry_budget& budget, clock::time_point now) {
    int spent = 0;
    while (budget.try_spend(now)) ++spent;
    return spent;
}

// ---- the budget (tower's cases: empty, leaky, slots, reserve)

TEST(RetryBudget, StartsFullAndSaysNoWhenEmpty) {
    retry_budget budget{{.capacity = 3, .per_success = 0, .per_second = 0}};
    EXPECT_EQ(spend_all(budget, start), 3);
    EXPECT_FALSE(budget.try_spend(start + 24h));
}

TEST(RetryBudget, TenSuccessesEarnOneRetry) {
    retry_budget budget{{.capacity = 5, .per_success = 0.1, .per_second = 0}};
    spend_all(budget, start);
    for (int i = 0; i < 9; ++i) budget.earn(start);
    EXPECT_FALSE(budget.try_spend(start));
    budget.earn(start);
    EXPECT_TRUE(budget.try_spend(start));
    EXPECT_FALSE(budget.try_spend(start));
}

TEST(RetryBudget, SuccessesNeverSaveUpMoreThanItHolds) {
    retry_budget budget{{.capacity = 2, .per_success = 1, .per_second = 0}};
    for (int i = 0; i < 100; ++i) budget.earn(start);
    EXPECT_EQ(spend_all(budget, start), 2);
}

TEST(RetryBudget, TimeAloneEarnsSoThatAGroupThatNeverSucceedsStillTries) {
    retry_budget budget{{.capacity = 5, .per_success = 0, .per_second = 0.5}};
    spend_all(budget, start);
    EXPECT_FALSE(budget.try_spend(start + 1s));
    EXPECT_TRUE(budget.try_spend(start + 2s));
    EXPECT_FALSE(budget.try_spend(start + 2s));
    EXPECT_EQ(spend_all(budget, start + 1h), 5);
}

TEST(RetryBudget, AnEarlierTimeEarnsNothingTwice) {
    retry_budget budget{{.capacity = 5, .per_success = 0, .per_second = 1}};
    spend_all(budget, start);
    EXPECT_TRUE(budget.try_spend(start + 1s));
    EXPECT_FALSE(budget.try_spend(start));
    EXPECT_FALSE(budget.try_spend(start + 1s));
    EXPECT_DOUBLE_EQ(budget.available(start + 2s), 1.0);
}

TEST(RetryBudget, ChecksItsOptions) {
    EXPECT_TRUE(validate(retry_budget_options{}));
    EXPECT_EQ(validate(retry_budget_options{.capacity = 0}).error().where, "capacity");
    EXPECT_EQ(validate(retry_budget_options{.per_success = -1}).error().where, "per_success");
    EXPECT_EQ(validate(retry_budget_options{.per_second = -1}).error().where, "per_second");
    EXPECT_THROW(retry_budget({.capacity = 0}), exception);
}

TEST(Retry, CallsThatShareABudgetStopTogether) {
    auto body = []() -> asio::awaitable<void> {
        retry_options options{.max_attempts = 10};
        options.budget =
            std::make_shared<retry_budget>(retry_budget_options{.capacity = 4, .per_success = 1, .per_second = 0});
        int calls = 0;
        auto down = [&calls]() -> asio::awaitable<result<int>> {
            ++calls;
            co_return error{.code = errc::overloaded, .message = "down"};
        };
        auto const first = co_await coax::retry(options, down);
        EXPECT_EQ(calls, 5);
        EXPECT_EQ(first.error().attempts, 5);
        EXPECT_THAT(first.error().message, testing::HasSubstr("budget"));
        co_await coax::retry(options, down);
        EXPECT_EQ(calls, 6) << "a first attempt never needs the budget";
        co_await coax::retry(options, [&calls]() -> asio::awaitable<result<int>> { co_return calls; });
        co_await coax::retry(options, down);
        EXPECT_EQ(calls, 8) << "the success earned one retry";
    };
    run_virtual(body());
}

// ---- the forms of jitter

struct jitter_case {
    char const* name;
    jitter_form form;
    int failed;
    double chance;
    std::chrono::milliseconds previous;
    std::chrono::milliseconds wait;
};
void PrintTo(jitter_case const& row, std::ostream* out) { *out << row.name; }
class Jitter : public testing::TestWithParam<jitter_case> {};

TEST_P(Jitter, FollowsTheTable) {
    auto const& row = GetParam();
    retry_options const options{.max_attempts = 99, .initial_delay = 1s, .max_delay = 20s, .form = row.form};
    auto const step = next_retry(options, row.failed, {.code = errc::overloaded}, 0s, row.chance, row.previous);
    EXPECT_TRUE(step.again);
    EXPECT_EQ(step.wait, row.wait);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Jitter,
    testing::Values(jitter_case{"full_may_not_wait", jitter_form::full, 1, 0.0, 0s, 0s},
                    jitter_case{"full_half", jitter_form::full, 3, 0.5, 0s, 2s},
                    jitter_case{"full_is_capped_before_chance", jitter_form::full, 9, 0.5, 0s, 10s},
                    jitter_case{"equal_waits_half_at_least", jitter_form::equal, 3, 0.0, 0s, 2s},
                    jitter_case{"equal_three_quarters", jitter_form::equal, 3, 0.5, 0s, 3s},
                    jitter_case{"decorrelated_first_is_at_least_the_initial", jitter_form::decorrelated, 1, 0.0, 0s,
                                1s},
                    jitter_case{"decorrelated_first_spreads_to_three", jitter_form::decorrelated, 1, 0.5, 0s, 2s},
                    jitter_case{"decorrelated_grows_from_the_wait_before", jitter_form::decorrelated, 2, 0.5, 3s, 5s},
                    jitter_case{"decorrelated_may_shrink", jitter_form::decorrelated, 5, 0.0, 12s, 1s},
                    jitter_case{"decorrelated_is_capped", jitter_form::decorrelated, 9, 0.9, 19s, 20s}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(NextRetry, TheLeastWaitBoundsOurOwnButNotTheServices) {
    retry_options const options{.min_delay = 3s, .form = jitter_form::full};
    EXPECT_EQ(next_retry(options, 1, {.code = errc::timeout}, 0s, 0.0).wait, 3s);
    EXPECT_EQ(next_retry(options, 1, {.code = errc::rate_limited, .retry_after = 1s}, 0s, 0.0).wait, 1s);
    EXPECT_EQ(validate(retry_options{.min_delay = 9s}).error().where, "min_delay");
}

// ---- the table

TEST(RetryTable, StartsAsIsRetryableHasIt) {
    retry_table const table;
    for (int code = 1; code <= static_cast<int>(errc::internal); ++code) {
        error const why{.code = static_cast<errc>(code)};
        EXPECT_EQ(table(why), is_retryable(why)) << to_string(why.code);
        EXPECT_EQ(table.retryable(why.code), is_retryable(why));
    }
}

TEST(RetryTable, CanBeChangedAndRead) {
    retry_table table;
    table.set(errc::server_error, false).set(errc::bad_request, true).set_status(502, true).set_status(429, false);
    EXPECT_FALSE(table({.code = errc::server_error, .http_status = 500}));
    EXPECT_TRUE(table({.code = errc::server_error, .http_status = 502}));
    EXPECT_TRUE(table({.code = errc::bad_request, .http_status = 400}));
    EXPECT_FALSE(table({.code = errc::rate_limited, .http_status = 429}));
    EXPECT_FALSE(table.set_status(502, false)({.code = errc::server_error, .http_status = 502}));
    EXPECT_THAT(to_string(table), testing::HasSubstr("server_error: final\n"));
    EXPECT_THAT(to_string(table), testing::HasSubstr("\nHTTP 429: final\n"));
}

TEST(RetryTable, HeedsTheServiceUnlessToldOtherwise) {
    retry_table table;
    error const no{.code = errc::overloaded, .should_retry = false};
    EXPECT_FALSE(table(no));
    EXPECT_TRUE(table.heed_service(false)(no));
}

TEST(RetryTable, ACancellationIsFinalWhateverIsSet) {
    retry_table table;
    table.set(errc::cancelled, true).set_status(0, true);
    EXPECT_FALSE(table({.code = errc::cancelled, .should_retry = true}));
    EXPECT_FALSE(table.retryable(errc::cancelled));
}

TEST(RetryTable, IsAskedByNextRetry) {
    retry_options options;
    options.table.set(errc::timeout, false);
    EXPECT_FALSE(next_retry(options, 1, {.code = errc::timeout}, 0s, 0.0).again);
    EXPECT_TRUE(next_retry(options, 1, {.code = errc::overloaded}, 0s, 0.0).again);
}

// ---- the environment

struct environment_case {
    char const* name;
    std::map<std::string, std::string, std::less<>> variables;
    int attempts;
    std::chrono::milliseconds initial;
    std::chrono::milliseconds least;
    std::chrono::milliseconds most;
    char const* wrong;  ///< The variable; empty: valid.
};
void PrintTo(environment_case const& row, std::ostream* out) { *out << row.name; }
class RetryEnvironment : public testing::TestWithParam<environment_case> {};

TEST_P(RetryEnvironment, FollowsTheTable) {
    auto const& row = GetParam();
    auto const look_up = [&row](std::string_view name) -> std::optional<std::string> {
        auto const found = row.variables.find(name);
        if (found == row.variables.end()) return std::nullopt;
        return found->second;
    };
    auto const got = retry_options_from(look_up, {});
    EXPECT_EQ(got ? "" : got.error().where, row.wrong);
    if (!got) return;
    EXPECT_EQ(got->max_attempts, row.attempts);
    EXPECT_EQ(got->initial_delay, row.initial);
    EXPECT_EQ(got->min_delay, row.least);
    EXPECT_EQ(got->max_delay, row.most);
    EXPECT_TRUE(validate(*got));
}

constexpr auto multiplier = "RETRY_WAIT_EXPONENTIAL_MULTIPLIER";
constexpr auto least = "RETRY_WAIT_EXPONENTIAL_MIN";
constexpr auto most = "RETRY_WAIT_EXPONENTIAL_MAX";

INSTANTIATE_TEST_SUITE_P(
    Rows, RetryEnvironment,
    testing::Values(
        environment_case{"nothing_set", {}, 3, 500ms, 0s, 8s, ""},
        environment_case{"set_to_nothing", {{"RETRY_ATTEMPTS", ""}, {least, ""}}, 3, 500ms, 0s, 8s, ""},
        environment_case{
            "all_four", {{"RETRY_ATTEMPTS", "7"}, {multiplier, "1"}, {least, "4"}, {most, "60"}}, 7, 1s, 4s, 60s, ""},
        environment_case{"fractions", {{multiplier, "0.25"}}, 3, 250ms, 0s, 8s, ""},
        environment_case{"a_long_multiplier_lifts_an_unset_bound", {{multiplier, "30"}}, 3, 30s, 0s, 30s, ""},
        environment_case{"a_set_bound_holds", {{multiplier, "30"}, {least, "20"}, {most, "10"}}, 3, 10s, 10s, 10s, ""},
        environment_case{"no_attempts", {{"RETRY_ATTEMPTS", "0"}}, 0, 0s, 0s, 0s, "RETRY_ATTEMPTS"},
        environment_case{"half_attempts", {{"RETRY_ATTEMPTS", "2.5"}}, 0, 0s, 0s, 0s, "RETRY_ATTEMPTS"},
        environment_case{"words", {{multiplier, "fast"}}, 0, 0s, 0s, 0s, multiplier},
        environment_case{"negative", {{least, "-1"}}, 0, 0s, 0s, 0s, least},
        environment_case{"a_unit", {{most, "10s"}}, 0, 0s, 0s, 0s, most},
        environment_case{"infinite", {{most, "inf"}}, 0, 0s, 0s, 0s, most},
        environment_case{"two_points", {{most, "1.2.3"}}, 0, 0s, 0s, 0s, most}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
