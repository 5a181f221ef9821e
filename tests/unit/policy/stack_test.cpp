#include "support/run_coro.hpp"
#include "unit/policy/policy_support.hpp"

#include <coax/policy/circuit_breaker.hpp>
#include <coax/policy/concurrency.hpp>
#include <coax/policy/fallback.hpp>
#include <coax/policy/hedge.hpp>
#include <coax/policy/rate_limiter.hpp>
#include <coax/policy/retry.hpp>
#include <coax/policy/stack.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/tasks/map.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::gives;
using test::run_virtual;
using test::started;
using testing::ElementsAre;

asio::awaitable<int> fails(errc code) {
    throw_error({.code = code});
    co_return 0;
}

// ---- fallback

TEST(Fallback, StandsInForAFailureOnly) {
    auto body = []() -> asio::awaitable<void> {
        EXPECT_EQ(co_await with_fallback(gives(1), 7), 1);
        EXPECT_EQ(co_await with_fallback(fails(errc::overloaded), 7), 7);
        auto by_code = [](error const& why) { return static_cast<int>(why.code); };
        EXPECT_EQ(co_await with_fallback(fails(errc::timeout), by_code), static_cast<int>(errc::timeout));
        auto later = [](error const&) { return gives(9); };
        EXPECT_EQ(co_await with_fallback(fails(errc::timeout), later), 9);
    };
    run_virtual(body());
}

TEST(Fallback, OfARetryComesAfterTheLastAttempt) {
    auto body = []() -> asio::awaitable<void> {
        int calls = 0;
        auto down = [&calls]() -> asio::awaitable<std::string> {
            ++calls;
            throw_error({.code = errc::overloaded});
            co_return "";
        };
        auto counted = [](error const& why) { return "after " + std::to_string(why.attempts); };
        EXPECT_EQ(co_await with_fallback(coax::retry(retry_options{}, down), counted), "after 3");
        EXPECT_EQ(calls, 3);
    };
    run_virtual(body());
}

TEST(Fallback, NothingStandsInForACancellation) {
    auto body = []() -> asio::awaitable<void> {
        auto work = []() -> asio::awaitable<void> {
            auto slow = []() -> asio::awaitable<int> {
                co_await sleep_for(1h);
                co_return 1;
            };
            co_await with_fallback(slow(), 7);
        };
        started one{co_await asio::this_coro::executor, work()};
        co_await sleep_for(1s);
        one.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(one.failure(), errc::cancelled);
    };
    run_virtual(body());
}

// ---- the stack

TEST(Stack, WithoutLayersIsTheCallItself) {
    auto body = []() -> asio::awaitable<void> {
        auto const call = stack([]() { return gives(3); });
        EXPECT_EQ((co_await call({})).value(), 3);
        auto const failing = stack([]() { return fails(errc::bad_request); });
        EXPECT_EQ((co_await failing({})).error().code, errc::bad_request);
        auto const nothing = stack([]() -> asio::awaitable<void> { co_return; });
        EXPECT_TRUE(co_await nothing({}));
    };
    run_virtual(body());
}

TEST(Stack, ATimeoutInsideTheRetryIsOfEachAttemptOutsideOfAll) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        std::vector<int> attempts;
        auto slow = [&attempts](attempt which) -> asio::awaitable<void> {
            attempts.push_back(which.number);
            co_await sleep_for(1h);
        };
        auto const each = retry_options::fixed(3, 1s, 0s);
        auto const start = now(executor);
        auto const inside = co_await stack(slow, layer::retry{each}, layer::timeout{10s})({});
        EXPECT_EQ(inside.error().code, errc::timeout);
        EXPECT_THAT(attempts, ElementsAre(1, 2, 3));
        EXPECT_EQ(now(executor) - start, 32s);
        attempts.clear();
        auto const outside = co_await stack(slow, layer::timeout{10s}, layer::retry{each})({});
        EXPECT_EQ(outside.error().code, errc::timeout);
        EXPECT_THAT(attempts, ElementsAre(1));
        EXPECT_EQ(now(executor) - start, 42s);
    };
    run_virtual(body());
}

TEST(Stack, ASlotInsideTheRetryIsFreeDuringTheBackOff) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        for (bool inside : {true, false}) {
            async_semaphore slots{1};
            auto down = []() { return fails(errc::overloaded); };
            auto const slow = retry_options::fixed(2, 10s, 0s);
            using function = std::function<asio::awaitable<result<int>>(attempt)>;
            function const call = inside ? function{stack(down, layer::retry{slow}, layer::concurrency{slots})}
                                         : function{stack(down, layer::concurrency{slots}, layer::retry{slow})};
            auto run = [&call]() -> asio::awaitable<void> { co_await call({}); };
            started one{executor, run()};
            co_await sleep_for(5s);
            EXPECT_EQ(slots.in_use(), inside ? 0U : 1U);
            co_await sleep_for(1h);
            EXPECT_EQ(slots.in_use(), 0U);
        }
    };
    run_virtual(body());
}

