#include "sim/limits.hpp"

#include "sim/fault_plan.hpp"

#include <gtest/gtest.h>

namespace coax::sim::detail {
namespace {

using namespace std::chrono_literals;
using time_point = bucket::time_point;

time_point const start{1h};

TEST(Bucket, GivesItsCapacityAndThenItsRate) {
    bucket b{60, 1min};
    EXPECT_DOUBLE_EQ(b.level(start), 60);
    b.take(60, start);
    EXPECT_EQ(b.until(1, start), 1s);
    EXPECT_EQ(b.until(1, start + 1s), 0s);
    EXPECT_DOUBLE_EQ(b.level(start + 30s), 30);
    EXPECT_DOUBLE_EQ(b.level(start + 10min), 60);
}

TEST(Bucket, HoldsAWindowsWorthOnly) {
    bucket b{600, 1s};
    EXPECT_DOUBLE_EQ(b.capacity(), 10);
    b.take(10, start);
    EXPECT_EQ(b.until(1, start), 100ms);
}

TEST(Bucket, PaysBackADebt) {
    bucket b{60, 1min};
    b.take(90, start);
    EXPECT_DOUBLE_EQ(b.level(start), -30);
    EXPECT_EQ(b.until(1, start), 31s);
}

TEST(Bucket, NeverHasMoreThanItHolds) {
    bucket b{60, 1min};
    EXPECT_EQ(b.until(61, start), bucket::duration::max());
    b.take(-5, start);
    EXPECT_DOUBLE_EQ(b.level(start), 60);
}

TEST(Bucket, TimeRunningBackwardsChangesNothing) {
    bucket b{60, 1min};
    b.take(60, start);
    EXPECT_DOUBLE_EQ(b.level(start - 10s), 0);
    EXPECT_DOUBLE_EQ(b.level(start + 1s), 1);
}

TEST(Limits, AdmitUntilTheRequestsAreUsedUp) {
    limits kept{options{.requests_per_minute = 2}};
    EXPECT_FALSE(kept.admit(1000, start));
    EXPECT_FALSE(kept.admit(1000, start));
    auto const refused = kept.admit(1000, start);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->which, limited_by::requests);
    EXPECT_EQ(refused->wait, 30s);
    EXPECT_FALSE(kept.admit(1000, start + 30s));
}

TEST(Limits, CountTokensOfAnswersToo) {
    limits kept{options{.tokens_per_minute = 600}};
    EXPECT_FALSE(kept.admit(100, start));
    kept.charge(500, start);
    auto const refused = kept.admit(50, start);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->which, limited_by::tokens);
    EXPECT_EQ(refused->wait, 5s);
    EXPECT_FALSE(refused->never);
    EXPECT_TRUE(kept.admit(601, start + 1h)->never);
}

TEST(Limits, TellTheirState) {
    limits kept{options{.requests_per_minute = 60}};
    EXPECT_FALSE(kept.state(limited_by::tokens, start));
    EXPECT_FALSE(kept.admit(1, start));
    auto const state = kept.state(limited_by::requests, start);
    ASSERT_TRUE(state);
    EXPECT_DOUBLE_EQ(state->limit, 60);
    EXPECT_DOUBLE_EQ(state->remaining, 59);
    EXPECT_EQ(state->reset, 1s);
}

std::vector<std::uint64_t> struck(fault_plan plan, std::uint64_t requests) {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t number = 1; number <= requests; ++number)
        if (plan.draw(number) != nullptr) numbers.push_back(number);
    return numbers;
}

TEST(FaultPlan, StrikesAboutAsOftenAsAsked) {
    auto const count = struck({1, {{.kind = fault_kind::reset, .probability = 0.1}}, {}}, 10'000).size();
    EXPECT_GT(count, 900U);
    EXPECT_LT(count, 1100U);
}

TEST(FaultPlan, FollowsFromItsSeed) {
    std::vector<fault> const faults{{.kind = fault_kind::reset, .probability = 0.3}};
    EXPECT_EQ(struck({5, faults, {}}, 200), struck({5, faults, {}}, 200));
    EXPECT_NE(struck({5, faults, {}}, 200), struck({6, faults, {}}, 200));
}

TEST(FaultPlan, KeepsToItsCountAndItsStart) {
    EXPECT_EQ(struck({1, {{.probability = 1, .after_requests = 3, .max_count = 2}}, {}}, 20),
              (std::vector<std::uint64_t>{4, 5}));
    EXPECT_TRUE(struck({1, {{.probability = 0}}, {}}, 1000).empty());
}

TEST(FaultPlan, ScriptComesFirst) {
    fault_plan plan{
        1, {{.kind = fault_kind::reset, .probability = 1}}, {{.request = 2, .fault = {.kind = fault_kind::stall}}}};
    EXPECT_EQ(plan.draw(1)->kind, fault_kind::reset);
    EXPECT_EQ(plan.draw(2)->kind, fault_kind::stall);
    EXPECT_EQ(plan.draw(3)->kind, fault_kind::reset);
}

TEST(FaultPlan, DrawsEachFaultByItself) {
    fault_plan plan{
        1, {{.kind = fault_kind::reset, .probability = 0.5}, {.kind = fault_kind::stall, .probability = 0.5}}, {}};
    int resets = 0;
    int stalls = 0;
    for (std::uint64_t number = 1; number <= 1000; ++number) {
        auto const* const drawn = plan.draw(number);
        if (drawn == nullptr) continue;
        ++(drawn->kind == fault_kind::reset ? resets : stalls);
    }
    EXPECT_NEAR(resets, 500, 60);
    EXPECT_NEAR(stalls, 250, 50);
}

}  // namespace
}  // namespace coax::sim::detail
