#include "support/run_coro.hpp"
#include "unit/tasks/tasks_support.hpp"

#include <coax/policy/timeout.hpp>
#include <coax/tasks/map.hpp>
#include <coax/tasks/pipeline.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::odd_fails;
using test::run_virtual;
using test::started;
using test::twice_after;
using testing::ElementsAre;

/// Counts what is alive between its source and its sink.
struct gauge {
    int now{0};
    int peak{0};
    void up() { peak = std::max(peak, ++now); }
    void down() { --now; }
};

auto stream_of(int last, int* pulled = nullptr) {
    return generate([last, pulled, at = 0]() mutable -> asio::awaitable<std::optional<int>> {
        co_await sleep_for(1ms);
        if (at == last) co_return std::nullopt;
        if (pulled != nullptr) ++*pulled;
        co_return ++at;
    });
}

struct order_case {
    char const* name;
    bool ordered;
    std::vector<int> values;
    std::vector<std::size_t> places;
};
void PrintTo(order_case const& row, std::ostream* out) { *out << row.name; }
class PipelineOrder : public testing::TestWithParam<order_case> {};

TEST_P(PipelineOrder, IsTheSourcesOrAsTheyCome) {
    auto body = [](order_case const& row) -> asio::awaitable<void> {
        std::vector<int> const input{5, 1, 3, 2};
        std::vector<int> values;
        std::vector<std::size_t> places;
        auto sink = [&](std::size_t place, result<int> outcome) {
            values.push_back(*outcome);
            places.push_back(place);
        };
        auto const end = co_await coax::pipeline(input, {.concurrency = 4, .ordered = row.ordered}, twice_after, sink);
        EXPECT_EQ(values, row.values);
        EXPECT_EQ(places, row.places);
        EXPECT_EQ(end.done, 4U);
    };
    run_virtual(body(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Rows, PipelineOrder,
                         testing::Values(order_case{"ordered", true, {10, 2, 6, 4}, {0, 1, 2, 3}},
                                         order_case{"as_completed", false, {2, 4, 6, 10}, {1, 3, 2, 0}}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(Pipeline, ASlowSinkHoldsTheSourceBack) {
    auto body = []() -> asio::awaitable<void> {
        for (bool ordered : {true, false}) {
            int pulled = 0;
            int taken = 0;
            int peak = 0;
            auto sink = [&](std::size_t, result<int>) -> asio::awaitable<void> {
                peak = std::max(peak, pulled - taken);
                co_await sleep_for(1s);
                ++taken;
            };
            pipeline_options options{.concurrency = 3, .ordered = ordered, .window = 5};
            auto plus = [](int one) -> asio::awaitable<int> { co_return one + 1; };
            auto const end = co_await coax::pipeline(stream_of(40, &pulled), options, plus, sink);
            EXPECT_EQ(end.done, 40U);
            EXPECT_EQ(taken, 40);
            EXPECT_LE(peak, 5);
        }
    };
    run_virtual(body());
}

TEST(Pipeline, OneSlowItemLetsOthersRunAheadByTheWindowOnly) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        std::vector<int> seen;
        std::size_t most_started = 0;
        auto one = [&](int value) -> asio::awaitable<int> {
            co_await sleep_for(value == 0 ? 100s : 1s);
            co_return value;
        };
        auto progress = [&](pipeline_progress const& at) {
            if (seen.empty()) most_started = std::max(most_started, at.started);
        };
        pipeline_options options{.concurrency = 2, .window = 8, .progress = progress};
        auto const start = now(executor);
        co_await coax::pipeline(std::views::iota(0, 20), options, one,
                                [&](std::size_t, result<int> value) { seen.push_back(*value); });
        EXPECT_EQ(most_started, 8U);
        EXPECT_EQ(seen.size(), 20U);
        EXPECT_TRUE(std::ranges::is_sorted(seen));
        EXPECT_EQ(now(executor) - start, 106s);
    };
    run_virtual(body());
}

TEST(Pipeline, SinkAndSourceAreAskedOneAtATime) {
    auto body = []() -> asio::awaitable<void> {
        gauge sinks;
        gauge sources;
        auto source = generate([&, at = 0]() mutable -> asio::awaitable<std::optional<int>> {
            sources.up();
            co_await sleep_for(3ms);
            sources.down();
            if (at == 30) co_return std::nullopt;
            co_return ++at;
        });
        auto sink = [&](std::size_t, result<int>) -> asio::awaitable<void> {
            sinks.up();
            co_await sleep_for(2ms);
            sinks.down();
        };
        auto one = [](int value) -> asio::awaitable<int> {
            co_await sleep_for(std::chrono::milliseconds{value % 5});
            co_return value;
        };
        co_await coax::pipeline(source, {.concurrency = 6, .ordered = false}, one, sink);
        EXPECT_EQ(sinks.peak, 1);
        EXPECT_EQ(sources.peak, 1);
    };
    run_virtual(body());
}

TEST(Pipeline, EachItemHasItsOwnResult) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<bool> good;
        std::vector<int> const input{1, 2, 3, 4};
        auto const end =
            co_await coax::pipeline(input, {.concurrency = 2}, odd_fails,
                                    [&](std::size_t, result<int> one) { good.push_back(one.has_value()); });
        EXPECT_THAT(good, ElementsAre(false, true, false, true));
        EXPECT_EQ(end.failed, 2U);
    };
    run_virtual(body());
}

