// Random schedules of a hundred tasks on each primitive, each the same for its seed, held against a
// sequential model that is told every event as it happens.

#include "support/cancel_everywhere.hpp"
#include "support/rounds.hpp"

#include <coax/policy/adaptive_limit.hpp>
#include <coax/policy/circuit_breaker.hpp>
#include <coax/policy/rate_limiter.hpp>
#include <coax/sync/async_mutex.hpp>
#include <coax/sync/async_semaphore.hpp>
#include <coax/sync/channel.hpp>
#include <coax/sync/single_flight.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace coax {
namespace {

using test::stepper;
using random = std::minstd_rand;

auto const schedule_count = static_cast<std::uint64_t>(test::rounds(100, 1'000));
constexpr int task_count = 100;

clock::duration pause(random& chance, unsigned most) { return std::chrono::milliseconds{chance() % (most + 1)}; }

/// What the tasks of one schedule share with whoever cancels some of them.
struct crowd {
    explicit crowd(std::uint64_t seed) : chance{static_cast<random::result_type>(seed)}, world{seed} {}

    /// Starts `work`; one in four gets a cancellation at some time.
    void start(int id, asio::awaitable<void> work) {
        auto const signal = std::make_shared<asio::cancellation_signal>();
        ++running;
        asio::co_spawn(world.executor(), std::move(work),
                       asio::bind_cancellation_slot(signal->slot(), [this, signal](std::exception_ptr why) {
                           --running;
                           if (why && to_error(why).code != errc::cancelled) ADD_FAILURE() << to_error(why);
                       }));
        if (chance() % 4 == 0)
            asio::co_spawn(world.executor(), cancel_later(id, signal, pause(chance, 40)), [](std::exception_ptr) {});
    }
    asio::awaitable<void> cancel_later(int id, std::shared_ptr<asio::cancellation_signal> signal,
                                       clock::duration wait) {
        co_await sleep_for(wait);
        cancelled.insert(id);
        signal->emit(asio::cancellation_type::terminal);
    }
    /// Runs until all is quiet; `at_rest` is called each time before the clock moves.
    template <class Check>
    void run(Check at_rest) {
        do {
            while (world.run_one()) {
            }
            if (!testing::Test::HasFailure()) at_rest();
        } while (world.advance());
        EXPECT_EQ(running, 0);
    }

    random chance;
    int running{0};
    std::set<int> cancelled{};
    stepper world;
};

// ---- semaphore and mutex: who asked first is served first, nobody waits for what is free, nothing is lost

struct line_model {
    std::size_t capacity{0};
    std::size_t in_use{0};
    std::deque<std::pair<int, std::size_t>> queue{};

    /// @returns What leaves the queue when it dies, if still in it.
    [[nodiscard]] std::shared_ptr<void> ask(int id, std::size_t count) {
        queue.emplace_back(id, count);
        return {nullptr, [this, id](void*) { give_up(id); }};
    }
    /// @param hurried  Found nobody waiting, or was cancelled: may run before those who were served in the same turn.
    void grant(int id, std::size_t count, bool hurried) {
        if (!hurried) EXPECT_EQ(queue.front().first, id) << "out of turn";
        give_up(id);
        in_use += count;
        EXPECT_LE(in_use, capacity);
    }
    void expect_nobody_waits_for_what_is_free() const {
        if (!queue.empty()) EXPECT_GT(in_use + queue.front().second, capacity);
    }
    void give_up(int id) {
        std::erase_if(queue, [id](auto const& one) { return one.first == id; });
    }
    void give_back(std::size_t count) { in_use -= count; }
};

struct semaphore_world {
    async_semaphore slots{5};
    line_model model{.capacity = 5};
};

asio::awaitable<void> semaphore_task(crowd& all, semaphore_world& shared, int id) {
    co_await sleep_for(pause(all.chance, 20));
    for (int round = 0; round < 2; ++round) {
        std::size_t const count = 1 + all.chance() % 5;
        auto const asked = shared.model.ask(id, count);
        bool const first = shared.slots.waiting() == 0;
        auto const held = co_await shared.slots.acquire(count);
        shared.model.grant(id, count, first || all.cancelled.contains(id));
        auto const guard = std::shared_ptr<void>(nullptr, [&shared, count](void*) { shared.model.give_back(count); });
        co_await sleep_for(pause(all.chance, 3));
    }
}

TEST(Schedules, SemaphoreFollowsTheSequentialModel) {
    for (std::uint64_t seed = 1; seed <= schedule_count; ++seed) {
        SCOPED_TRACE(seed);
        semaphore_world shared;
        crowd all{seed};
        for (int id = 0; id < task_count; ++id) all.start(id, semaphore_task(all, shared, id));
        all.run([&shared] { shared.model.expect_nobody_waits_for_what_is_free(); });
        EXPECT_EQ(shared.slots.available(), 5U);
        EXPECT_EQ(shared.slots.waiting(), 0U);
        EXPECT_TRUE(shared.model.queue.empty());
        EXPECT_EQ(shared.model.in_use, 0U);
        if (HasFailure()) return;
    }
}

struct mutex_world {
    async_mutex one{};
    line_model model{.capacity = 1};
};

asio::awaitable<void> mutex_task(crowd& all, mutex_world& shared, int id) {
    co_await sleep_for(pause(all.chance, 20));
    for (int round = 0; round < 2; ++round) {
        auto const asked = shared.model.ask(id, 1);
        bool const first = shared.one.waiting() == 0;
        auto const held = co_await shared.one.lock();
        shared.model.grant(id, 1, first || all.cancelled.contains(id));
        auto const guard = std::shared_ptr<void>(nullptr, [&shared](void*) { shared.model.give_back(1); });
        co_await sleep_for(pause(all.chance, 1));
    }
}

TEST(Schedules, MutexFollowsTheSequentialModel) {
    for (std::uint64_t seed = 1; seed <= schedule_count; ++seed) {
        SCOPED_TRACE(seed);
        mutex_world shared;
        crowd all{seed};
        for (int id = 0; id < task_count; ++id) all.start(id, mutex_task(all, shared, id));
        all.run([&shared] { shared.model.expect_nobody_waits_for_what_is_free(); });
        EXPECT_FALSE(shared.one.locked());
        EXPECT_TRUE(shared.model.queue.empty());
        if (HasFailure()) return;
    }
}

// ---- channel: what was sent is received once, each sender's in its order; nobody waits beside room or values

struct channel_world {
    channel<std::pair<int, int>> line{4};
    std::map<int, int> sent{};       ///< By sender: how many.
    std::map<int, int> last_seen{};  ///< By sender.
    int sent_count{0};
    int received_count{0};
};

asio::awaitable<void> channel_sender(crowd& all, channel_world& shared, int id) {
    co_await sleep_for(pause(all.chance, 20));
    for (int number = 1; number <= 3; ++number) {
        co_await shared.line.send({id, number});
        shared.sent[id] = number;
        ++shared.sent_count;
        co_await sleep_for(pause(all.chance, 3));
    }
}
asio::awaitable<void> channel_receiver(crowd& all, channel_world& shared) {
    co_await sleep_for(pause(all.chance, 20));
    for (int i = 0; i < 2; ++i) {
        auto const got = co_await shared.line.receive();
        if (!got) co_return;
        auto& last = shared.last_seen[got->first];
        EXPECT_GT(got->second, last) << "out of order";
        last = got->second;
        ++shared.received_count;
        co_await sleep_for(pause(all.chance, 3));
    }
}

TEST(Schedules, ChannelFollowsTheSequentialModel) {
    for (std::uint64_t seed = 1; seed <= schedule_count; ++seed) {
        SCOPED_TRACE(seed);
        channel_world shared;
        crowd all{seed};
        for (int id = 0; id < task_count; ++id)
            all.start(id, id % 2 == 0 ? channel_sender(all, shared, id) : channel_receiver(all, shared));
        // Quiet before the end: those who still wait do so for a reason.
        while (all.world.step()) {
        }
        if (shared.line.senders() != 0) EXPECT_EQ(shared.line.size(), 4U);
        if (shared.line.receivers() != 0) EXPECT_EQ(shared.line.size(), 0U);
        EXPECT_EQ(static_cast<int>(shared.line.size()), shared.sent_count - shared.received_count);
        if (shared.line.senders() == 0) {
            shared.line.close();
            all.run([] {});
        } else {
            while (shared.line.try_receive()) ++shared.received_count;
            while (all.world.step())
                while (shared.line.try_receive()) ++shared.received_count;
            EXPECT_EQ(all.running, 0);
        }
        EXPECT_EQ(shared.sent_count, shared.received_count + static_cast<int>(shared.line.size()));
        if (HasFailure()) return;
    }
}

// ---- single flight: at any time one call for a key; who waits gets the answer of a call that ended after asking

struct flight_world {
    single_flight<int, int> flights{};
    std::map<int, int> in_work{};
    std::map<int, std::set<int>> waiting{};
    int calls{0};

    /// A second call for a key is right only while the first one is given up: who waits for its end was cancelled.
    void begin(crowd const& all, int key) {
        if (++in_work[key] == 1) return;
        auto const was_cancelled = [&](int id) { return all.cancelled.contains(id); };
        EXPECT_TRUE(std::ranges::any_of(waiting[key], was_cancelled)) << "two calls for one key";
    }
};

asio::awaitable<int> flight_call(crowd& all, flight_world& shared, int key) {
    shared.begin(all, key);
    auto const guard = std::shared_ptr<void>(nullptr, [&shared, key](void*) { --shared.in_work[key]; });
    int const number = ++shared.calls;
    co_await sleep_for(pause(all.chance, 6));
    co_return number;
}
asio::awaitable<void> flight_task(crowd& all, flight_world& shared, int id) {
    co_await sleep_for(pause(all.chance, 20));
    for (int round = 0; round < 2; ++round) {
        int const key = static_cast<int>(all.chance() % 4);
        int const before = shared.calls;
        bool const alone = shared.in_work[key] == 0;
        shared.waiting[key].insert(id);
        auto const gone = std::shared_ptr<void>(nullptr, [&shared, key, id](void*) { shared.waiting[key].erase(id); });
        int const number =
            co_await shared.flights.run(key, [&all, &shared, key] { return flight_call(all, shared, key); });
        EXPECT_LE(number, shared.calls);
        if (alone) EXPECT_GT(number, before) << "an answer was kept";
    }
}

TEST(Schedules, SingleFlightFollowsTheSequentialModel) {
    for (std::uint64_t seed = 1; seed <= schedule_count; ++seed) {
        SCOPED_TRACE(seed);
        flight_world shared;
        crowd all{seed};
        for (int id = 0; id < task_count; ++id) all.start(id, flight_task(all, shared, id));
        all.run([] {});
        EXPECT_EQ(shared.flights.in_flight(), 0U);
        for (auto const& [key, count] : shared.in_work) EXPECT_EQ(count, 0);
        if (HasFailure()) return;
    }
}

// ---- limits over time: no two events fall together, so that the model meets them in the limiter's order

clock::duration instant(random& chance, std::chrono::milliseconds most) {
    return clock::duration{1 + static_cast<clock::duration::rep>(chance()) % clock::duration{most}.count()};
}

constexpr double tolerance = 1e-3;  ///< For what adding up in another order makes of a level.

struct bucket_model {
    double rate;  ///< A second.
    double capacity;
    double level{capacity};
    clock::time_point at{};

    void refill(clock::time_point now) {
        if (at != clock::time_point{}) put(rate * std::chrono::duration<double>(now - at).count());
        at = now;
    }
    void put(double amount) { level = std::min(capacity, level + amount); }
    [[nodiscard]] bool has(double amount) const { return level >= amount - tolerance; }
};

struct limiter_world {
    rate_limiter quota{{.requests_per_minute = 600, .tokens_per_minute = 6'000, .burst = std::chrono::seconds{1}}};
    bucket_model requests{.rate = 10, .capacity = 10};
    bucket_model tokens{.rate = 100, .capacity = 100};
    std::deque<std::pair<int, std::int64_t>> queue{};

    void refill(clock::time_point now) {
        requests.refill(now);
        tokens.refill(now);
    }
    void give_up(int id) {
        std::erase_if(queue, [id](auto const& one) { return one.first == id; });
    }
    void grant(int id, std::int64_t count, bool hurried, clock::time_point now) {
        if (!hurried) EXPECT_EQ(queue.front().first, id) << "out of turn";
        give_up(id);
        refill(now);
        EXPECT_TRUE(requests.has(1) && tokens.has(static_cast<double>(count))) << "more than the limits allow";
        requests.put(-1);
        tokens.put(-static_cast<double>(count));
    }
    [[nodiscard]] bool front_waits_rightly() const {
        if (queue.empty()) return true;
        auto const count = static_cast<double>(queue.front().second);
        return requests.level < 1 + tolerance || tokens.level < count + tolerance;
    }
    /// Who can go does so before the clock moves on.
    void expect_nobody_waits_for_what_is_there(clock::time_point now) {
        EXPECT_FALSE(due_since && now > *due_since + std::chrono::microseconds{1}) << "somebody waits too long";
        refill(now);
        if (front_waits_rightly())
            due_since.reset();
        else if (!due_since)
            due_since = now;
    }

    std::optional<clock::time_point> due_since{};
};

asio::awaitable<void> limiter_task(crowd& all, limiter_world& shared, int id) {
    auto const executor = co_await asio::this_coro::executor;
    co_await sleep_for(instant(all.chance, std::chrono::seconds{5}));
    auto const count = static_cast<std::int64_t>(1 + all.chance() % 60);
    shared.queue.emplace_back(id, count);
    auto const asked = std::shared_ptr<void>(nullptr, [&shared, id](void*) { shared.give_up(id); });
    bool const first = shared.quota.waiting() == 0;
    auto held = co_await shared.quota.reserve(count);
    shared.grant(id, count, first || all.cancelled.contains(id), now(executor));
    auto const unsettled = std::shared_ptr<void>(nullptr, [&shared, &held, executor, count](void*) {
        if (!held) return;
        shared.refill(now(executor));
        shared.requests.put(1);
        shared.tokens.put(static_cast<double>(count));
    });
    co_await sleep_for(instant(all.chance, std::chrono::seconds{2}));
    if (all.chance() % 3 == 0) co_return;  // did not go out
    auto const actual = static_cast<std::int64_t>(all.chance() % 80);
    held.settle(actual);
    shared.refill(now(executor));
    shared.tokens.put(static_cast<double>(count - actual));
}

TEST(Schedules, RateLimiterFollowsTheSequentialModel) {
    for (std::uint64_t seed = 1; seed <= schedule_count; ++seed) {
        SCOPED_TRACE(seed);
        limiter_world shared;
        crowd all{seed};
        for (int id = 0; id < task_count; ++id) all.start(id, limiter_task(all, shared, id));
        all.run([&] { shared.expect_nobody_waits_for_what_is_there(now(all.world.executor())); });
        EXPECT_EQ(shared.quota.waiting(), 0U);
        EXPECT_TRUE(shared.queue.empty());
        if (HasFailure()) return;
    }
}

struct adaptive_world {
    adaptive_limit limit{{.initial = 4, .minimum = 2, .maximum = 12}};
    std::deque<int> queue{};

    void give_up(int id) { std::erase(queue, id); }
};

asio::awaitable<void> adaptive_task(crowd& all, adaptive_world& shared, int id) {
    co_await sleep_for(instant(all.chance, std::chrono::milliseconds{50}));
    for (int round = 0; round < 2; ++round) {
        shared.queue.push_back(id);
        auto const asked = std::shared_ptr<void>(nullptr, [&shared, id](void*) { shared.give_up(id); });
        bool const first = shared.limit.waiting() == 0;
        auto held = co_await shared.limit.acquire();
        if (!first && !all.cancelled.contains(id)) EXPECT_EQ(shared.queue.front(), id) << "out of turn";
        shared.give_up(id);
        EXPECT_LE(shared.limit.in_use(), shared.limit.limit());
        co_await sleep_for(instant(all.chance, std::chrono::milliseconds{5}));
        if (all.chance() % 4 != 0) held.finish(all.chance() % 6 == 0 ? load_signal::overload : load_signal::good);
    }
}

TEST(Schedules, AdaptiveLimitFollowsTheSequentialModel) {
    for (std::uint64_t seed = 1; seed <= schedule_count; ++seed) {
        SCOPED_TRACE(seed);
        adaptive_world shared;
        crowd all{seed};
        for (int id = 0; id < task_count; ++id) all.start(id, adaptive_task(all, shared, id));
        all.run([&shared] {
            if (!shared.queue.empty()) EXPECT_GE(shared.limit.in_use(), shared.limit.limit());
            EXPECT_GE(shared.limit.limit(), 2U);
            EXPECT_LE(shared.limit.limit(), 12U);
        });
        EXPECT_EQ(shared.limit.in_use(), 0U);
        EXPECT_TRUE(shared.queue.empty());
        if (HasFailure()) return;
    }
}

/// Keeps every call instead of sums of slices.
struct breaker_model {
    static constexpr clock::duration slice = std::chrono::milliseconds{10};
    static constexpr clock::duration open_for = std::chrono::milliseconds{30};

    enum class state { closed, open, half_open } now_is{state::closed};
    std::vector<std::pair<clock::duration::rep, bool>> calls{};  ///< Slice, and whether it failed; since it closed.
    clock::time_point open_until{};
    int era{0};
    int trials{0};
    int good{0};

    [[nodiscard]] bool lets_in(clock::time_point now) {
        if (now_is == state::open && now >= open_until) turn_to(state::half_open);
        if (now_is == state::half_open) return trials < 2 && ++trials;
        return now_is == state::closed;
    }
    void ended(int of, std::optional<bool> failed, clock::time_point now) {
        if (of != era) return;
        if (now_is == state::half_open) return trial_ended(failed, now);
        if (!failed) return;
        auto const number = now.time_since_epoch() / slice;
        calls.emplace_back(number, *failed);
        std::erase_if(calls, [number](auto const& one) { return one.first <= number - 10; });
        auto const failures = std::ranges::count(calls, true, &std::pair<clock::duration::rep, bool>::second);
        if (calls.size() >= 5 && 2 * static_cast<std::size_t>(failures) >= calls.size()) open(now);
    }
    void trial_ended(std::optional<bool> failed, clock::time_point now) {
        if (!failed)
            --trials;
        else if (*failed)
            open(now);
        else if (++good == 2)
            turn_to(state::closed);
    }
    void open(clock::time_point now) {
        turn_to(state::open);
        open_until = now + open_for;
    }
    void turn_to(state next) {
        now_is = next;
        ++era;
        trials = good = 0;
        calls.clear();
    }
};

struct breaker_world {
    circuit_breaker breaker{{.failure_rate = 0.5,
                             .minimum_calls = 5,
                             .window = std::chrono::milliseconds{100},
                             .open_for = std::chrono::milliseconds{30},
                             .trials = 2}};
    breaker_model model{};
    int turned_away{0};
};

asio::awaitable<void> breaker_task(crowd& all, breaker_world& shared) {
    auto const executor = co_await asio::this_coro::executor;
    co_await sleep_for(instant(all.chance, std::chrono::milliseconds{300}));
    for (int round = 0; round < 3; ++round) {
        bool const expected = shared.model.lets_in(now(executor));
        auto pass = shared.breaker.enter(executor);
        EXPECT_EQ(pass.has_value(), expected);
        if (!pass) {
            ++shared.turned_away;
            co_await sleep_for(instant(all.chance, std::chrono::milliseconds{40}));
            continue;
        }
        std::optional<bool> failed;
        auto const told = std::shared_ptr<void>(nullptr, [&shared, &failed, executor, era = shared.model.era](void*) {
            shared.model.ended(era, failed, now(executor));
        });
        co_await sleep_for(instant(all.chance, std::chrono::milliseconds{20}));
        if (all.chance() % 8 == 0) continue;  // given up
        failed = all.chance() % 2 == 0;
        *failed ? pass->failed({.code = errc::overloaded}) : pass->succeeded();
    }
}

TEST(Schedules, CircuitBreakerFollowsTheSequentialModel) {
    int turned_away = 0;
    for (std::uint64_t seed = 1; seed <= schedule_count; ++seed) {
        SCOPED_TRACE(seed);
        breaker_world shared;
        crowd all{seed};
        for (int id = 0; id < task_count; ++id) all.start(id, breaker_task(all, shared));
        all.run([] {});
        turned_away += shared.turned_away;
        if (HasFailure()) return;
    }
    EXPECT_GT(turned_away, schedule_count);
}

}  // namespace
}  // namespace coax
