#include "client/cache_key.hpp"
#include "support/fake_service.hpp"
#include "support/recording_observer.hpp"
#include "support/run_coro.hpp"

#include <coax/cache/memory_cache.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/chat/advanced_options.hpp>
#include <coax/chat/cache_control.hpp>
#include <coax/chat/response_details.hpp>
#include <coax/client/client.hpp>
#include <coax/client/token_options.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/schema/schema.hpp>
#include <coax/tasks/map.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace coax {
namespace response_cache_test {

using namespace std::chrono_literals;
using test::connect;
using test::fake_service;
using test::openai_calls;
using test::openai_error;
using test::openai_refusal;
using test::openai_stream;
using test::openai_text;
using test::run_virtual;
using test::started;

/// Runs a test with a client that keeps responses in memory.
void with_cache(fake_service service, asio::awaitable<void> (*body)(fake_service, client, std::shared_ptr<cache_store>),
                std::function<void(client_options&)> const& change = {}) {
    auto const store = make_memory_cache();
    auto options = service.options();
    options.response_cache = response_cache_options{.store = store};
    if (change) change(options);
    run_virtual([](fake_service fake, client_options with, std::shared_ptr<cache_store> kept,
                   decltype(body) run) -> asio::awaitable<void> {
        co_await run(fake, co_await connect(std::move(with)), kept);
    }(service, std::move(options), store, body));
}

chat_request question(std::string text = "x") { return to_request(std::move(text)); }

TEST(ResponseCache, TheSameQuestionIsAskedOnce) {
    fake_service service;
    service.then(openai_text("hi"));
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        auto const first = co_await llm.chat("x");
        EXPECT_FALSE(first.cached);
        EXPECT_EQ(first.usage.total_tokens(), 15);
        co_await sleep_for(1h);
        auto const second = co_await llm.chat("x");
        EXPECT_TRUE(second.cached);
        EXPECT_EQ(second.text, "hi");
        EXPECT_EQ(second.id, first.id);
        EXPECT_EQ(second.attempts, 0);
        EXPECT_EQ(second.usage, usage{});
        EXPECT_EQ(second.latency, 0ms);
        EXPECT_EQ(fake.count(), 1U);
        (void)co_await llm.chat("y");
        EXPECT_EQ(fake.count(), 2U);
        auto const counts = llm.statistics();
        EXPECT_EQ(counts.calls, 3U);
        EXPECT_EQ(counts.cached, 1U);
        EXPECT_EQ(counts.attempts, 2U);
        EXPECT_EQ(counts.saved.total_tokens(), 15);
        EXPECT_EQ(counts.usage.total_tokens(), 30);
        auto const held = (co_await store->statistics()).value();
        EXPECT_EQ(held.hits, 1U);
        EXPECT_EQ(held.misses, 2U);
        EXPECT_EQ(held.entries, 2U);
    });
}

struct uncached_case {
    char const* name;
    http_response response;
    std::function<void(chat_request&)> change{};
};
void PrintTo(uncached_case const& row, std::ostream* out) { *out << row.name; }
class NotKept : public testing::TestWithParam<uncached_case> {};

