// A cancellation at every suspension point of every primitive and combinator, found by counting: no permit, quota,
// value, waiter or frame is lost, and who goes on beside it does go on.

#include "support/cancel_everywhere.hpp"

#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/retry.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/on_executor.hpp>
#include <coax/sync/async_mutex.hpp>
#include <coax/sync/async_semaphore.hpp>
#include <coax/sync/channel.hpp>
#include <coax/sync/single_flight.hpp>
#include <coax/tasks/map.hpp>
#include <coax/tasks/pipeline.hpp>
#include <coax/tasks/stream.hpp>
#include <coax/tasks/task_group.hpp>
#include <coax/tasks/when_all.hpp>
#include <coax/tasks/when_any.hpp>

#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::scenario;

/// What subject and company share; outlives both.
struct shared {
    test::witness frames{};
    async_semaphore slots{3};
    async_mutex lock{};
    channel<int> line{2};
    rate_limiter quota{{.requests_per_minute = 60, .tokens_per_minute = 600, .burst = 1s}};
    single_flight<int, int> flights{};
    int sent{0};
    int received{0};
    int in_work{0};

    void expect_nothing_lost() {
        EXPECT_EQ(frames.alive(), 0);
        EXPECT_EQ(slots.stats().in_use, 0U);
        EXPECT_EQ(slots.waiting(), 0U);
        EXPECT_FALSE(lock.locked());
        EXPECT_EQ(lock.waiting(), 0U);
        EXPECT_EQ(line.senders() + line.receivers(), 0U);
        EXPECT_EQ(static_cast<int>(line.size()), sent - received);
        EXPECT_EQ(quota.waiting(), 0U);
        EXPECT_EQ(flights.in_flight(), 0U);
        EXPECT_EQ(in_work, 0);
    }
};

using coroutine = asio::awaitable<void> (*)(shared& all);

struct cancel_case {
    char const* name;
    coroutine subject;
    std::vector<coroutine> company;
    int cancelled;  ///< At least so many of the cancellations must have been felt.
};
void PrintTo(cancel_case const& row, std::ostream* out) { *out << row.name; }

// ---- the parts

/// One step of work that must come to its end or be unwound.
asio::awaitable<int> work(shared& all, clock::duration time, errc failure = {}) {
    auto const alive = all.frames();
    ++all.in_work;
    auto const guard = std::shared_ptr<void>(nullptr, [&all](void*) { --all.in_work; });
    co_await sleep_for(time);
    co_await sleep_for(time);
    if (failure != errc{}) throw_error({.code = failure});
    co_return 1;
}

asio::awaitable<void> take_slots(shared& all) {
    auto const alive = all.frames();
    for (std::size_t count : {2U, 3U, 1U}) {
        auto const held = co_await all.slots.acquire(count);
        co_await sleep_for(1s);
    }
}
asio::awaitable<void> take_lock(shared& all) {
    auto const alive = all.frames();
    for (int i = 0; i < 2; ++i) {
        auto const held = co_await all.lock.lock();
        co_await sleep_for(1s);
    }
}
asio::awaitable<void> send_five(shared& all) {
    auto const alive = all.frames();
    for (int i = 0; i < 5; ++i) {
        co_await all.line.send(i);
        ++all.sent;
    }
}
asio::awaitable<void> receive_five(shared& all) {
    auto const alive = all.frames();
    for (int i = 0; i < 5; ++i) {
        if (co_await all.line.receive()) ++all.received;
        co_await sleep_for(1s);
    }
}
asio::awaitable<void> drain_later(shared& all) {
    co_await sleep_for(3s);
    while (all.line.try_receive()) {
        ++all.received;
        co_await sleep_for(100ms);
    }
}
asio::awaitable<void> fill_slowly(shared& all) {
    for (int i = 0; i < 5; ++i) {
        co_await sleep_for(700ms);
        int value = i;
        if (all.line.try_send(value)) ++all.sent;
    }
}
asio::awaitable<void> use_quota(shared& all) {
    auto const alive = all.frames();
    for (int i = 0; i < 3; ++i) {
        auto held = co_await all.quota.reserve(10);
        co_await sleep_for(10ms);
        held.settle(8);
    }
}
asio::awaitable<void> sleep_twice(shared& all) {
    auto const alive = all.frames();
    co_await sleep_for(1s);
    co_await sleep_until(now(co_await asio::this_coro::executor) + 1s);
}
asio::awaitable<void> retry_some(shared& all) {
    auto const alive = all.frames();
    retry_options const options{.max_attempts = 4};
    auto flaky = [&all](attempt which) { return work(all, 1s, which.number < 3 ? errc::overloaded : errc{}); };
    co_await retry(options, flaky);
}
asio::awaitable<void> time_out(shared& all) {
    auto const alive = all.frames();
    co_await with_timeout(10s, work(all, 1s));
    auto const late = co_await as_result(with_timeout(1500ms, work(all, 1s)));
    if (late.error().code != errc::timeout) throw_error(late.error());
}
asio::awaitable<void> time_out_nested(shared& all) {
    auto const alive = all.frames();
    auto const held = co_await with_timeout(10s, with_timeout(5s, all.slots.acquire(2)));
    co_await with_timeout(1h, with_timeout(1h, work(all, 1s)));
}
asio::awaitable<void> all_of_three(shared& all) {
    auto const alive = all.frames();
    co_await when_all(work(all, 1s), take_slots(all), work(all, 2s));
}
asio::awaitable<void> any_of_three(shared& all) {
    auto const alive = all.frames();
    co_await when_any(work(all, 3s), work(all, 1s), take_slots(all));
}
asio::awaitable<void> race_three(shared& all) {
    auto const alive = all.frames();
    co_await race(work(all, 1s, errc::overloaded), work(all, 3s), work(all, 2s));
}
asio::awaitable<void> map_six(shared& all) {
    auto const alive = all.frames();
    auto one = [&all](int n) { return work(all, std::chrono::seconds{n}); };
    std::vector<int> const input{3, 1, 2, 1, 2, 1};
    co_await coax::map(input, {.concurrency = 2}, one);
}
asio::awaitable<void> pipe_six(shared& all) {
    auto const alive = all.frames();
    auto source = generate([&all, at = 0]() mutable -> asio::awaitable<std::optional<int>> {
        co_await work(all, 50ms);
        co_return at == 6 ? std::nullopt : std::optional<int>{++at};
    });
    auto one = [&all](int n) { return work(all, std::chrono::milliseconds{100 * (n % 3)}); };
    auto sink = [&all](std::size_t, result<int>) -> asio::awaitable<void> { co_await work(all, 70ms); };
    co_await coax::pipeline(source, {.concurrency = 2, .window = 3}, one, sink);
    co_await coax::for_each(std::vector<int>{1, 2, 3}, {.concurrency = 2}, one);
}
asio::awaitable<void> group_of_tasks(shared& all) {
    auto const alive = all.frames();
    auto body = [&all](task_group& group) -> asio::awaitable<void> {
        group.spawn(take_slots(all));
        co_await sleep_for(1s);
        group.spawn(take_lock(all));
        co_await work(all, 1s);
    };
    co_await with_task_group(body);
}
asio::awaitable<void> fly(shared& all) {
    auto const alive = all.frames();
    for (int key = 0; key < 2; ++key) co_await all.flights.run(key, [&all] { return work(all, 1s); });
}
asio::awaitable<void> fly_later(shared& all) {
    co_await sleep_for(500ms);
    co_await fly(all);
}
asio::awaitable<void> hop(shared& all) {
    auto const alive = all.frames();
    auto const there = asio::make_strand(co_await asio::this_coro::executor);
    co_await on_executor(there, take_slots(all));
}