TEST(Stack, QuotaIsSettledByTheAnswerOrTheFailure) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        struct row {
            errc ends;
            bool request_stays;
            std::int64_t tokens_stay;
        };
        for (auto const& [ends, request_stays, tokens_stay] :
             {row{errc{}, true, 60}, row{errc::connect_failed, false, 0}, row{errc::rate_limited, true, 0},
              row{errc::timeout, true, 100}}) {
            rate_limiter limiter{{.requests_per_minute = 1, .tokens_per_minute = 600}};
            auto once = [code = ends]() { return code == errc{} ? gives(60) : fails(code); };
            auto const call = stack(once, layer::quota{limiter, 100, [](int tokens) { return std::int64_t{tokens}; }});
            co_await call({});
            auto const start = now(executor);
            auto const next = co_await limiter.reserve(600);
            auto const refill = tokens_stay * 100ms;
            EXPECT_EQ(now(executor) - start, request_stays ? 60s : std::chrono::milliseconds{refill})
                << to_string(ends);
        }
        rate_limiter limiter{{.tokens_per_minute = 600}};
        co_await stack([]() { return gives(60); }, layer::quota{limiter, 100})({});
        EXPECT_FALSE(limiter.try_reserve(501));
        EXPECT_TRUE(limiter.try_reserve(500));
    };
    run_virtual(body());
}

TEST(Stack, AnOpenBreakerInsideTheRetryIsWaitedForOutsideItIsNot) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        circuit_breaker breaker{{.minimum_calls = 2, .open_for = 5s, .trials = 1}};
        int calls = 0;
        auto twice_down = [&calls]() { return ++calls <= 2 ? fails(errc::server_error) : gives(calls); };
        auto const start = now(executor);
        auto const inside =
            stack(twice_down, layer::retry{retry_options::fixed(4, 1s, 0s)}, layer::circuit_breaker{breaker});
        EXPECT_EQ((co_await inside({})).value(), 3);
        EXPECT_EQ(now(executor) - start, 6s) << "1 s of back-off, then the 5 s that the breaker told";
    };
    run_virtual(body());
}

TEST(Stack, EverythingInTheStatedOrderLosesNothing) {
    auto body = []() -> asio::awaitable<void> {
        async_semaphore slots{3};
        adaptive_limit limit{{.initial = 4}};
        rate_limiter limiter{{.requests_per_minute = 600, .tokens_per_minute = 60'000}};
        circuit_breaker breaker{{.failure_rate = 0.9}};
        hedger policy{{.delay = 500ms}};
        int calls = 0;
        auto service = [&calls](attempt) -> asio::awaitable<int> {
            auto const number = ++calls;
            co_await sleep_for(number % 7 == 0 ? 5s : 100ms);
            if (number % 5 == 0) throw_error({.code = errc::overloaded});
            co_return number;
        };
        auto const call =
            stack(service, layer::fallback{-1}, layer::retry{}, layer::circuit_breaker{breaker}, layer::hedge{policy},
                  layer::quota{limiter, 50}, layer::concurrency{slots}, layer::adaptive{limit}, layer::timeout{2s});
        std::vector<int> jobs(200);
        auto const all = co_await coax::map(jobs, {.concurrency = 20}, [&call](int) { return call({}); });
        for (auto const& one : all) EXPECT_TRUE(one);
        EXPECT_EQ(slots.in_use(), 0U);
        EXPECT_EQ(limit.in_use(), 0U);
        EXPECT_GT(calls, 200);
    };
    run_virtual(body());
}

TEST(Stack, ACancelledCallHoldsNothing) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        async_semaphore slots{1};
        adaptive_limit limit{{.initial = 1}};
        rate_limiter limiter{{.tokens_per_minute = 100}};
        auto hang = []() -> asio::awaitable<void> { co_await sleep_for(1h); };
        auto const call =
            stack(hang, layer::retry{}, layer::quota{limiter, 100}, layer::concurrency{slots}, layer::adaptive{limit});
        std::optional<errc> seen;
        auto run = [&]() -> asio::awaitable<void> { seen = (co_await call({})).error().code; };
        started one{executor, run()};
        co_await sleep_for(1s);
        EXPECT_EQ(slots.in_use(), 1U);
        one.cancel();
        co_await sleep_for(1s);
        EXPECT_EQ(seen, errc::cancelled);
        EXPECT_EQ(slots.in_use(), 0U);
        EXPECT_EQ(limit.in_use(), 0U);
    };
    run_virtual(body());
}

