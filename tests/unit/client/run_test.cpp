// A run's approval, budget, typed end, history, images and events.

#include "support/cancel_everywhere.hpp"
#include "support/fake_service.hpp"
#include "support/run_coro.hpp"

#include <coax/chat/content_file.hpp>
#include <coax/chat/response_details.hpp>
#include <coax/client/client.hpp>
#include <coax/client/tool_stream.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>

#include <gmock/gmock.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace coax {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using namespace coax::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct spoken {
    std::string words{};
};
struct verdict_of_run {
    int points{0};
};

/// "say" repeats its words; "act" waits for a second.
toolbox repeating_tools() {
    toolbox tools;
    tools.add("say", "Repeats", [](spoken const& given) { return "said " + given.words; });
    tools.add("act", "Takes a second", []() -> asio::awaitable<void> { co_await sleep_for(1s); });
    return tools;
}

std::pair<std::string, std::string> call_of_say(std::string const& words) {
    return {"say", R"({"words":")" + words + "\"}"};
}

/// Runs `body(llm)` in virtual time with a client of this service.
template <class Body>
void with_run_client(fake_service const& service, Body body) {
    run_virtual([](client_options options, Body inner) -> asio::awaitable<void> {
        auto llm = co_await connect(std::move(options));
        co_await inner(llm);
    }(service.options(), std::move(body)));
}

// --- approval ---

TEST(ToolApproval, AllowsDeniesAndChangesInTheOrderOfTheCalls) {
    fake_service service;
    service.then(openai_calls({call_of_say("a"), call_of_say("b"), call_of_say("c"), {"unknown", "{}"}}))
        .then(openai_text("done"));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        std::vector<std::string> asked;
        std::vector<std::string> told;
        run_options options;
        options.approve = [&asked](tool_call call) -> asio::awaitable<tool_approval> {
            co_await sleep_for(1s);
            asked.push_back(call.id);
            if (call.id == "call_1") co_return tool_approval{.allowed = false, .reason = "not today"};
            if (call.id == "call_2") co_return tool_approval{.arguments = R"({"words":"changed"})"};
            co_return tool_approval{};
        };
        options.on_tool = [&told](tool_call const& call, std::string_view output, bool failed) {
            told.push_back(call.id + (failed ? "!" : "=") + std::string{output} + call.arguments);
        };
        EXPECT_EQ((co_await llm.run("x", repeating_tools(), options)).text, "done");
        EXPECT_THAT(asked, ElementsAre("call_0", "call_1", "call_2"));
        EXPECT_THAT(
            told, testing::UnorderedElementsAre(R"(call_0=said a{"words":"a"})",
                                                R"(call_1!Error: this call was denied: not today{"words":"b"})",
                                                R"(call_2=said changed{"words":"changed"})",
                                                R"(call_3!Error: there is no tool "unknown"; there are: say, act{})"));
    });
    auto const& body = service.requests()[1].body;
    EXPECT_THAT(body, HasSubstr("this call was denied: not today"));
    EXPECT_THAT(body, HasSubstr(R"({\"words\":\"c\"})")) << "the model's own call stays as it wrote it";
}

TEST(ToolApproval, ThatThrowsEndsTheRun) {
    fake_service service;
    service.then(openai_calls({call_of_say("a")}));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        run_options options;
        options.approve = [](tool_call) -> asio::awaitable<tool_approval> { throw std::runtime_error{"gone"}; };
        auto const outcome = co_await as_result(llm.run("x", repeating_tools(), options));
        EXPECT_EQ(outcome.error().code, errc::internal);
        EXPECT_EQ(outcome.error().message, "gone");
        EXPECT_EQ(outcome.error().output_tokens, 5);
    });
    EXPECT_EQ(service.count(), 1U);
}

// --- budget ---

