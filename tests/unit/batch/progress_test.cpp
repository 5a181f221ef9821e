#include <coax/batch/progress.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace coax {
namespace {

using namespace std::chrono_literals;
using time_point = rate_estimator::time_point;

constexpr time_point start{std::chrono::hours{1}};

TEST(RateEstimator, SteadyWorkGivesItsRate) {
    rate_estimator rate{start, 10s};
    for (int second = 1; second <= 100; ++second) rate.add(start + second * 1s, static_cast<std::uint64_t>(second) * 5);
    EXPECT_NEAR(rate.per_second(start + 100s), 5.0, 0.01);
    EXPECT_EQ(rate.time_for(50, start + 100s).value(), 10s);
}

TEST(RateEstimator, ForgetsWhatIsOlderThanItsWindow) {
    rate_estimator rate{start, 10s};
    rate.add(start + 1s, 1000);
    for (int second = 2; second <= 40; ++second)
        rate.add(start + second * 1s, 1000 + static_cast<std::uint64_t>(second));
    EXPECT_NEAR(rate.per_second(start + 40s), 1.0, 0.2);
}

TEST(RateEstimator, StandstillEndsInZero) {
    rate_estimator rate{start, 10s};
    rate.add(start + 1s, 100);
    rate.add(start + 60s, 100);
    rate.add(start + 120s, 100);
    EXPECT_EQ(rate.per_second(start + 120s), 0.0);
    EXPECT_FALSE(rate.time_for(1, start + 120s));
    EXPECT_EQ(rate.time_for(0, start + 120s).value(), 0ms);
}

TEST(RateEstimator, ManyPointsInOneInstantStayCorrect) {
    rate_estimator rate{start, 30s};
    for (std::uint64_t count = 1; count <= 100'000; ++count) rate.add(start + count * 100us, count);
    EXPECT_NEAR(rate.per_second(start + 10s), 10'000.0, 100.0);
}

TEST(RateEstimator, NothingKnownIsZero) {
    rate_estimator const rate{start};
    EXPECT_EQ(rate.per_second(start), 0.0);
    EXPECT_EQ(rate.per_second(start + 5s), 0.0);
    EXPECT_FALSE(rate.time_for(7, start + 5s));
}

batch_progress sample() {
    return {.done = 120,
            .failed = 3,
            .in_flight = 64,
            .total = 2000,
            .retries = 5,
            .usage = {.input_tokens = 10'000, .output_tokens = 2'340},
            .elapsed = 3s,
            .records_per_second = 41.24,
            .remaining = 45'100ms};
}

TEST(ProgressLine, TellsEverything) {
    EXPECT_EQ(to_line(sample()), "120/2000 (6%)  3 failed  64 in flight  41.2/s  ETA 0:46  12.3k tokens  5 retries");
}

TEST(ProgressLine, LeavesOutWhatIsNotKnown) {
    EXPECT_EQ(to_line({.done = 7, .in_flight = 1}), "7  0 failed  1 in flight  0.0/s");
    EXPECT_EQ(to_line({.total = 0}), "0/0 (100%)  0 failed  0 in flight  0.0/s");
}

TEST(ProgressLine, LongWaitsAreInHours) {
    auto progress = sample();
    progress.remaining = 3h + 7min;
    EXPECT_NE(to_line(progress).find("ETA 3:07:00"), std::string::npos);
}

TEST(ProgressLine, NeverOutgrowsItsColumns) {
    for (std::size_t columns : {0U, 1U, 10U, 40U, 80U}) EXPECT_LE(to_line(sample(), columns).size(), columns);
    EXPECT_EQ(to_terminal_line(sample(), 10), "\r120/2000 \x1b[K");
    EXPECT_EQ(to_terminal_line(sample(), 0), "\r\x1b[K");
}

}  // namespace
}  // namespace coax
