#include "batch/simulated_service.hpp"

#include <coax/batch/batch.hpp>
#include <coax/batch/rehearsal.hpp>
#include <coax/client/token_options.hpp>
#include <coax/http/memory_transport.hpp>
#include <coax/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;

/// So many requests, of which each is a little longer than the one before, up to ten times.
class numbered_requests final : public stream_source<chat_request> {
public:
    explicit numbered_requests(std::uint64_t count) : count_{count} {}
    asio::awaitable<std::optional<chat_request>> next() override {
        if (next_ == count_) co_return std::nullopt;
        chat_request request{.max_output_tokens = 200};
        request.messages.push_back(user("question " + std::string(100 + 20 * (next_++ % 10), 'x')));
        co_return request;
    }

private:
    std::uint64_t count_;
    std::uint64_t next_{0};
};

stream<chat_request> requests(std::uint64_t count) {
    return stream<chat_request>{std::make_unique<numbered_requests>(count)};
}

client_options options_for(std::size_t concurrency) {
    client_options options{.service = {.api_key = "k", .model = "gpt-5-mini"},
                           .policies = {.max_concurrency = concurrency}};
    options.policies.retry.max_attempts = 6;
    return options;
}

rehearsal_options plan(std::uint64_t records, std::size_t concurrency, service_model model) {
    return {.client = options_for(concurrency),
            .batch = {.concurrency = concurrency},
            .service = std::move(model),
            .records = records,
            .alternatives = false};
}

rehearsal forecast(rehearsal_options const& options) {
    auto made = rehearse([&] { return requests(options.records); }, options);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
}

double seconds(std::chrono::milliseconds span) { return static_cast<double>(span.count()) / 1000; }

/// What decides is known: the time follows from it.
struct bound_case {
    char const* name;
    std::size_t concurrency;
    service_model model;
    bottleneck expected;
    double seconds;
};
void PrintTo(bound_case const& row, std::ostream* out) { *out << row.name; }
class Rehearsal : public testing::TestWithParam<bound_case> {};