/// Each response costs 15 tokens.
TEST(RunBudget, IsExceededByTheCallInFlightAtMost) {
    for (std::int64_t limit = 1; limit <= 61; limit += 5) {
        fake_service service;
        service.then(openai_calls({call_of_say("a")}));
        int ran = 0;
        with_run_client(service, [limit, &ran](client llm) -> asio::awaitable<void> {
            run_options options{.max_tokens = limit};
            options.on_tool = [&ran](tool_call const&, std::string_view, bool) { ++ran; };
            auto const outcome = co_await as_result(llm.run("x", repeating_tools(), options));
            EXPECT_EQ(outcome.error().code, errc::tool_failed);
            auto const spent = outcome.error().input_tokens + outcome.error().output_tokens;
            auto const is_over = outcome.error().where == "max_tokens" ? spent >= limit && spent - 15 < limit : false;
            EXPECT_TRUE(is_over) << outcome.error() << " after " << spent;
        });
        EXPECT_EQ(service.count(), static_cast<std::size_t>((limit + 14) / 15));
        EXPECT_EQ(ran, static_cast<int>(service.count()) - 1) << "no tool runs whose result nobody reads";
    }
}

TEST(RunBudget, LetsAFinalResponseThrough) {
    fake_service service;
    service.then(openai_text("done"));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        EXPECT_EQ((co_await llm.run("x", repeating_tools(), {.max_tokens = 1})).text, "done");
    });
}

struct run_time_case {
    char const* name;
    std::chrono::milliseconds client_timeout;
    std::chrono::milliseconds run_timeout;
    std::string_view says;
};
void PrintTo(run_time_case const& row, std::ostream* out) { *out << row.name; }
class RunTime : public testing::TestWithParam<run_time_case> {};

TEST_P(RunTime, EndsWhatIsUnderWayAndTellsWhatItCost) {
    fake_service service;
    service.then(openai_calls({{"act", "{}"}}));
    auto options = service.options();
    options.policies.timeout = GetParam().client_timeout;
    run_virtual([](client_options wanted) -> asio::awaitable<void> {
        auto llm = co_await connect(std::move(wanted));
        auto const executor = co_await asio::this_coro::executor;
        auto const began = now(executor);
        auto const outcome = co_await as_result(llm.run("x", repeating_tools(), {.timeout = GetParam().run_timeout}));
        EXPECT_EQ(outcome.error().code, errc::timeout);
        EXPECT_THAT(outcome.error().message, HasSubstr(std::string{GetParam().says}));
        EXPECT_EQ(now(executor) - began, 2500ms);
        EXPECT_EQ(outcome.error().output_tokens, 15);
    }(std::move(options)));
    EXPECT_EQ(service.count(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Rows, RunTime,
                         testing::Values(run_time_case{"the_runs", 0ms, 2500ms, "of the run passed: 2500 ms"},
                                         run_time_case{"the_runs_first", 9s, 2500ms, "of the run passed: 2500 ms"},
                                         run_time_case{"the_clients", 2500ms, 0ms, "of the whole call passed"},
                                         run_time_case{"the_clients_first", 2500ms, 9s, "of the whole call passed"}),
                         [](auto const& row) { return std::string(row.param.name); });

// --- a struct at the end ---

TEST(RunOfAStruct, AsksForItsSchemaBesideTheToolsAndReadsIt) {
    fake_service service;
    service.then(openai_calls({call_of_say("a")}))
        .then(openai_text(R"({"points":"many"})"))
        .then(openai_text(R"({"points":7})"));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        auto const got = co_await llm.run_response<verdict_of_run>("x", repeating_tools());
        EXPECT_EQ(got.value.points, 7);
        EXPECT_EQ(got.response.usage.total_tokens(), 45);
        EXPECT_EQ(got.response.details->history.size(), 6U);
        EXPECT_EQ(llm.statistics().reasks, 1U);
    });
    for (auto const& request : service.requests()) {
        EXPECT_THAT(request.body, HasSubstr(R"("response_format":{"type":"json_schema")"));
        EXPECT_THAT(request.body, HasSubstr(R"("name":"say")"));
    }
    EXPECT_THAT(service.requests()[2].body, HasSubstr("does not have the required form"));
}

