// What a client puts around its calls: hedge, circuit breaker, adaptive limit, retry budget, and what headers teach it.

#include "support/cancel_everywhere.hpp"
#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/tasks/map.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace coax::test;
using testing::ElementsAre;

fake_service::answer after(std::chrono::milliseconds delay, http_response response) {
    return {.response = std::move(response), .delay = delay};
}

/// What `on_attempt` was told, kept beyond the call.
struct told_attempt {
    int number;
    bool hedge;
    std::chrono::milliseconds took;
    std::int64_t tokens;
    errc ended;  ///< Zero: answered.

    friend bool operator==(told_attempt const&, told_attempt const&) = default;
};
void PrintTo(told_attempt const& one, std::ostream* out) {
    *out << "request " << one.number << (one.hedge ? " (hedge) " : " ") << one.took.count() << " ms, " << one.tokens
         << " tokens, ended in " << static_cast<int>(one.ended);
}

client_options watched(client_options options, std::vector<told_attempt>& told) {
    options.hooks.on_attempt = [&told](attempt_event const& event) {
        told.push_back(
            {event.number, event.hedge, event.took, event.usage.total_tokens(), event.why ? event.why->code : errc{}});
    };
    return options;
}

// --- hedge ---

TEST(ClientHedge, SecondRequestAnswersWhenTheFirstIsSlow) {
    fake_service service;
    service.then(after(20s, openai_text("late"))).then(after(1s, openai_text("soon")));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        std::vector<told_attempt> told;
        std::vector<hedge_report> reports;
        auto options = watched(fake.options(), told);
        options.policies.max_concurrency = 2;
        options.policies.hedge = {.delay = 2s,
                                  .on_hedge = [&](hedge_report const& report) { reports.push_back(report); }};
        auto const executor = co_await asio::this_coro::executor;
        client llm{executor, std::move(options)};
        auto const began = now(executor);
        auto const answer = co_await llm.chat("x");
        EXPECT_EQ(answer.text, "soon");
        EXPECT_EQ(answer.attempts, 2);
        EXPECT_EQ(answer.usage.total_tokens(), 15);
        EXPECT_EQ(now(executor) - began, 3s);
        // The one that lost was cancelled, its cost is not known.
        EXPECT_THAT(told, testing::UnorderedElementsAre(told_attempt{1, false, 3s, 0, errc::cancelled},
                                                        told_attempt{2, true, 1s, 15, errc{}}));
        EXPECT_EQ(reports.size(), 1U);
        if (!reports.empty()) EXPECT_EQ(reports[0].winner, 2);
        auto const done = llm.statistics();
        EXPECT_EQ(done.attempts, 2U);
        EXPECT_EQ(done.hedges, 1U);
        EXPECT_EQ(done.retries, 0U);
        // Both slots are free again.
        std::vector<int> const two(2);
        auto const ask = [&llm](int) { return llm.chat("x"); };
        for (auto const& one : co_await map(two, {.concurrency = 2}, ask)) EXPECT_TRUE(one);
    };
    run_virtual(body(service));
}

/// Answers even when it is cancelled, the first request after five seconds, the next after one.
class deaf_transport final : public transport {
public:
    asio::awaitable<result<http_response>> send(http_request, exchange_limits) override {
        auto const wait = first_ ? 5s : 1s;
        first_ = false;
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await sleep_for(wait);
        co_return openai_text("ok");
    }
    asio::awaitable<result<std::unique_ptr<streaming_response>>> open(http_request, exchange_limits) override {
        co_return error{.code = errc::not_found};
    }

private:
    bool first_{true};
};

TEST(ClientHedge, UsageOfBothIsToldWhereBothAreAnswered) {
    auto const body = []() -> asio::awaitable<void> {
        std::vector<told_attempt> told;
        client_options options{.service = {.model = "m"}, .policies = {.hedge = hedge_options{.delay = 2s}}};
        options.service.transport = std::make_shared<deaf_transport>();
        client llm{co_await asio::this_coro::executor, watched(std::move(options), told)};
        auto const answer = co_await llm.chat("x");
        EXPECT_THAT(told, ElementsAre(told_attempt{2, true, 1s, 15, errc{}}, told_attempt{1, false, 5s, 15, errc{}}));
        EXPECT_EQ(answer.usage.total_tokens(), 30);
        EXPECT_EQ(llm.statistics().usage.total_tokens(), 30);
    };
    run_virtual(body());
}

