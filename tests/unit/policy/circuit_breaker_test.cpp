#include "policy/breaker_rule.hpp"
#include "support/run_coro.hpp"
#include "unit/policy/policy_support.hpp"

#include <coax/policy/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using coax::policy::detail::breaker_rule;
using verdict = breaker_rule::verdict;
using test::gives;
using test::run_virtual;
using test::start;
using test::started;

circuit_breaker_options of_four() {
    return {.failure_rate = 0.5, .minimum_calls = 4, .window = 10s, .open_for = 5s, .trials = 2};
}

/// One call that ends as it must; false: turned away.
bool call(breaker_rule& rule, verdict how, clock::duration at = 0s) {
    auto const generation = rule.enter(start + at);
    if (generation) rule.leave(*generation, how, start + at);
    return generation.has_value();
}

TEST(BreakerRule, OpensAtTheRateOnceThereAreEnoughCalls) {
    breaker_rule rule{of_four()};
    for (auto how : {verdict::failure, verdict::failure, verdict::success}) EXPECT_TRUE(call(rule, how));
    EXPECT_EQ(rule.state(start), circuit_state::closed);
    EXPECT_TRUE(call(rule, verdict::success));
    EXPECT_EQ(rule.state(start), circuit_state::open);
    EXPECT_FALSE(call(rule, verdict::success, 4999ms));
    EXPECT_EQ(rule.wait(start + 2s), 3s);
}

TEST(BreakerRule, CallsOlderThanTheWindowAreForgotten) {
    breaker_rule rule{of_four()};
    for (int i = 0; i < 3; ++i) call(rule, verdict::failure, i * 1s);
    for (int i = 0; i < 2; ++i) call(rule, verdict::success, 11s);
    EXPECT_TRUE(call(rule, verdict::failure, 12s));
    EXPECT_EQ(rule.state(start + 12s), circuit_state::closed)
        << "one failure of four at 2 s is left, and one of now: 2 of 4 opens";
}

TEST(BreakerRule, ClosesAfterAllTrialsSucceeded) {
    breaker_rule rule{of_four()};
    for (int i = 0; i < 4; ++i) call(rule, verdict::failure);
    EXPECT_EQ(rule.state(start + 5s), circuit_state::half_open);
    auto const one = rule.enter(start + 5s);
    auto const two = rule.enter(start + 5s);
    EXPECT_TRUE(one && two);
    EXPECT_FALSE(rule.enter(start + 5s)) << "two trials are all";
    rule.leave(*one, verdict::success, start + 6s);
    EXPECT_EQ(rule.state(start + 6s), circuit_state::half_open);
    EXPECT_FALSE(rule.enter(start + 6s));
    rule.leave(*two, verdict::success, start + 6s);
    EXPECT_EQ(rule.state(start + 6s), circuit_state::closed);
    EXPECT_TRUE(call(rule, verdict::failure, 6s)) << "the failures of before are forgotten";
    EXPECT_EQ(rule.state(start + 6s), circuit_state::closed);
}

TEST(BreakerRule, OneFailedTrialOpensItAgainForTheWholeTime) {
    breaker_rule rule{of_four()};
    for (int i = 0; i < 4; ++i) call(rule, verdict::failure);
    EXPECT_TRUE(call(rule, verdict::failure, 5s));
    EXPECT_EQ(rule.state(start + 9s), circuit_state::open);
    EXPECT_FALSE(rule.enter(start + 9999ms));
    EXPECT_TRUE(rule.enter(start + 10s));
}

TEST(BreakerRule, ATrialThatIsGivenUpFreesItsPlace) {
    breaker_rule rule{of_four()};
    for (int i = 0; i < 4; ++i) call(rule, verdict::failure);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(call(rule, verdict::nothing, 5s));
    EXPECT_EQ(rule.state(start + 5s), circuit_state::half_open);
}