TEST_P(NotKept, IsAskedAgain) {
    fake_service service;
    service.then(GetParam().response);
    auto options = service.options();
    options.policies.retry.max_attempts = 1;
    options.response_cache = response_cache_options{.store = make_memory_cache()};
    run_virtual([](fake_service fake, client_options with, uncached_case row) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        auto request = question();
        if (row.change) row.change(request);
        for (std::size_t asked = 1; asked <= 2; ++asked) {
            auto const outcome = co_await as_result(llm.chat(request));
            EXPECT_EQ(outcome.has_value(), row.response.status == 200);
            if (outcome) EXPECT_FALSE(outcome->cached);
            EXPECT_EQ(fake.count(), asked);
        }
    }(service, std::move(options), GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, NotKept,
    testing::Values(uncached_case{"refusal", openai_refusal("no")}, uncached_case{"cut", openai_text("a", "length")},
                    uncached_case{"filtered", openai_text("a", "content_filter")},
                    uncached_case{"empty", openai_text("")}, uncached_case{"failure", openai_error(400, "bad")},
                    uncached_case{"sampled", openai_text("a"), [](chat_request& r) { r.temperature = 0.1; }},
                    uncached_case{"sampled_by_extra", openai_text("a"),
                                  [](chat_request& r) { r.extra = *json_value::parse(R"({"temperature":1})"); }},
                    uncached_case{"bypass", openai_text("a"),
                                  [](chat_request& r) { r.response_cache = cache_control{.bypass = true}; }}),
    [](auto const& row) { return std::string{row.param.name}; });

struct kept_case {
    char const* name;
    http_response response;
    std::function<void(chat_request&)> change{};
    bool sampled{false};
};
void PrintTo(kept_case const& row, std::ostream* out) { *out << row.name; }
class Kept : public testing::TestWithParam<kept_case> {};

TEST_P(Kept, IsAskedOnce) {
    fake_service service;
    service.then(GetParam().response);
    auto options = service.options();
    options.response_cache = response_cache_options{.store = make_memory_cache(), .sampled = GetParam().sampled};
    run_virtual([](fake_service fake, client_options with, kept_case row) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        auto request = question();
        if (row.change) row.change(request);
        auto first = co_await llm.chat(request);
        auto const second = co_await llm.chat(request);
        EXPECT_EQ(fake.count(), 1U);
        EXPECT_TRUE(second.cached);
        first.cached = true;
        first.attempts = 0;
        first.usage = {};
        first.rate_limits = {};
        EXPECT_EQ(second, first);
    }(service, std::move(options), GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Kept,
    testing::Values(
        kept_case{"no_temperature", openai_text("a")},
        kept_case{"temperature_0", openai_text("a"), [](chat_request& r) { r.temperature = 0; }},
        kept_case{"tool_calls", openai_calls({{"f", "{}"}})},
        kept_case{"sampled_as_the_request_asks", openai_text("a"),
                  [](chat_request& r) {
                      r.temperature = 1;
                      r.response_cache = cache_control{.sampled = true};
                  }},
        kept_case{"sampled_as_the_client_asks", openai_text("a"), [](chat_request& r) { r.temperature = 1; }, true},
        kept_case{"raw", openai_text("a"), [](chat_request& r) { r.advanced = advanced_options{.keep_raw = true}; }}),
    [](auto const& row) { return std::string{row.param.name}; });

/// The key of a request to OpenAI, changed.
std::string key_after(std::function<void(chat_request&)> const& change,
                      std::function<void(provider_options&)> const& of = {}, bool raw = false) {
    provider_options options;
    if (of) of(options);
    auto const service = make_provider(options).value();
    chat_request request{.model = "m", .messages = {system("s"), user("x")}};
    if (change) change(request);
    auto encoded = service->encode(request, false).value();
    service->authorize(encoded, "sk-secret");
    return detail::key_of(service->name(), encoded, raw).text;
}

json_value extra(std::string_view text) { return *json_value::parse(text); }

TEST(CacheKey, IsTheSameForThoseWhoAskTheSame) {
    auto const plain = key_after({});
    ASSERT_EQ(plain.size(), 64U);
    std::vector<std::function<void(chat_request&)>> const rows{
        [](auto& r) { r.user = "someone"; },
        [](auto& r) { r.metadata = {{"run", "7"}}; },
        [](auto& r) { r.advanced = advanced_options{.safety_identifier = "hash"}; },
        [](auto& r) { r.advanced = advanced_options{.prompt_cache_key = "k"}; },
        [](auto& r) {
            r.advanced = advanced_options{.headers = {{"traceparent", "00-1"}, {"X-Gateway-Token", "sk-2"}}};
        },
        [](auto& r) { r.response_cache = cache_control{.tags = {"t"}}; },
        [](auto& r) { r.extra = extra(R"({"stream":true,"user":"else"})"); }};
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(key_after(rows[i]), plain) << i;
    EXPECT_EQ(key_after([](auto& r) { r.extra = extra(R"({"a":{"x":1,"y":2},"b":3.0})"); }),
              key_after([](auto& r) { r.extra = extra(R"({"b":3,"a":{"y":2,"x":1}})"); }));
    EXPECT_EQ(key_after({}, [](auto& o) { o.base_url = "https://h/v1?code=1&v=2"; }),
              key_after({}, [](auto& o) { o.base_url = "https://h/v1?code=2&v=2"; }));
}

TEST(CacheKey, DiffersWithAllThatChangesTheResponse) {
    std::vector<std::string> keys{
        key_after({}),
        key_after({}, {}, true),
        key_after([](auto& r) { r.model = "n"; }),
        key_after([](auto& r) { r.messages[1].text = "y"; }),
        key_after([](auto& r) { r.messages.pop_back(); }),
        key_after([](auto& r) { r.temperature = 0; }),
        key_after([](auto& r) { r.seed = 1; }),
        key_after([](auto& r) { r.max_output_tokens = 5; }),
        key_after([](auto& r) { r.reasoning_effort = "low"; }),
        key_after([](auto& r) { r.tools = {{.name = "f"}}; }),
        key_after([](auto& r) { r.response_format.kind = response_format_kind::json_object; }),
        key_after([](auto& r) {
            r.response_format = {
                .kind = response_format_kind::json_schema, .name = "n", .schema = R"({"type":"object"})"};
        }),
        key_after([](auto& r) { r.advanced = advanced_options{.n = 2}; }),
        key_after([](auto& r) { r.advanced = advanced_options{.headers = {{"x-route", "b"}}}; }),
        key_after([](auto& r) { r.extra = extra(R"({"nested":{"user":"a"}})"); }),
        key_after([](auto& r) { r.extra = extra(R"({"nested":{"user":"b"}})"); }),
        key_after({}, [](auto& o) { o.base_url = "https://h/v1"; }),
        key_after({}, [](auto& o) { o.base_url = "https://h/v1?v=2"; }),
        key_after({}, [](auto& o) { o.api = "responses"; }),
        key_after({}, [](auto& o) { o.organization = "other"; })};
    auto const count = keys.size();
    std::ranges::sort(keys);
    EXPECT_EQ(std::ranges::unique(keys).size(), 0U);
    EXPECT_EQ(keys.size(), count);
}

TEST(ResponseCache, AMarkForTheServicesOwnCacheIsNoDifference) {
    fake_service service;
    service.then({.status = 200,
                  .body = R"({"id":"m1","type":"message","role":"assistant","model":"c","content":[{"type":"text",)"
                          R"("text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}})"});
    with_cache(
        service,
        [](fake_service fake, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
            chat_request request{.messages = {system("s"), user("x")}, .cache_prefix = true};
            EXPECT_FALSE((co_await llm.chat(request)).cached);
            request.cache_prefix = false;
            EXPECT_TRUE((co_await llm.chat(request)).cached);
            EXPECT_EQ(fake.count(), 1U);
        },
        [](client_options& options) { options.service.provider.service = "anthropic"; });
}

TEST(ResponseCache, ARequestMayWantAFreshOne) {
    fake_service service;
    service.then(openai_text("1")).then(openai_text("2")).then(openai_text("3"));
    with_cache(service, [](fake_service, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
        auto request = question();
        EXPECT_EQ((co_await llm.chat(request)).text, "1");
        co_await sleep_for(10s);
        request.response_cache = cache_control{.max_age = 10s};
        EXPECT_EQ((co_await llm.chat(request)).text, "1");
        request.response_cache = cache_control{.max_age = 9s};
        EXPECT_EQ((co_await llm.chat(request)).text, "2");
        request.response_cache = cache_control{.refresh = true};
        EXPECT_EQ((co_await llm.chat(request)).text, "3");
        EXPECT_EQ((co_await llm.chat(question())).text, "3");
        EXPECT_EQ(llm.statistics().cached, 2U);
    });
}

TEST(ResponseCache, KeepsAsLongAndUnderSuchTagsAsAsked) {
    fake_service service;
    service.then(openai_text("1"));
    auto const settings = [](client_options& options) {
        options.response_cache.edit().ttl = 10s;
        options.response_cache.edit().tags = {"all"};
    };
    with_cache(
        service,
        [](fake_service fake, client llm, std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
            auto request = question();
            request.response_cache = cache_control{.ttl = 20s, .tags = {"mine"}};
            (void)co_await llm.chat(request);
            (void)co_await llm.chat("other");
            co_await sleep_for(15s);
            (void)co_await llm.chat(request);
            EXPECT_EQ(fake.count(), 2U);
            (void)co_await llm.chat("other");
            EXPECT_EQ(fake.count(), 3U);
            EXPECT_EQ((co_await store->invalidate_by_tags({"mine"})).value(), 1U);
            EXPECT_EQ((co_await store->invalidate_by_tags({"all"})).value(), 1U);
            request.response_cache = cache_control{.ttl = -1s};
            auto const wrong = co_await as_result(llm.chat(request));
            EXPECT_EQ(wrong.error().where, "response_cache.ttl");
        },
        settings);
}

TEST(ResponseCache, EqualRequestsShareOneCall) {
    fake_service service;
    service.then(fake_service::answer{.response = openai_text("hi"), .delay = 5s});
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
        std::vector<int> numbers(100);
        std::iota(numbers.begin(), numbers.end(), 0);
        auto const call = [llm](int i) { return llm.chat(i % 2 == 0 ? "even" : "odd"); };
        auto const all = co_await map(numbers, {.concurrency = 100}, call);
        EXPECT_EQ(fake.count(), 2U);
        std::int64_t tokens = 0;
        std::size_t shared = 0;
        for (auto const& one : all) {
            EXPECT_EQ(one->text, "hi");
            tokens += one->usage.total_tokens();
            shared += one->cached ? 1U : 0U;
        }
        EXPECT_EQ(tokens, 30);
        EXPECT_EQ(shared, 98U);
        EXPECT_EQ(llm.statistics().calls, 100U);
        EXPECT_EQ(llm.statistics().cached, 98U);
    });
}