TEST(Pipeline, StopOnErrorThrowsItAfterTheOthersAreGone) {
    auto body = []() -> asio::awaitable<void> {
        int gone = 0;
        std::vector<std::size_t> places;
        auto one = [&](int value) -> asio::awaitable<int> {
            auto const guard = std::shared_ptr<void>(nullptr, [&gone](void*) { ++gone; });
            co_return co_await odd_fails(value);
        };
        std::vector<int> const input{2, 100, 3, 4, 5};
        auto const got =
            co_await as_result(coax::pipeline(input, {.concurrency = 3, .stop_on_error = true}, one,
                                              [&](std::size_t place, result<int>) { places.push_back(place); }));
        EXPECT_EQ(got.error().code, errc::refused);
        EXPECT_THAT(places, ElementsAre(0));
        EXPECT_EQ(gone, 4);  // the fifth never ran
        co_await sleep_for(1s);
    };
    run_virtual(body());
}

TEST(Pipeline, AFailingSourceOrSinkEndsIt) {
    auto body = []() -> asio::awaitable<void> {
        auto broken = generate([at = 0]() mutable -> asio::awaitable<std::optional<int>> {
            if (++at == 3) throw_error({.code = errc::connection_lost});
            co_return at;
        });
        auto const lost = co_await as_result(coax::pipeline(broken, {}, twice_after, [](std::size_t, result<int>) {}));
        EXPECT_EQ(lost.error().code, errc::connection_lost);
        auto full = [](std::size_t, result<int>) { throw std::runtime_error{"disk full"}; };
        std::vector<int> const input{1, 1000};
        EXPECT_EQ((co_await as_result(coax::pipeline(input, {}, twice_after, full))).error().message, "disk full");
    };
    run_virtual(body());
}

TEST(Pipeline, AnErrorThatTheSinkReturnsEndsIt) {
    auto body = []() -> asio::awaitable<void> {
        auto const full = error{.code = errc::io_failed, .message = "disk full"};
        auto at_once = [&](std::size_t, result<int>) -> result<void> { return full; };
        auto later = [&](std::size_t, result<int>) -> asio::awaitable<result<void>> {
            co_await sleep_for(1s);
            co_return full;
        };
        std::vector<int> const input{1, 1000};
        for (bool ordered : {true, false}) {
            pipeline_options const options{.ordered = ordered};
            auto const first = co_await as_result(coax::pipeline(input, options, twice_after, at_once));
            EXPECT_EQ(first.error(), full);
            auto const second = co_await as_result(coax::pipeline(input, options, twice_after, later));
            EXPECT_EQ(second.error(), full);
        }
    };
    run_virtual(body());
}

/// Gives numbers until it is told to stop.
struct stoppable_numbers {
    bool stopped{false};
    int given{0};

    asio::awaitable<std::optional<int>> next() {
        if (stopped) co_return std::nullopt;
        co_return ++given;
    }
};

TEST(Pipeline, ASourceThatEndsLetsWhatIsInWorkFinish) {
    auto body = []() -> asio::awaitable<void> {
        stoppable_numbers numbers;
        int taken = 0;
        auto sink = [&](std::size_t, result<int> outcome) {
            EXPECT_TRUE(outcome);
            if (++taken == 5) numbers.stopped = true;
        };
        auto const end = co_await coax::pipeline(numbers, {.concurrency = 3, .ordered = false}, twice_after, sink);
        EXPECT_EQ(taken, numbers.given);
        EXPECT_EQ(end.done, static_cast<std::size_t>(numbers.given));
        EXPECT_LE(numbers.given, 8);
    };
    run_virtual(body());
}

/// Has every number at once but those that three divides.
class mostly_ready final : public stream_source<int> {
public:
    mostly_ready(int last, int& waits) : last_{last}, waits_{waits} {}