class Cancellation : public testing::TestWithParam<cancel_case> {};

TEST_P(Cancellation, AtEverySuspensionLosesNothing) {
    for (auto const type : {asio::cancellation_type::terminal, asio::cancellation_type::partial}) {
        auto make = [] {
            auto const& row = GetParam();
            auto const all = std::make_shared<shared>();
            scenario one{.subject = row.subject(*all)};
            for (auto beside : row.company) one.company.push_back(beside(*all));
            one.check = [held = all.get()] { held->expect_nothing_lost(); };
            one.kept = all;
            return one;
        };
        auto const report = test::cancel_everywhere(make, type);
        bool const felt = type == asio::cancellation_type::terminal;  // a spawned coroutine lets only that through
        EXPECT_GE(report.cancelled, felt ? GetParam().cancelled : 0);
        if (!felt) EXPECT_EQ(report.cancelled, 0);
        RecordProperty(felt ? "suspensions" : "suspensions_partial", report.suspensions);
        if (HasFailure()) return;
    }
}
INSTANTIATE_TEST_SUITE_P(Rows, Cancellation,
                         testing::Values(cancel_case{"sleep", sleep_twice, {}, 2},
                                         cancel_case{"semaphore", take_slots, {take_slots, take_slots}, 6},
                                         cancel_case{"mutex", take_lock, {take_lock, take_lock}, 4},
                                         cancel_case{"channel_sender", send_five, {drain_later}, 2},
                                         cancel_case{"channel_receiver", receive_five, {fill_slowly}, 5},
                                         cancel_case{"rate_limiter", use_quota, {use_quota}, 4},
                                         cancel_case{"retry", retry_some, {}, 8},
                                         cancel_case{"with_timeout", time_out, {}, 4},
                                         cancel_case{"with_timeout_nested", time_out_nested, {take_slots}, 3},
                                         cancel_case{"when_all", all_of_three, {take_slots}, 8},
                                         cancel_case{"when_any", any_of_three, {take_slots}, 3},
                                         cancel_case{"race", race_three, {}, 5}, cancel_case{"map", map_six, {}, 10},
                                         cancel_case{"pipeline", pipe_six, {}, 30},
                                         cancel_case{"task_group", group_of_tasks, {take_slots, take_lock}, 8},
                                         cancel_case{"single_flight_alone", fly, {}, 4},
                                         cancel_case{"single_flight_first", fly, {fly_later}, 4},
                                         cancel_case{"single_flight_joined", fly_later, {fly}, 4},
                                         cancel_case{"on_executor", hop, {take_slots}, 5}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(CancelEverywhere, TheHarnessMeetsEverySuspensionAndSeesWhatIsLost) {
    int begun = 0;
    auto make = [&begun] {
        ++begun;
        auto const all = std::make_shared<shared>();
        return scenario{.subject = sleep_twice(*all), .kept = all};
    };
    auto const report = test::cancel_everywhere(make);
    EXPECT_EQ(report.cancelled, 2 * 2);  // asleep, and woken but not yet running
    EXPECT_EQ(begun, report.suspensions + 1);
}

}  // namespace
}  // namespace coax