asio::awaitable<void> ask(client llm, std::string text, result<chat_response>& outcome) {
    outcome = co_await as_result(llm.chat(std::move(text)));
}

TEST(ResponseCache, AFailureIsThatOfAllWhoShareItAndOfNoneAfter) {
    fake_service service;
    service.then(fake_service::answer{.response = openai_error(400, "bad"), .delay = 5s}).then(openai_text("good"));
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
        result<chat_response> one{error{}};
        result<chat_response> two{error{}};
        auto const here = co_await asio::this_coro::executor;
        started const a{here, ask(llm, "x", one)};
        started const b{here, ask(llm, "x", two)};
        co_await sleep_for(6s);
        EXPECT_EQ(one.error().code, errc::bad_request);
        EXPECT_EQ(two.error().code, errc::bad_request);
        EXPECT_EQ(one.error().attempts, 1);
        EXPECT_EQ(two.error().attempts, 0);
        EXPECT_EQ(llm.statistics().calls, 2U);
        EXPECT_EQ(llm.statistics().failures, 2U);
        EXPECT_EQ(fake.count(), 1U);
        EXPECT_EQ((co_await llm.chat("x")).text, "good");
    });
}

TEST(ResponseCache, WhoeverLeavesASharedCallTakesItFromNobody) {
    fake_service service;
    service.then(fake_service::answer{.response = openai_text("hi"), .delay = 5s});
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        result<chat_response> one{error{}};
        result<chat_response> two{error{}};
        auto const here = co_await asio::this_coro::executor;
        started a{here, ask(llm, "x", one)};
        started const b{here, ask(llm, "x", two)};
        co_await sleep_for(1s);
        a.cancel();
        co_await sleep_for(1s);
        EXPECT_TRUE(a.done());
        EXPECT_EQ(one.error().code, errc::cancelled);
        co_await sleep_for(4s);
        EXPECT_EQ(two->text, "hi");
        EXPECT_EQ(fake.count(), 1U);
        started c{here, ask(llm, "y", one)};
        co_await sleep_for(1s);
        c.cancel();
        co_await sleep_for(10s);
        EXPECT_EQ((co_await store->statistics()).value().entries, 1U);  // the last one to leave ends it
    });
}