TEST(ClientHedge, StreamThatBeginsFirstIsTaken) {
    fake_service service;
    service.then(after(20s, openai_stream({"late"}))).then(after(1s, openai_stream({"so", "on"})));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        std::vector<told_attempt> told;
        auto options = watched(fake.options(), told);
        options.policies.hedge = {.delay = 2s};
        client llm{co_await asio::this_coro::executor, std::move(options)};
        auto words = co_await llm.stream("x");
        EXPECT_THAT(told, ElementsAre(told_attempt{1, false, 3s, 0, errc::cancelled}));
        auto const answer = co_await words.finish();
        EXPECT_EQ(answer.text, "soon");
        EXPECT_EQ(answer.attempts, 2);
        EXPECT_EQ(told.back(), (told_attempt{2, true, 1s, 15, errc{}}));
    };
    run_virtual(body(service));
}

TEST(ClientHedge, EachRequestTakesItsOwnSlot) {
    fake_service service;
    service.then(after(20s, openai_text("alone")));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.max_concurrency = 1;
        options.policies.hedge = {.delay = 2s};
        client llm{co_await asio::this_coro::executor, std::move(options)};
        EXPECT_EQ((co_await llm.chat("x")).attempts, 1);
        EXPECT_EQ(fake.count(), 1U);  // the second one waited for the slot until it was cancelled
    };
    run_virtual(body(service));
}

TEST(OnAttempt, SeesEachRequestOfACall) {
    fake_service service;
    service.then(after(1s, openai_error(503, "x"))).then(after(2s, openai_text("ok")));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        std::vector<told_attempt> told;
        client llm{co_await asio::this_coro::executor, watched(fake.options(), told)};
        (void)co_await llm.chat("x");
        EXPECT_THAT(
            told, ElementsAre(told_attempt{1, false, 1s, 0, errc::overloaded}, told_attempt{2, false, 2s, 15, errc{}}));
    };
    run_virtual(body(service));
}

TEST(OnAttempt, SeesAStreamThatIsDropped) {
    fake_service service;
    service.then(fake_service::answer{.response = openai_stream({"a", "b"}), .piece_bytes = 8, .delay_per_piece = 1ms});
    std::vector<told_attempt> told;
    auto const body = [](fake_service fake, std::vector<told_attempt>& ends) -> asio::awaitable<void> {
        auto options = watched(fake.options(), ends);
        options.policies.rate_limits = {.requests_per_minute = 1};
        auto const executor = co_await asio::this_coro::executor;
        client llm{executor, std::move(options)};
        {
            auto words = co_await llm.stream("x");
            EXPECT_TRUE(co_await words.next());
        }
        auto const dropped_at = now(executor);
        (void)co_await llm.stream("y");
        EXPECT_GT(now(executor) - dropped_at, 59s) << "the service has counted the one that was dropped";
        EXPECT_EQ(ends.size(), 1U);
        EXPECT_EQ(ends.front().ended, errc::cancelled);
    };
    run_virtual(body(service, told));
}

TEST(Statistics, CountEachKindOfToken) {
    fake_service service;
    service.then(http_response{
        .status = 200,
        .body =
            R"({"type":"message","id":"m","model":"m","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn",)"
            R"("usage":{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":4,"cache_creation_input_tokens":8}})"});
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.service.provider.service = "anthropic";
        client llm{co_await asio::this_coro::executor, std::move(options)};
        auto const answer = co_await llm.chat("x");
        EXPECT_EQ(answer.usage.cache_write_tokens, 8);
        EXPECT_EQ(llm.statistics().usage, answer.usage);
    };
    run_virtual(body(service));
}

// --- circuit breaker ---

