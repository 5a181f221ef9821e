#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/map.hpp>

#include <gtest/gtest.h>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::connect;
using test::fake_service;
using test::openai_error;
using test::openai_text;
using test::run_virtual;

/// A client on the executor of the coroutine that asks for it.
TEST(Chat, AnswersAPrompt) {
    fake_service service;
    service.then(openai_text("Moi!"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const answer = co_await llm.chat("Say hello in Finnish.");
        EXPECT_EQ(answer.text, "Moi!");
        EXPECT_EQ(answer.finish_reason, finish_reason::stop);
        EXPECT_EQ(answer.usage.total_tokens(), 15);
        EXPECT_EQ(answer.attempts, 1);
        EXPECT_EQ(llm.statistics().attempts, 1U);
    }(service));
    ASSERT_EQ(service.count(), 1U);
    EXPECT_EQ(service.requests()[0].target, "/v1/chat/completions");
    EXPECT_EQ(service.requests()[0].headers.find("Authorization"), "Bearer sk-test");
}

TEST(Chat, FailureIsRetriedAfterTheToldWait) {
    fake_service service;
    service.then(openai_error(429, "rate_limit_exceeded", {{"retry-after", "7"}}))
        .then(openai_error(503, "x"))
        .then(openai_text("ok"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const executor = co_await asio::this_coro::executor;
        auto const began = now(executor);
        auto const answer = co_await llm.chat("x");
        EXPECT_EQ(answer.text, "ok");
        EXPECT_EQ(answer.attempts, 3);
        EXPECT_GE(now(executor) - began, 7s);
        EXPECT_LT(now(executor) - began, 9s);
        EXPECT_EQ(llm.statistics().retries, 2U);
    }(service));
}

struct failing_case {
    char const* name;
    result<fake_service::answer> answer;
    errc expected;
    std::size_t sendings;
};
void PrintTo(failing_case const& row, std::ostream* out) { *out << row.name; }
class FailingChat : public testing::TestWithParam<failing_case> {};

TEST_P(FailingChat, EndsInItsError) {
    fake_service service;
    service.then(GetParam().answer);
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const answer = co_await as_result(llm.chat("x"));
        EXPECT_FALSE(answer);
        if (answer) co_return;
        EXPECT_EQ(answer.error().code, GetParam().expected);
        EXPECT_EQ(answer.error().attempts, static_cast<int>(GetParam().sendings));
        EXPECT_EQ(llm.statistics().failures, 1U);
    }(service));
    EXPECT_EQ(service.count(), GetParam().sendings);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FailingChat,
    testing::Values(
        failing_case{"bad_request_at_once", fake_service::answer{.response = openai_error(400, "invalid_value")},
                     errc::bad_request, 1},
        failing_case{"wrong_key_at_once", fake_service::answer{.response = openai_error(401, "invalid_api_key")},
                     errc::authentication, 1},
        failing_case{"exhausted_quota_at_once",
                     fake_service::answer{.response = openai_error(429, "insufficient_quota")}, errc::quota_exhausted,
                     1},
        failing_case{"server_error_after_three", fake_service::answer{.response = openai_error(500, "x")},
                     errc::server_error, 3},
        failing_case{"overload_after_three", fake_service::answer{.response = openai_error(503, "x")}, errc::overloaded,
                     3},
        failing_case{"no_connection_after_three", error{.code = errc::connect_failed, .message = "refused"},
                     errc::connect_failed, 3},
        failing_case{"service_forbids_retry",
                     fake_service::answer{.response = openai_error(500, "x", {{"x-should-retry", "false"}})},
                     errc::server_error, 1},
        failing_case{"unreadable_but_paid_for", fake_service::answer{.response = {.status = 200, .body = "<html>"}},
                     errc::protocol_error, 1}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Chat, KeyNeverShowsInAnError) {
    fake_service service;
    service.then({.status = 401,
                  .body = R"({"error":{"message":"Incorrect API key provided: sk-test","code":"invalid_api_key"}})"});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const answer = co_await as_result(llm.chat("x"));
        EXPECT_FALSE(answer);
        if (!answer) EXPECT_EQ(to_string(answer.error()).find("sk-test"), std::string::npos) << answer.error();
    }(service));
}

TEST(Chat, NoMoreInFlightThanAllowed) {
    fake_service service;
    service.then(fake_service::answer{.response = openai_text("ok"), .delay = 1s});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.max_concurrency = 4;
        auto llm = co_await connect(std::move(options));
        auto const executor = co_await asio::this_coro::executor;
        auto const began = now(executor);
        std::vector<int> const items(20);
        auto const ask = [&llm](int) { return llm.chat("x"); };
        auto const answers = co_await map(items, {.concurrency = 20}, ask);
        for (auto const& answer : answers) EXPECT_TRUE(answer);
        EXPECT_EQ(now(executor) - began, 5s);
    }(service));
}

TEST(Chat, RateLimitIsKept) {
    fake_service service;
    service.then(openai_text("ok"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.rate_limits = {.requests_per_minute = 60, .burst = 1s};
        auto llm = co_await connect(std::move(options));
        auto const executor = co_await asio::this_coro::executor;
        auto const began = now(executor);
        for (int i = 0; i < 11; ++i) (void)co_await llm.chat("x");
        EXPECT_GE(now(executor) - began, 9s);
        EXPECT_LE(now(executor) - began, 11s);
    }(service));
}

