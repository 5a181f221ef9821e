// What a client may spend: set aside before each request, settled by what the response tells.

#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/chat/response_details.hpp>
#include <coax/client/client.hpp>
#include <coax/client/token_options.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/tasks/map.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace coax {
namespace spending_test {

using namespace std::chrono_literals;
using namespace coax::test;

/// The service's answers are 10 tokens in and 5 out: 60 millionths of a dollar.
constexpr usd one_answer{60'000'000};

model_table facts() {
    return value_or_throw(model_table::parse(
        R"({"as_of": "", "models": [{"id": "m", "service": "openai", "max_input_tokens": 1000, "max_output_tokens": 100,
            "usd_per_million": {"input": 1, "output": 10}}, {"id": "free", "service": "openai", "max_output_tokens": 9,
            "usd_per_million": {"input": 0, "output": 0}}]})"));
}

std::shared_ptr<spending_limit> limit_of(usd most) { return std::make_shared<spending_limit>(most, facts()); }

client_options limited(fake_service const& service, std::shared_ptr<spending_limit> limit) {
    auto options = service.options();
    options.tokens = token_options{.spending = std::move(limit), .facts = facts()};
    options.policies.retry.initial_delay = 1ms;
    options.policies.retry.max_attempts = 50;
    options.policies.max_concurrency = 1'000;
    return options;
}

chat_request short_request() {
    auto request = to_request("x");
    request.max_output_tokens = 5;
    return request;
}

/// What one `short_request` sets aside.
usd set_aside() {
    auto request = short_request();
    request.model = "m";
    return limit_of({})->plan(request, "openai").value().at_most;
}

/// What a call ends with.
result<chat_response> outcome_of(client_options options, chat_request request) {
    result<chat_response> outcome{chat_response{}};
    run_virtual([](client_options with, chat_request what, result<chat_response>& into) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        into = co_await as_result(llm.chat(std::move(what)));
    }(std::move(options), std::move(request), outcome));
    return outcome;
}

TEST(Spending, IsWhatTheResponseTells) {
    auto const limit = limit_of(usd::cents(1));
    auto const service = fake_service{}.then(openai_text("hi"));
    EXPECT_TRUE(outcome_of(limited(service, limit), short_request()));
    EXPECT_EQ(limit->spent(), one_answer);
    EXPECT_EQ(limit->reserved(), usd{});
    ASSERT_EQ(limit->by_model().size(), 1U);
    EXPECT_EQ(limit->by_model()[0].requests, 1U);
    EXPECT_EQ(limit->by_model()[0].usage.output_tokens, 5);
    EXPECT_NE(to_string(limit->by_model()).find("0.00006 USD"), std::string::npos);
}

TEST(Spending, OfNothingIsRefusedBeforeAnythingIsSent) {
    auto const limit = limit_of(set_aside() - usd{1});
    auto const service = fake_service{}.then(openai_text("hi"));
    auto const outcome = outcome_of(limited(service, limit), short_request());
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::quota_exhausted);
    EXPECT_EQ(service.count(), 0U);
    EXPECT_TRUE(outcome_of(limited(service, limit_of(set_aside())), short_request()));
}

TEST(Spending, OfAnUnknownPriceIsAnError) {
    auto const service = fake_service{}.then(openai_text("hi"));
    auto request = short_request();
    request.model = "unheard-of";
    auto const outcome = outcome_of(limited(service, limit_of(usd::dollars(1))), request);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::invalid_argument);
    EXPECT_EQ(outcome.error().where, "model");
    EXPECT_EQ(service.count(), 0U);
    request.model = "free";
    EXPECT_TRUE(outcome_of(limited(service, limit_of({})), request));
}

TEST(Spending, CountsWhatMayHaveBeenBilledAndNotWhatWasRefused) {
    auto const limit = limit_of(usd::cents(1));
    auto service = fake_service{}.then(openai_error(503, "busy"));
    service.then(error{.code = errc::connection_lost}).then(openai_text("hi"));
    EXPECT_TRUE(outcome_of(limited(service, limit), short_request()));
    EXPECT_EQ(service.count(), 3U);
    EXPECT_EQ(limit->spent(), one_answer + set_aside());
}

struct count_of {
    int value{};
};

TEST(Spending, CountsReasks) {
    auto const limit = limit_of(usd::cents(1));
    auto const service = fake_service{}.then(openai_text("none")).then(openai_text(R"({"value":1})"));
    run_virtual([](client_options with) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        EXPECT_EQ((co_await llm.parse<count_of>(short_request())).value, 1);
    }(limited(service, limit)));
    EXPECT_EQ(limit->spent(), one_answer + one_answer);
}

TEST(Spending, CountsStreamsAtTheirEnd) {
    auto const limit = limit_of(usd::cents(1));
    auto const service = fake_service{}.then(openai_stream({"a", "b"}));
    run_virtual([](client_options with, std::shared_ptr<spending_limit> at) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        auto stream = co_await llm.stream(short_request());
        EXPECT_EQ(at->reserved(), set_aside());
        co_await stream.finish();
    }(limited(service, limit), limit));
    EXPECT_EQ(limit->spent(), one_answer);
    EXPECT_EQ(limit->reserved(), usd{});
}