TEST(ResponseCache, AHitWaitsForNoPermitAndNoQuota) {
    fake_service service;
    service.then(openai_text("hi")).then(fake_service::answer{.response = openai_text("slow"), .delay = 50s});
    auto const narrow = [](client_options& options) {
        options.policies.max_concurrency = 1;
        options.policies.rate_limits.requests_per_minute = 2;
    };
    with_cache(
        service,
        [](fake_service fake, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
            (void)co_await llm.chat("x");
            result<chat_response> slow{error{}};
            auto const here = co_await asio::this_coro::executor;
            started const busy{here, ask(llm, "other", slow)};
            co_await sleep_for(1s);
            auto const began = now(here);
            for (int i = 0; i < 10; ++i) EXPECT_TRUE((co_await llm.chat("x")).cached);
            EXPECT_EQ(now(here), began);
            EXPECT_FALSE(busy.done());
            EXPECT_EQ(fake.count(), 2U);
            co_await sleep_for(60s);
            EXPECT_EQ(slow->text, "slow");
        },
        narrow);
}

asio::awaitable<std::vector<std::string>> texts_of(chat_stream& words) {
    std::vector<std::string> pieces;
    while (auto delta = co_await words.next()) pieces.push_back(delta->text);
    co_return pieces;
}

std::string joined(std::vector<std::string> const& pieces) {
    return std::accumulate(pieces.begin(), pieces.end(), std::string{});
}

