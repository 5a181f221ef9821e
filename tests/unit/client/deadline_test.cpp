#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/tasks/map.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace coax::test;
using testing::HasSubstr;

struct deadline_case {
    char const* name;
    std::function<void(client_options&)> set;
    char const* says;  ///< The limit that the error must name.
    clock::duration after;
};
void PrintTo(deadline_case const& row, std::ostream* out) { *out << row.name; }
class Deadline : public testing::TestWithParam<deadline_case> {
protected:
    /// Headers after a minute, then a piece each minute.
    static client_options slow_service() {
        auto answer = fake_service::answer{.response = openai_stream({"a", "b", "c"}), .delay = 60s};
        answer.piece_bytes = 100;
        answer.delay_per_piece = 60s;
        fake_service service;
        service.then(std::move(answer));
        auto options = service.options();
        options.policies.limits = {.connect = 0s, .first_byte = 0s, .idle = 0s};
        options.policies.retry.max_attempts = 1;
        return options;
    }

    static asio::awaitable<void> expect_end(deadline_case const& row, bool streaming) {
        auto options = slow_service();
        row.set(options);
        auto const executor = co_await asio::this_coro::executor;
        client llm{executor, std::move(options)};
        auto const began = now(executor);
        auto whole = [&]() -> asio::awaitable<chat_response> {
            auto words = co_await llm.stream("x");
            co_return co_await words.finish();
        };
        auto const got = streaming ? co_await as_result(whole()) : co_await as_result(llm.chat("x"));
        EXPECT_FALSE(got);
        if (got) co_return;
        EXPECT_EQ(got.error().code, errc::timeout);
        EXPECT_THAT(got.error().message, HasSubstr(row.says));
        EXPECT_EQ(now(executor) - began, row.after);
    }
};

TEST_P(Deadline, OfAChatIsNamed) { run_virtual(expect_end(GetParam(), false)); }
TEST_P(Deadline, OfAStreamIsNamed) { run_virtual(expect_end(GetParam(), true)); }

