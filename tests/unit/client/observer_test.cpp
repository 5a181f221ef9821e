// What observers are told of a client's calls.

#include "support/fake_service.hpp"
#include "support/recording_observer.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/provider/model_info.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/telemetry/current_span.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace coax {
namespace observer_test {

using namespace std::chrono_literals;
using namespace coax::test;
using lines = std::vector<std::string>;

struct number {
    int value{};
};

client_options observed(fake_service const& service, std::shared_ptr<observer> who) {
    auto options = service.options();
    options.telemetry = {.observers = {std::move(who)}};
    options.policies.retry.initial_delay = 100ms;
    options.policies.retry.jitter = 0;
    return options;
}

/// Runs `body(client)` in virtual time on a client with one recording observer, and gives what that was told.
template <class Body>
std::shared_ptr<recording_observer> told_of(fake_service service, Body body, std::size_t most_content = 0) {
    auto const seen = std::make_shared<recording_observer>(most_content);
    auto options = observed(service, seen);
    run_virtual([](client_options with, Body what) -> asio::awaitable<void> {
        co_await what(co_await connect(std::move(with)));
    }(std::move(options), body));
    return seen;
}

TEST(Observer, IsToldOfACallAndItsAttempt) {
    auto const seen = told_of(fake_service{}.then(openai_text("hi")),
                              [](client llm) -> asio::awaitable<void> { co_await llm.chat("x"); });
    EXPECT_EQ(seen->lines(), (lines{"+chat m", "!queued 0", "  +attempt 1", "  -attempt 1", "-chat m"}));
    auto const& call = seen->calls().back();
    EXPECT_EQ(call.usage.input_tokens, 10);
    EXPECT_EQ(call.usage.output_tokens, 5);
    EXPECT_EQ(call.attempts, 1);
    EXPECT_EQ(call.finish_reason, finish_reason::stop);
    EXPECT_EQ(call.port, 443);
}

TEST(Observer, IsToldOfEachAttemptAndNotOfTheBackOffAsAWait) {
    auto const seen = told_of(fake_service{}
                                  .then(openai_error(503, "busy"))
                                  .then(fake_service::answer{.response = openai_text("hi"), .delay = 40ms}),
                              [](client llm) -> asio::awaitable<void> { co_await llm.chat("x"); });
    EXPECT_EQ(seen->lines(), (lines{"+chat m", "!queued 0", "  +attempt 1", "  -attempt 1 overloaded", "!queued 0",
                                    "  +attempt 2", "  -attempt 2", "-chat m"}));
    EXPECT_EQ(seen->took().back(), 140ms);
}

TEST(Observer, IsToldHowLongACallWaitedForItsPermit) {
    auto const seen = std::make_shared<recording_observer>();
    fake_service service;
    service.then(fake_service::answer{.response = openai_text("hi"), .delay = 30ms});
    auto options = observed(service, seen);
    options.policies.max_concurrency = 1;
    run_virtual([](client_options with) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        started first{co_await asio::this_coro::executor,
                      [](client one) -> asio::awaitable<void> { co_await one.chat("x"); }(llm)};
        co_await llm.chat("y");
    }(std::move(options)));
    auto const all = seen->lines();
    EXPECT_EQ(std::count(all.begin(), all.end(), "!queued 0"), 1);
    EXPECT_EQ(std::count(all.begin(), all.end(), "!queued 30"), 1);
}

TEST(Observer, IsToldOfACallThatFails) {
    auto const seen =
        told_of(fake_service{}.then(openai_error(401, "bad_key")),
                [](client llm) -> asio::awaitable<void> { EXPECT_FALSE(co_await as_result(llm.chat("x"))); });
    EXPECT_EQ(seen->lines(),
              (lines{"+chat m", "!queued 0", "  +attempt 1", "  -attempt 1 authentication", "-chat m authentication"}));
}

TEST(Observer, IsToldOfARequestThatCannotBeMade) {
    auto const seen = told_of(fake_service{}.then(openai_text("hi")), [](client llm) -> asio::awaitable<void> {
        EXPECT_FALSE(co_await as_result(llm.chat(chat_request{})));
    });
    EXPECT_EQ(seen->lines(), (lines{"+chat m", "-chat m invalid_argument"}));
}