TEST(ResponseCache, AStreamIsKeptAtItsEndAndReplayed) {
    fake_service service;
    service.then(openai_stream({"Once upon a time there was ", "a fäst cache that never waited ", "for anyone."}));
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
        auto words = co_await llm.stream("x");
        auto const first = joined(co_await texts_of(words));
        EXPECT_FALSE((co_await words.finish()).cached);
        auto again = co_await llm.stream("x");
        auto const pieces = co_await texts_of(again);
        EXPECT_GT(pieces.size(), 2U);
        EXPECT_EQ(joined(pieces), first);
        EXPECT_FALSE(co_await again.next());
        auto const whole = co_await again.finish();
        EXPECT_TRUE(whole.cached);
        EXPECT_EQ(whole.text, first);
        EXPECT_EQ(whole.usage, usage{});
        auto const asked = co_await llm.chat("x");
        EXPECT_TRUE(asked.cached);
        EXPECT_EQ(asked.text, first);
        auto unread = co_await llm.stream("x");
        EXPECT_EQ((co_await unread.finish()).text, first);
        EXPECT_EQ(fake.count(), 1U);
        EXPECT_EQ(llm.statistics().cached, 3U);
    });
}

TEST(ResponseCache, AWholeResponseIsReplayedAsAStream) {
    fake_service service;
    service.then(openai_calls({{"f", R"({"a":1})"}, {"g", "{}"}}));
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
        auto const first = co_await llm.chat("x");
        auto words = co_await llm.stream("x");
        std::vector<tool_call> calls;
        while (auto delta = co_await words.next())
            calls.insert(calls.end(), delta->tool_calls.begin(), delta->tool_calls.end());
        EXPECT_EQ(calls, first.tool_calls);
        EXPECT_EQ(fake.count(), 1U);
    });
}

TEST(ResponseCache, AStreamThatIsDroppedBrokenOrRawIsNotKept) {
    fake_service service;
    auto cut = openai_stream({"a", "b", "c"});
    cut.body.resize(cut.body.size() / 2);
    service
        .then(
            fake_service::answer{.response = openai_stream({"a", "b", "c"}), .piece_bytes = 50, .delay_per_piece = 1s})
        .then(std::move(cut))
        .then(openai_stream({"whole"}));
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        {
            auto words = co_await llm.stream("x");
            (void)co_await words.next();
        }
        co_await sleep_for(1s);
        auto raw = question();
        raw.advanced = advanced_options{.keep_raw = true};
        auto broken = co_await llm.stream("x");
        EXPECT_EQ((co_await as_result(broken.finish())).error().code, errc::connection_lost);
        auto words = co_await llm.stream(raw);
        EXPECT_EQ((co_await words.finish()).text, "whole");
        EXPECT_EQ(fake.count(), 3U);
        EXPECT_EQ((co_await store->statistics()).value().stores, 0U);
    });
}

TEST(ResponseCache, AWholeBodyInPlaceOfEventsIsKept) {
    fake_service service;
    service.then(openai_text("all at once"));
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
        auto words = co_await llm.stream("x");
        EXPECT_EQ(joined(co_await texts_of(words)), "all at once");
        auto again = co_await llm.stream("x");
        EXPECT_EQ(joined(co_await texts_of(again)), "all at once");
        EXPECT_EQ(fake.count(), 1U);
    });
}

struct score {
    int points{0};

    static constexpr auto coax_schema =
        coax::describe("A score", coax::field(&score::points, {.minimum = 0, .maximum = 10}));
};

TEST(ResponseCache, WhatFitsInTheEndIsKeptForTheQuestion) {
    fake_service service;
    service.then(openai_text(R"({"points":11})"))
        .then(openai_text(R"({"points":12})"))
        .then(openai_text(R"({"points":9})"));
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        EXPECT_EQ((co_await llm.parse<score>("x")).points, 9);
        EXPECT_EQ(fake.count(), 3U);
        auto const read = co_await llm.parse_response<score>("x");
        EXPECT_EQ(read.value.points, 9);
        EXPECT_TRUE(read.response.cached);
        EXPECT_EQ(read.response.attempts, 0);
        EXPECT_EQ(fake.count(), 3U);
        EXPECT_EQ(llm.statistics().reasks, 2U);
        EXPECT_EQ(llm.statistics().saved.total_tokens(), 45);
        EXPECT_EQ((co_await store->statistics()).value().entries, 2U);  // the last re-ask's own, too
    });
}

