#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/client/background.hpp>
#include <coax/client/token_options.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::connect;
using test::fake_service;
using test::openai_error;
using test::run_virtual;
using testing::HasSubstr;

http_response background_object(std::string_view status, std::string_view more = "", header_list headers = {}) {
    std::string body{R"({"id":"resp_1","object":"response","background":true,"model":"m","error":null,"status":")"};
    body.append(status).append("\"").append(more).append("}");
    return {.status = 200, .headers = std::move(headers), .body = std::move(body)};
}

http_response pending(std::string_view status, header_list headers = {}) {
    return background_object(status, R"(,"output":[],"usage":null)", std::move(headers));
}

http_response over_with(std::string_view text, std::string_view status = "completed", std::string_view more = "") {
    std::string rest{R"(,"output":[{"type":"message","content":[{"type":"output_text","text":)"};
    rest.append(test::json_text(text)).append(R"(}]}],"usage":{"input_tokens":10,"output_tokens":5})").append(more);
    return background_object(status, rest);
}

client_options responses_options(fake_service const& fake) {
    auto options = fake.options();
    options.service.provider.api = "responses";
    return options;
}

std::vector<std::string> lines_of(fake_service const& fake) {
    std::vector<std::string> lines;
    for (auto const& request : fake.requests()) lines.push_back(request.method + ' ' + request.target);
    return lines;
}