/// Writes down what it hears.
struct diary {
    class held {
    public:
        explicit held(std::vector<std::string>& log) : log_{&log} {}
        void begin(attempt which) { log_->push_back("begin " + std::to_string(which.number)); }
        template <class T>
        void finish(result<T> const& outcome) {
            log_->push_back(outcome ? "good" : std::string{to_string(outcome.error().code)});
        }

    private:
        std::vector<std::string>* log_;
    };

    std::vector<std::string>& log;
    bool at_once;

    [[nodiscard]] std::optional<held> try_acquire() const { return at_once ? std::optional{held{log}} : std::nullopt; }
    [[nodiscard]] asio::awaitable<held> acquire() const {
        auto& to = log;
        co_await sleep_for(1s);
        to.emplace_back("waited");
        co_return held{to};
    }
};

TEST(Stack, ALayerThatHoldsSomethingHearsHowEachRequestBeginsAndEnds) {
    auto body = []() -> asio::awaitable<void> {
        std::vector<std::string> log;
        auto fails_once = [](attempt which) { return which.first() ? fails(errc::overloaded) : gives(1); };
        auto const twice = retry_options::fixed(2, 0s, 0s);
        EXPECT_TRUE(co_await stack(fails_once, layer::retry{twice}, diary{log, true})({}));
        EXPECT_THAT(log, ElementsAre("begin 1", "overloaded", "begin 2", "good"));
        log.clear();
        EXPECT_TRUE(co_await stack(fails_once, layer::retry{twice}, diary{log, false})({}));
        EXPECT_THAT(log, ElementsAre("waited", "begin 1", "overloaded", "waited", "begin 2", "good"));
    };
    run_virtual(body());
}

TEST(Stack, TheCallInsideMayTakeOverWhatLayersHold) {
    auto body = []() -> asio::awaitable<void> {
        async_semaphore permits{1};
        permit kept;
        auto takes = [&kept](attempt, permit& held) -> asio::awaitable<result<int>> {
            kept = std::move(held);
            co_return 1;
        };
        EXPECT_TRUE(co_await stack(takes, layer::retry{}, layer::concurrency{permits})({}));
        EXPECT_EQ(permits.in_use(), 1U);
        kept.reset();
        EXPECT_EQ(permits.in_use(), 0U);
    };
    run_virtual(body());
}

TEST(Stack, AnEmptyOptionalLayerIsAsIfItWereNotThere) {
    auto body = []() -> asio::awaitable<void> {
        async_semaphore permits{1};
        circuit_breaker breaker{{.minimum_calls = 1}};
        auto down = [](attempt, permit&) { return fails(errc::overloaded); };
        for (bool on : {false, true}) {
            auto const maybe = on ? std::optional{layer::circuit_breaker{breaker}} : std::nullopt;
            auto const call = stack(down, maybe, layer::concurrency{permits});
            (void)co_await call({});
            EXPECT_EQ((co_await call({})).error().where, on ? "circuit_breaker" : "");
        }
    };
    run_virtual(body());
}

TEST(Stack, AThrowingCallIsAFailedAttemptAndGivesBackWhatItHeld) {
    auto body = []() -> asio::awaitable<void> {
        async_semaphore places{1};
        rate_limiter quota{{.requests_per_minute = 60}};
        for (bool const at_once : {false, true}) {
            int calls = 0;
            auto const flaky = [&](attempt) -> asio::awaitable<int> {
                if (++calls < 3 && at_once) throw_error({.code = errc::overloaded});
                return [](bool fails_now) -> asio::awaitable<int> {
                    if (fails_now) throw_error({.code = errc::overloaded});
                    co_return 7;
                }(calls < 3);
            };
            auto const call =
                stack(flaky, layer::retry{retry_options{}}, layer::concurrency{places}, layer::quota{quota});
            EXPECT_EQ((co_await call(attempt{})).value(), 7);
            EXPECT_EQ(calls, 3);
            EXPECT_TRUE(places.try_acquire().has_value()) << "the place is free again";
        }
        auto const broken = stack([](attempt) -> asio::awaitable<int> { throw std::out_of_range{"index"}; },
                                  layer::retry{retry_options{}}, layer::concurrency{places});
        auto const got = co_await broken(attempt{});
        EXPECT_TRUE(!got && got.error().code == errc::internal && got.error().message == "index");
        EXPECT_TRUE(places.try_acquire().has_value());
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
