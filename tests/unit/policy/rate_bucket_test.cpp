#include "policy/rate_bucket.hpp"

#include "unit/policy/policy_support.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

namespace coax::detail {
namespace {

using namespace std::chrono_literals;
using test::start;

/// Takes `count` requests of `tokens` each at `at`.
void take(coax::policy::detail::rate_bucket& bucket, int count, std::int64_t tokens, clock::duration at = 0s) {
    for (int i = 0; i < count; ++i) bucket.take(tokens, start + at);
}

struct wait_case {
    char const* name;
    rate_limiter_options options;
    int taken;  ///< Requests taken at 0 s, of `taken_tokens` each.
    std::int64_t taken_tokens;
    clock::duration at;    ///< When the next one asks,
    std::int64_t tokens;   ///< for so many,
    clock::duration wait;  ///< and how long it waits.
};
void PrintTo(wait_case const& row, std::ostream* out) { *out << row.name; }
class RateBucketWait : public testing::TestWithParam<wait_case> {};

TEST_P(RateBucketWait, FollowsTheTable) {
    auto const& row = GetParam();
    coax::policy::detail::rate_bucket bucket{row.options};
    take(bucket, row.taken, row.taken_tokens);
    EXPECT_EQ(bucket.wait_for(row.tokens, start + row.at), row.wait);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RateBucketWait,
    testing::Values(
        wait_case{"unlimited_never_waits", {}, 1000, 1'000'000, 0s, 1'000'000, 0s},
        wait_case{"starts_full", {.requests_per_minute = 60}, 59, 0, 0s, 0, 0s},
        wait_case{"empty_waits_for_one_request", {.requests_per_minute = 60}, 60, 0, 0s, 0, 1s},
        wait_case{"refills_continuously", {.requests_per_minute = 60}, 60, 0, 400ms, 0, 600ms},
        wait_case{"one_after_its_time", {.requests_per_minute = 60}, 60, 0, 1s, 0, 0s},
        wait_case{"never_more_than_full", {.requests_per_minute = 60}, 0, 0, 1h, 0, 0s},
        wait_case{"tokens_wait_for_what_is_missing", {.tokens_per_minute = 6000}, 1, 6000, 0s, 500, 5s},
        wait_case{
            "the_longer_wait_counts", {.requests_per_minute = 60, .tokens_per_minute = 6000}, 60, 100, 0s, 300, 3s},
        wait_case{"oversized_waits_until_full", {.tokens_per_minute = 6000}, 1, 3000, 0s, 1'000'000, 30s},
        wait_case{"oversized_goes_when_full", {.tokens_per_minute = 6000}, 0, 0, 0s, 1'000'000, 0s},
        wait_case{"debt_of_an_oversized_one_is_paid_first", {.tokens_per_minute = 6000}, 1, 12'000, 0s, 100, 61s},
        wait_case{"no_tokens_wait_for_a_debt_too", {.tokens_per_minute = 6000}, 1, 12'000, 0s, 0, 60s},
        wait_case{"short_burst_holds_less", {.requests_per_minute = 60, .burst = 10s}, 10, 0, 0s, 0, 1s},
        wait_case{"burst_holds_at_least_one", {.requests_per_minute = 1, .burst = 1s}, 0, 0, 0s, 0, 0s},
        wait_case{"even_spacing_after_the_first", {.requests_per_minute = 60, .even_spacing = true}, 1, 0, 0s, 0, 1s},
        wait_case{"even_spacing_needs_a_rate", {.tokens_per_minute = 6000, .even_spacing = true}, 1, 0, 0s, 0, 0s},
        wait_case{"a_day_waits_for_its_share", {.requests_per_day = 1440}, 1440, 0, 0s, 0, 60s},
        wait_case{"a_day_holds_a_days_worth", {.tokens_per_day = 86'400}, 1, 86'000, 0s, 401, 1s},
        wait_case{"minute_and_day_at_once_the_longer_counts",
                  {.requests_per_minute = 60, .tokens_per_day = 86'400},
                  60,
                  1'440,
                  0s,
                  10,
                  10s},
        wait_case{
            "even_spacing_saves_nothing_up", {.requests_per_minute = 60, .even_spacing = true}, 1, 0, 10s, 0, 0s}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(RateBucket, GivingBackUndoesATake) {
    coax::policy::detail::rate_bucket bucket{{.requests_per_minute = 60, .tokens_per_minute = 6000}};
    take(bucket, 60, 100);
    EXPECT_EQ(bucket.wait_for(100, start), 1s);
    bucket.give_back(100, start);
    EXPECT_EQ(bucket.wait_for(100, start), 0s);
}

TEST(RateBucket, GivingBackNeverOverfills) {
    coax::policy::detail::rate_bucket bucket{{.requests_per_minute = 2}};
    bucket.give_back(0, start);
    take(bucket, 2, 0);
    EXPECT_EQ(bucket.wait_for(0, start), 30s);
}

TEST(RateBucket, SettlingChargesAndRefundsTheDifference) {
    coax::policy::detail::rate_bucket bucket{{.tokens_per_minute = 6000}};
    bucket.take(3000, start);
    bucket.settle(3000, 1000, start);
    EXPECT_EQ(bucket.wait_for(5000, start), 0s);
    EXPECT_EQ(bucket.wait_for(5100, start), 1s);
    bucket.settle(1000, 6000, start);
    EXPECT_EQ(bucket.wait_for(100, start), 1s);
}

TEST(RateBucket, PauseHoldsEverythingAndOnlyMovesLater) {
    coax::policy::detail::rate_bucket bucket{{}};
    EXPECT_TRUE(bucket.unlimited(start));
    bucket.pause_until(start + 20s);
    bucket.pause_until(start + 5s);
    EXPECT_FALSE(bucket.unlimited(start));
    EXPECT_EQ(bucket.wait_for(0, start), 20s);
    EXPECT_EQ(bucket.wait_for(0, start + 20s), 0s);
    EXPECT_TRUE(bucket.unlimited(start + 20s));
}

TEST(RateBucket, TightensToWhatTheServiceHasLeft) {
    coax::policy::detail::rate_bucket bucket{{.requests_per_minute = 60, .tokens_per_minute = 6000}};
    bucket.lower_to({.remaining_requests = 2, .remaining_tokens = 500}, start);
    EXPECT_EQ(bucket.wait_for(500, start), 0s);
    EXPECT_EQ(bucket.wait_for(600, start), 1s);
    take(bucket, 2, 0);
    EXPECT_EQ(bucket.wait_for(0, start), 1s);
}

TEST(RateBucket, NeverLoosensFromAReport) {
    coax::policy::detail::rate_bucket bucket{{.requests_per_minute = 60}};
    take(bucket, 60, 0);
    bucket.lower_to({.remaining_requests = 60, .reset_requests = 0ms}, start);
    EXPECT_EQ(bucket.wait_for(0, start), 1s);
    bucket.lower_to({}, start);
    EXPECT_EQ(bucket.wait_for(0, start), 1s);
}

TEST(RateBucket, WithoutARateNothingLeftHoldsUntilTheReset) {
    coax::policy::detail::rate_bucket bucket{{}};
    bucket.lower_to({.remaining_tokens = 1, .reset_tokens = 10s}, start);
    EXPECT_EQ(bucket.wait_for(100, start), 0s);
    bucket.lower_to({.remaining_tokens = 0, .reset_tokens = 10s}, start);
    EXPECT_EQ(bucket.wait_for(100, start), 10s);
}

TEST(RateBucket, GivingBackAndSettlingReachTheDayToo) {
    coax::policy::detail::rate_bucket bucket{{.requests_per_day = 1, .tokens_per_day = 86'400}};
    bucket.take(86'400, start);
    bucket.give_back(86'400, start);
    EXPECT_EQ(bucket.wait_for(86'400, start), 0s);
    bucket.take(86'400, start);
    bucket.settle(86'400, 400, start);
    EXPECT_EQ(bucket.wait_for(86'000, start), 24h) << "the request is spent";
}

TEST(RateBucket, LearnsALowerRateAndNeverAHigherOneUnlessFollowing) {
    coax::policy::detail::rate_bucket bucket{{.requests_per_minute = 60}};
    bucket.lower_to({.limit_requests = 30}, start);
    EXPECT_EQ(bucket.requests_per_minute(), 30);
    bucket.lower_to({.limit_requests = 600}, start);
    EXPECT_EQ(bucket.requests_per_minute(), 30);
    take(bucket, 30, 0);
    EXPECT_EQ(bucket.wait_for(0, start), 2s);
    bucket.learn({.limit_requests = 600}, bucket.mark(start), false, start);
    EXPECT_EQ(bucket.requests_per_minute(), 30);
    bucket.learn({.limit_requests = 600}, bucket.mark(start), true, start);
    EXPECT_EQ(bucket.requests_per_minute(), 600);
    EXPECT_EQ(bucket.wait_for(0, start), 100ms);
}

TEST(RateBucket, AReportIsComparedWithTheTimeOfItsRequest) {
    coax::policy::detail::rate_bucket bucket{{.requests_per_minute = 60}};
    take(bucket, 10, 0);
    auto const then = bucket.mark(start);
    take(bucket, 40, 0);
    bucket.learn({.remaining_requests = 50}, then, false, start);  // as we thought; the 40 came later
    EXPECT_EQ(bucket.wait_for(0, start), 0s);
    take(bucket, 9, 0);
    EXPECT_EQ(bucket.wait_for(0, start), 0s) << "59 of 60 are taken";
}

TEST(RateBucket, WhatOvertakingExplainsChangesNothing) {
    coax::policy::detail::rate_bucket bucket{{.tokens_per_minute = 6000}};
    bucket.take(100, start);
    auto const then = bucket.mark(start);
    bucket.take(3000, start);
    bucket.learn({.remaining_tokens = 2900}, then, false, start);  // the other one came first
    EXPECT_EQ(bucket.wait_for(2900, start), 0s);
}

TEST(RateBucket, UseByOthersIsTakenOverOnceHoweverManyReportIt) {
    coax::policy::detail::rate_bucket bucket{{.requests_per_minute = 60}};
    take(bucket, 1, 0);
    auto const first = bucket.mark(start);
    bucket.learn({.remaining_requests = 39}, first, false, start);  // 20 were somebody else's
    auto const left = [&] {
        auto copy = bucket;
        int count = 0;
        while (copy.wait_for(0, start) <= clock::duration::zero()) {
            copy.take(0, start);
            ++count;
        }
        return count;
    };
    EXPECT_EQ(left(), 40) << "the service rounds down, so one more may be there";
    for (int i = 0; i < 10; ++i) bucket.learn({.remaining_requests = 39}, first, false, start);
    EXPECT_EQ(left(), 40);
}

TEST(RateBucket, FollowingTakesOverARateThatNobodySetAndWhatIsLeft) {
    coax::policy::detail::rate_bucket bucket{{}};
    bucket.take(100, start);
    bucket.learn({.limit_requests = 60, .remaining_requests = 30, .limit_tokens = 6000, .remaining_tokens = 500},
                 bucket.mark(start), true, start);
    EXPECT_EQ(bucket.wait_for(500, start), 0s);
    EXPECT_EQ(bucket.wait_for(600, start), 1s);
    EXPECT_EQ(bucket.requests_per_minute(), 60);
}

TEST(RateBucket, TakesOverARateThatNobodySetAlsoWithoutFollowing) {
    coax::policy::detail::rate_bucket bucket{{}};
    bucket.lower_to({.limit_requests = 60, .remaining_requests = 0}, start);
    EXPECT_EQ(bucket.wait_for(0, start), 1s);
    bucket.learn({.limit_requests = 600}, bucket.mark(start), false, start);
    EXPECT_EQ(bucket.requests_per_minute(), 600) << "the service's word, up and down";
}

struct report_case {
    char const* name;
    std::vector<coax::policy::detail::limit_report> reports;
    std::optional<std::int64_t> per_minute;  ///< After the last one.
    bool configured{false};
};
void PrintTo(report_case const& row, std::ostream* out) { *out << row.name; }
class ReportedRate : public testing::TestWithParam<report_case> {};

TEST_P(ReportedRate, IsThatOfAMinute) {
    coax::policy::detail::reported_rate rate{GetParam().configured};
    std::optional<std::int64_t> last;
    for (auto const& report : GetParam().reports) last = rate.per_minute(report);
    EXPECT_EQ(last, GetParam().per_minute);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ReportedRate,
    testing::Values(report_case{"none", {{}}, std::nullopt}, report_case{"zero", {{0, 0, 1s}}, std::nullopt},
                    report_case{"limit_alone", {{1000, {}, {}}}, 1000},
                    report_case{"of_a_minute", {{1000, 500, 30s}}, 1000},
                    report_case{"of_a_minute_hardly_used", {{1000, 999, 60ms}}, 1000},
                    report_case{"of_a_second", {{10, 4, 600ms}}, 600},
                    report_case{"of_a_second_that_the_user_knows_better", {{10, 4, 600ms}}, 10, true},
                    report_case{"of_ten_seconds", {{250, 0, 10s}}, 1500},
                    report_case{"of_a_day", {{14'400, 400, 24h}}, 14'400},
                    report_case{"late_in_the_window_of_a_minute", {{1000, 999, 59s}, {1000, 100, 1s}}, 1000},
                    report_case{"absurd", {{std::numeric_limits<std::int64_t>::max(), 0, 1ms}}, 1'000'000'000'000}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(RateBucket, FollowingGoesUpByWhatIsNotOut) {
    coax::policy::detail::rate_bucket bucket{{.requests_per_minute = 60}};
    take(bucket, 60, 0);
    for (int i = 0; i < 59; ++i) bucket.settle(0, 0, start);
    bucket.learn({.remaining_requests = 40}, bucket.mark(start), true, start);  // the service thinks better of us
    auto copy = bucket;
    take(copy, 39, 0);
    EXPECT_EQ(copy.wait_for(0, start), 1s) << "one of the 40 may be on its way";
}

TEST(RateBucket, AnAbsurdDebtStaysAFiniteWait) {
    coax::policy::detail::rate_bucket bucket{{.tokens_per_minute = 1}};
    bucket.take(std::int64_t{1} << 62U, start);
    EXPECT_GT(bucket.wait_for(1, start), 1000h);
    EXPECT_GT(start + bucket.wait_for(1, start), start);
}

struct option_case {
    char const* name;
    rate_limiter_options options;
    char const* where;  ///< Empty: valid.
};
void PrintTo(option_case const& row, std::ostream* out) { *out << row.name; }
class RateLimiterOptions : public testing::TestWithParam<option_case> {};

TEST_P(RateLimiterOptions, AreChecked) {
    auto const valid = validate(GetParam().options);
    EXPECT_EQ(valid.error().where, GetParam().where);
    if (!valid) {
        EXPECT_THROW(rate_limiter{GetParam().options}, exception);
    }
}

INSTANTIATE_TEST_SUITE_P(Rows, RateLimiterOptions,
                         testing::Values(option_case{"default", {}, ""},
                                         option_case{"requests", {.requests_per_minute = -1}, "requests_per_minute"},
                                         option_case{"tokens", {.tokens_per_minute = -1}, "tokens_per_minute"},
                                         option_case{"day", {.requests_per_day = -1}, "requests_per_day"},
                                         option_case{"day_tokens", {.tokens_per_day = -1}, "tokens_per_day"},
                                         option_case{"no_burst", {.burst = 0ms}, "burst"},
                                         option_case{"long_burst", {.burst = 2h}, "burst"},
                                         option_case{"waiting", {.max_waiting = 0}, "max_waiting"}),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax::detail