TEST(ResponseCache, WhatNeverFitsIsNotKept) {
    fake_service service;
    service.then(openai_text(R"({"points":11})"));
    with_cache(service, [](fake_service, client llm, std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        auto const read = co_await as_result(llm.parse<score>("x"));
        EXPECT_EQ(read.error().code, errc::invalid_output);
        EXPECT_EQ((co_await store->statistics()).value().entries, 0U);
    });
}

TEST(ResponseCache, AValueThatIsNoObjectIsReadAndReplayedAsItself) {
    fake_service service;
    service.then(openai_text(R"({"value":[1,2,3]})"));
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
        for (int i = 0; i < 2; ++i) EXPECT_EQ(co_await llm.parse<std::vector<int>>("x"), (std::vector<int>{1, 2, 3}));
        auto words = co_await llm.stream("x", output_format::of<std::vector<int>>());
        EXPECT_EQ(joined(co_await texts_of(words)), "[1,2,3]");
        EXPECT_EQ(fake.count(), 1U);
    });
}

TEST(ResponseCache, AnEntryThatCannotBeReadIsAMissAndReplaced) {
    fake_service service;
    service.then(openai_text("1")).then(openai_text("2"));
    with_cache(service, [](fake_service fake, client llm, std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
        (void)co_await llm.chat("x");
        auto const encoded = make_provider({}).value()->encode({.model = "m", .messages = {user("x")}}, false).value();
        auto const key = detail::key_of("openai", encoded, false).text;
        EXPECT_TRUE((co_await store->get(key, {})).value());
        EXPECT_TRUE(co_await store->put(key, {.value = "coaxR1 of another world"}));
        EXPECT_EQ((co_await llm.chat("x")).text, "2");
        EXPECT_EQ((co_await llm.chat("x")).text, "2");
        EXPECT_EQ(fake.count(), 2U);
        EXPECT_EQ((co_await store->statistics()).value().errors, 1U);
    });
}

/// A store that can do nothing, and says so in one of two ways.
class broken_store final : public cache_store {
public:
    explicit broken_store(bool throws) : throws_{throws} {}

    asio::awaitable<result<std::optional<cached_value>>> get(std::string, std::chrono::milliseconds) override {
        return fail<std::optional<cached_value>>();
    }
    asio::awaitable<result<void>> put(std::string, cache_entry) override { return fail<void>(); }
    asio::awaitable<result<bool>> erase(std::string) override { return fail<bool>(); }
    asio::awaitable<result<std::uint64_t>> invalidate_by_tags(std::vector<std::string>) override {
        return fail<std::uint64_t>();
    }
    asio::awaitable<result<void>> clear() override { return fail<void>(); }
    asio::awaitable<result<cache_statistics>> statistics() override { return fail<cache_statistics>(); }

private:
    template <class T>
    asio::awaitable<result<T>> fail() {
        if (throws_) throw std::runtime_error{"broken"};
        co_return error{.code = errc::io_failed};
    }
    bool throws_;
};

TEST(ResponseCache, AStoreThatFailsHarmsNoCall) {
    for (bool const throws : {false, true}) {
        fake_service service;
        service.then(openai_text(R"({"points":11})")).then(openai_text(R"({"points":9})"));
        auto const use = [throws](client_options& options) {
            options.response_cache.edit().store = std::make_shared<broken_store>(throws);
        };
        with_cache(
            service,
            [](fake_service, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
                EXPECT_EQ((co_await llm.parse<score>("x")).points, 9);
                EXPECT_FALSE((co_await llm.chat("x")).cached);
                auto words = co_await llm.stream("x");
                EXPECT_FALSE((co_await words.finish()).text.empty());
            },
            use);
    }
}

TEST(ResponseCache, ATimeLimitHoldsForASharedCallToo) {
    fake_service service;
    service.then(fake_service::answer{.response = openai_text("late"), .delay = 50s});
    with_cache(
        service,
        [](fake_service, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
            auto const outcome = co_await as_result(llm.chat("x"));
            EXPECT_EQ(outcome.error().code, errc::timeout);
            EXPECT_NE(outcome.error().message.find("`timeout`"), std::string::npos);
        },
        [](client_options& options) { options.policies.timeout = 10s; });
}