TEST(Observer, IsToldOfACallThatIsCancelled) {
    auto const seen =
        told_of(fake_service{}.then(fake_service::answer{.response = openai_text("hi"), .delay = 1h}),
                [](client llm) -> asio::awaitable<void> {
                    started call{co_await asio::this_coro::executor,
                                 [](client one) -> asio::awaitable<void> { co_await one.chat("x"); }(llm)};
                    co_await sleep_for(1s);
                    call.cancel();
                    co_await sleep_for(1s);
                    EXPECT_TRUE(call.done());
                });
    EXPECT_EQ(seen->lines(),
              (lines{"+chat m", "!queued 0", "  +attempt 1", "  -attempt 1 cancelled", "-chat m cancelled"}));
    EXPECT_EQ(seen->took().back(), 1s);
}

TEST(Observer, IsToldOfAStreamsFirstTokenAndItsEnd) {
    auto const seen =
        told_of(fake_service{}.then(fake_service::answer{.response = openai_stream({"a", "b"}), .delay = 70ms}),
                [](client llm) -> asio::awaitable<void> {
                    auto stream = co_await llm.stream("x");
                    co_await stream.finish();
                });
    EXPECT_EQ(seen->lines(),
              (lines{"+chat m", "!queued 0", "  +attempt 1", "!first_token 70", "  -attempt 1", "-chat m"}));
    auto const& call = seen->calls().back();
    EXPECT_TRUE(call.streaming);
    EXPECT_EQ(call.first_token, 70ms);
    EXPECT_EQ(call.usage.output_tokens, 5);
}

TEST(Observer, IsToldOfAStreamThatIsDropped) {
    auto const seen =
        told_of(fake_service{}.then(fake_service::answer{.response = openai_stream({"a", "b"}), .piece_bytes = 150}),
                [](client llm) -> asio::awaitable<void> {
                    {
                        auto const stream = co_await llm.stream("x");
                    }
                    co_await sleep_for(1s);
                });
    EXPECT_EQ(seen->lines(), (lines{"+chat m", "!queued 0", "  +attempt 1", "!first_token 0", "  -attempt 1 cancelled",
                                    "-chat m cancelled"}));
}

TEST(Observer, IsToldOfReAsks) {
    auto const seen =
        told_of(fake_service{}.then(openai_text(R"({"value":"one"})")).then(openai_text(R"({"value":1})")),
                [](client llm) -> asio::awaitable<void> { co_await llm.parse<number>("x"); });
    EXPECT_EQ(seen->lines(), (lines{"+parse", "  +chat m", "  !queued 0", "    +attempt 1", "    -attempt 1",
                                    "  -chat m", "!reasked 1 invalid_output", "  +chat m", "  !queued 0",
                                    "    +attempt 1", "    -attempt 1", "  -chat m", "-parse"}));
    EXPECT_EQ(seen->calls().at(1).reask, 0);
    EXPECT_EQ(seen->calls().at(3).reask, 1);
}

toolbox tools_of(std::vector<span_context>& spans) {
    toolbox tools;
    tools.add("look", "Looks", [&spans]() -> asio::awaitable<std::string> {
        spans.push_back(co_await current_span());
        co_return "rain";
    });
    tools.add("explode", "Fails", []() -> std::string { throw std::runtime_error{"out of order"}; });
    return tools;
}

TEST(Observer, IsToldOfToolsWhichKnowTheirSpan) {
    std::vector<span_context> spans;
    fake_service service;
    service.then(openai_calls({{"look", "{}"}})).then(openai_calls({{"explode", "{}"}})).then(openai_text("done"));
    auto const seen =
        told_of(service, [&spans](client llm) -> asio::awaitable<void> { co_await llm.run("x", tools_of(spans)); });
    EXPECT_EQ(seen->lines(), (lines{"+run",           "  +chat m",       "  !queued 0",
                                    "    +attempt 1", "    -attempt 1",  "  -chat m",
                                    "  +tool look",   "  -tool look",    "  +chat m",
                                    "  !queued 0",    "    +attempt 1",  "    -attempt 1",
                                    "  -chat m",      "  +tool explode", "  -tool explode tool_failed",
                                    "  +chat m",      "  !queued 0",     "    +attempt 1",
                                    "    -attempt 1", "  -chat m",       "-run"}));
    ASSERT_EQ(spans.size(), 1U);
    EXPECT_TRUE(spans[0]);
}

