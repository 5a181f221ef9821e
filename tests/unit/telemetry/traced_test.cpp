#include "support/recording_observer.hpp"
#include "support/run_coro.hpp"

#include <coax/runtime/as_result.hpp>
#include <coax/tasks/when_all.hpp>
#include <coax/telemetry/traced.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace coax {
namespace traced_test {

using namespace std::chrono_literals;
using test::recording_observer;
using test::run_virtual;
using lines = std::vector<std::string>;

struct page {
    std::string url{};
    int number{0};
};

asio::awaitable<int> count_words(page one) {
    co_await sleep_for(5ms);
    co_return one.number + 1;
}
asio::awaitable<void> rest() { co_await sleep_for(1ms); }
asio::awaitable<int> fail() {
    co_await sleep_for(1ms);
    throw std::runtime_error{"out of order"};
}

/// Runs `body()` observed, and gives what was told.
template <class Body>
std::shared_ptr<recording_observer> told_of(Body body, std::size_t most_content = 0) {
    auto const seen = std::make_shared<recording_observer>(most_content);
    telemetry_options const who{.observers = {seen}};
    run_virtual(observed(who, body()));
    return seen;
}

TEST(Traced, TellsInputOutputAndTime) {
    auto const seen = told_of(
        []() -> asio::awaitable<void> {
            page const front{.url = "u", .number = 2};
            auto const got = co_await traced("count", count_words, front);
            EXPECT_EQ(got, 3);
        },
        1000);
    EXPECT_EQ(seen->lines(), (lines{"+function count", R"(<{"url":"u","number":2})", "-function count", ">3"}));
    EXPECT_EQ(seen->took().at(0), 5ms);
}

TEST(Traced, KeepsContentsToItselfUnlessAsked) {
    auto const seen = told_of([]() -> asio::awaitable<void> {
        page const front{.url = "u", .number = 2};
        co_await traced("count", count_words, front);
    });
    EXPECT_EQ(seen->lines(), (lines{"+function count", "-function count"}));
}

asio::awaitable<void> nest() {
    co_await traced("inner", rest());
    co_await when_all(traced("left", rest()), traced("right", rest()));
}

TEST(Traced, FunctionsWithinOneAreItsParts) {
    auto const seen = told_of([]() -> asio::awaitable<void> { co_await traced("outer", nest()); });
    EXPECT_EQ(seen->lines(), (lines{"+function outer", "  +function inner", "  -function inner", "  +function left",
                                    "  +function right", "  -function left", "  -function right", "-function outer"}));
}

TEST(Traced, AnExceptionPassesThroughAndIsTold) {
    auto const seen = told_of([]() -> asio::awaitable<void> {
        bool thrown = false;
        try {
            co_await traced("bad", fail());
        } catch (std::runtime_error const& why) {
            thrown = std::string{why.what()} == "out of order";
        }
        EXPECT_TRUE(thrown);
    });
    EXPECT_EQ(seen->lines(), (lines{"+function bad", "-function bad internal"}));
}

TEST(Traced, WithoutObserversJustRuns) {
    run_virtual([]() -> asio::awaitable<void> {
        page const front{.url = "u", .number = 2};
        auto const got = co_await traced("count", count_words, front);
        EXPECT_EQ(got, 3);
        EXPECT_FALSE(co_await current_span());
    }());
}

TEST(Traced, PartsOfAnotherTraceStayInIt) {
    auto const outer = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").value();
    auto const seen = told_of([outer]() -> asio::awaitable<void> { return in_span(outer, traced("f", rest())); });
    EXPECT_EQ(seen->parent_of("function f"), outer.span_id);
}

TEST(Traced, ACancellationIsToldAsOne) {
    auto const seen = told_of([]() -> asio::awaitable<void> {
        auto work = traced("slow", sleep_for(1h));
        test::started call{co_await asio::this_coro::executor, std::move(work)};
        co_await sleep_for(1ms);
        call.cancel();
        co_await sleep_for(1ms);
        EXPECT_TRUE(call.done());
    });
    EXPECT_EQ(seen->lines(), (lines{"+function slow", "-function slow cancelled"}));
}

}  // namespace traced_test
}  // namespace coax