TEST(RunOfAStruct, CountsTheTokensOfReasksAlone) {
    fake_service service;
    service.then(openai_calls({call_of_say("a")}))
        .then(openai_calls({call_of_say("b")}))
        .then(openai_text("no"))
        .then(openai_text(R"({"points":1})"));
    auto options = service.options();
    options.output.max_reask_tokens = 16;
    run_virtual([](client_options wanted) -> asio::awaitable<void> {
        auto llm = co_await connect(std::move(wanted));
        EXPECT_EQ((co_await llm.run<verdict_of_run>("x", repeating_tools())).points, 1);
    }(std::move(options)));
}

TEST(RunOfAStruct, EndsAsParseDoes) {
    fake_service service;
    service.then(openai_text("never"));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        EXPECT_EQ((co_await as_result(llm.run<verdict_of_run>("x", repeating_tools()))).error().code,
                  errc::invalid_output);
        EXPECT_EQ(
            (co_await as_result(llm.run<verdict_of_run>("x", repeating_tools(), {.max_rounds = 1}))).error().where,
            "max_rounds");
    });
}

// --- history ---

TEST(RunHistory, IsWhatTheNextTurnGoesOnFrom) {
    fake_service service;
    service.then(openai_calls({call_of_say("a"), call_of_say("b")}))
        .then(openai_text("first"))
        .then(openai_text("second"));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        chat_request request{.messages = {system(std::string{"Be brief."}), user("x")}};
        auto const first = co_await llm.run(request, repeating_tools());
        request.messages = first.details->history;
        EXPECT_EQ(request.messages.size(), 6U);
        EXPECT_EQ(request.messages[3], tool_result("call_0", "said a"));
        EXPECT_EQ(request.messages.back(), to_message(first));
        request.messages.push_back(user("and then?"));
        EXPECT_EQ((co_await llm.run(request, repeating_tools())).text, "second");
    });
    auto const& body = service.requests()[2].body;
    EXPECT_THAT(body, HasSubstr(R"("content":"first")"));
    EXPECT_THAT(body, HasSubstr("said b"));
}

// --- images ---

tool_output screenshot() {
    return {.text = "a page", .parts = {image_bytes("\x89PNG\r\n\x1A\n...."sv), audio_part{.url = "https://a/b.wav"}}};
}

http_response messages_reply(std::string_view block, std::string_view stop_reason) {
    std::string body{R"({"id":"m","type":"message","role":"assistant","model":"m","content":[)"};
    body.append(block).append(R"(],"stop_reason":")").append(stop_reason);
    body.append(R"(","usage":{"input_tokens":1,"output_tokens":1}})");
    return {.status = 200, .body = std::move(body)};
}

/// The second request of a run whose tool gave an image and a sound.
std::string request_after_screenshot(std::string const& name, fake_service service) {
    auto options = service.options();
    options.service.provider.service = name;
    run_virtual([](client_options wanted) -> asio::awaitable<void> {
        auto llm = co_await connect(std::move(wanted));
        toolbox tools;
        tools.add("look", "Shows", [] { return screenshot(); });
        EXPECT_EQ((co_await llm.run("x", tools)).text, "seen");
    }(std::move(options)));
    return service.requests().at(1).body;
}

