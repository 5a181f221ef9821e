// What servers do with good responses: they are read, or end as errors that cost no second response.
#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::connect;
using test::fake_service;
using test::openai_calls;
using test::openai_stream;
using test::openai_text;
using test::run_virtual;
using testing::HasSubstr;

asio::awaitable<chat_response> stream_all(client llm) {
    auto words = co_await llm.stream("x");
    co_return co_await words.finish();
}

http_response events(std::string body) {
    return {.status = 200, .headers = {{"content-type", "text/event-stream"}}, .body = std::move(body)};
}

constexpr std::string_view a_chunk = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
constexpr std::string_view end_chunk = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

// --- bodies of another form than was asked for ---

struct form_case {
    char const* name;
    http_response response;
    std::string text;
};
void PrintTo(form_case const& row, std::ostream* out) { *out << row.name; }
class OtherForm : public testing::TestWithParam<form_case> {};

TEST_P(OtherForm, OfAStreamIsRead) {
    fake_service service;
    service.then(fake_service::answer{.response = GetParam().response, .piece_bytes = 3});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto words = co_await llm.stream("x");
        std::string shown;
        while (auto delta = co_await words.next()) shown += delta->text;
        EXPECT_EQ(shown, GetParam().text);
        EXPECT_EQ((co_await words.finish()).text, GetParam().text);
    }(service));
}

TEST_P(OtherForm, OfAChatIsRead) {
    fake_service service;
    service.then(GetParam().response);
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        EXPECT_EQ((co_await llm.chat("x")).text, GetParam().text);
    }(service));
}

http_response with_type(http_response response, std::string type, int status = 200) {
    response.status = status;
    response.headers.set("content-type", std::move(type));
    return response;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, OtherForm,
    testing::Values(form_case{"whole", openai_text("ab"), "ab"},
                    form_case{"whole_after_blanks", {.status = 200, .body = "\n\n " + openai_text("ab").body}, "ab"},
                    form_case{"whole_said_to_be_events", with_type(openai_text("ab"), "text/event-stream"), "ab"},
                    form_case{"events", openai_stream({"a", "b"}), "ab"},
                    form_case{"events_said_to_be_json", with_type(openai_stream({"a", "b"}), "application/json"), "ab"},
                    form_case{"created", with_type(openai_stream({"a", "b"}), "text/event-stream", 201), "ab"},
                    form_case{"accepted", with_type(openai_text("ab"), "application/json", 202), "ab"},
                    form_case{"comment_first", events(": hello\n\n" + openai_stream({"ab"}).body), "ab"}),
    [](auto const& row) { return std::string(row.param.name); });

struct page_case {
    char const* name;
    http_response response;
    errc code;
    char const* says;
};
void PrintTo(page_case const& row, std::ostream* out) { *out << row.name; }
class PageForAStream : public testing::TestWithParam<page_case> {};

TEST_P(PageForAStream, IsAnErrorThatNamesIt) {
    fake_service service;
    service.then(GetParam().response);
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const got = co_await as_result(stream_all(llm));
        EXPECT_FALSE(got);
        if (got) co_return;
        EXPECT_EQ(got.error().code, GetParam().code);
        EXPECT_THAT(to_string(got.error()), HasSubstr(GetParam().says));
        EXPECT_THAT(to_string(got.error()), HasSubstr("https://api.openai.com/v1/chat/completions"));
    }(service));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, PageForAStream,
    testing::Values(
        page_case{"html", with_type({.body = "<html><title>Sign in</title></html>"}, "text/html"), errc::protocol_error,
                  "text/html"},
        page_case{"text", with_type({.body = "error: go away"}, "text/plain"), errc::protocol_error, "text/plain"},
        page_case{"error_with_status_200",
                  {.status = 200, .body = R"({"error":{"message":"no such model","code":"model_not_found"}})"},
                  errc::not_found,
                  "no such model"}),
    [](auto const& row) { return std::string(row.param.name); });

// --- paid once ---

TEST(AnUnreadableResponse, IsPaidOnceAndCounted) {
    for (bool const streaming : {false, true}) {
        fake_service service;
        service.then({.status = 200, .body = R"({"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}})"});
        run_virtual([](fake_service fake, bool stream) -> asio::awaitable<void> {
            auto options = fake.options();
            usage reported;
            options.hooks.on_attempt = [&](attempt_event const& one) { reported += one.usage; };
            auto llm = co_await connect(std::move(options));
            auto const got = stream ? co_await as_result(stream_all(llm)) : co_await as_result(llm.chat("x"));
            EXPECT_EQ(got.error().code, errc::protocol_error);
            EXPECT_EQ(got.error().input_tokens, 10);
            EXPECT_EQ(llm.statistics().usage.total_tokens(), 15);
            EXPECT_EQ(reported.total_tokens(), 15);
        }(service, streaming));
        EXPECT_EQ(service.count(), 1U);
    }
}