    std::optional<int> try_next(asio::any_io_executor const&) override {
        if (at_ == last_ || (at_ + 1) % 3 == 0) return std::nullopt;
        return ++at_;
    }
    asio::awaitable<std::optional<int>> next() override {
        ++waits_;
        co_await sleep_for(1ms);
        if (at_ == last_) co_return std::nullopt;
        co_return ++at_;
    }

private:
    int last_;
    int& waits_;
    int at_{0};
};

TEST(Pipeline, WaitsOnlyForWhatIsNotThere) {
    auto body = []() -> asio::awaitable<void> {
        int waits = 0;
        std::vector<int> got;
        auto sink = [&got](std::size_t, result<int> doubled) { got.push_back(doubled.value()); };
        co_await coax::pipeline(stream<int>{std::make_unique<mostly_ready>(7, waits)}, {.concurrency = 1}, twice_after,
                                sink);
        EXPECT_THAT(got, ElementsAre(2, 4, 6, 8, 10, 12, 14));
        EXPECT_EQ(waits, 3) << "for 3, for 6 and for the end";
    };
    run_virtual(body());
}

TEST(Stream, WhoseSourceThrowsAtOnceIsAtItsEnd) {
    class broken final : public stream_source<int> {
    public:
        std::optional<int> try_next(asio::any_io_executor const&) override { throw std::runtime_error{"broken"}; }
        asio::awaitable<std::optional<int>> next() override { co_return 1; }
    };
    auto body = []() -> asio::awaitable<void> {
        auto const here = co_await asio::this_coro::executor;
        stream<int> from{std::make_unique<broken>()};
        EXPECT_THROW(static_cast<void>(from.try_next(here)), std::runtime_error);
        EXPECT_FALSE(from.open());
        EXPECT_FALSE(from.try_next(here));
        EXPECT_FALSE(co_await from.next());
    };
    run_virtual(body());
}

TEST(Pipeline, CancellationReachesItemsAndSink) {
    auto body = []() -> asio::awaitable<void> {
        int gone = 0;
        auto one = [&](int) -> asio::awaitable<int> {
            auto const guard = std::shared_ptr<void>(nullptr, [&gone](void*) { ++gone; });
            co_await sleep_for(1h);
            co_return 1;
        };
        auto whole = [&]() -> asio::awaitable<void> {
            co_await coax::pipeline(std::views::iota(0, 1'000'000), {.concurrency = 4}, one,
                                    [](std::size_t, result<int>) {});
        };
        started call{co_await asio::this_coro::executor, whole()};
        co_await sleep_for(1s);
        call.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(call.failure(), errc::cancelled);
        EXPECT_EQ(gone, 4);
    };
    run_virtual(body());
}

TEST(Pipeline, RefusesWrongOptions) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> const input{1};
        auto const ignore = [](std::size_t, result<int>) {};
        auto const none = co_await as_result(coax::pipeline(input, {.concurrency = 0}, twice_after, ignore));
        EXPECT_EQ(none.error().where, "concurrency");
        auto const narrow =
            co_await as_result(coax::pipeline(input, {.concurrency = 4, .window = 3}, twice_after, ignore));
        EXPECT_EQ(narrow.error().where, "window");
    };
    run_virtual(body());
}

TEST(ForEach, TakesRangesAndStreamsAndMovesWhatItOwns) {
    auto body = []() -> asio::awaitable<void> {
        int sum = 0;
        auto add = [&sum](int one) -> asio::awaitable<void> {
            sum += one;
            co_return;
        };
        EXPECT_EQ((co_await coax::for_each(stream_of(10), {}, add)).done, 10U);
        EXPECT_EQ((co_await coax::for_each(std::views::iota(0, 11), {}, add)).done, 11U);
        EXPECT_EQ(sum, 110);
        std::vector<std::unique_ptr<int>> owned;
        owned.push_back(std::make_unique<int>(5));
        auto take = [&sum](std::unique_ptr<int> one) -> asio::awaitable<void> {
            sum += *one;
            co_return;
        };
        co_await coax::for_each(std::move(owned), {}, take);
        EXPECT_EQ(sum, 115);
        EXPECT_EQ((co_await coax::for_each(std::vector<int>{}, {}, add)).started, 0U);
    };
    run_virtual(body());
}

TEST(ForEach, StopsOnTheFirstErrorOrNot) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<int> const input{1, 2, 3};
        EXPECT_EQ((co_await coax::for_each(input, {}, odd_fails)).failed, 2U);
        auto const got = co_await as_result(coax::for_each(input, {.stop_on_error = true}, odd_fails));
        EXPECT_EQ(got.error().code, errc::refused);
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
