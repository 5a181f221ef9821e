// Every service's client half against the simulator's independent server half; over TLS where connections matter.

#include "support/run_coro.hpp"
#include "support/sim_client.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/tasks/map.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace coax {
namespace {

using namespace std::chrono_literals;
using test::options_for;
using test::run_coro;
using test::wire_form;

struct sentiment {
    enum class polarity { negative, neutral, positive };
    polarity label{};
    double confidence{};
    std::vector<std::string> emotions{};
    std::optional<std::string> remark{};

    static constexpr auto coax_schema =
        coax::describe("The sentiment of one post",
                       coax::field(&sentiment::confidence, {.description = "How sure", .minimum = 0, .maximum = 1}),
                       coax::field(&sentiment::emotions, "Emotions named or clearly implied"));
};

struct weather_query {
    std::string city{};
};
struct weather {
    double celsius{};
};

class EveryService : public testing::TestWithParam<wire_form> {
protected:
    static sim::options plain() { return {.api_key = "sk-sim"}; }
    static sim::options secured() { return {.tls = true, .api_key = "sk-sim"}; }

    /// Runs `body` with a client of the row's service.
    template <class Body>
    void with_client(sim::options wanted, Body body) {
        sim::server server{std::move(wanted)};
        run_coro([](client_options options, Body inner) -> asio::awaitable<void> {
            client llm{co_await asio::this_coro::executor, std::move(options)};
            co_await inner(llm);
        }(options_for(GetParam(), server), std::move(body)));
    }
};

TEST_P(EveryService, Chats) {
    with_client(secured(), [](client& llm) -> asio::awaitable<void> {
        auto const answer = co_await llm.chat("Say hello in Finnish.");
        EXPECT_FALSE(answer.text.empty());
        EXPECT_EQ(answer.finish_reason, finish_reason::stop);
        EXPECT_GT(answer.usage.input_tokens, 0);
        EXPECT_GT(answer.usage.output_tokens, 0);
        EXPECT_FALSE(answer.request_id.empty());
    });
}

TEST_P(EveryService, StreamsTheSameAnswer) {
    with_client(secured(), [](client& llm) -> asio::awaitable<void> {
        auto const whole = co_await llm.chat("Tell me a story.");
        auto words = co_await llm.stream("Tell me a story.");
        std::string text;
        int pieces = 0;
        while (auto delta = co_await words.next()) {
            text += delta->text;
            ++pieces;
        }
        auto const end = co_await words.finish();
        EXPECT_EQ(text, whole.text);
        EXPECT_EQ(end.text, whole.text);
        EXPECT_GT(pieces, 1);
        EXPECT_EQ(end.finish_reason, finish_reason::stop);
        EXPECT_EQ(end.usage.output_tokens, whole.usage.output_tokens);
    });
}

TEST_P(EveryService, ParsesAStruct) {
    with_client(plain(), [](client& llm) -> asio::awaitable<void> {
        auto const read = co_await llm.parse_response<sentiment>("I waited three hours. Never again.");
        EXPECT_GE(read.value.confidence, 0);
        EXPECT_LE(read.value.confidence, 1);
        EXPECT_EQ(read.response.attempts, 1);
    });
}

TEST_P(EveryService, ReadsAStructWhileItStreams) {
    with_client(plain(), [](client& llm) -> asio::awaitable<void> {
        auto const at_once = co_await llm.parse<sentiment>("I waited three hours. Never again.");
        auto answer = co_await llm.parse_stream<sentiment>("I waited three hours. Never again.");
        std::size_t items = 0;
        int snapshots = 0;
        while (sentiment const* so_far = co_await answer.next()) {
            ++snapshots;
            EXPECT_GE(so_far->emotions.size(), items);
            items = so_far->emotions.size();
        }
        auto const whole = co_await answer.finish_response();
        EXPECT_GT(snapshots, 1);
        EXPECT_EQ(json::write(whole.value), json::write(at_once));
        EXPECT_EQ(whole.response.finish_reason, finish_reason::stop);
        EXPECT_GT(whole.response.usage.output_tokens, 0);
    });
}

TEST_P(EveryService, CutStreamsKeepWhatArrived) {
    auto options = secured();
    options.script = {{.request = 1, .fault = {.kind = sim::fault_kind::length}}};
    with_client(std::move(options), [](client& llm) -> asio::awaitable<void> {
        auto answer = co_await llm.parse_stream<sentiment>("I waited three hours. Never again.");
        auto const cut = co_await as_result(answer.finish());
        EXPECT_FALSE(cut);
        if (!cut) EXPECT_EQ(cut.error().code, errc::truncated) << cut.error();
        EXPECT_FALSE(answer.reader().text().empty());
        EXPECT_FALSE(answer.reader().is_complete());
    });
}

TEST_P(EveryService, AsksAgainAfterAViolation) {
    auto options = plain();
    options.script = {{.request = 1, .fault = {.kind = sim::fault_kind::schema_violation}}};
    with_client(std::move(options), [](client& llm) -> asio::awaitable<void> {
        auto const read = co_await llm.parse_response<sentiment>("x");
        EXPECT_EQ(read.response.attempts, 2);
    });
}

TEST_P(EveryService, CallsTools) {
    with_client(plain(), [](client& llm) -> asio::awaitable<void> {
        toolbox tools;
        int calls = 0;
        tools.add("get_weather", "Current weather of a city", [&calls](weather_query asked) -> weather {
            EXPECT_FALSE(asked.city.empty());
            ++calls;
            return {4.5};
        });
        auto const answer = co_await llm.run("Should I cycle in Oslo now?", tools);
        EXPECT_EQ(calls, 1);
        EXPECT_FALSE(answer.text.empty());
    });
}

TEST_P(EveryService, RecoversFromWhatHeals) {
    auto options = plain();
    options.script = {{.request = 1,
                       .fault = {.kind = sim::fault_kind::rate_limited,
                                 .retry_after = sim::retry_after_form::milliseconds,
                                 .wait = 5ms}},
                      {.request = 2, .fault = {.kind = sim::fault_kind::reset, .at_byte = 20}},
                      {.request = 3, .fault = {.kind = sim::fault_kind::overloaded, .wait = 0ms}},
                      {.request = 4, .fault = {.kind = sim::fault_kind::truncated_body}}};
    with_client(std::move(options), [](client& llm) -> asio::awaitable<void> {
        auto patient = llm.options();
        patient.policies.retry.max_attempts = 5;
        client stubborn{co_await asio::this_coro::executor, std::move(patient)};
        auto const answer = co_await stubborn.chat("x");
        EXPECT_EQ(answer.attempts, 5);
    });
}

TEST_P(EveryService, PaysOnceForWhatCannotBeRead) {
    auto options = plain();
    options.script = {{.request = 1, .fault = {.kind = sim::fault_kind::malformed_json}}};
    with_client(std::move(options), [](client& llm) -> asio::awaitable<void> {
        auto const answer = co_await as_result(llm.chat("x"));
        EXPECT_TRUE(answer.has_error() && answer.error().code == errc::protocol_error);
        EXPECT_EQ(llm.statistics().attempts, 1U);
    });
}

TEST_P(EveryService, HedgeOvertakesASilentRequest) {
    auto options = plain();
    options.script = {{.request = 1, .fault = {.kind = sim::fault_kind::stall}}};
    with_client(std::move(options), [](client& llm) -> asio::awaitable<void> {
        auto wanted = llm.options();
        std::vector<errc> ends;
        wanted.hooks.on_attempt = [&ends](attempt_event const& one) {
            ends.push_back(one.why ? one.why->code : errc{});
        };
        wanted.policies.hedge = hedge_options{.delay = 50ms};
        client hedging{co_await asio::this_coro::executor, std::move(wanted)};
        auto const answer = co_await hedging.chat("x");
        EXPECT_FALSE(answer.text.empty());
        EXPECT_EQ(answer.attempts, 2);
        EXPECT_EQ(hedging.statistics().hedges, 1U);
        EXPECT_EQ(ends, (std::vector{errc{}, errc::cancelled}));
    });
}

TEST_P(EveryService, BreakerAdaptiveLimitAndBudgetHoldTogether) {
    auto options = plain();
    options.faults = {{.kind = sim::fault_kind::overloaded, .probability = 0.3, .wait = 0ms}};
    with_client(std::move(options), [](client& llm) -> asio::awaitable<void> {
        auto wanted = llm.options();
        wanted.policies.retry.max_attempts = 20;
        wanted.policies.retry_budget = retry_budget_options{};
        wanted.policies.adaptive = adaptive_limit_options{.initial = 8, .maximum = 16};
        wanted.policies.circuit_breaker = circuit_breaker_options{.failure_rate = 0.9};
        client careful{co_await asio::this_coro::executor, std::move(wanted)};
        std::vector<int> const posts(60);
        auto const ask = [&careful](int) { return careful.chat("x"); };
        for (auto const& answer : co_await map(posts, {.concurrency = 60}, ask)) EXPECT_TRUE(answer) << answer.error();
        auto const done = careful.statistics();
        EXPECT_GT(done.retries, 0U);
        EXPECT_EQ(done.attempts, 60U + done.retries);
    });
}

TEST_P(EveryService, TellsWrongKeys) {
    with_client(plain(), [](client& llm) -> asio::awaitable<void> {
        auto options = llm.options();
        options.service.api_key = "sk-wrong";
        client wrong{co_await asio::this_coro::executor, std::move(options)};
        auto const answer = co_await as_result(wrong.chat("x"));
        EXPECT_FALSE(answer);
        if (!answer) EXPECT_EQ(answer.error().code, errc::authentication) << answer.error();
        if (!answer) EXPECT_EQ(to_string(answer.error()).find("sk-wrong"), std::string::npos) << answer.error();
    });
}

TEST_P(EveryService, TellsUnknownModels) {
    auto options = plain();
    options.models = {"another"};
    with_client(std::move(options), [](client& llm) -> asio::awaitable<void> {
        auto const answer = co_await as_result(llm.chat("x"));
        EXPECT_FALSE(answer);
        if (!answer) EXPECT_EQ(answer.error().code, errc::not_found) << answer.error();
    });
}

TEST_P(EveryService, TellsRefusalsAndCutAnswers) {
    auto options = plain();
    if (GetParam().service == "azure_ai") GTEST_SKIP() << "its wire has no word for a refusal";
    options.script = {{.request = 1, .fault = {.kind = sim::fault_kind::refusal}},
                      {.request = 2, .fault = {.kind = sim::fault_kind::length}},
                      {.request = 3, .fault = {.kind = sim::fault_kind::content_filter}}};
    with_client(std::move(options), [](client& llm) -> asio::awaitable<void> {
        auto const refused = co_await as_result(llm.parse<sentiment>("x"));
        auto const cut = co_await as_result(llm.parse<sentiment>("x"));
        auto const filtered = co_await as_result(llm.parse<sentiment>("x"));
        // Gemini has no word for a model that declines: its filters withhold the response.
        auto const& service = llm.options().service.provider.service;
        auto const declined = service == "gemini" || service == "vertex" ? errc::content_filtered : errc::refused;
        EXPECT_TRUE(refused.has_error() && refused.error().code == declined) << (refused ? error{} : refused.error());
        EXPECT_TRUE(cut.has_error() && cut.error().code == errc::truncated) << (cut ? error{} : cut.error());
        EXPECT_TRUE(filtered.has_error() &&
                    (filtered.error().code == errc::content_filtered || filtered.error().code == errc::refused))
            << (filtered ? error{} : filtered.error());
    });
}

TEST_P(EveryService, ManyCallersShareFewConnections) {
    sim::server server{secured()};
    auto options = options_for(GetParam(), server);
    options.policies.max_concurrency = 16;
    run_coro([](client_options wanted) -> asio::awaitable<void> {
        client llm{co_await asio::this_coro::executor, std::move(wanted)};
        std::vector<int> posts(48);
        std::iota(posts.begin(), posts.end(), 0);
        auto const ask = [&llm](int n) { return llm.chat("post " + std::to_string(n)); };
        auto const answers = co_await map(posts, {.concurrency = 48}, ask);
        for (auto const& answer : answers) EXPECT_TRUE(answer) << answer.error();
    }(std::move(options)));
    EXPECT_EQ(server.stats().model_requests, 48U);
    EXPECT_LE(server.stats().connections, 16U);
}

asio::awaitable<int> ask(client llm, int number) {
    std::string const text = "post " + std::to_string(number);
    if (number % 2 == 0) {
        (void)co_await as_result(llm.chat(text));
        co_return 0;
    }
    auto words = co_await as_result(llm.stream(text));
    if (words) (void)co_await as_result(words->finish());
    co_return 0;
}

/// What the client sent is what the service received, also where a kept connection was lost under a request.
TEST_P(EveryService, RequestsAddUpUnderFaults) {
    auto wanted = secured();
    for (auto const kind :
         {sim::fault_kind::reset, sim::fault_kind::close_before_response, sim::fault_kind::truncated_body,
          sim::fault_kind::malformed_json, sim::fault_kind::stream_error, sim::fault_kind::http_status})
        wanted.faults.push_back({.kind = kind, .probability = 0.05});
    sim::server server{wanted};
    auto options = options_for(GetParam(), server);
    run_coro([](client_options with, sim::server const& at) -> asio::awaitable<void> {
        client llm{co_await asio::this_coro::executor, std::move(with)};
        std::vector<int> posts(60);
        std::iota(posts.begin(), posts.end(), 0);
        auto const one = [&llm](int number) { return ask(llm, number); };
        (void)co_await map(posts, {.concurrency = 8}, one);
        auto const sent = llm.statistics();
        EXPECT_EQ(sent.attempts + sent.resent, at.stats().model_requests);
        EXPECT_GT(sent.resent, 0U) << "no fault met a kept connection: the test shows nothing";
    }(std::move(options), server));
}

INSTANTIATE_TEST_SUITE_P(Services, EveryService, testing::ValuesIn(test::wire_forms),
                         [](auto const& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(AzureAi, EveryService, testing::Values(test::azure_ai_form),
                         [](auto const& row) { return std::string(row.param.name); });

// ---- the Responses API keeps a conversation, or hands it back

class Conversation : public testing::TestWithParam<bool> {};

/// The simulator refuses calls without the reasoning that led to them, and reasoning that it neither keeps nor can
/// read.
TEST_P(Conversation, HandsReasoningBackThroughTools) {
    sim::server server{{.tls = true, .api_key = "sk-sim"}};
    auto const is_responses = [](wire_form const& form) { return std::string_view{form.name} == "openai_responses"; };
    run_coro([](client_options wanted, bool stored) -> asio::awaitable<void> {
        client llm{co_await asio::this_coro::executor, std::move(wanted)};
        toolbox tools;
        tools.add("get_weather", "Current weather of a city", [](weather_query) -> weather { return {4.5}; });
        chat_request request{.messages = {user("Should I cycle in Oslo now?")}, .reasoning_effort = "low"};
        request.advanced.edit().store = stored;
        auto const answer = co_await llm.run(request, tools);
        EXPECT_NE(answer.text.find("4.5"), std::string::npos) << answer.text;
        EXPECT_GT(answer.usage.reasoning_tokens, 0);
        EXPECT_FALSE(answer.raw_content.is_null());
        request.messages = {user("And tomorrow?")};
        request.extra = json_value::parse(R"({"previous_response_id":")" + answer.id + "\"}").value();
        auto const next = co_await as_result(llm.chat(request));
        EXPECT_EQ(next.has_value(), stored) << (next ? error{} : next.error());
        if (!next) EXPECT_EQ(next.error().service_code, "previous_response_not_found") << next.error();
    }(options_for(*std::ranges::find_if(test::wire_forms, is_responses), server), GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Stored, Conversation, testing::Bool(),
                         [](auto const& row) { return std::string(row.param ? "kept" : "not_kept"); });

// ---- what was sent and spent adds up, whatever breaks

struct sum_case {
    sim::fault_kind kind;
    bool reaches_the_caller{true};  ///< What the service reports to have spent does.
};
void PrintTo(sum_case const& row, std::ostream* out) { *out << sim::to_string(row.kind); }
class Sums : public testing::TestWithParam<sum_case> {
protected:
    static asio::awaitable<void> ask(client llm, bool streamed) {
        if (!streamed && GetParam().kind == sim::fault_kind::schema_violation) {
            (void)co_await as_result(llm.parse<sentiment>("one"));
            co_return;
        }
        if (!streamed) {
            (void)co_await as_result(llm.chat("one"));
            co_return;
        }
        auto opened = co_await as_result(llm.stream("one"));
        if (opened) (void)co_await as_result(opened->finish());
    }

    static asio::awaitable<void> ask_often(client llm, bool streamed) {
        std::vector<int> const calls(60);
        (void)co_await map(calls, {.concurrency = 6}, [&](int) { return ask(llm, streamed); });
    }

    static void expect_sums(bool streamed) {
        sim::fault fault{.kind = GetParam().kind, .probability = 0.3, .http_status = 500, .wait = 2ms};
        fault.at_byte = 300;
        fault.retry_after = sim::retry_after_form::milliseconds;
        if (fault.kind == sim::fault_kind::overloaded) fault.wait = 0ms;
        sim::server const server{{.seed = 5, .faults = {fault}, .stall_limit = 20ms}};
        auto options = options_for(test::wire_forms[0], server);
        options.policies.retry.server_wait_budget = 0ms;
        asio::io_context context{1};
        client const llm{context.get_executor(), options};
        test::run_coro_on(context, ask_often(llm, streamed));
        auto const sent = llm.statistics();
        auto const seen = server.stats();
        EXPECT_EQ(sent.attempts + sent.resent, seen.model_requests);
        EXPECT_EQ(sent.attempts, sent.calls + sent.retries);
        EXPECT_LE(sent.usage.input_tokens, static_cast<std::int64_t>(seen.prompt_tokens));
        EXPECT_LE(sent.usage.output_tokens, static_cast<std::int64_t>(seen.completion_tokens));
        if (!GetParam().reaches_the_caller) return;
        EXPECT_EQ(sent.usage.input_tokens, static_cast<std::int64_t>(seen.prompt_tokens));
        EXPECT_EQ(sent.usage.output_tokens, static_cast<std::int64_t>(seen.completion_tokens));
    }
};

TEST_P(Sums, OfWholeResponses) { expect_sums(false); }
TEST_P(Sums, OfStreams) { expect_sums(true); }

INSTANTIATE_TEST_SUITE_P(
    Faults, Sums,
    testing::Values(sum_case{sim::fault_kind::http_status}, sum_case{sim::fault_kind::rate_limited},
                    sum_case{sim::fault_kind::overloaded}, sum_case{sim::fault_kind::quota_exhausted},
                    sum_case{sim::fault_kind::context_too_long}, sum_case{sim::fault_kind::content_filter, false},
                    sum_case{sim::fault_kind::reset, false}, sum_case{sim::fault_kind::close_before_response, false},
                    sum_case{sim::fault_kind::stall, false}, sum_case{sim::fault_kind::truncated_body, false},
                    sum_case{sim::fault_kind::malformed_json, false}, sum_case{sim::fault_kind::stream_error, false},
                    sum_case{sim::fault_kind::refusal}, sum_case{sim::fault_kind::length},
                    sum_case{sim::fault_kind::schema_violation}, sum_case{sim::fault_kind::overlong},
                    sum_case{sim::fault_kind::slow, false}),
    [](auto const& row) { return std::string(sim::to_string(row.param.kind)); });

TEST(ClientTls, WrongHostNameIsRefused) {
    sim::server server{{.tls = true, .certificate_host = "elsewhere.example"}};
    run_coro([](client_options options) -> asio::awaitable<void> {
        client llm{co_await asio::this_coro::executor, std::move(options)};
        auto const answer = co_await as_result(llm.chat("x"));
        EXPECT_FALSE(answer);
        if (!answer) EXPECT_EQ(answer.error().code, errc::tls_failed) << answer.error();
    }(options_for(test::wire_forms[0], server)));
    EXPECT_EQ(server.stats().requests, 0U);
}

TEST(ClientTls, UnknownAuthorityIsRefused) {
    sim::server server{{.tls = true}};
    auto options = options_for(test::wire_forms[0], server);
    options.http.ca_pem.clear();
    run_coro([](client_options wanted) -> asio::awaitable<void> {
        client llm{co_await asio::this_coro::executor, std::move(wanted)};
        auto const answer = co_await as_result(llm.chat("x"));
        EXPECT_FALSE(answer);
        if (!answer) EXPECT_EQ(answer.error().code, errc::tls_failed) << answer.error();
    }(std::move(options)));
}

}  // namespace
}  // namespace coax