TEST(Observer, IsToldOfCallsBesidesChats) {
    auto const seen =
        told_of(fake_service{}.then(http_response{.status = 200, .body = R"({"object":"list","data":[{"id":"m"}]})"}),
                [](client llm) -> asio::awaitable<void> { co_await as_result(llm.models()); });
    EXPECT_EQ(seen->lines(),
              (lines{"+service list_models", "!queued 0", "  +attempt 1", "  -attempt 1", "-service list_models"}));
}

TEST(Observer, SeesContentsOnlyWhereItAsksAndCut) {
    auto const body = [](client llm) -> asio::awaitable<void> { co_await llm.chat("hello there"); };
    fake_service const service = fake_service{}.then(openai_text("hi, you"));
    auto const whole = told_of(service, body, 1000);
    EXPECT_EQ(
        whole->lines(),
        (lines{"+chat m", R"(<[{"role":"user","parts":[{"type":"text","content":"hello there"}]}])", "!queued 0",
               "  +attempt 1", "  -attempt 1", "-chat m",
               R"(>[{"role":"assistant","parts":[{"type":"text","content":"hi, you"}],"finish_reason":"stop"}])"}));
    auto const cut = told_of(service, body, 37);
    EXPECT_EQ(cut->lines()[1], R"(<[{"role":"user","parts":[{"type":"text","content":"hello"}]}])");
}

/// Fails wherever it is called.
struct throwing_observer final : observer {
    void began(operation&) override { throw std::runtime_error{"boom"}; }
    void ended(operation const&) override { throw std::runtime_error{"boom"}; }
    void noticed(operation const&, moment const&) override { throw 1; }
};

TEST(Observer, ThatThrowsHarmsNoCallAndNoOtherObserver) {
    auto const seen = std::make_shared<recording_observer>();
    fake_service service;
    service.then(openai_error(503, "busy")).then(openai_text(R"({"value":1})"));
    auto options = service.options();
    options.telemetry = {.observers = {std::make_shared<throwing_observer>(), seen}};
    run_virtual([](client_options with) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        auto const got = co_await llm.parse<number>("x");
        EXPECT_EQ(got.value, 1);
    }(std::move(options)));
    EXPECT_EQ(seen->lines().size(), 10U);
}

TEST(Observer, CallsBelongToTheSpanTheyAreMadeIn) {
    auto const outer = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=b").value();
    fake_service service;
    service.then(openai_text("hi"));
    auto const seen = std::make_shared<recording_observer>();
    auto options = observed(service, seen);
    options.telemetry.edit().propagate = true;
    run_virtual([](client_options with, span_context parent) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        co_await in_span(parent, llm.chat("x"));
    }(std::move(options), outer));
    EXPECT_EQ(seen->parent_of("chat m"), outer.span_id);
    auto const& headers = service.requests().at(0).headers;
    auto const sent = parse_traceparent(headers.find("traceparent")).value();
    EXPECT_EQ(sent.trace_id, outer.trace_id);
    EXPECT_NE(sent.span_id, outer.span_id);
    EXPECT_EQ(headers.find("tracestate"), "a=b");
}

TEST(Observer, NothingIsSentToTheServiceUnlessAsked) {
    fake_service const service = fake_service{}.then(openai_text("hi"));
    told_of(service, [](client llm) -> asio::awaitable<void> { co_await llm.chat("x"); });
    EXPECT_FALSE(service.requests().at(0).headers.contains("traceparent"));
}

TEST(Observer, MustNotBeNull) {
    fake_service const service = fake_service{}.then(openai_text("hi"));
    auto const checked = validate(observed(service, nullptr));
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().where, "telemetry.observers");
    auto const good = observed(service, std::make_shared<recording_observer>());
    EXPECT_NE(describe(good).find("telemetry.observers: 1"), std::string::npos) << describe(good);
}

}  // namespace observer_test
}  // namespace coax