TEST(ToolImages, AreShownByTheUserWhereToolsCannot) {
    fake_service service;
    service.then(openai_calls({{"look", "{}"}})).then(openai_text("seen"));
    auto const body = request_after_screenshot("openai", service);
    EXPECT_THAT(body, HasSubstr(R"("image_url":{"url":"data:image/png;base64,)"));
    EXPECT_THAT(body, HasSubstr("From the tool look, call call_0:"));
    EXPECT_THAT(body, HasSubstr("left out: openai takes sound by data alone"));
    EXPECT_THAT(body, HasSubstr("The next message of the user shows"));
}

TEST(ToolImages, StandInTheResultWhereTheServiceTakesThem) {
    fake_service service;
    service.then(messages_reply(R"({"type":"tool_use","id":"c1","name":"look","input":{}})", "tool_use"))
        .then(messages_reply(R"({"type":"text","text":"seen"})", "end_turn"));
    auto const body = request_after_screenshot("anthropic", service);
    EXPECT_THAT(body, HasSubstr(R"("type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"a page)"));
    EXPECT_THAT(body, HasSubstr(R"({"type":"image","source")"));
    EXPECT_THAT(body, HasSubstr("left out: anthropic takes no sound"));
    EXPECT_THAT(body, Not(HasSubstr("From the tool")));
}

// --- events ---

/// All events in words.
asio::awaitable<std::string> events_in_words(tool_stream& events) {
    constexpr std::array<std::string_view, 7> words{"round", "text", "reasoning", "refusal",
                                                    "begun", "done", "finished"};
    std::string all;
    while (auto const event = co_await events.next()) {
        all.append(words[static_cast<std::size_t>(event->kind)]).append(" ").append(std::to_string(event->round));
        all.append(event->failed ? " failed " : " ").append(event->call.id).append(event->text);
        if (event->response) all.append(event->response->text);
        all.append("\n");
    }
    co_return all;
}

TEST(RunStream, TellsWhatHappensInOrder) {
    fake_service service;
    service.then(openai_calls({call_of_say("a"), {"gone", "{}"}})).then(openai_stream({"It ", "is ", "so."}));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        auto events = co_await llm.run_stream("x", repeating_tools());
        EXPECT_EQ(co_await events_in_words(events),
                  "round 1 \nbegun 1 call_0\nbegun 1 call_1\ndone 1 call_0said a\n"
                  "done 1 failed call_1Error: there is no tool \"gone\"; there are: say, act\n"
                  "round 2 \ntext 2 It \ntext 2 is \ntext 2 so.\nfinished 0 It is so.\n");
        EXPECT_FALSE(events.open());
        EXPECT_EQ((co_await events.finish()).usage.total_tokens(), 30);
    });
}

TEST(RunStream, ShowsTextAsItComes) {
    fake_service service;
    fake_service::answer slow{.response = openai_stream({"a", "b"}), .piece_bytes = 130, .delay_per_piece = 1min};
    service.then(std::move(slow));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        auto events = co_await llm.run_stream("x", repeating_tools());
        auto const executor = co_await asio::this_coro::executor;
        std::vector<clock::time_point> came;
        while (auto const event = co_await events.next())
            if (event->kind == run_event_kind::text) came.push_back(now(executor));
        EXPECT_EQ(came.size(), 2U);
        EXPECT_GE(came.back() - came.front(), 1min);
    });
}

TEST(RunStream, ThrowsWhatARunThrows) {
    fake_service service;
    service.then(openai_calls({call_of_say("a")}));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        auto events = co_await llm.run_stream("x", repeating_tools(), {.max_rounds = 2});
        auto const outcome = co_await as_result(events_in_words(events));
        EXPECT_EQ(outcome.error().where, "max_rounds");
        EXPECT_EQ((co_await as_result(events.finish())).error().where, "max_rounds");
        auto refused = co_await llm.run_stream("x", repeating_tools(), {.max_rounds = 0});
        EXPECT_EQ((co_await as_result(refused.finish())).error().code, errc::invalid_argument);
    });
}

TEST(RunStream, WaitsForWhoReadsSlowly) {
    fake_service service;
    service.then(openai_stream(std::vector<std::string>(200, "x")));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        auto events = co_await llm.run_stream("x", repeating_tools());
        co_await sleep_for(1h);
        std::size_t count = 0;
        while (auto const event = co_await events.next()) count += event->kind == run_event_kind::text ? 1U : 0U;
        EXPECT_EQ(count, 200U);
    });
}

TEST(RunStream, UnwrapsTheValueOfAFormat) {
    fake_service service;
    service.then(openai_stream({R"({"val)", R"(ue":[1,)", "2]}"}));
    with_run_client(service, [](client llm) -> asio::awaitable<void> {
        auto events = co_await llm.run_stream("x", repeating_tools(), {}, output_format::of<std::vector<int>>());
        std::string text;
        while (auto const event = co_await events.next())
            if (event->kind == run_event_kind::text) text += event->text;
        EXPECT_EQ(text, "[1,2]");
        EXPECT_EQ((co_await events.finish()).text, "[1,2]");
    });
}

// --- cancellation ---

/// What a run that is cancelled and the call after it share.
struct shared_run {
    int requests{0};
    std::optional<client> llm{};
    witness frames{};
};