TEST(Background, ResponseIsBegunLookedAtAndCountedOnce) {
    fake_service service;
    service.then(pending("queued")).then(pending("queued")).then(pending("in_progress")).then(over_with("Moi!"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(responses_options(fake));
        background_responses const background{llm};
        auto const executor = co_await asio::this_coro::executor;
        chat_request request{.messages = {user("Say hello in Finnish.")}};
        auto const begun = co_await background.start(
            request, background_options{.completion_window = "8h", .continuation_id = "job-7"});
        EXPECT_EQ(begun.id, "resp_1");
        EXPECT_EQ(begun.status, background_status::queued);
        EXPECT_FALSE(begun.is_over());
        auto const began = now(executor);
        auto const response = co_await background.wait(begun.id);
        EXPECT_EQ(response.text, "Moi!");
        EXPECT_EQ(response.usage.total_tokens(), 15);
        EXPECT_GE(now(executor) - began, 2'500ms);  // 1 s, then half as long again
        EXPECT_LT(now(executor) - began, 2'600ms);
        EXPECT_EQ(llm.statistics().usage.total_tokens(), 15);
        EXPECT_EQ(llm.statistics().attempts, 4U);
        (void)co_await background.look(begun.id);
        EXPECT_EQ(llm.statistics().usage.total_tokens(), 15);
    }(service));
    std::vector<std::string> const expected{"POST /v1/responses", "GET /v1/responses/resp_1",
                                            "GET /v1/responses/resp_1", "GET /v1/responses/resp_1",
                                            "GET /v1/responses/resp_1"};
    EXPECT_EQ(lines_of(service), expected);
    EXPECT_THAT(service.requests()[0].body, HasSubstr(R"("background":true)"));
    EXPECT_THAT(service.requests()[0].body,
                HasSubstr(R"("background_options":{"completion_window":"8h","continuation_id":"job-7"})"));
    EXPECT_EQ(service.requests()[1].headers.find("Authorization"), "Bearer sk-test");
}

TEST(Background, ResponseIsPaidFromTheLimitOrNotBegun) {
    auto const facts = model_table::parse(
        R"({"as_of": "", "models": [{"id": "m", "service": "openai", "usd_per_million": {"input": 1, "output": 10}}]})");
    fake_service service;
    service.then(pending("queued"));
    run_virtual([](fake_service fake, model_table prices) -> asio::awaitable<void> {
        auto options = responses_options(fake);
        auto const limit = std::make_shared<spending_limit>(usd::dollars(1), prices);
        options.tokens = token_options{.spending = limit, .facts = prices};
        background_responses const background{co_await connect(std::move(options))};
        chat_request const request{.model = "m", .messages = {user("x")}, .max_output_tokens = 60'000};
        EXPECT_TRUE(co_await as_result(background.start(request)));
        EXPECT_GE(limit->spent(), usd::cents(60)) << "what it will be is not known: all that was set aside counts";
        auto const refused = co_await as_result(background.start(request));
        EXPECT_EQ(refused.error().code, errc::quota_exhausted);
    }(service, facts.value()));
    EXPECT_EQ(service.requests().size(), 1U);
}

// ---- how often it is looked at ----

struct interval_case {
    char const* name;
    background_wait options;
    std::vector<fake_service::answer> looks;
    std::chrono::milliseconds least;  ///< Until the response is there.
};
void PrintTo(interval_case const& row, std::ostream* out) { *out << row.name; }
class BackgroundIntervals : public testing::TestWithParam<interval_case> {};

fake_service::answer told_to_wait() { return {.response = pending("queued", {{"retry-after", "60"}})}; }
fake_service::answer not_yet() { return {.response = pending("in_progress")}; }
fake_service::answer strange() { return {.response = pending("thinking_hard")}; }

TEST_P(BackgroundIntervals, AreAsTheOptionsAndTheServiceSay) {
    fake_service service;
    for (auto const& look : GetParam().looks) service.then(look);
    service.then(over_with("done"));
    run_virtual([](fake_service fake, interval_case row) -> asio::awaitable<void> {
        auto const llm = co_await connect(responses_options(fake));
        background_responses const background{llm};
        auto const executor = co_await asio::this_coro::executor;
        auto const began = now(executor);
        auto const response = co_await background.wait("resp_1", row.options);
        EXPECT_EQ(response.text, "done");
        EXPECT_GE(now(executor) - began, row.least);
        EXPECT_LT(now(executor) - began, row.least + 100ms);
    }(service, GetParam()));
    EXPECT_EQ(service.count(), GetParam().looks.size() + 1);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BackgroundIntervals,
    testing::Values(interval_case{"none_where_it_is_over", {}, {}, 0ms},
                    interval_case{"grow_to_their_bound",
                                  {.first_interval = 2s, .longest_interval = 4s},
                                  {not_yet(), not_yet(), not_yet(), not_yet()},
                                  13s},
                    interval_case{"a_told_wait_counts_where_it_is_longer", {}, {told_to_wait(), not_yet()}, 61'500ms},
                    interval_case{"an_unknown_status_goes_on", {}, {strange()}, 1s}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Background, WaitOutlivesAnOutage) {
    fake_service service;
    for (int i = 0; i < 9; ++i) service.then(openai_error(503, "x"));  // three looks, each with its retries
    service.then(pending("queued")).then(over_with("done"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(responses_options(fake));
        auto const response = co_await background_responses{llm}.wait("resp_1");
        EXPECT_EQ(response.text, "done");
    }(service));
    EXPECT_EQ(service.count(), 11U);
}

// ---- how it ends ----

struct failing_wait {
    char const* name;
    http_response answer;
    errc code;
    std::string words;
    std::size_t requests{1};
};
void PrintTo(failing_wait const& row, std::ostream* out) { *out << row.name; }
class FailingBackground : public testing::TestWithParam<failing_wait> {};

TEST_P(FailingBackground, SaysWhy) {
    fake_service service;
    service.then(GetParam().answer);
    run_virtual([](fake_service fake, failing_wait row) -> asio::awaitable<void> {
        auto const llm = co_await connect(responses_options(fake));
        auto const outcome = co_await as_result(background_responses{llm}.wait("resp_1", {.max_failed_looks = 2}));
        EXPECT_FALSE(outcome);
        if (outcome) co_return;
        EXPECT_EQ(outcome.error().code, row.code) << outcome.error();
        EXPECT_THAT(to_string(outcome.error()), HasSubstr(row.words));
    }(service, GetParam()));
    EXPECT_EQ(service.count(), GetParam().requests);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FailingBackground,
    testing::Values(
        failing_wait{
            "failed",
            background_object("failed",
                              R"(,"error":{"code":"server_error","message":"the model fell over"},"output":[])"),
            errc::server_error, "the model fell over"},
        failing_wait{"cancelled", pending("cancelled"), errc::cancelled, "resp_1"},
        failing_wait{"not_there", openai_error(404, "not_found"), errc::not_found, "/v1/responses/resp_1"},
        failing_wait{"wrong_key", openai_error(401, "invalid_api_key"), errc::authentication, ""},
        failing_wait{"no_object", http_response{.status = 200, .body = "[]"}, errc::protocol_error,
                     "a response object"},
        failing_wait{"out_for_too_long", openai_error(503, "x"), errc::overloaded, "told by the service", 9},
        failing_wait{"spent_on_reasoning",
                     background_object("incomplete", R"(,"incomplete_details":{"reason":"max_output_tokens"},"output":)"
                                                     R"([{"type":"reasoning","summary":[]}],"usage":{"input_tokens":1,)"
                                                     R"("output_tokens":16})"),
                     errc::spent_on_reasoning, ""}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Background, IncompleteResponseIsAResponse) {
    fake_service service;
    service.then(over_with("half of it", "incomplete", R"(,"incomplete_details":{"reason":"max_output_tokens"})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        background_responses const background{co_await connect(responses_options(fake))};
        auto const seen = co_await background.look("resp_1");
        EXPECT_EQ(seen.status, background_status::incomplete);
        EXPECT_TRUE(seen.is_over());
        EXPECT_EQ((co_await background.wait("resp_1")).finish_reason, finish_reason::length);
    }(service));
}

// ---- nothing is paid twice ----

TEST(Background, StartIsSentAgainOnlyWhereItWasNotTaken) {
    struct row {
        result<fake_service::answer> first;
        std::size_t requests;
    };
    error const lost{.code = errc::connection_lost, .message = "gone"};
    error const late{.code = errc::timeout, .message = "silence"};
    error const unreached{.code = errc::connect_failed, .message = "refused"};
    for (auto const& [first, requests] :
         {row{lost, 1}, row{late, 1}, row{unreached, 2},
          row{fake_service::answer{.response = openai_error(503, "x")}, 2},
          row{fake_service::answer{.response = openai_error(429, "rate_limit_exceeded")}, 2}}) {
        fake_service service;
        service.then(first).then(pending("queued"));
        run_virtual([](fake_service fake) -> asio::awaitable<void> {
            background_responses const background{co_await connect(responses_options(fake))};
            (void)co_await as_result(background.start("x"));
        }(service));
        EXPECT_EQ(service.count(), requests);
    }
}

TEST(Background, StartIsNotHedged) {
    fake_service service;
    service.then(fake_service::answer{.response = pending("queued"), .delay = 10s});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = responses_options(fake);
        options.policies.hedge = hedge_options{.delay = 1s};
        background_responses const background{co_await connect(std::move(options))};
        (void)co_await background.start("x");
    }(service));
    EXPECT_EQ(service.count(), 1U);
    EXPECT_FALSE(service.requests()[0].repeatable);
}

// ---- a wait that is left ----

struct left_case {
    char const* name;
    bool by_timeout;
    bool cancels;
};
void PrintTo(left_case const& row, std::ostream* out) { *out << row.name; }
class LeftBackground : public testing::TestWithParam<left_case> {};

TEST_P(LeftBackground, GoesOnOrIsCancelledAsTheOptionsSay) {
    fake_service service;
    service.then(pending("in_progress"));
    run_virtual([](fake_service fake, left_case row) -> asio::awaitable<void> {
        auto const llm = co_await connect(responses_options(fake));
        background_wait const options{.timeout = row.by_timeout ? 30s : 0s, .cancel_when_left = row.cancels};
        std::optional<error> why;
        test::started waiting{co_await asio::this_coro::executor,
                              [](client of, background_wait how, std::optional<error>& end) -> asio::awaitable<void> {
                                  auto const outcome = co_await as_result(background_responses{of}.wait("resp_1", how));
                                  if (!outcome) end = outcome.error();
                              }(llm, options, why)};
        co_await sleep_for(20s);
        EXPECT_FALSE(waiting.done());
        if (!row.by_timeout) waiting.cancel();
        co_await sleep_for(20s);
        EXPECT_TRUE(waiting.done());
        EXPECT_TRUE(why && why->code == (row.by_timeout ? errc::timeout : errc::cancelled)) << (why ? *why : error{});
        if (row.by_timeout && why) EXPECT_THAT(why->message, HasSubstr(row.cancels ? "is cancelled" : "goes on"));
    }(service, GetParam()));
    auto const lines = lines_of(service);
    EXPECT_EQ(std::ranges::count(lines, "POST /v1/responses/resp_1/cancel"), GetParam().cancels ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P(Rows, LeftBackground,
                         testing::Values(left_case{"timeout_goes_on", true, false},
                                         left_case{"timeout_cancels", true, true},
                                         left_case{"cancellation_goes_on", false, false},
                                         left_case{"cancellation_cancels", false, true}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(Background, ClientsTimeoutIsThatOfOneLook) {
    fake_service service;
    for (int i = 0; i < 5; ++i) service.then(pending("in_progress"));
    service.then(fake_service::answer{.response = pending("in_progress"), .delay = 1h}).then(over_with("done"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto options = responses_options(fake);
        options.policies.timeout = 5s;
        auto const llm = co_await connect(std::move(options));
        EXPECT_EQ((co_await background_responses{llm}.wait("resp_1")).text, "done");
    }(service));
}

// ---- formats ----

struct person_found {
    std::string name{};
    int age{};
};

TEST(Background, TypedResponsesAreReadByAnotherProgram) {
    fake_service service;
    service.then(pending("queued"))
        .then(over_with(R"({"name":"Ann","age":4})"))
        .then(over_with(R"({"value":[1,2,3]})"));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        background_responses const background{co_await connect(responses_options(fake))};
        (void)co_await background.start("Who?", {}, output_format::of<person_found>());
        background_responses const other{co_await connect(responses_options(fake))};
        auto const found = co_await other.read<person_found>("resp_1");
        EXPECT_EQ(found.value.name, "Ann");
        EXPECT_EQ(found.response.usage.output_tokens, 5);
        EXPECT_EQ((co_await other.read<std::vector<int>>("resp_1")).value, (std::vector{1, 2, 3}));
        auto const wrong = co_await as_result(other.read<person_found>("resp_1"));
        EXPECT_TRUE(!wrong && wrong.error().code == errc::invalid_output && wrong.error().output_tokens == 5);
    }(service));
    EXPECT_THAT(service.requests()[0].body, HasSubstr(R"("json_schema")"));
    EXPECT_EQ(service.count(), 4U);
}

// ---- what no service takes ----

struct refused_start {
    char const* name;
    void (*set)(client_options&, chat_request&, background_options&);
    char const* where;
};
void PrintTo(refused_start const& row, std::ostream* out) { *out << row.name; }
class RefusedBackground : public testing::TestWithParam<refused_start> {};

TEST_P(RefusedBackground, IsRefusedBeforeItIsSent) {
    fake_service service;
    run_virtual([](fake_service fake, refused_start row) -> asio::awaitable<void> {
        auto options = responses_options(fake);
        chat_request request{.messages = {user("x")}};
        background_options how;
        row.set(options, request, how);
        background_responses const background{co_await connect(std::move(options))};
        auto const begun = co_await as_result(background.start(request, how));
        EXPECT_FALSE(begun);
        if (begun) co_return;
        EXPECT_EQ(begun.error().code, errc::invalid_argument);
        EXPECT_EQ(begun.error().where, row.where) << begun.error();
    }(service, GetParam()));
    EXPECT_EQ(service.count(), 0U);
}

void use_azure(client_options& options) {
    options.service.provider.service = "azure";
    options.service.provider.base_url = "https://r.openai.azure.com";
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedBackground,
    testing::Values(
        refused_start{"chat_completions",
                      [](client_options& o, chat_request&, background_options&) { o.service.provider.api.clear(); },
                      "service"},
        refused_start{"anthropic",
                      [](client_options& o, chat_request&, background_options&) {
                          o.service.provider.api.clear();
                          o.service.provider.service = "anthropic";
                      },
                      "service"},
        refused_start{"azure_dated",
                      [](client_options& o, chat_request&, background_options&) {
                          use_azure(o);
                          o.service.provider.api_version = "2025-04-01-preview";
                      },
                      "service"},
        refused_start{"window_on_azure",
                      [](client_options& o, chat_request&, background_options& b) {
                          use_azure(o);
                          b.completion_window = "2h";
                      },
                      "completion_window"},
        refused_start{"unknown_window",
                      [](client_options&, chat_request&, background_options& b) { b.completion_window = "1h"; },
                      "completion_window"},
        refused_start{"group_without_a_window",
                      [](client_options&, chat_request&, background_options& b) { b.continuation_id = "x"; },
                      "continuation_id"},
        refused_start{"window_in_another_tier",
                      [](client_options&, chat_request& r, background_options& b) {
                          b.completion_window = "2h";
                          r.advanced.edit().service_tier = "flex";
                      },
                      "advanced.service_tier"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(BackgroundWait, OptionsAreChecked) {
    EXPECT_TRUE(validate(background_wait{}));
    EXPECT_EQ(validate(background_wait{.first_interval = 0ms}).error().where, "first_interval");
    EXPECT_EQ(validate(background_wait{.longest_interval = 11min}).error().where, "longest_interval");
    EXPECT_EQ(validate(background_wait{.first_interval = 2s, .longest_interval = 1s}).error().where,
              "longest_interval");
    EXPECT_EQ(validate(background_wait{.timeout = -1ms}).error().where, "timeout");
    EXPECT_EQ(validate(background_wait{.max_failed_looks = -1}).error().where, "max_failed_looks");
}

TEST(Background, CancelAndRemoveSayWhatBecameOfIt) {
    fake_service service;
    service.then(pending("cancelled")).then(http_response{.status = 200, .body = R"({"id":"resp_1","deleted":true})"});
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        background_responses const background{co_await connect(responses_options(fake))};
        auto const left = co_await background.cancel("resp_1");
        EXPECT_EQ(left.status, background_status::cancelled);
        EXPECT_TRUE(left.is_over());
        co_await background.remove("resp_1");
        auto const nameless = co_await as_result(background.look(""));
        EXPECT_TRUE(!nameless && nameless.error().where == "id");
    }(service));
    EXPECT_EQ(lines_of(service),
              (std::vector<std::string>{"POST /v1/responses/resp_1/cancel", "DELETE /v1/responses/resp_1"}));
}

// ---- streams ----

std::string event_number(int number, std::string_view type, std::string_view more) {
    std::string event{"event: response."};
    event.append(type).append("\ndata: {\"type\":\"response.").append(type).append("\",\"sequence_number\":");
    return event.append(std::to_string(number)).append(more).append("}\n\n");
}

std::string created_event() {
    return event_number(0, "created",
                        R"(,"response":{"id":"resp_1","status":"in_progress","background":true,"output":[]})");
}
std::string text_event(int number, std::string_view text) {
    return event_number(number, "output_text.delta",
                        R"(,"output_index":0,"content_index":0,"delta":)" + test::json_text(text));
}
std::string completed_event(int number, std::string_view text) {
    return event_number(number, "completed", R"(,"response":)" + over_with(text).body);
}

fake_service::answer event_answer(std::string body, bool breaks = false) {
    fake_service::answer answer{
        .response = {.status = 200, .headers = {{"content-type", "text/event-stream"}}, .body = std::move(body)}};
    if (breaks) answer.fails_after = error{.code = errc::connection_lost, .message = "gone"};
    return answer;
}

TEST(BackgroundStream, GoesOnAfterTheLastEventThatCame) {
    fake_service service;
    service.then(event_answer(created_event() + text_event(4, "Hel"), true))
        .then(event_answer(text_event(5, "lo ") + text_event(6, "wor")))  // cut without an error
        .then(event_answer(completed_event(8, "Hello world"), false));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        auto const llm = co_await connect(responses_options(fake));
        background_responses const background{llm};
        auto stream = co_await background.start_stream("x");
        EXPECT_EQ(stream.id(), "resp_1");
        EXPECT_EQ(stream.last_event(), 4);
        std::string shown;
        while (auto const delta = co_await stream.next()) shown += delta->text;
        auto const response = co_await stream.finish();
        EXPECT_EQ(shown, "Hello wor");
        EXPECT_EQ(response.text, "Hello world");
        EXPECT_EQ(response.attempts, 3);
        EXPECT_EQ(llm.statistics().usage.total_tokens(), 15);
    }(service));
    EXPECT_EQ(lines_of(service),
              (std::vector<std::string>{"POST /v1/responses", "GET /v1/responses/resp_1?stream=true&starting_after=4",
                                        "GET /v1/responses/resp_1?stream=true&starting_after=6"}));
    EXPECT_THAT(service.requests()[0].body, HasSubstr(R"("stream":true)"));
    EXPECT_FALSE(service.requests()[0].repeatable);
}

TEST(BackgroundStream, IsFoundAgainByAnotherProgram) {
    fake_service service;
    service.then(event_answer(created_event() + text_event(4, "Hello") + completed_event(6, "Hello")))
        .then(event_answer(text_event(5, " you") + completed_event(6, "Hello you")));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        background_responses const background{co_await connect(responses_options(fake))};
        auto whole = co_await background.stream("resp_1");
        EXPECT_EQ((co_await whole.finish()).text, "Hello");
        auto rest = co_await background.stream("resp_1", 4);
        auto const delta = co_await rest.next();
        EXPECT_TRUE(delta && delta->text == " you");
        EXPECT_EQ((co_await rest.finish()).text, "Hello you");
        EXPECT_EQ(rest.id(), "resp_1");
    }(service));
    EXPECT_EQ(lines_of(service), (std::vector<std::string>{"GET /v1/responses/resp_1?stream=true",
                                                           "GET /v1/responses/resp_1?stream=true&starting_after=4"}));
}

TEST(BackgroundStream, EndsWhereNothingMoreComesOrTheResponseFails) {
    fake_service silent;
    silent.then(event_answer(created_event(), true));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        background_responses const background{co_await connect(responses_options(fake))};
        auto const outcome = co_await as_result(background.start_stream("x"));
        EXPECT_TRUE(!outcome && outcome.error().code == errc::connection_lost);
    }(silent));
    EXPECT_LE(silent.count(), 10U);
    EXPECT_EQ(std::ranges::count(lines_of(silent), "POST /v1/responses"), 1);

    fake_service failing;
    failing.then(event_answer(
        created_event() + text_event(4, "Hel") +
        event_number(
            5, "failed",
            R"(,"response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"no"}})")));
    run_virtual([](fake_service fake) -> asio::awaitable<void> {
        background_responses const background{co_await connect(responses_options(fake))};
        auto stream = co_await background.start_stream("x");
        auto const outcome = co_await as_result(stream.finish());
        EXPECT_TRUE(!outcome && outcome.error().code == errc::server_error);
    }(failing));
    EXPECT_EQ(failing.count(), 1U);
}

}  // namespace
}  // namespace coax