/// Virtual time begins with the year 2026.
TEST(Chat, RetryAfterDateIsComparedWithTheClockOfTheCall) {
    fake_service service;
    service.then(openai_error(429, "rate_limit_exceeded", {{"retry-after", "Thu, 01 Jan 2026 00:00:30 GMT"}}))
        .then(openai_text("ok"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const executor = co_await asio::this_coro::executor;
        auto const began = now(executor);
        EXPECT_EQ((co_await llm.chat("x")).attempts, 2);
        EXPECT_GE(now(executor) - began, 30s);
        EXPECT_LT(now(executor) - began, 38s) << "spread by a quarter";
    }(service));
}

TEST(Chat, ToldWaitHoldsOtherCallsToo) {
    fake_service service;
    service.then(openai_error(429, "rate_limit_exceeded", {{"retry-after", "10"}})).then(openai_text("ok"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.retry.max_attempts = 1;
        auto llm = co_await connect(std::move(options));
        auto const executor = co_await asio::this_coro::executor;
        auto const began = now(executor);
        EXPECT_EQ((co_await as_result(llm.chat("x"))).error().code, errc::rate_limited);
        EXPECT_TRUE(co_await as_result(llm.chat("x")));
        EXPECT_GE(now(executor) - began, 10s);
    }(service));
}

TEST(Chat, TokenSourceIsAskedForEachAttempt) {
    fake_service service;
    service.then(openai_error(503, "x")).then(openai_text("ok"));
    int asked = 0;
    run_virtual([](fake_service fake, int& count) -> asio::awaitable<void> {
        auto options = fake.options();
        options.service.token_source = [&count]() -> asio::awaitable<result<secret>> {
            co_return secret{"token-" + std::to_string(++count)};
        };
        auto llm = co_await connect(std::move(options));
        (void)co_await llm.chat("x");
    }(service, asked));
    ASSERT_EQ(service.count(), 2U);
    EXPECT_EQ(service.requests()[0].headers.find("Authorization"), "Bearer token-1");
    EXPECT_EQ(service.requests()[1].headers.find("Authorization"), "Bearer token-2");
}

/// A request that quotes the token of `token_source` in its error.
error quoted_token(bool streaming) {
    fake_service service;
    service.then(openai_error(401, "bad token-abcdef", {{"x-request-id", "req-token-abcdef"}}));
    error why;
    run_virtual([](fake_service fake, bool as_stream, error& got) -> asio::awaitable<void> {
        auto options = fake.options();
        options.service.token_source = []() -> asio::awaitable<result<secret>> { co_return secret{"token-abcdef"}; };
        auto llm = co_await connect(std::move(options));
        if (as_stream)
            got = (co_await as_result(llm.stream("x"))).error();
        else
            got = (co_await as_result(llm.chat("x"))).error();
    }(service, streaming, why));
    return why;
}

TEST(Chat, ATokenThatTheServiceQuotesIsHidden) {
    for (bool const streaming : {false, true}) {
        auto const why = quoted_token(streaming);
        EXPECT_EQ(why.service_code, "bad [secret]");
        EXPECT_EQ(why.request_id, "req-[secret]");
    }
}

TEST(Chat, ATokenThatCannotBeAHeaderIsBlamedOnItsSource) {
    fake_service service;
    service.then(openai_text("ok"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.service.token_source = []() -> asio::awaitable<result<secret>> { co_return secret{"a\nb"}; };
        auto llm = co_await connect(std::move(options));
        auto const why = (co_await as_result(llm.chat("x"))).error();
        EXPECT_EQ(why.code, errc::invalid_argument);
        EXPECT_EQ(why.where, "service.token_source");
    }(service));
    EXPECT_EQ(service.count(), 0U);
}

TEST(Chat, CancelledCallLeavesNothingBehind) {
    fake_service service;
    service.then(fake_service::answer{.response = openai_text("ok"), .delay = 1h});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.max_concurrency = 1;
        options.policies.limits.first_byte = 0ms;
        auto llm = co_await connect(std::move(options));
        EXPECT_EQ((co_await as_result(with_timeout(1s, llm.chat("x")))).error().code, errc::timeout);
        // The slot is free again: this one is sent too.
        EXPECT_EQ((co_await as_result(with_timeout(1s, llm.chat("x")))).error().code, errc::timeout);
        EXPECT_EQ(fake.count(), 2U);
    }(service));
}

TEST(Chat, ClosedClientRefuses) {
    fake_service service;
    service.then(openai_text("ok"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        llm.close();
        EXPECT_EQ((co_await as_result(llm.chat("x"))).error().code, errc::closed);
    }(service));
    EXPECT_EQ(service.count(), 0U);
}

TEST(Client, AKeyThatCannotBeAHeaderIsNamed) {
    auto const checked = validate(client_options{.service = {.api_key = "sk-1\n"}});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().where, "service.api_key");
}

TEST(Client, BadOptionsThrow) {
    runtime rt;
    try {
        client llm{rt, client_options{.service = {.provider = {.service = "acme"}}}};
        FAIL();
    } catch (exception const& thrown) {
        EXPECT_EQ(thrown.why().code, errc::invalid_argument);
    }
}

}  // namespace
}  // namespace coax