TEST(ClientBreaker, TurnsCallsAwayUntilItLetsSomeTry) {
    fake_service service;
    service.then(openai_error(503, "x")).then(openai_error(503, "x")).then(openai_text("well again"));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.retry.max_attempts = 1;
        options.policies.circuit_breaker = {.minimum_calls = 2, .open_for = 10s, .trials = 1};
        client llm{co_await asio::this_coro::executor, std::move(options)};
        for (int i = 0; i < 2; ++i) EXPECT_EQ((co_await as_result(llm.chat("x"))).error().http_status, 503);
        auto const turned_away = co_await as_result(llm.chat("x"));
        EXPECT_FALSE(turned_away);
        if (!turned_away) {
            EXPECT_EQ(turned_away.error().code, errc::overloaded);
            EXPECT_EQ(turned_away.error().where, "circuit_breaker");
            EXPECT_EQ(turned_away.error().attempts, 0);
        }
        EXPECT_EQ(fake.count(), 2U);
        EXPECT_EQ(llm.statistics().attempts, 2U);
        co_await sleep_for(10s);
        EXPECT_EQ((co_await llm.chat("x")).text, "well again");
    };
    run_virtual(body(service));
}

TEST(ClientBreaker, RetryWaitsAsLongAsItTells) {
    fake_service service;
    service.then(openai_error(503, "x")).then(openai_text("ok"));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.circuit_breaker = {.minimum_calls = 1, .open_for = 30s, .trials = 1};
        auto const executor = co_await asio::this_coro::executor;
        client llm{executor, std::move(options)};
        auto const began = now(executor);
        auto const answer = co_await llm.chat("x");
        EXPECT_EQ(answer.attempts, 2);  // the one that was turned away is no request
        EXPECT_GE(now(executor) - began, 30s);
        EXPECT_LT(now(executor) - began, 31s);
    };
    run_virtual(body(service));
}

// --- adaptive limit ---

TEST(ClientAdaptive, LimitFollowsWhatTheServiceBears) {
    fake_service service;
    service.then(after(1s, openai_text("ok")));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.max_concurrency = 1;  // not used
        options.policies.adaptive = {.initial = 4, .maximum = 8};
        auto const executor = co_await asio::this_coro::executor;
        client llm{executor, std::move(options)};
        std::vector<int> const calls(4);
        auto const ask = [&llm](int) { return llm.chat("x"); };
        auto const began = now(executor);
        (void)co_await map(calls, {.concurrency = 8}, ask);
        EXPECT_EQ(now(executor) - began, 1s);
        EXPECT_EQ(llm.statistics().concurrency, 4U);
        for (int round = 0; round < 20; ++round) (void)co_await map(calls, {.concurrency = 8}, ask);
        EXPECT_EQ(llm.statistics().concurrency, 8U);
    };
    run_virtual(body(service));
}

TEST(ClientAdaptive, LimitShrinksWhenTurnedAway) {
    fake_service service;
    service.then(after(1s, openai_error(529, "overloaded_error")));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.retry.max_attempts = 1;
        options.policies.adaptive = {.initial = 10, .backoff = 0.5};
        client llm{co_await asio::this_coro::executor, std::move(options)};
        std::vector<int> const calls(10);
        auto const ask = [&llm](int) { return llm.chat("x"); };
        (void)co_await map(calls, {.concurrency = 10}, ask);
        EXPECT_EQ(llm.statistics().concurrency, 5U);  // once for all of one round
        EXPECT_FALSE(co_await as_result(llm.stream("x")));
        EXPECT_EQ(llm.statistics().concurrency, 2U);
    };
    run_virtual(body(service));
}

TEST(ClientAdaptive, WaitingForQuotaIsNoLatency) {
    fake_service service;
    service.then(after(1s, openai_text("ok")));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.adaptive = {.rule = adaptive_limit_rule::gradient, .initial = 20};
        options.policies.rate_limits = {.requests_per_minute = 60, .burst = 10s};
        client llm{co_await asio::this_coro::executor, std::move(options)};
        std::vector<int> const calls(60);
        auto const ask = [&llm](int) { return llm.chat("x"); };
        (void)co_await map(calls, {.concurrency = 20}, ask);
        EXPECT_GE(llm.statistics().concurrency, 20U);
    };
    run_virtual(body(service));
}