TEST(AnUnreadableResponse, IsNotAskedForAgain) {
    fake_service service;
    service.then({.status = 200, .body = "<html>"});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        EXPECT_EQ((co_await as_result(llm.parse<int>("x"))).error().code, errc::protocol_error);
    }(service));
    EXPECT_EQ(service.count(), 1U);
}

TEST(AnErrorAsTheFirstEvent, IsRetriedAsNothingWasShown) {
    fake_service service;
    service
        .then(events("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n"
                     "event: error\ndata: {\"error\":{\"type\":\"overloaded_error\"}}\n\n"))
        .then(openai_stream({"a"}));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const whole = co_await stream_all(llm);
        EXPECT_EQ(whole.text, "a");
        EXPECT_EQ(whole.attempts, 2);
        EXPECT_EQ(llm.statistics().usage.input_tokens, 11);
    }(service));
}

TEST(AnErrorAfterADelta, IsTheEnd) {
    fake_service service;
    service.then(events(std::string{a_chunk} + "data: {\"error\":{\"type\":\"overloaded_error\"}}\n\n"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        EXPECT_EQ((co_await as_result(stream_all(llm))).error().code, errc::overloaded);
    }(service));
    EXPECT_EQ(service.count(), 1U);
}

// --- after the finish_reason ---

struct complete_case {
    char const* name;
    std::string rest;  ///< After the text.
    std::optional<error> then;
    bool whole;
};
void PrintTo(complete_case const& row, std::ostream* out) { *out << row.name; }
class AfterTheFinishReason : public testing::TestWithParam<complete_case> {};

TEST_P(AfterTheFinishReason, NothingLosesTheResponse) {
    fake_service service;
    service.then(fake_service::answer{.response = events(std::string{a_chunk} + GetParam().rest),
                                      .fails_after = GetParam().then});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto llm = co_await connect(fake.options());
        auto const got = co_await as_result(stream_all(llm));
        EXPECT_EQ(got.has_value(), GetParam().whole) << (got ? error{} : got.error());
        if (got) EXPECT_EQ(got->text, "a");
        if (!got) EXPECT_EQ(got.error().code, errc::connection_lost);
    }(service));
}

error const lost{.code = errc::connection_lost, .message = "reset"};

INSTANTIATE_TEST_SUITE_P(
    Rows, AfterTheFinishReason,
    testing::Values(complete_case{"reset", std::string{end_chunk}, lost, true},
                    complete_case{"idle_limit", std::string{end_chunk}, error{.code = errc::timeout}, true},
                    complete_case{"no_done", std::string{end_chunk}, std::nullopt, true},
                    complete_case{"done_without_its_end", std::string{end_chunk} + "data: [DONE]", std::nullopt, true},
                    complete_case{"garbage", std::string{end_chunk} + "data: {\"choi\n\n", std::nullopt, true},
                    complete_case{"an_error", std::string{end_chunk} + "data: {\"error\":{\"message\":\"x\"}}\n\n",
                                  std::nullopt, true},
                    complete_case{"last_event_without_its_end", std::string{end_chunk.substr(0, end_chunk.size() - 2)},
                                  std::nullopt, true},
                    complete_case{"last_event_cut", std::string{end_chunk.substr(0, 40)}, std::nullopt, false},
                    complete_case{"reset_before", "", lost, false},
                    complete_case{"done_alone", "data: [DONE]\n\n", std::nullopt, false}),
    [](auto const& row) { return std::string(row.param.name); });

// --- limits count tokens, not bytes ---

struct stall_case {
    char const* name;
    std::string body;  ///< Comes in pieces of 8 bytes, ten seconds apart.
    char const* says;
};
void PrintTo(stall_case const& row, std::ostream* out) { *out << row.name; }
class Stalled : public testing::TestWithParam<stall_case> {};