INSTANTIATE_TEST_SUITE_P(
    Rows, Deadline,
    testing::Values(
        deadline_case{"first_token", [](client_options& one) { one.policies.limits.first_byte = 10s; }, "first_byte",
                      10s},
        deadline_case{"between_tokens", [](client_options& one) { one.policies.limits.idle = 30s; }, "idle", 90s},
        deadline_case{"one_attempt", [](client_options& one) { one.policies.limits.total = 100s; }, "total", 100s},
        deadline_case{"whole_call", [](client_options& one) { one.policies.timeout = 150s; },
                      "`timeout` of the whole call", 150s},
        deadline_case{"whole_call_before_an_attempts_own",
                      [](client_options& one) {
                          one.policies.timeout = 80s;
                          one.policies.limits.total = 100s;
                      },
                      "`timeout` of the whole call", 80s}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(CallDeadline, NoBackOffBeginsThatWouldOutlastIt) {
    auto body = []() -> asio::awaitable<void> {
        fake_service service;
        service.then(openai_error(429, "rate_limit_exceeded", {{"retry-after", "60"}}));
        auto options = service.options();
        options.policies.timeout = 5s;
        auto const executor = co_await asio::this_coro::executor;
        client llm{executor, std::move(options)};
        auto const began = now(executor);
        auto const got = co_await as_result(llm.chat("x"));
        EXPECT_EQ(got.error().code, errc::rate_limited);
        EXPECT_EQ(got.error().attempts, 1);
        EXPECT_EQ(now(executor) - began, 0s);
    };
    run_virtual(body());
}

TEST(CallDeadline, CoversAttemptsAndBackOffsTogether) {
    auto body = []() -> asio::awaitable<void> {
        fake_service service;
        service.then(fake_service::answer{.response = openai_error(503, "busy"), .delay = 2s});
        auto options = service.options();
        options.policies.timeout = 5500ms;
        options.policies.retry = retry_options::fixed(100, 1s, 0s);
        auto const executor = co_await asio::this_coro::executor;
        client llm{executor, std::move(options)};
        auto const began = now(executor);
        auto const got = co_await as_result(llm.chat("x"));
        EXPECT_EQ(got.error().code, errc::overloaded) << "0-2 first, 3-5 second: a third could not begin before 6";
        EXPECT_EQ(service.count(), 2U);
        EXPECT_EQ(now(executor) - began, 5s);
    };
    run_virtual(body());
}

TEST(CallDeadline, OfTheCallerIsNotTheCalls) {
    auto body = []() -> asio::awaitable<void> {
        fake_service service;
        service.then(fake_service::answer{.response = openai_text("late"), .delay = 1h});
        auto options = service.options();
        options.policies.timeout = 10s;
        client llm{co_await asio::this_coro::executor, std::move(options)};
        auto const got = co_await as_result(with_timeout(1s, llm.chat("x")));
        EXPECT_EQ(got.error().code, errc::timeout);
        EXPECT_THAT(got.error().message, testing::Not(HasSubstr("whole call")));
    };
    run_virtual(body());
}

TEST(Quota, AServiceThatSharesItsLimitWithOthersIsHeeded) {
    auto body = []() -> asio::awaitable<void> {
        fake_service service;
        auto told = openai_text("ok");
        told.headers.add("x-ratelimit-limit-requests", "60");
        told.headers.add("x-ratelimit-remaining-requests", "0");
        service.then(std::move(told));
        auto options = service.options();
        options.policies.rate_limits.requests_per_minute = 600;
        auto const executor = co_await asio::this_coro::executor;
        client llm{executor, std::move(options)};
        co_await llm.chat("x");
        auto const began = now(executor);
        co_await llm.chat("x");
        co_await llm.chat("x");
        EXPECT_GT(now(executor) - began, 500ms) << "at the service's 60 a minute, of which nothing was left";
        EXPECT_LE(now(executor) - began, 2s);
    };
    run_virtual(body());
}

TEST(DeadlineCost, StandsInTheError) {
    fake_service service;
    service.then(openai_text(R"({"n":"x"})"))
        .then(fake_service::answer{.response = openai_text(R"({"n":3})"), .delay = 1h});
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.limits = {.first_byte = 0s};
        options.policies.timeout = 10s;
        client llm{co_await asio::this_coro::executor, std::move(options)};
        auto const schema = runtime_schema::parse(R"({"type":"object","properties":{"n":{"type":"integer"}}})").value();
        auto const late = co_await as_result(llm.parse("x", output_format::of(schema)));
        EXPECT_FALSE(late);
        if (late) co_return;
        EXPECT_EQ(late.error().code, errc::timeout);
        EXPECT_THAT(late.error().message, HasSubstr("`timeout` of the whole call"));
        EXPECT_EQ(late.error().attempts, 2);
        EXPECT_EQ(late.error().input_tokens, 10);
        EXPECT_EQ(late.error().output_tokens, 5);
        EXPECT_EQ(llm.statistics().failures, 1U);
    };
    run_virtual(body(service));
}

TEST(DeadlineCost, OfACallThatWaitsForASlotIsNothing) {
    fake_service service;
    service.then(fake_service::answer{.response = openai_text("ok"), .delay = 1h});
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.limits = {.first_byte = 0s};
        options.policies.max_concurrency = 1;
        options.policies.timeout = 10s;
        client llm{co_await asio::this_coro::executor, std::move(options)};
        std::vector<int> const two(2);
        auto const ask = [&llm](int) { return llm.chat("x"); };
        auto const ends = co_await map(two, {.concurrency = 2}, ask);
        EXPECT_EQ(ends[0].error().attempts, 1);
        EXPECT_EQ(ends[1].error().attempts, 0);
        for (auto const& end : ends) EXPECT_THAT(end.error().message, HasSubstr("`timeout` of the whole call"));
    };
    run_virtual(body(service));
}

}  // namespace
}  // namespace coax