TEST(ClientAdaptive, ClosedClientRefuses) {
    fake_service service;
    service.then(openai_text("ok"));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.adaptive.edit();
        client llm{co_await asio::this_coro::executor, std::move(options)};
        llm.close();
        EXPECT_EQ((co_await as_result(llm.chat("x"))).error().code, errc::closed);
    };
    run_virtual(body(service));
}

// --- cancellation ---

/// What a call and the calls after it share.
struct shared_client {
    int requests{0};
    std::optional<client> llm{};
};

/// Requests that say "after" are answered in a second. Of the others two fail, one is late, the rest is good.
client_options options_of(std::shared_ptr<shared_client> const& shared, bool streaming) {
    client_options options{.service = {.model = "m"}};
    options.service.transport = std::make_shared<memory_transport>(
        [shared, streaming](http_request const& request) -> result<fake_service::answer> {
            if (request.body.find("after") != std::string::npos) return after(1s, openai_text("ok"));
            auto const number = ++shared->requests;
            if (number <= 2) return after(3s, openai_error(503, "x"));
            return after(number == 3 ? 20s : 1s, streaming ? openai_stream({"ok"}) : openai_text("ok"));
        });
    options.policies.adaptive = {.initial = 2, .minimum = 2, .maximum = 2};
    options.policies.circuit_breaker = {.minimum_calls = 10};
    options.policies.hedge = {.delay = 2s};
    options.policies.retry_budget.edit();
    return options;
}

/// A call that meets all policies: its first attempt fails on both lanes, its second is hedged.
asio::awaitable<void> cancelled_call(std::shared_ptr<shared_client> shared, bool streaming) {
    auto llm = shared->llm.emplace(co_await asio::this_coro::executor, options_of(shared, streaming));
    if (!streaming) {
        (void)co_await llm.chat("x");
        co_return;
    }
    auto words = co_await llm.stream("x");
    (void)co_await words.finish();
}

/// Both slots are free: two requests of a second each are answered in a second.
asio::awaitable<void> calls_after(std::shared_ptr<shared_client> shared) {
    auto const executor = co_await asio::this_coro::executor;
    co_await sleep_for(1h);
    if (shared->llm) {
        auto const began = now(executor);
        std::vector<int> const two(2);
        auto const ask = [&](int) { return shared->llm->chat("after"); };
        for (auto const& answer : co_await map(two, {.concurrency = 2}, ask)) EXPECT_TRUE(answer);
        EXPECT_EQ(now(executor) - began, 1s);
    }
    shared->llm.reset();
}

TEST(ClientPolicies, LoseNothingWhereverACallIsCancelled) {
    for (bool const streaming : {false, true}) {
        auto const report = cancel_everywhere([streaming] {
            auto const shared = std::make_shared<shared_client>();
            scenario run{.subject = cancelled_call(shared, streaming)};
            run.company.push_back(calls_after(shared));
            run.kept = shared;
            return run;
        });
        EXPECT_GT(report.suspensions, 4);
    }
}

// --- retry budget ---

TEST(ClientRetryBudget, IsSharedByAllCalls) {
    fake_service service;
    service.then(openai_error(503, "x"));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.retry.max_attempts = 5;
        options.policies.retry_budget = {.capacity = 3, .per_success = 0, .per_second = 0};
        client llm{co_await asio::this_coro::executor, std::move(options)};
        for (int i = 0; i < 4; ++i) EXPECT_FALSE(co_await as_result(llm.chat("x")));
        EXPECT_EQ(llm.statistics().retries, 3U);
        EXPECT_EQ(fake.count(), 7U);
    };
    run_virtual(body(service));
}

// --- what headers teach ---

/// A moment as Anthropic writes it.
std::string rfc3339(std::chrono::system_clock::time_point when) {
    auto const seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    auto const size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, size};
}