chat_request conversation(std::string first) {
    return {.messages = {user(std::move(first)), assistant("ok"), user(std::string(200, 'b'))}};
}

TEST(ResponseCache, APromptThatIsMadeToFitIsThatWhichIsSent) {
    fake_service service;
    service.then(openai_text("hi"));
    auto const fitting = [](client_options& options) {
        auto& tokens = options.tokens.edit();
        tokens.count = [](std::string_view text) { return static_cast<std::int64_t>(text.size()); };
        tokens.fit = std::make_shared<fit_policy const>();
        tokens.facts = model_table::parse(
                           R"({"as_of":"2026-11-01","models":[{"id":"m","service":"openai","max_input_tokens":1000}]})")
                           .value();
    };
    with_cache(
        service,
        [](fake_service fake, client llm, std::shared_ptr<cache_store> store) -> asio::awaitable<void> {
            auto const first = co_await llm.chat(conversation(std::string(900, 'a')));
            auto const second = co_await llm.chat(conversation(std::string(950, 'c')));
            EXPECT_TRUE(second.cached);
            EXPECT_EQ(second.details->fitted.tokens_before, first.details->fitted.tokens_before + 50);
            auto const whole_one = co_await llm.chat(conversation("short"));
            EXPECT_EQ(whole_one.details->fitted.dropped_messages, 0U);
            EXPECT_FALSE(whole_one.cached);
            EXPECT_EQ(fake.count(), 2U);
            auto whole = fake.options();
            whole.response_cache = response_cache_options{.store = store};
            auto const other = co_await connect(std::move(whole));
            EXPECT_FALSE((co_await other.chat(conversation(std::string(900, 'a')))).cached);
            auto const plain = co_await other.chat(std::string(200, 'b'));
            EXPECT_TRUE(plain.cached);
            EXPECT_EQ(plain.details->fitted, fit_report{});
        },
        fitting);
}

TEST(ResponseCache, ObserversAreToldOfAHitWithoutAnAttempt) {
    fake_service service;
    service.then(openai_text("hi"));
    auto const seen = std::make_shared<test::recording_observer>();
    with_cache(
        service,
        [](fake_service, client llm, std::shared_ptr<cache_store>) -> asio::awaitable<void> {
            (void)co_await llm.chat("x");
            (void)co_await llm.chat("x");
        },
        [seen](client_options& options) { options.telemetry.edit().observers = {seen}; });
    auto const lines = seen->lines();
    ASSERT_GE(lines.size(), 2U);
    EXPECT_EQ(lines[lines.size() - 2], "+chat m");
    EXPECT_EQ(lines.back(), "-chat m");
    EXPECT_FALSE(seen->calls()[seen->calls().size() - 2].cached);
    EXPECT_TRUE(seen->calls().back().cached);
    EXPECT_EQ(seen->calls().back().attempts, 0);
}

TEST(ResponseCache, IsToldInTheOptionsAndChecked) {
    client_options options;
    options.response_cache = response_cache_options{.store = make_memory_cache(), .ttl = 5s};
    EXPECT_EQ(describe(options), "response_cache: on\nresponse_cache.store: [set]\nresponse_cache.ttl: 5000 ms\n");
    options.response_cache.edit().store = nullptr;
    EXPECT_EQ(validate(options).error().where, "response_cache.store");
}

TEST(ResponseCache, AStoreThatIsNamedIsOpenedByTheClient) {
    fake_service service;
    service.then(openai_text("hi"));
    auto options = service.options();
    options.response_cache = response_cache_options{.where = "memory"};
    run_virtual([](fake_service fake, client_options with) -> asio::awaitable<void> {
        auto const llm = co_await connect(std::move(with));
        (void)co_await llm.chat("x");
        EXPECT_TRUE((co_await llm.chat("x")).cached);
        EXPECT_EQ(fake.count(), 1U);
        EXPECT_EQ((co_await llm.options().response_cache->store->statistics()).value().hits, 1U);
    }(service, options));
    options.response_cache.edit().where = "redis://:word-of-mine@h/x";
    auto const wrong = validate(options).error();
    EXPECT_EQ(wrong.where, "response_cache.where");
    EXPECT_EQ(to_string(wrong).find("word-of-mine"), std::string::npos);
}

}  // namespace response_cache_test
}  // namespace coax
