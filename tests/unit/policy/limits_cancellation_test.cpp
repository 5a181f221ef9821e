// A cancellation at every suspension point of what limits, hedges and breaks calls: no slot, quota, trial or frame is
// lost.

#include "support/cancel_everywhere.hpp"

#include <coax/policy/circuit_breaker.hpp>
#include <coax/policy/concurrency.hpp>
#include <coax/policy/fallback.hpp>
#include <coax/policy/hedge.hpp>
#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/retry.hpp>
#include <coax/policy/stack.hpp>
#include <coax/policy/timeout.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::cancel_everywhere;
using test::scenario;

/// What subject and company share; outlives both.
struct shared {
    test::witness frames{};
    adaptive_limit limit{{.initial = 2}};
    async_semaphore slots{2};
    rate_limiter quota{{.requests_per_minute = 60, .tokens_per_minute = 600, .burst = 1s}};
    circuit_breaker breaker{{.failure_rate = 1, .minimum_calls = 1'000}};
    hedger hedges{{.delay = 500ms}};

    void expect_nothing_lost() {
        EXPECT_EQ(frames.alive(), 0);
        EXPECT_EQ(limit.in_use(), 0U);
        EXPECT_EQ(limit.waiting(), 0U);
        EXPECT_EQ(slots.in_use(), 0U);
        EXPECT_EQ(slots.waiting(), 0U);
        EXPECT_EQ(quota.waiting(), 0U);
    }
};

asio::awaitable<int> work(shared& all, errc ends = {}) {
    auto const alive = all.frames();
    co_await sleep_for(1s);
    co_await sleep_for(1s);
    if (ends != errc{}) throw_error({.code = ends});
    co_return 1;
}

asio::awaitable<void> takes_adaptive_slots(shared& all) {
    auto const alive = all.frames();
    for (auto signal : {load_signal::good, load_signal::overload, load_signal::none}) {
        auto held = co_await all.limit.acquire();
        co_await sleep_for(1s);
        held.finish(signal);
    }
}
asio::awaitable<void> hedged(shared& all) {
    co_await hedge(all.hedges, [&all](attempt) { return work(all); });
}
asio::awaitable<void> hedged_and_failing(shared& all) {
    auto const got = co_await as_result(
        hedge(all.hedges, [&all](attempt which) { return work(all, which.hedge ? errc{} : errc::overloaded); }));
    if (!got && got.error().code == errc::cancelled) throw_error(got.error());
}
asio::awaitable<void> broken(shared& all) { co_await with_breaker(all.breaker, work(all)); }
asio::awaitable<void> with_something_else(shared& all) {
    co_await with_fallback(work(all, errc::overloaded), [&all](error const&) { return work(all); });
}
asio::awaitable<void> stacked(shared& all) {
    auto once = [&all](attempt which) { return work(all, which.first() ? errc::overloaded : errc{}); };
    auto const call = stack(once, layer::timeout{1h}, layer::retry{}, layer::circuit_breaker{all.breaker},
                            layer::hedge{all.hedges}, layer::quota{all.quota, 5}, layer::concurrency{all.slots},
                            layer::adaptive{all.limit}, layer::timeout{1min});
    auto const got = co_await call({});
    if (!got) throw_error(got.error());
}

struct cancel_case {
    char const* name;
    asio::awaitable<void> (*subject)(shared& all);
    int cancelled;  ///< At least so many of the cancellations must have been felt.
};
void PrintTo(cancel_case const& row, std::ostream* out) { *out << row.name; }
class LimitsCancelled : public testing::TestWithParam<cancel_case> {};

TEST_P(LimitsCancelled, LosesNothing) {
    auto const report = cancel_everywhere([] {
        auto all = std::make_shared<shared>();
        scenario run{.subject = GetParam().subject(*all)};
        for (int i = 0; i < 2; ++i) {
            run.company.push_back(takes_adaptive_slots(*all));
            run.company.push_back(stacked(*all));
        }
        run.check = [all = all.get()] { all->expect_nothing_lost(); };
        run.kept = all;
        return run;
    });
    EXPECT_GE(report.cancelled, GetParam().cancelled) << report.suspensions;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LimitsCancelled,
    testing::Values(cancel_case{"adaptive_limit", takes_adaptive_slots, 5}, cancel_case{"hedge", hedged, 3},
                    cancel_case{"hedge_failing", hedged_and_failing, 3}, cancel_case{"breaker", broken, 3},
                    cancel_case{"fallback", with_something_else, 4}, cancel_case{"stack", stacked, 10}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