TEST(Spending, OfOneCallIsLimitedBesidesThatOfTheClient) {
    auto const all = limit_of(usd::cents(1));
    auto const service = fake_service{}.then(openai_text("hi"));
    auto request = short_request();
    request.advanced.edit().spending = limit_of(set_aside());
    EXPECT_TRUE(outcome_of(limited(service, all), request));
    auto const outcome = outcome_of(limited(service, all), request);  // what is left is too little
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::quota_exhausted);
    EXPECT_EQ(all->spent(), one_answer);
    EXPECT_TRUE(outcome_of(service.options(), short_request()));
}

/// 256 calls at once, each answer after a while, some only after a retry.
void run_many(std::shared_ptr<spending_limit> limit, fake_service const& service, int& ok, int& refused) {
    run_virtual([](client_options with, int& good, int& bad) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        std::vector<int> const calls(256);
        auto const one = [&](int) -> asio::awaitable<void> {
            auto const outcome = co_await as_result(llm.chat(short_request()));
            ++(outcome ? good : bad);
            if (!outcome) EXPECT_EQ(outcome.error().code, errc::quota_exhausted) << outcome.error();
        };
        co_await map(calls, {.concurrency = 256}, one);
    }(limited(service, std::move(limit)), ok, refused));
}

TEST(SpendingLimit, HoldsToTheLastWhateverIsUnderWay) {
    for (std::int64_t const cents_tenths : {1, 5, 13}) {
        usd const most{cents_tenths * 1'000'000'000};
        auto const limit = limit_of(most);
        fake_service service;
        for (int i = 0; i < 300; ++i) {
            if (i % 3 == 0) service.then(openai_error(503, "busy"));
            service.then(
                fake_service::answer{.response = openai_text("hi"), .delay = std::chrono::milliseconds{1 + i % 7}});
        }
        int ok = 0;
        int refused = 0;
        run_many(limit, service, ok, refused);
        EXPECT_EQ(ok + refused, 256);
        EXPECT_LE(limit->spent(), most);
        EXPECT_EQ(limit->spent(), usd{one_answer.picos * ok});
        EXPECT_EQ(limit->reserved(), usd{});
        // Nobody was refused as long as another one could be paid.
        if (refused > 0) EXPECT_GT(limit->spent() + set_aside(), most);
    }
}

TEST(SpendingLimit, LetsAllThroughThatItCanPay) {
    auto const limit = limit_of(usd{one_answer.picos * 255} + set_aside());
    auto const service =
        fake_service{}.then(fake_service::answer{.response = openai_text("hi"), .delay = std::chrono::milliseconds{5}});
    int ok = 0;
    int refused = 0;
    run_many(limit, service, ok, refused);
    EXPECT_EQ(ok, 256);
    EXPECT_EQ(limit->spent(), usd{one_answer.picos * 256});
}

TEST(SpendingLimit, ThatWasCancelledWhileWaitingLosesNothing) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const limit = limit_of(set_aside());
        auto request = short_request();
        request.model = "m";
        auto const plan = limit->plan(request, "openai").value();
        auto first = limit->try_reserve(plan);
        EXPECT_TRUE(first);
        started waiting{co_await asio::this_coro::executor,
                        [](std::shared_ptr<spending_limit> at, spending_plan wanted) -> asio::awaitable<void> {
                            co_await at->reserve(wanted);
                        }(limit, plan)};
        co_await sleep_for(1ms);
        EXPECT_FALSE(waiting.done());
        waiting.cancel();
        co_await sleep_for(1ms);
        EXPECT_TRUE(waiting.done());
        first.reset();  // it did not begin
        EXPECT_EQ(limit->reserved(), usd{});
        EXPECT_EQ(limit->spent(), usd{});
        EXPECT_TRUE(limit->try_reserve(plan));
    }());
}

TEST(PromptLimit, RefusesWhatTheModelDoesNotTake) {
    auto const service = fake_service{}.then(openai_text("hi"));
    auto options = limited(service, nullptr);
    options.tokens.edit().count = [](std::string_view text) { return static_cast<std::int64_t>(text.size()); };
    EXPECT_TRUE(outcome_of(options, to_request(std::string(990, 'x'))));
    auto const outcome = outcome_of(options, to_request(std::string(1'000, 'x')));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::context_too_long);
    EXPECT_NE(outcome.error().message.find("takes 1000"), std::string::npos) << outcome.error();
    EXPECT_EQ(service.count(), 1U);
}

TEST(PromptLimit, FitsWhereItIsTold) {
    auto const service = fake_service{}.then(openai_text("hi"));
    auto options = limited(service, nullptr);
    options.tokens.edit().count = [](std::string_view text) { return static_cast<std::int64_t>(text.size()); };
    options.tokens.edit().fit = std::make_shared<fit_policy const>();
    chat_request request;
    request.messages = {user(std::string(900, 'a')), assistant("ok"), user(std::string(200, 'b'))};
    auto const outcome = outcome_of(options, request);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(outcome->details->fitted.dropped_messages, 2U);
    EXPECT_EQ(outcome->details->fitted.tokens_after, 206);
    EXPECT_EQ(service.requests()[0].body.find("aaa"), std::string::npos);
    options.tokens.edit().count = {};
    EXPECT_FALSE(validate(options));
}

}  // namespace spending_test
}  // namespace coax