TEST(BreakerRule, LateNewsOfAnEarlierStateChangesNothing) {
    breaker_rule rule{of_four()};
    auto const slow = rule.enter(start);
    for (int i = 0; i < 4; ++i) call(rule, verdict::failure);
    auto const trial = rule.enter(start + 5s);
    rule.leave(*slow, verdict::failure, start + 5s);
    EXPECT_EQ(rule.state(start + 5s), circuit_state::half_open);
    rule.leave(*trial, verdict::success, start + 5s);
    EXPECT_EQ(rule.state(start + 5s), circuit_state::half_open);
}

TEST(CircuitBreakerOptions, AreChecked) {
    EXPECT_TRUE(validate(circuit_breaker_options{}));
    EXPECT_EQ(validate(circuit_breaker_options{.failure_rate = 0}).error().where, "failure_rate");
    EXPECT_EQ(validate(circuit_breaker_options{.minimum_calls = 0}).error().where, "minimum_calls");
    EXPECT_EQ(validate(circuit_breaker_options{.window = 1ms}).error().where, "window");
    EXPECT_EQ(validate(circuit_breaker_options{.open_for = 0ms}).error().where, "open_for");
    EXPECT_EQ(validate(circuit_breaker_options{.trials = 0}).error().where, "trials");
    EXPECT_THROW(circuit_breaker({.trials = 0}), exception);
}

asio::awaitable<result<int>> ends_in(errc code) { co_return error{.code = code}; }
asio::awaitable<int> throws(errc code) {
    throw_error({.code = code});
    co_return 0;
}
TEST(CircuitBreaker, TurnsCallsAwayWithTheRestOfTheWait) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        circuit_breaker breaker{of_four()};
        for (int i = 0; i < 2; ++i)
            EXPECT_EQ((co_await with_breaker(breaker, ends_in(errc::timeout))).error().code, errc::timeout);
        for (int i = 0; i < 2; ++i)
            EXPECT_EQ((co_await as_result(with_breaker(breaker, throws(errc::server_error)))).error().code,
                      errc::server_error);
        EXPECT_EQ(breaker.state(now(executor)), circuit_state::open);
        co_await sleep_for(1s);
        auto const away = co_await as_result(with_breaker(breaker, gives(1)));
        EXPECT_EQ(away.error().code, errc::overloaded);
        EXPECT_EQ(away.error().where, "circuit_breaker");
        EXPECT_EQ(away.error().retry_after, 4s);
        co_await sleep_for(4s);
        for (int i = 0; i < 2; ++i) EXPECT_EQ(co_await with_breaker(breaker, gives(i)), i);
        EXPECT_EQ(breaker.state(now(executor)), circuit_state::closed);
    };
    run_virtual(body());
}

TEST(CircuitBreaker, FaultsOfTheCallerAndCancellationsDoNotOpenIt) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        circuit_breaker breaker{of_four()};
        for (auto code : {errc::bad_request, errc::cancelled, errc::authentication})
            for (int i = 0; i < 10; ++i) co_await with_breaker(breaker, ends_in(code));
        EXPECT_EQ(breaker.state(now(executor)), circuit_state::closed);
    };
    run_virtual(body());
}

TEST(CircuitBreaker, ACancelledTrialFreesItsPlace) {
    auto body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        circuit_breaker breaker{of_four()};
        for (int i = 0; i < 4; ++i) co_await with_breaker(breaker, ends_in(errc::overloaded));
        co_await sleep_for(5s);
        for (int i = 0; i < 5; ++i) {
            started trial{executor, with_breaker(breaker, sleep_for(1h))};
            co_await sleep_for(1s);
            trial.cancel();
            co_await sleep_for(1s);
            EXPECT_EQ(trial.failure(), errc::cancelled);
        }
        EXPECT_EQ(breaker.state(now(executor)), circuit_state::half_open);
    };
    run_virtual(body());
}

}  // namespace
}  // namespace coax
