// Random schedules of a hundred tasks, each a random tree of combinators with some of them cancelled on
// their way, held against a sequential model: what a tree ends in, and at which nanosecond, follows from its leaves
// alone.

#include "support/cancel_everywhere.hpp"
#include "support/rounds.hpp"

#include <coax/policy/fallback.hpp>
#include <coax/policy/hedge.hpp>
#include <coax/policy/retry.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/sync/single_flight.hpp>
#include <coax/tasks/map.hpp>
#include <coax/tasks/pipeline.hpp>
#include <coax/tasks/task_group.hpp>
#include <coax/tasks/when_all.hpp>
#include <coax/tasks/when_any.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <random>
#include <vector>

namespace coax {
namespace {

using random = std::minstd_rand;
using std::chrono::milliseconds;

auto const schedule_count = static_cast<std::uint64_t>(test::rounds(100, 1'000));
constexpr int task_count = 100;

// ---- what may be run

enum class kind { leaf, all, any, race, timeout, group, map, for_each, retry, fallback, hedge, flight };
constexpr int kind_count = 12;

/// A tree of combinators. Leaves and limits take so many nanoseconds that no two events fall together.
struct program {
    kind what{kind::leaf};
    clock::duration time{};  ///< A leaf's length; a timeout's limit; in milliseconds a retry's and a hedge's delay.
    errc ends{};             ///< A leaf's end.
    std::size_t width{1};    ///< Concurrency of `map` and `for_each`.
    bool strict{false};      ///< `group`: a failure cancels the rest.
    std::vector<program> parts{};
};

program draw_leaf(random& chance) {
    static constexpr std::array ends{errc{}, errc{}, errc{}, errc::overloaded, errc::refused};
    return {.time = clock::duration{1 + chance() % 1'000'000'000}, .ends = ends[chance() % ends.size()]};
}

program draw(random& chance, int depth) {
    if (depth == 0 || chance() % 3 == 0) return draw_leaf(chance);
    program one{.what = static_cast<kind>(1 + chance() % (kind_count - 1)),
                .time = milliseconds{1 + chance() % 1'000},
                .width = 1 + chance() % 3,
                .strict = chance() % 2 == 0};
    if (one.what == kind::timeout) one.time = clock::duration{1 + chance() % 1'000'000'000};
    bool const single = one.what == kind::timeout || one.what == kind::flight;
    bool const two = one.what == kind::fallback || one.what == kind::hedge;
    auto const count = single ? 1 : two ? 2 : 1 + chance() % 4;
    for (unsigned i = 0; i < count; ++i) one.parts.push_back(draw(chance, depth - 1));
    return one;
}

void PrintTo(program const& one, std::ostream* out) {
    static constexpr std::array names{"leaf", "all",      "any",   "race",     "timeout", "group",
                                      "map",  "for_each", "retry", "fallback", "hedge",   "flight"};
    *out << names[static_cast<std::size_t>(one.what)] << '(' << one.time.count() << " ns";
    if (one.ends != errc{}) *out << " ends in " << to_string(one.ends);
    if (one.strict) *out << " strict";
    *out << " width " << one.width;
    for (auto const& part : one.parts) PrintTo(part, &(*out << ", "));
    *out << ')';
}

// ---- the model

struct outcome {
    clock::duration end{};
    errc code{};

    [[nodiscard]] bool ok() const noexcept { return code == errc{}; }
};

outcome predict(program const& one, clock::duration start);

std::vector<outcome> predict_parts(program const& one, clock::duration start) {
    std::vector<outcome> parts;
    for (auto const& part : one.parts) parts.push_back(predict(part, start));
    return parts;
}
bool ends_earlier(outcome const& a, outcome const& b) { return a.end < b.end; }

outcome first_of(std::vector<outcome> const& parts) { return *std::ranges::min_element(parts, ends_earlier); }
clock::duration last_end(std::vector<outcome> const& parts) {
    return std::ranges::max_element(parts, ends_earlier)->end;
}

std::optional<outcome> first_where(std::vector<outcome> const& parts, bool ok) {
    std::vector<outcome> chosen;
    std::ranges::copy_if(parts, std::back_inserter(chosen), [ok](auto const& part) { return part.ok() == ok; });
    if (chosen.empty()) return std::nullopt;
    return first_of(chosen);
}

/// Everything is gone in the moment of the first failure.
outcome predict_all(std::vector<outcome> const& parts) {
    return first_where(parts, false).value_or(outcome{last_end(parts), errc{}});
}
/// The body's failure ends all in either form, a task's only in the strict one.
outcome predict_group(std::vector<outcome> const& parts, bool strict) {
    auto const failed = first_where(parts, false);
    if (strict || !failed) return predict_all(parts);
    auto const& body = parts.front();
    return {body.ok() ? last_end(parts) : body.end, failed->code};
}
outcome predict_race(std::vector<outcome> const& parts) {
    if (auto const winner = first_where(parts, true)) return *winner;
    return {last_end(parts), first_of(parts).code};
}
/// Each item starts when one of the workers has become free.
std::vector<outcome> predict_items(program const& one, clock::duration start) {
    std::vector<clock::duration> workers(std::min(one.width, one.parts.size()), start);
    std::vector<outcome> items;
    for (auto const& part : one.parts) {
        auto const free = std::ranges::min_element(workers);
        items.push_back(predict(part, *free));
        *free = items.back().end;
    }
    return items;
}
outcome predict_map(std::vector<outcome> const& items) {
    auto const failed = std::ranges::find_if_not(items, &outcome::ok);
    return {last_end(items), failed == items.end() ? errc{} : failed->code};
}
outcome predict_retry(program const& one, clock::duration start) {
    for (std::size_t i = 0;; ++i) {
        auto const attempt = predict(one.parts[i], start);
        bool const again = !attempt.ok() && is_retryable(error{.code = attempt.code});
        if (!again || i + 1 == one.parts.size()) return attempt;
        start = attempt.end + one.time;
    }
}
outcome predict_hedge(program const& one, clock::duration start) {
    auto const first = predict(one.parts[0], start);
    if (first.end <= start + one.time) return first;
    auto const both = std::vector{first, predict(one.parts[1], start + one.time)};
    return first_where(both, true).value_or(outcome{last_end(both), first.code});
}

outcome predict(program const& one, clock::duration start) {
    switch (one.what) {
        case kind::leaf: return {start + one.time, one.ends};
        case kind::all: return predict_all(predict_parts(one, start));
        case kind::any: return first_of(predict_parts(one, start));
        case kind::race: return predict_race(predict_parts(one, start));
        case kind::group: return predict_group(predict_parts(one, start), one.strict);
        case kind::map: return predict_map(predict_items(one, start));
        case kind::for_each: {
            auto const items = predict_items(one, start);
            return first_where(items, false).value_or(outcome{last_end(items), errc{}});
        }
        case kind::retry: return predict_retry(one, start);
        case kind::hedge: return predict_hedge(one, start);
        case kind::flight: return predict(one.parts[0], start);
        case kind::timeout: {
            auto const inner = predict(one.parts[0], start);
            return inner.end <= start + one.time ? inner : outcome{start + one.time, errc::timeout};
        }
        case kind::fallback: {
            auto const inner = predict(one.parts[0], start);
            return inner.ok() ? inner : predict(one.parts[1], inner.end);
        }
    }
    return {};
}

// ---- the real thing

struct world {
    test::witness frames{};
    single_flight<program const*, int> flights{};
};

asio::awaitable<int> perform(world& all, program const& one);

std::vector<asio::awaitable<int>> perform_parts(world& all, program const& one) {
    std::vector<asio::awaitable<int>> parts;
    for (auto const& part : one.parts) parts.push_back(perform(all, part));
    return parts;
}
asio::awaitable<void> perform_task(world& all, program const& one) { co_await perform(all, one); }

asio::awaitable<int> perform_leaf(program const& one) {
    co_await sleep_for(one.time);
    if (one.ends != errc{}) throw_error({.code = one.ends});
    co_return 1;
}
asio::awaitable<int> perform_any(world& all, program const& one) {
    auto const& parts = one.parts;
    if (parts.size() == 1) co_return std::get<0>(co_await when_any(perform(all, parts[0])));
    if (parts.size() == 2) {
        co_await when_any(perform(all, parts[0]), perform(all, parts[1]));
        co_return 1;
    }
    program const rest{.what = kind::any, .parts = {parts.begin() + 2, parts.end()}};
    co_await when_any(perform(all, parts[0]), perform(all, parts[1]), perform(all, rest));
    co_return 1;
}
asio::awaitable<int> perform_group(world& all, program const& one) {
    auto body = [&all, &one](task_group& group) -> asio::awaitable<int> {
        for (std::size_t i = 1; i < one.parts.size(); ++i) group.spawn(perform_task(all, one.parts[i]));
        co_return co_await perform(all, one.parts[0]);
    };
    co_return co_await with_task_group(body, {.cancel_on_failure = one.strict});
}
asio::awaitable<int> perform_map(world& all, program const& one) {
    auto item = [&all](program const& part) { return perform(all, part); };
    auto const results = co_await coax::map(one.parts, {.concurrency = one.width}, item);
    for (auto const& got : results)
        if (!got) throw_error(got.error());
    co_return 1;
}
asio::awaitable<int> perform_for_each(world& all, program const& one) {
    auto item = [&all](program const& part) { return perform_task(all, part); };
    co_await coax::for_each(one.parts, {.concurrency = one.width, .stop_on_error = true}, item);
    co_return 1;
}
asio::awaitable<int> perform_retry(world& all, program const& one) {
    auto const delay = std::chrono::duration_cast<milliseconds>(one.time);
    auto policy = retry_options::fixed(static_cast<int>(one.parts.size()), delay, milliseconds{0});
    co_return co_await retry(
        policy, [&](attempt which) { return perform(all, one.parts[static_cast<std::size_t>(which.number - 1)]); });
}
asio::awaitable<int> perform_hedge(world& all, program const& one) {
    hedger policy{{.delay = std::chrono::duration_cast<milliseconds>(one.time)}};
    co_return co_await hedge(policy, [&](attempt which) { return perform(all, one.parts[which.hedge ? 1 : 0]); });
}

asio::awaitable<int> perform(world& all, program const& one) {
    auto const alive = all.frames();
    switch (one.what) {
        case kind::leaf: co_return co_await perform_leaf(one);
        case kind::all: co_await when_all(perform_parts(all, one)); co_return 1;
        case kind::any: co_return co_await perform_any(all, one);
        case kind::race: co_return co_await race(perform_parts(all, one));
        case kind::group: co_return co_await perform_group(all, one);
        case kind::map: co_return co_await perform_map(all, one);
        case kind::for_each: co_return co_await perform_for_each(all, one);
        case kind::retry: co_return co_await perform_retry(all, one);
        case kind::hedge: co_return co_await perform_hedge(all, one);
        case kind::timeout: co_return co_await with_timeout(one.time, perform(all, one.parts[0]));
        case kind::flight:
            co_return co_await all.flights.run(&one, [&all, &one] { return perform(all, one.parts[0]); });
        case kind::fallback:
            co_return co_await with_fallback(perform(all, one.parts[0]),
                                             [&all, &one](error const&) { return perform(all, one.parts[1]); });
    }
    co_return 0;
}

// ---- the two side by side

struct task {
    program what{};
    clock::duration start{};
    clock::duration cancelled_at{clock::duration::max()};
    outcome got{};
    asio::cancellation_signal signal{};

    [[nodiscard]] outcome expected() const {
        auto const undisturbed = predict(what, start);
        return undisturbed.end < cancelled_at ? undisturbed : outcome{cancelled_at, errc::cancelled};
    }
};

asio::awaitable<void> begin(world& all, task& one) {
    co_await sleep_for(one.start);
    co_await perform(all, one.what);
}
asio::awaitable<void> cancel(task& one) {
    co_await sleep_for(one.cancelled_at);
    one.signal.emit(asio::cancellation_type::terminal);
}

void launch(test::stepper& context, world& all, task& one) {
    auto const executor = context.executor();
    auto const birth = now(executor);
    asio::co_spawn(executor, begin(all, one),
                   asio::bind_cancellation_slot(one.signal.slot(), [&one, executor, birth](std::exception_ptr why) {
                       one.got = {now(executor) - birth, why ? to_error(why).code : errc{}};
                   }));
    if (one.cancelled_at != clock::duration::max()) asio::co_spawn(executor, cancel(one), [](std::exception_ptr) {});
}

TEST(Schedules, TreesOfCombinatorsFollowTheSequentialModel) {
    int finished = 0;
    int cancelled = 0;
    for (std::uint64_t seed = 1; seed <= schedule_count; ++seed) {
        SCOPED_TRACE(seed);
        random chance{static_cast<random::result_type>(seed)};
        world all;
        std::vector<task> tasks(task_count);
        test::stepper context{seed};
        for (auto& one : tasks) {
            one.what = draw(chance, 2);
            one.start = clock::duration{1 + chance() % 1'000'000'000};
            if (chance() % 4 == 0) one.cancelled_at = one.start + clock::duration{1 + chance() % 1'000'000'000};
            launch(context, all, one);
        }
        while (context.step()) {
        }
        for (auto const& one : tasks) {
            auto const expected = one.expected();
            SCOPED_TRACE(testing::Message()
                         << "from " << one.start.count() << ", cancelled at " << one.cancelled_at.count());
            EXPECT_EQ(one.got.end, expected.end) << testing::PrintToString(one.what);
            if (expected.code == errc::cancelled)
                EXPECT_FALSE(one.got.ok());  // a group and a hedge may still tell an earlier failure of a part
            else
                EXPECT_EQ(one.got.code, expected.code) << testing::PrintToString(one.what);
            ++(expected.code == errc::cancelled ? cancelled : finished);
        }
        EXPECT_EQ(all.frames.alive(), 0);
        EXPECT_EQ(all.flights.in_flight(), 0U);
        if (HasFailure()) return;
    }
    EXPECT_GT(cancelled, finished / 10);
}

}  // namespace
}  // namespace coax