TEST_P(Rehearsal, FindsWhatHoldsTheBatchUp) {
    auto const& [name, concurrency, model, expected, wanted] = GetParam();
    auto const made = forecast(plan(1'200, concurrency, model));
    EXPECT_EQ(to_string(made.held_up_by), to_string(expected)) << to_string(made);
    EXPECT_NEAR(seconds(made.run.elapsed), wanted, wanted * 0.1) << to_string(made);
    EXPECT_EQ(made.run.ok, 1'200U);
    EXPECT_EQ(made.run.failed, 0U);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, Rehearsal,
    testing::Values(
        // 1200 calls of 1 s, 10 at once
        bound_case{"concurrency", 10, {.base_latency = 1s, .token_latency = 0us}, bottleneck::concurrency, 120},
        // 300 at once, the other 900 in three minutes
        bound_case{"requests",
                   64,
                   {.requests_per_minute = 300, .base_latency = 500ms, .token_latency = 0us},
                   bottleneck::requests,
                   180},
        bound_case{"latency",
                   2'000,
                   {.base_latency = 10s, .token_latency = 0us, .latency_spread = 0},
                   bottleneck::latency,
                   10}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Rehearsal, TokensHoldTheBatchUp) {
    service_model model{.tokens_per_minute = 60'000, .base_latency = 200ms, .token_latency = 0us, .output_tokens = 150};
    auto options = plan(1'000, 64, model);
    auto const made = forecast(options);
    EXPECT_EQ(to_string(made.held_up_by), "tokens") << to_string(made);
    auto const tokens = static_cast<double>(made.run.usage.total_tokens());
    EXPECT_NEAR(seconds(made.run.elapsed), (tokens / 60'000 - 1) * 60, 20) << to_string(made);
}

TEST(Rehearsal, IsTheSameEachTimeAndAnotherWithAnotherSeed) {
    service_model const model{.requests_per_minute = 600, .failure_share = 0.05};
    auto options = plan(500, 16, model);
    EXPECT_EQ(forecast(options).run.elapsed, forecast(options).run.elapsed);
    auto other = options;
    other.seed = 9;
    EXPECT_NE(forecast(options).run.elapsed, forecast(other).run.elapsed);
}

TEST(Rehearsal, CountsRefusalsOfAClientThatAsksForTooMuch) {
    service_model const model{.concurrency = 8, .base_latency = 1s, .token_latency = 0us};
    auto const bold = forecast(plan(200, 32, model));
    EXPECT_GT(bold.run.refused, 0U);
    EXPECT_EQ(bold.run.ok, 200U);
    auto const modest = forecast(plan(200, 8, model));
    EXPECT_EQ(modest.run.refused, 0U);
}

TEST(Rehearsal, SpendsNoMoreThanTheLimit) {
    auto options = plan(1'000, 8, {.output_tokens = 100});
    options.client.tokens.edit().spending = std::make_shared<spending_limit>(usd::cents(1));
    options.client.policies.max_concurrency = 8;
    auto const made = forecast(options);
    ASSERT_TRUE(made.run.ended_by);
    EXPECT_EQ(made.run.ended_by->code, errc::quota_exhausted);
    EXPECT_GT(made.run.ok, 10U);
    EXPECT_LE(*made.run.cost, usd::cents(1));
    EXPECT_EQ(options.client.tokens->spending->spent(), usd{});  // nothing of the real limit
}

TEST(Rehearsal, MoreThanIsPlayedGoesOnAtItsPace) {
    service_model const model{.requests_per_minute = 300, .base_latency = 300ms, .token_latency = 0us};
    auto options = plan(4'000, 64, model);
    auto const whole = forecast(options);
    options.most_played = 1'200;
    auto const part = forecast(options);
    EXPECT_NEAR(seconds(part.run.elapsed), seconds(whole.run.elapsed), seconds(whole.run.elapsed) * 0.05);
    EXPECT_NEAR(static_cast<double>(part.run.usage.output_tokens), static_cast<double>(whole.run.usage.output_tokens),
                static_cast<double>(whole.run.usage.output_tokens) * 0.01);
}

TEST(Rehearsal, TriesOtherSettings) {
    auto options = plan(600, 16, {.requests_per_minute = 60'000, .base_latency = 1s, .token_latency = 2ms});
    options.alternatives = true;
    auto const made = forecast(options);
    ASSERT_EQ(made.alternatives.size(), 3U);
    EXPECT_EQ(made.alternatives[0].setting, "concurrency 32");
    EXPECT_NEAR(seconds(made.alternatives[0].elapsed), seconds(made.run.elapsed) / 2, 5);
    EXPECT_NEAR(seconds(made.alternatives[1].elapsed), seconds(made.run.elapsed), 5);
    EXPECT_LT(made.least_elapsed, made.run.elapsed);
    EXPECT_GT(made.most_elapsed, made.run.elapsed);
    EXPECT_LT(*made.least_cost, *made.run.cost);
    EXPECT_GT(*made.most_cost, *made.run.cost);
    auto const text = to_json(made);
    EXPECT_TRUE(json_value::parse(text)) << text;
}

TEST(Rehearsal, WrongOptionsAreTold) {
    auto const told = [](rehearsal_options options) {
        auto const made = rehearse([] { return requests(1); }, std::move(options));
        return made ? std::string{} : made.error().where;
    };
    EXPECT_EQ(told(plan(1, 1, {.failure_share = 1})), "service.failure_share");
    EXPECT_EQ(told(plan(1, 0, {})), "concurrency");
    EXPECT_EQ(told(plan(1, 1, {.latency_spread = -1})), "service.latency_spread");
}

/// A service that nobody knows: the truth that a sample of twenty calls is to tell.
struct true_service {
    service_model model{.requests_per_minute = 450, .base_latency = 700ms, .token_latency = 9ms, .latency_spread = 0.2};

    explicit true_service(std::uint64_t seed) {
        std::mt19937_64 dice{seed};
        for (int i = 0; i < 200; ++i) {
            auto const output = std::uniform_int_distribution<std::int64_t>{80, 160}(dice);
            model.calls.push_back({.input_tokens = 60, .output_tokens = output, .latency = 0ms});
        }
    }
};

/// Twenty of its calls, each alone.
std::vector<sampled_call> sample_of(service_model const& model) {
    runtime rt{virtual_time{77}};
    detail::simulated_service service{model, rt.time(), 77};
    auto options = options_for(1);
    options.service.transport = std::make_shared<memory_transport>([&](http_request const& request) {
        return result<memory_transport::timed_response>{service.respond(request)};
    });
    client const llm{rt.executor(), options};
    std::vector<sampled_call> calls;
    auto const ask = [](client asked, std::vector<sampled_call>& found) -> asio::awaitable<void> {
        auto all = requests(20);
        while (auto request = co_await all.next()) {
            auto const bytes = request_bytes_of(*request, asked.options().service).value();
            auto const response = co_await asked.chat(*std::move(request));
            found.push_back({1, bytes, response.usage.input_tokens, response.usage.output_tokens, response.latency});
        }
    };
    rt.run(ask(llm, calls));
    return calls;
}

class RehearsedForecast : public testing::TestWithParam<std::size_t> {};

TEST_P(RehearsedForecast, IsWithinTenPercentOfTheRun) {
    auto const concurrency = GetParam();
    true_service const truth{5};
    auto run = plan(1'500, concurrency, truth.model);
    run.seed = 4'711;  // the real run has other luck than the rehearsal
    auto const real = forecast(run);

    auto model = fit_model(sample_of(truth.model), {.requests_per_minute = 450});
    EXPECT_EQ(model.calls.size(), 20U);
    auto const made = forecast(plan(1'500, concurrency, model));
    EXPECT_NEAR(seconds(made.run.elapsed), seconds(real.run.elapsed), seconds(real.run.elapsed) * 0.1)
        << to_string(made);
    auto const cost = static_cast<double>(real.run.cost->picos);
    EXPECT_NEAR(static_cast<double>(made.run.cost->picos), cost, cost * 0.1);
}
INSTANTIATE_TEST_SUITE_P(AtOnce, RehearsedForecast, testing::Values(4U, 16U, 64U));

TEST(FitModel, FindsTheLine) {
    std::vector<sampled_call> calls;
    for (int i = 1; i <= 20; ++i)
        calls.push_back({.request_bytes = static_cast<std::size_t>(i * 100),
                         .input_tokens = 40 + i * 25,
                         .output_tokens = i * 10,
                         .latency = 500ms + i * 120ms});
    auto const model = fit_model(calls);
    EXPECT_EQ(model.base_latency, 500ms);
    EXPECT_EQ(model.token_latency, 12ms);
    EXPECT_NEAR(model.latency_spread, 0, 1e-6);
    auto const input = detail::fit_input(calls);
    EXPECT_NEAR(input.base, 40, 1e-6);
    EXPECT_NEAR(input.per_byte, 0.25, 1e-9);
}

TEST(FitModel, CallsWithReasksAreSeveralRequests) {
    std::vector<sampled_call> calls;
    for (int i = 1; i <= 10; ++i)
        calls.push_back({.requests = 2, .input_tokens = 200, .output_tokens = 100, .latency = 4s});
    auto const model = fit_model(calls);
    EXPECT_EQ(model.base_latency, 2s);
    auto const made = forecast(plan(100, 10, model));
    EXPECT_EQ(made.run.requests, 200U);
    EXPECT_EQ(made.run.ok, 100U);
    EXPECT_EQ(made.run.usage.output_tokens, 10'000);
    EXPECT_NEAR(seconds(made.run.elapsed), 40, 1);
}

TEST(FitModel, NeverRunsBackwards) {
    auto const model = fit_model({{.output_tokens = 100, .latency = 10ms}, {.output_tokens = 10, .latency = 2'000ms}});
    EXPECT_EQ(model.token_latency, 0us);
    EXPECT_EQ(model.base_latency, 1'005ms);
    EXPECT_EQ(fit_model({}).base_latency, service_model{}.base_latency);
    EXPECT_TRUE(detail::fit_input({{.input_tokens = 5}}).is_drawn);
}

TEST(MinuteQuota, FlowsInEvenlyAndHoldsAMinute) {
    clock::time_point const start{};
    detail::minute_quota quota{60, start};
    for (int i = 0; i < 60; ++i) {
        EXPECT_EQ(quota.wait_for(1, start), 0ms);
        quota.take(1);
    }
    EXPECT_EQ(quota.wait_for(1, start), 1s);
    EXPECT_EQ(quota.wait_for(1, start + 1s), 0ms);
    EXPECT_EQ(quota.wait_for(1'000, start + 1h), 0ms);  // more than it holds: goes alone
    EXPECT_EQ(detail::minute_quota(0, start).wait_for(1e9, start), 0ms);
}

}  // namespace
}  // namespace coax