client_options one_at_a_time(std::shared_ptr<shared_run> const& shared) {
    client_options options{.service = {.model = "m"}};
    options.service.transport =
        std::make_shared<memory_transport>([shared](http_request const& request) -> result<fake_service::answer> {
            bool const is_after = request.body.find("after") != std::string::npos;
            auto const number = is_after ? 0 : ++shared->requests;
            return fake_service::answer{
                .response = number == 1 ? openai_calls({{"act", "{}"}, {"act", "{}"}}) : openai_text("ok"),
                .delay = 1s};
        });
    options.policies.max_concurrency = 1;
    return options;
}

asio::awaitable<void> cancelled_run(std::shared_ptr<shared_run> shared, bool streaming) {
    auto llm = shared->llm.emplace(co_await asio::this_coro::executor, one_at_a_time(shared));
    toolbox tools;
    tools.add("act", "Takes a second", [shared]() -> asio::awaitable<void> {
        auto const alive = shared->frames();
        co_await sleep_for(1s);
    });
    run_options options;
    options.approve = [shared](tool_call) -> asio::awaitable<tool_approval> {
        auto const alive = shared->frames();
        co_await sleep_for(1s);
        co_return tool_approval{};
    };
    if (!streaming) {
        EXPECT_EQ((co_await llm.run("x", tools, options)).text, "ok");
        co_return;
    }
    auto events = co_await llm.run_stream("x", tools, options);
    while (co_await events.next()) continue;
}

/// The one permit is free.
asio::awaitable<void> call_after_run(std::shared_ptr<shared_run> shared) {
    co_await sleep_for(1h);
    EXPECT_EQ(shared->frames.alive(), 0) << "a tool goes on";
    if (shared->llm) EXPECT_EQ((co_await shared->llm->chat("after")).text, "ok");
    shared->llm.reset();
}

TEST(RunCancellation, LeavesNoToolNoPermitAndNoRequest) {
    for (bool const streaming : {false, true}) {
        auto const report = cancel_everywhere([streaming] {
            auto const shared = std::make_shared<shared_run>();
            scenario run{.subject = cancelled_run(shared, streaming)};
            run.company.push_back(call_after_run(shared));
            run.kept = shared;
            return run;
        });
        EXPECT_GT(report.suspensions, 6);
        EXPECT_GT(report.cancelled, 6);
    }
}

TEST(RunStream, ThatIsDroppedEndsTheRun) {
    auto const shared = std::make_shared<shared_run>();
    run_virtual([](std::shared_ptr<shared_run> all) -> asio::awaitable<void> {
        auto llm = co_await connect(one_at_a_time(all));
        toolbox tools;
        tools.add("act", "Never ends", [all]() -> asio::awaitable<void> {
            auto const alive = all->frames();
            co_await sleep_for(1h);
        });
        {
            auto events = co_await llm.run_stream("x", tools);
            while (auto const event = co_await events.next())
                if (event->kind == run_event_kind::call_begun) break;
            co_await sleep_for(1s);
            EXPECT_EQ(all->frames.alive(), 2);
        }
        co_await sleep_for(1s);
        EXPECT_EQ(all->frames.alive(), 0);
        EXPECT_EQ((co_await llm.chat("after")).text, "ok");
    }(shared));
}

TEST(RunStream, EndsWithTheContextOfItsClient) {
    fake_service service;
    service.then(openai_text("never"));
    std::optional<errc> failure;
    asio::io_context own{1};
    auto watched = std::make_unique<asio::io_context>(1);
    auto const watch = [](client llm, std::optional<errc>& why) -> asio::awaitable<void> {
        auto events = co_await llm.run_stream("x", repeating_tools());
        auto const outcome = co_await as_result(events.finish());
        if (!outcome) why = outcome.error().code;
    };
    asio::co_spawn(own, watch(client{watched->get_executor(), service.options()}, failure), [](std::exception_ptr) {});
    own.poll();  // up to the wait for events
    EXPECT_FALSE(failure);
    watched.reset();
    own.poll();
    EXPECT_EQ(failure, errc::closed);
}

}  // namespace
}  // namespace coax
