// What an exception out of each callback of a client means: the table in docs/architecture.md.

#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>

namespace coax {
namespace client_callbacks_test {

using namespace std::chrono_literals;
using namespace coax::test;

struct number {
    int value{};
};

[[noreturn]] void boom() { throw std::runtime_error{"boom"}; }

/// A client whose first call meets a callback that throws, once.
struct callback_case {
    char const* name;
    /// Sets the callback, which throws where `armed`.
    void (*give)(client_options& options, bool& armed);
    http_response (*first_answer)();
};
void PrintTo(callback_case const& row, std::ostream* out) { *out << row.name; }
class ThrowingCallback : public testing::TestWithParam<callback_case> {};

void throw_once(bool& armed) {
    if (std::exchange(armed, false)) boom();
}

asio::awaitable<void> expect_it_ends_the_call_alone(callback_case row, fake_service service, bool& armed) {
    auto options = service.options();
    options.policies.max_concurrency = 1;
    options.policies.rate_limits.requests_per_minute = 6'000;
    row.give(options, armed);
    client const llm{co_await asio::this_coro::executor, std::move(options)};
    auto const first = co_await as_result(llm.parse<number>("x"));
    EXPECT_EQ(first.error().code, errc::internal) << first.error();
    EXPECT_NE(first.error().message.find("boom"), std::string::npos) << first.error();
    auto const second = co_await as_result(llm.parse<number>("x"));
    EXPECT_TRUE(second) << "no permit, no quota, no breaker is left behind: " << second.error();
}

TEST_P(ThrowingCallback, EndsTheCallAndNothingElse) {
    bool armed = true;
    fake_service service;
    service.then(GetParam().first_answer()).then(openai_text(R"({"value":1})"));
    run_virtual(expect_it_ends_the_call_alone(GetParam(), service, armed));
    EXPECT_FALSE(armed) << "it was never called";
}

http_response good() { return openai_text(R"({"value":1})"); }
http_response unfit() { return openai_text(R"({"value":"one"})"); }
http_response busy() { return openai_error(503, "busy"); }

INSTANTIATE_TEST_SUITE_P(
    Rows, ThrowingCallback,
    testing::Values(
        callback_case{"retry_if",
                      [](client_options& options, bool& armed) {
                          options.policies.retry.retry_if = [&armed](error const&) {
                              throw_once(armed);
                              return true;
                          };
                      },
                      busy},
        callback_case{"on_retry",
                      [](client_options& options, bool& armed) {
                          options.policies.retry.on_retry = [&armed](retry_event const&) { throw_once(armed); };
                      },
                      busy},
        callback_case{"is_failure",
                      [](client_options& options, bool& armed) {
                          options.policies.circuit_breaker =
                              circuit_breaker_options{.minimum_calls = 1, .is_failure = [&armed](error const&) {
                                                          throw_once(armed);
                                                          return true;
                                                      }};
                      },
                      busy},
        callback_case{"on_hedge",
                      [](client_options& options, bool& armed) {
                          options.policies.max_concurrency = 2;
                          options.policies.hedge = hedge_options{
                              .delay = 1ms, .on_hedge = [&armed](hedge_report const&) { throw_once(armed); }};
                          options.service.transport = std::make_shared<memory_transport>([&armed](http_request const&) {
                              return memory_transport::timed_response{.response = good(), .delay = armed ? 20ms : 0ms};
                          });
                      },
                      good},
        callback_case{"on_attempt_after_success",
                      [](client_options& options, bool& armed) {
                          options.hooks.on_attempt = [&armed](attempt_event const&) { throw_once(armed); };
                      },
                      good},
        callback_case{"on_attempt_after_failure",
                      [](client_options& options, bool& armed) {
                          options.hooks.on_attempt = [&armed](attempt_event const&) { throw_once(armed); };
                      },
                      busy},
        callback_case{"on_reask",
                      [](client_options& options, bool& armed) {
                          options.hooks.on_reask = [&armed](reask_event const&) { throw_once(armed); };
                      },
                      unfit},
        callback_case{"token_source_at_once",
                      [](client_options& options, bool& armed) {
                          options.service.token_source = [&armed]() -> asio::awaitable<result<secret>> {
                              throw_once(armed);
                              return [](secret token) -> asio::awaitable<result<secret>> { co_return token; }("t");
                          };
                      },
                      good},
        callback_case{"token_source_later",
                      [](client_options& options, bool& armed) {
                          options.service.token_source = [&armed]() -> asio::awaitable<result<secret>> {
                              co_await sleep_for(1ms);
                              throw_once(armed);
                              co_return secret{"t"};
                          };
                      },
                      good},
        callback_case{"transport",
                      [](client_options& options, bool& armed) {
                          options.service.transport = std::make_shared<memory_transport>([&armed](http_request const&) {
                              throw_once(armed);
                              return memory_transport::timed_response{.response = good()};
                          });
                      },
                      good}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ThrowingCallback, OnAttemptOfADroppedStreamIsIgnored) {
    fake_service service;
    service.then(openai_stream({"a", "b"})).then(good());
    bool armed = true;
    run_virtual([](fake_service fake, bool& flag) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.max_concurrency = 1;
        options.hooks.on_attempt = [&flag](attempt_event const&) { throw_once(flag); };
        client const llm{co_await asio::this_coro::executor, std::move(options)};
        {
            auto const dropped = co_await llm.stream("x");
        }
        co_await sleep_for(1ms);
        EXPECT_EQ((co_await llm.chat("x")).text, R"({"value":1})");
    }(service, armed));
    EXPECT_FALSE(armed);
}

TEST(ThrowingCallback, OnAttemptOfAStreamEndsTheStream) {
    fake_service service;
    service.then(openai_stream({"a"})).then(good());
    bool armed = true;
    run_virtual([](fake_service fake, bool& flag) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.max_concurrency = 1;
        options.hooks.on_attempt = [&flag](attempt_event const&) { throw_once(flag); };
        client const llm{co_await asio::this_coro::executor, std::move(options)};
        auto stream = co_await llm.stream("x");
        auto const whole = co_await as_result(stream.finish());
        EXPECT_EQ(whole.error().code, errc::internal);
        EXPECT_EQ((co_await llm.chat("x")).text, R"({"value":1})");
    }(service, armed));
    EXPECT_FALSE(armed);
}

}  // namespace client_callbacks_test
}  // namespace coax
