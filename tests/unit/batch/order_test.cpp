#include "batch/stop_rule.hpp"

#include <coax/batch/batch.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace coax {
namespace order_test {

using namespace std::chrono_literals;
using number_record = listed_record<int>;

/// What came of an ordered batch over numbers, in virtual time.
struct ordered_trial {
    std::vector<std::uint64_t> seen{};
    std::uint64_t taken{0};
    std::uint64_t farthest{0};  ///< Records taken and not handed over, at most.
    batch_summary summary{};

    void run(int count, std::function<std::chrono::milliseconds(int)> span, batch_options options,
             std::function<std::optional<error>(int)> fails = {}) {
        runtime rt{virtual_time{}};
        auto numbers = generate([&]() -> asio::awaitable<std::optional<number_record>> {
            if (taken == static_cast<std::uint64_t>(count)) co_return std::nullopt;
            auto const at = taken++;
            farthest = std::max<std::uint64_t>(farthest, taken - seen.size());
            co_return number_record{at, std::to_string(at), static_cast<int>(at)};
        });
        auto const work = [&](number_record const& one) { return answer(one.value, span(one.value), fails); };
        auto const sink = [&](batch_result<int> one) -> result<void> {
            seen.push_back(one.index);
            return {};
        };
        summary = rt.run(run_batch<int>(std::move(numbers), work, sink, std::move(options)));
    }
    static asio::awaitable<batch_output<int>> answer(int number, std::chrono::milliseconds span,
                                                     std::function<std::optional<error>(int)> fails) {
        co_await sleep_for(span);
        if (fails)
            if (auto why = fails(number)) throw_error(*why);
        co_return batch_output<int>{.value = number};
    }
    [[nodiscard]] bool in_order() const { return std::ranges::is_sorted(seen); }
};

std::chrono::milliseconds uneven(int number) {
    return std::chrono::milliseconds{number % 13 == 0 ? 200 : 1 + number % 5};
}

TEST(OrderedBatch, HandsOverInTheOrderOfTheSourceWithinItsWindow) {
    ordered_trial t;
    t.run(500, uneven, {.concurrency = 8, .ordered = true, .window = 10});
    EXPECT_EQ(t.seen.size(), 500U);
    EXPECT_TRUE(t.in_order());
    EXPECT_EQ(t.farthest, 10U);
}

TEST(OrderedBatch, AFailureThatIsHeldBackWaitsInItsPlace) {
    ordered_trial t;
    bool down = true;
    auto const fails = [&](int number) -> std::optional<error> {
        if (number == 40 && down) return down = false, error{.code = errc::server_error, .message = "once"};
        if (number % 50 == 7) return error{.code = errc::refused, .message = "no"};
        return std::nullopt;
    };
    t.run(300, uneven, {.concurrency = 8, .ordered = true}, fails);
    EXPECT_EQ(t.seen.size(), 300U);
    EXPECT_TRUE(t.in_order());
    EXPECT_EQ(t.summary.failed, 7U);
}

TEST(OrderedBatch, EverythingAfterAWindowFullOfFailuresGoesOn) {
    ordered_trial t;
    auto const fails = [](int number) -> std::optional<error> {
        if (number >= 20 && number < 30) return error{.code = errc::bad_request, .message = "no", .http_status = 400};
        return std::nullopt;
    };
    t.run(100, uneven, {.concurrency = 4, .alike_failures = 20, .ordered = true, .window = 4}, fails);
    EXPECT_EQ(t.seen.size(), 100U) << (t.summary.ended_by ? t.summary.ended_by->message : "");
    EXPECT_TRUE(t.in_order());
    EXPECT_EQ(t.summary.failed, 10U);
}

TEST(OrderedBatch, WhatIsDoneWhenItEndsIsHandedOver) {
    ordered_trial t;
    auto const fails = [](int number) -> std::optional<error> {
        if (number == 30) return error{.code = errc::quota_exhausted, .message = "no money"};
        return std::nullopt;
    };
    auto const span = [](int number) { return std::chrono::milliseconds{number == 25 ? 500 : number == 30 ? 20 : 5}; };
    t.run(100, span, {.concurrency = 4, .ordered = true}, fails);
    EXPECT_TRUE(t.in_order());
    EXPECT_TRUE(std::ranges::count(t.seen, 25U) == 1) << "it was in flight";
    EXPECT_TRUE(std::ranges::count(t.seen, 31U) == 1) << "it was done, though 30 never is";
    EXPECT_EQ(t.seen.size(), t.taken - 1);
    ASSERT_TRUE(t.summary.ended_by);
    EXPECT_EQ(t.summary.ended_by->code, errc::quota_exhausted);
}

TEST(StopConditions, TheShareOfFailuresEndsABatch) {
    ordered_trial t;
    auto const fails = [](int number) -> std::optional<error> {
        if (number >= 100 && number % 2 == 0) return error{.code = errc::refused, .message = "no"};
        return std::nullopt;
    };
    t.run(1'000, uneven, {.concurrency = 4, .max_failure_rate = 0.3, .failure_window = 50}, fails);
    EXPECT_LT(t.seen.size(), 160U);
    EXPECT_GT(t.seen.size(), 120U);
    ASSERT_TRUE(t.summary.ended_by);
    EXPECT_EQ(t.summary.ended_by->code, errc::refused);
    EXPECT_NE(t.summary.ended_by->message.find("16 of the last 50 records failed"), std::string::npos)
        << t.summary.ended_by->message;
}

TEST(StopConditions, ATimeOfDayEndsABatchAndWhatIsInFlightIsKept) {
    ordered_trial t;
    runtime const probe{virtual_time{}};
    auto const begin = clock_of(probe.executor()).system_now();
    t.run(1'000, [](int) { return 1'000ms; }, {.concurrency = 4, .until = begin + 10'500ms});
    EXPECT_EQ(t.seen.size(), 44U);
    EXPECT_EQ(t.seen.size(), t.taken);
    ASSERT_TRUE(t.summary.ended_by);
    EXPECT_EQ(t.summary.ended_by->code, errc::timeout);
}

TEST(FailureShare, LooksAtTheLastRecordsOnly) {
    detail::failure_share share{4};
    for (bool const failed : {true, true, true}) share.add(failed);
    EXPECT_FALSE(share.exceeds(0.5)) << "not enough records";
    share.add(false);
    EXPECT_TRUE(share.exceeds(0.5));
    EXPECT_FALSE(share.exceeds(0.75));
    for (bool const failed : {false, false}) share.add(failed);
    EXPECT_EQ(share.count(), 1U);
    EXPECT_FALSE(share.exceeds(0.5));
    EXPECT_TRUE(share.exceeds(0));
    share.add(false);
    EXPECT_FALSE(share.exceeds(0));
}

}  // namespace order_test
}  // namespace coax
