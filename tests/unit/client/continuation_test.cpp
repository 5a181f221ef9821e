#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/runtime/as_result.hpp>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <memory>

namespace coax {
namespace {

using test::connect;
using test::fake_service;
using test::run_virtual;

http_response gemini_part(std::string_view parts, std::string_view end) {
    std::string body{R"({"candidates":[{"content":{"role":"model","parts":[)"};
    body.append(parts).append("]},").append(end);
    body.append(R"(}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5},"responseId":"r"})");
    return {.status = 200, .body = std::move(body)};
}

http_response paused(std::string_view parts, std::string_view token) {
    return gemini_part(parts, R"("finishReason":"CONTINUATION","continuationToken":")" + std::string{token} + '"');
}

http_response ended(std::string_view parts) { return gemini_part(parts, R"("finishReason":"STOP")"); }

client_options gemini_options(fake_service const& service) {
    auto options = service.options();
    options.service.provider = {.service = "gemini"};
    options.service.model = "gemini-3.6-flash";
    return options;
}

/// The body without its token: the same request each time.
std::string without_token(http_request const& request) {
    auto body = boost::json::parse(request.body).as_object();
    body.erase("continuationToken");
    return boost::json::serialize(body);
}

std::string token_of(http_request const& request) {
    auto const body = boost::json::parse(request.body).as_object();
    auto const* const token = body.if_contains("continuationToken");
    return token == nullptr ? "none" : std::string{token->as_string()};
}

TEST(Continuation, IsAskedForUntilTheResponseIsWhole) {
    fake_service service;
    service.then(paused(R"({"text":"one, "})", "t1==")).then(paused(R"({"text":"two, "})", "t2=="));
    service.then(ended(R"({"text":"three"})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(gemini_options(fake));
        auto const answer = co_await llm.chat("Count.");
        EXPECT_EQ(answer.text, "one, two, three");
        EXPECT_EQ(answer.finish_reason, finish_reason::stop);
        EXPECT_EQ(answer.attempts, 3);
        EXPECT_EQ(answer.usage.input_tokens, 10);
        EXPECT_EQ(answer.usage.output_tokens, 15);
        EXPECT_TRUE(answer.raw_content.is_null()) << answer.raw_content.text();
    }(service));
    auto const sent = service.requests();
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(token_of(sent[0]), "none");
    EXPECT_EQ(token_of(sent[1]), "t1==");
    EXPECT_EQ(token_of(sent[2]), "t2==");
    EXPECT_EQ(without_token(sent[1]), without_token(sent[0]));
    EXPECT_EQ(without_token(sent[2]), without_token(sent[0]));
}

TEST(Continuation, KeepsWhatTheServiceWantsBack) {
    fake_service service;
    service.then(paused(R"({"functionCall":{"name":"f","args":{}},"thoughtSignature":"S"})", "t1=="));
    service.then(ended(R"({"functionCall":{"name":"g","args":{}}})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(gemini_options(fake));
        auto const answer = co_await llm.chat("Call both.");
        EXPECT_EQ(answer.finish_reason, finish_reason::tool_calls);
        EXPECT_EQ(answer.tool_calls,
                  (std::vector<tool_call>{{"gemini_call_0", "f", "{}"}, {"gemini_call_1", "g", "{}"}}));
        EXPECT_EQ(
            answer.raw_content.text(),
            R"([{"functionCall":{"name":"f","args":{}},"thoughtSignature":"S"},{"functionCall":{"name":"g","args":{}}}])");
    }(service));
}

TEST(Continuation, ThatFailsTellsWhatAllPartsCost) {
    fake_service service;
    service.then(paused(R"({"text":"one, "})", "t1==")).then({.status = 400, .body = "{}"});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(gemini_options(fake));
        auto const answer = co_await as_result(llm.chat("Count."));
        EXPECT_FALSE(answer);
        if (answer) co_return;
        EXPECT_EQ(answer.error().code, errc::bad_request);
        EXPECT_EQ(answer.error().output_tokens, 5);
        EXPECT_EQ(answer.error().attempts, 2);
    }(service));
}

http_response as_stream(std::vector<http_response> const& chunks) {
    http_response stream{.status = 200, .headers = {{"content-type", "text/event-stream"}}};
    for (auto const& chunk : chunks) stream.body.append("data: ").append(chunk.body).append("\n\n");
    return stream;
}

http_response chunk_of(std::string_view parts) { return gemini_part(parts, R"("index":0)"); }