TEST_P(Stalled, EndsInItsLimitThoughBytesCome) {
    fake_service service;
    service.then(fake_service::answer{.response = events(GetParam().body), .piece_bytes = 8, .delay_per_piece = 10s});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.limits = {.first_byte = 200s, .idle = 60s};
        options.policies.retry.max_attempts = 1;
        auto llm = co_await connect(std::move(options));
        auto const got = co_await as_result(stream_all(llm));
        EXPECT_EQ(got.error().code, errc::timeout);
        EXPECT_THAT(got.error().message, HasSubstr(GetParam().says));
    }(service));
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Stalled,
    testing::Values(stall_case{"comments", std::string{a_chunk} + repeated(": ping\n\n", 40), "idle limit of 60000"},
                    stall_case{"empty_deltas",
                               std::string{a_chunk} + repeated("data: {\"choices\":[{\"delta\":{}}]}\n\n", 20),
                               "idle limit of 60000"},
                    stall_case{"no_token_at_all", repeated(": ping\n\n", 40), "first_byte limit of 200000"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(SlowTokens, KeepTheStreamOpen) {
    std::string body;
    for (int i = 0; i < 20; ++i)
        body +=
            "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\","
            "\"arguments\":\" \"}}]}}]}\n\n";
    fake_service service;
    service.then(fake_service::answer{
        .response = events(body + std::string{end_chunk}), .piece_bytes = 60, .delay_per_piece = 20s});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = fake.options();
        options.policies.limits = {.first_byte = 50s, .idle = 50s};
        auto llm = co_await connect(std::move(options));
        EXPECT_EQ((co_await stream_all(llm)).tool_calls.size(), 1U);
    }(service));
}

// --- the tool loop ---

toolbox counting_tools(std::shared_ptr<int> runs) {
    toolbox tools;
    tools.add("act", "Does a thing", [runs] { ++*runs; });
    return tools;
}

TEST(ACallThatTheLimitCut, IsNeverRun) {
    for (auto const* reason : {"length", "content_filter"}) {
        auto cut = openai_calls({{"act", "{}"}});
        cut.body.replace(cut.body.find("\"tool_calls\"}"), 12, '"' + std::string{reason} + '"');
        fake_service service;
        service.then(cut).then(openai_text("done"));
        auto const runs = std::make_shared<int>(0);
        run_virtual([](fake_service fake, std::shared_ptr<int> count) -> asio::awaitable<void> {
            auto llm = co_await connect(fake.options());
            auto const got = co_await as_result(llm.run("x", counting_tools(std::move(count))));
            EXPECT_FALSE(got);
            if (got) co_return;
            EXPECT_TRUE(got.error().code == errc::truncated || got.error().code == errc::content_filtered);
            EXPECT_EQ(got.error().output_tokens, 5);
        }(service, runs));
        EXPECT_EQ(*runs, 0) << reason;
    }
}

TEST(ADemandForATool, HoldsForTheFirstRound) {
    for (auto const& choice : {tool_choice{tool_choice_mode::required}, tool_choice{tool_choice_mode::named, "act"}}) {
        fake_service service;
        service.then(openai_calls({{"act", "{}"}})).then(openai_text("done"));
        run_virtual([](fake_service fake, tool_choice wanted) -> asio::awaitable<void> {
            auto llm = co_await connect(fake.options());
            chat_request request{.messages = {user("x")}, .tool_choice = wanted};
            EXPECT_EQ((co_await llm.run(std::move(request), counting_tools(std::make_shared<int>(0)))).text, "done");
        }(service, choice));
        EXPECT_NE(service.requests()[0].body.find("\"tool_choice\""), std::string::npos);
        EXPECT_EQ(service.requests()[1].body.find("\"tool_choice\""), std::string::npos);
    }
}

TEST(AToolWithoutACoroutine, IsAFailedCall) {
    for (bool const throws : {false, true}) {
        fake_service service;
        service.then(openai_calls({{"odd", "{}"}})).then(openai_text("done"));
        run_virtual([](fake_service fake, bool throwing) -> asio::awaitable<void> {
            toolbox::entry odd{.name = "odd", .description = "x"};
            if (throwing)
                odd.call = [](std::string) -> asio::awaitable<result<tool_output>> {
                    throw std::runtime_error{"out of order"};
                };
            toolbox tools;
            tools.add(std::move(odd));
            auto llm = co_await connect(fake.options());
            EXPECT_EQ((co_await llm.run("x", tools)).text, "done");
        }(service, throws));
        EXPECT_THAT(service.requests()[1].body, HasSubstr(throws ? "out of order" : "no function"));
    }
}

// --- keys ---

TEST(ATokenSource, SendsABearerToken) {
    for (auto const* name : {"azure", "anthropic"}) {
        fake_service service;
        service.then({.status = 400});
        run_virtual([](fake_service fake, std::string which) -> asio::awaitable<void> {
            auto options = fake.options();
            options.service.provider = {.service = std::move(which), .base_url = "https://service.example"};
            options.service.token_source = []() -> asio::awaitable<result<secret>> { co_return secret{"eyJ"}; };
            auto llm = co_await connect(std::move(options));
            (void)co_await as_result(llm.chat("x"));
        }(service, name));
        auto const& headers = service.requests().at(0).headers;
        EXPECT_EQ(headers.find("authorization"), "Bearer eyJ") << name;
        EXPECT_FALSE(headers.contains("api-key") || headers.contains("x-api-key"));
    }
}

}  // namespace
}  // namespace coax