struct learning_case {
    char const* name;
    char const* service;
    /// For a bucket of requests that is empty, and full again in two minutes.
    header_list (*headers)();
};
void PrintTo(learning_case const& row, std::ostream* out) { *out << row.name; }
class Learning : public testing::TestWithParam<learning_case> {
protected:
    /// `told` has the row's headers: of two more calls the second waits (one may go, since services round down, but not
    /// after a refusal: then the reset is the wait that it asks for).
    static void expect_next_calls_wait(http_response told) {
        bool const refused = told.status == 429;
        told.headers = GetParam().headers();
        fake_service service;
        service.then(std::move(told)).then(openai_text("ok"));
        auto const body = [](fake_service fake, bool pauses) -> asio::awaitable<void> {
            auto options = fake.options();
            options.service.provider.service = GetParam().service;
            options.service.provider.base_url = "https://service.example";
            options.policies.retry.max_attempts = 1;
            options.policies.rate_limits = {.requests_per_minute = 600, .server_limits = server_limits::follow};
            auto const executor = co_await asio::this_coro::executor;
            client llm{executor, std::move(options)};
            auto const began = now(executor);
            for (int i = 0; i < 2; ++i) (void)co_await as_result(llm.chat("x"));
            if (!pauses) EXPECT_EQ(now(executor) - began, 0s);
            (void)co_await as_result(llm.chat("x"));
            EXPECT_EQ(fake.count(), 3U);
            EXPECT_GT(now(executor) - began, 1s);
        };
        run_virtual(body(service, refused));
    }
};

TEST_P(Learning, IsDoneFromAnAnswer) {
    auto answer = openai_text("ok");
    if (GetParam().service == std::string{"anthropic"})
        answer.body =
            R"({"type":"message","id":"m","model":"m","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn",)"
            R"("usage":{"input_tokens":1,"output_tokens":1}})";
    expect_next_calls_wait(std::move(answer));
}
TEST_P(Learning, IsDoneFromARefusal) { expect_next_calls_wait(openai_error(429, "rate_limit_exceeded")); }
TEST_P(Learning, IsDoneFromAnotherError) { expect_next_calls_wait(openai_error(500, "server_error")); }

INSTANTIATE_TEST_SUITE_P(Rows, Learning,
                         testing::Values(learning_case{"openai_durations", "openai",
                                                       [] {
                                                           return header_list{
                                                               {"x-ratelimit-limit-requests", "10"},
                                                               {"x-ratelimit-remaining-requests", "0"},
                                                               {"x-ratelimit-reset-requests", "1m59.5s"}};
                                                       }},
                                         learning_case{"azure_integers", "azure",
                                                       [] {
                                                           return header_list{{"x-ratelimit-limit-requests", "10"},
                                                                              {"x-ratelimit-remaining-requests", "0"},
                                                                              {"x-ratelimit-reset-requests", "120"}};
                                                       }},
                                         learning_case{"anthropic_moments", "anthropic",
                                                       [] {
                                                           return header_list{
                                                               {"anthropic-ratelimit-requests-limit", "10"},
                                                               {"anthropic-ratelimit-requests-remaining", "0"},
                                                               {"anthropic-ratelimit-requests-reset",
                                                                rfc3339(std::chrono::system_clock::now() + 120s)}};
                                                       }}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(LearningFromAStream, IsDoneFromARefusal) {
    fake_service service;
    service.then(openai_error(429, "rate_limit_exceeded",
                              {{"x-ratelimit-limit-requests", "10"},
                               {"x-ratelimit-remaining-requests", "0"},
                               {"x-ratelimit-reset-requests", "2m"}}));
    auto const body = [](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.retry.max_attempts = 1;
        options.policies.rate_limits = {.requests_per_minute = 600, .server_limits = server_limits::follow};
        auto const executor = co_await asio::this_coro::executor;
        client llm{executor, std::move(options)};
        auto const began = now(executor);
        for (int i = 0; i < 3; ++i) EXPECT_FALSE(co_await as_result(llm.stream("x")));
        EXPECT_GT(now(executor) - began, 1s);
    };
    run_virtual(body(service));
}

}  // namespace
}  // namespace coax