TEST(Continuation, OfAStreamIsTheSameStream) {
    fake_service service;
    service.then(as_stream({chunk_of(R"({"text":"one, "})"), paused(R"({"text":"two, "})", "t1==")}));
    service.then({.status = 503, .body = "{}"});
    service.then(as_stream({chunk_of(R"({"text":"three, "})"), paused(R"({"text":""})", "t2==")}));
    service.then(as_stream({ended(R"({"text":"four"})")}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(gemini_options(fake));
        auto words = co_await llm.stream("Count.");
        std::string shown;
        while (auto delta = co_await words.next()) shown += delta->text;
        auto const answer = co_await words.finish();
        EXPECT_EQ(shown, "one, two, three, four");
        EXPECT_EQ(answer.text, shown);
        EXPECT_EQ(answer.finish_reason, finish_reason::stop);
        EXPECT_EQ(answer.attempts, 4);
        EXPECT_EQ(answer.usage.input_tokens, 10);
        EXPECT_EQ(answer.usage.output_tokens, 15);
    }(service));
    auto const sent = service.requests();
    EXPECT_EQ(sent.size(), 4U);
    EXPECT_EQ(token_of(sent.back()), "t2==");
    EXPECT_EQ(without_token(sent.back()), without_token(sent.front()));
}

TEST(Continuation, OfAStreamThatFailsTellsWhatAllPartsCost) {
    fake_service service;
    service.then(as_stream({paused(R"({"text":"one, "})", "t1==")})).then({.status = 400, .body = "{}"});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(gemini_options(fake));
        auto words = co_await llm.stream("Count.");
        auto const answer = co_await as_result(words.finish());
        EXPECT_FALSE(answer);
        if (answer) co_return;
        EXPECT_EQ(answer.error().code, errc::bad_request);
        EXPECT_EQ(answer.error().output_tokens, 5);
    }(service));
}

TEST(Continuation, OfAStreamThatIsDroppedEndsThere) {
    fake_service service;
    service.then(as_stream({chunk_of(R"({"text":"one, "})"), paused(R"({"text":"two, "})", "t1==")}));
    service.then(as_stream({chunk_of(R"({"text":"three, "})"), ended(R"({"text":"four"})")}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(gemini_options(fake));
        auto words = std::make_unique<chat_stream>(co_await llm.stream("Count."));
        for (int i = 0; i < 3; ++i) EXPECT_TRUE(co_await words->next());
        words.reset();
    }(service));
    EXPECT_EQ(service.count(), 2U);
}

TEST(Continuation, WithoutEndIsGivenUp) {
    fake_service service;
    for (int i = 0; i < 70; ++i) service.then(paused(R"({"text":"x"})", "t=="));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(gemini_options(fake));
        auto const answer = co_await llm.chat("Count.");
        EXPECT_EQ(answer.finish_reason, finish_reason::pause);
        EXPECT_EQ(answer.attempts, 65);
    }(service));
}

// ---- streams that break ----

fake_service::answer broken_events(std::vector<http_response> const& chunks) {
    fake_service::answer answer{.response = {.status = 200, .headers = {{"content-type", "text/event-stream"}}}};
    for (auto const& chunk : chunks) answer.response.body += "data: " + chunk.body + "\n\n";
    answer.fails_after = error{.code = errc::connection_lost, .message = "gone"};
    return answer;
}

http_response with_token(std::string_view parts, std::string_view token) {
    return gemini_part(parts, R"("continuationToken":")" + std::string{token} + '"');
}
http_response silent_chunk() { return gemini_part("", R"("index":0)"); }
http_response more_text() { return gemini_part(R"({"text":"and"})", R"("index":0)"); }

struct broken_case {
    char const* name;
    std::vector<http_response> chunks;
    bool goes_on;
};
void PrintTo(broken_case const& row, std::ostream* out) { *out << row.name; }
class BrokenContinuation : public testing::TestWithParam<broken_case> {};

TEST_P(BrokenContinuation, GoesOnWhereATokenCoversWhatWasShown) {
    fake_service service;
    service.then(broken_events(GetParam().chunks)).then(broken_events({ended(R"({"text":"two"})")}));
    run_virtual([](fake_service fake, bool goes_on) -> asio::awaitable<void> {
        auto options = gemini_options(fake);
        options.policies.retry.max_attempts = 1;
        auto const llm = co_await connect(std::move(options));
        auto stream = co_await llm.stream("Count.");
        std::string shown;
        auto const end = co_await as_result([](chat_stream& from, std::string& text) -> asio::awaitable<chat_response> {
            while (auto const delta = co_await from.next()) text += delta->text;
            co_return co_await from.finish();
        }(stream, shown));
        EXPECT_EQ(end.has_value(), goes_on) << (end ? error{} : end.error());
        if (!end) co_return;
        EXPECT_EQ(shown, "one, two");
        EXPECT_EQ(end->text, "one, two");
        EXPECT_EQ(end->finish_reason, finish_reason::stop);
    }(service, GetParam().goes_on));
    EXPECT_EQ(service.count(), GetParam().goes_on ? 2U : 1U);
    if (GetParam().goes_on) EXPECT_EQ(token_of(service.requests()[1]), "t1");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BrokenContinuation,
    testing::Values(broken_case{"after_the_token", {with_token(R"({"text":"one, "})", "t1")}, true},
                    broken_case{
                        "after_a_silent_chunk", {with_token(R"({"text":"one, "})", "t1"), silent_chunk()}, true},
                    broken_case{"after_more_text", {with_token(R"({"text":"one, "})", "t1"), more_text()}, false},
                    broken_case{"without_a_token", {gemini_part(R"({"text":"one, "})", R"("index":0)")}, false}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
