// Tool loops over every wire: random scripts of the simulated model against a model of the loop.

#include "support/rounds.hpp"
#include "support/run_coro.hpp"
#include "support/sim_client.hpp"

#include <coax/bind/read.hpp>
#include <coax/chat/content_file.hpp>
#include <coax/chat/response_details.hpp>
#include <coax/client/client.hpp>
#include <coax/client/tool_stream.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace coax {
namespace {

using test::options_for;
using test::run_coro;
using test::wire_form;

struct marked {
    std::string mark{};
};
struct script_verdict {
    std::string word{};
};

/// What one call comes to.
enum class call_fate { works, throws, hangs, is_unknown, has_bad_arguments, is_denied, is_changed };
/// How a script ends.
enum class script_end { text, a_struct, refusal, refused_by_service, too_many_rounds, out_of_tokens };

struct scripted_call {
    call_fate fate{};
    std::string mark{};
};

struct loop_script {
    std::string name{};
    std::vector<std::vector<scripted_call>> turns{};
    script_end end{};
    std::size_t max_calls{64};
    std::size_t parallel{8};
    tool_choice choice{};
    bool stumbles{false};  ///< The first request is refused for the moment.
};

/// Draws scripts. Each turn begins with a call whose result has its mark, by which the rules know how far it is.
class script_maker {
public:
    explicit script_maker(unsigned seed) : random_{seed} {}

    loop_script make(int number) {
        loop_script script{.name = "script " + std::to_string(number) + ";"};
        for (auto turns = below(4); turns > 0; --turns) script.turns.push_back(turn(script));
        script.end = static_cast<script_end>(below(6));
        if (script.turns.empty() && script.end >= script_end::too_many_rounds) script.end = script_end::text;
        if (below(4) == 0) script.max_calls = 2;
        if (below(3) == 0) script.parallel = 1;
        if (!script.turns.empty() && below(5) == 0) script.choice.mode = tool_choice_mode::required;
        script.stumbles = below(5) == 0;
        return script;
    }

private:
    std::size_t below(std::size_t bound) { return random_() % bound; }

    std::vector<scripted_call> turn(loop_script const& script) {
        static constexpr std::array marking{call_fate::works, call_fate::throws, call_fate::is_denied,
                                            call_fate::is_changed};
        auto const mark = script.name + std::to_string(script.turns.size());
        std::vector<scripted_call> calls{{.fate = marking[below(4)], .mark = mark + ".0"}};
        for (auto more = below(4); more > 0; --more) {
            auto fate = static_cast<call_fate>(below(7));
            if (fate == call_fate::hangs && below(4) != 0) fate = call_fate::works;  // it takes real time
            calls.push_back({.fate = fate, .mark = mark + "." + std::to_string(calls.size())});
        }
        return calls;
    }

    std::mt19937 random_;
};

// --- the simulated model ---

std::string tool_named(call_fate fate) {
    switch (fate) {
        case call_fate::throws: return "fail";
        case call_fate::hangs: return "hang";
        case call_fate::is_unknown: return "unknown";
        default: return "echo";
    }
}

sim::answer_call to_answer(scripted_call const& call) {
    auto const key = call.fate == call_fate::has_bad_arguments ? "wrong" : "mark";
    auto mark = call.mark;
    if (call.fate == call_fate::is_denied) mark += "-deny";
    if (call.fate == call_fate::is_changed) mark += "-change";
    return {.name = tool_named(call.fate),
            .arguments = json_value::parse("{\"" + std::string{key} + "\":\"" + mark + "\"}").value()};
}

sim::answer_content ending(loop_script const& script) {
    switch (script.end) {
        case script_end::a_struct: return {.json = json_value::parse(R"({"word":")" + script.name + "\"}").value()};
        case script_end::refusal: return {.refusal = "I would rather not."};
        case script_end::refused_by_service: return {.status = 400};
        default: return {.text = "end of " + script.name};
    }
}

/// The rules for one script, the last round first: a result of a round means that it is over.
void add_rules(std::vector<sim::answer_rule>& rules, loop_script const& script) {
    if (script.stumbles) rules.push_back({.when = {.prompt = script.name}, .then = {.status = 503}, .times = 1});
    for (auto round = script.turns.size() + 1; round-- > 0;) {
        sim::answer_rule rule{.when = {.prompt = script.name}};
        if (round > 0) rule.when.tool_result = script.turns[round - 1].front().mark;
        if (round == script.turns.size())
            rule.then = ending(script);
        else
            for (auto const& call : script.turns[round]) rule.then.tool_calls.push_back(to_answer(call));
        rules.push_back(std::move(rule));
    }
}

// --- the model of the loop ---

struct expected_call {
    std::string name{};
    std::string output{};  ///< Its beginning.
    bool failed{false};
};

expected_call expect_call(scripted_call const& call, bool is_too_many) {
    auto const name = tool_named(call.fate);
    if (is_too_many) return {name, "Error: too many calls in one turn", true};
    switch (call.fate) {
        case call_fate::works: return {name, "echo of " + call.mark, false};
        case call_fate::throws: return {name, "Error: broken at " + call.mark, true};
        case call_fate::hangs: return {name, "Error: ", true};
        case call_fate::is_unknown:
            return {name, "Error: there is no tool \"unknown\"; there are: echo, fail, hang", true};
        case call_fate::has_bad_arguments: return {name, "Error: ", true};
        case call_fate::is_denied: return {name, "Error: this call was denied: no to " + call.mark, true};
        case call_fate::is_changed: return {name, "echo of changed " + call.mark, false};
    }
    return {};
}

/// How many model calls there are.
std::size_t expected_rounds(loop_script const& script) {
    if (script.end == script_end::out_of_tokens) return 1;
    return script.end == script_end::too_many_rounds ? script.turns.size() : script.turns.size() + 1;
}

/// A bound forbids that the last turn runs.
std::size_t expected_turns(loop_script const& script) {
    return std::min(script.turns.size(), expected_rounds(script) - (script.end >= script_end::too_many_rounds ? 1 : 0));
}

std::optional<errc> expected_failure(loop_script const& script) {
    switch (script.end) {
        case script_end::refused_by_service: return errc::bad_request;
        case script_end::too_many_rounds:
        case script_end::out_of_tokens: return errc::tool_failed;
        default: return std::nullopt;
    }
}

// --- the loop itself ---

struct seen_call {
    std::string id{};
    std::string name{};
    std::string output{};
    bool failed{false};
};

toolbox loop_tools() {
    toolbox tools;
    tools.add("echo", "Repeats", [](marked const& given) { return "echo of " + given.mark; });
    tools.add("fail", "Fails",
              [](marked const& given) -> std::string { throw std::runtime_error{"broken at " + given.mark}; });
    tools.add("hang", "Never answers",
              [](marked const&) -> asio::awaitable<int> { co_return (co_await sleep_for(std::chrono::hours{1}), 1); },
              {.timeout = std::chrono::milliseconds{2}});
    return tools;
}

asio::awaitable<tool_approval> approve_by_mark(tool_call call) {
    auto const end = call.arguments.find("-deny");
    auto const begin = call.arguments.find("script");
    if (end != std::string::npos)
        co_return tool_approval{.allowed = false, .reason = "no to " + call.arguments.substr(begin, end - begin)};
    auto const change = call.arguments.find("-change");
    if (change == std::string::npos) co_return tool_approval{};
    co_return tool_approval{.arguments = R"({"mark":"changed )" + call.arguments.substr(begin, change - begin) + "\"}"};
}

run_options bounds_of(loop_script const& script, std::vector<seen_call>& seen) {
    run_options bounds{.max_parallel_tools = script.parallel, .max_calls_per_turn = script.max_calls};
    if (script.end == script_end::too_many_rounds) bounds.max_rounds = static_cast<int>(script.turns.size());
    if (script.end == script_end::out_of_tokens) bounds.max_tokens = 1;
    bounds.approve = approve_by_mark;
    bounds.on_tool = [&seen](tool_call const& call, std::string_view output, bool failed) {
        seen.push_back({call.id, call.name, std::string{output}, failed});
    };
    return bounds;
}

chat_request request_of_script(loop_script const& script) {
    return {.messages = {user("Do " + script.name)}, .tool_choice = script.choice};
}

/// What a watched run told.
struct watched_run {
    std::string last_text{};
    std::size_t rounds{0};
    std::size_t begun{0};
    std::size_t done{0};
    chat_response response{};
};

asio::awaitable<watched_run> watch(tool_stream events) {
    watched_run all;
    while (auto const event = co_await events.next()) {
        if (event->kind == run_event_kind::round_begun) ++all.rounds, all.last_text.clear();
        if (event->kind == run_event_kind::text) all.last_text += event->text;
        if (event->kind == run_event_kind::call_begun) ++all.begun;
        if (event->kind == run_event_kind::call_done) ++all.done;
        if (event->response) all.response = *event->response;
    }
    co_return all;
}

output_format format_of(loop_script const& script) {
    return script.end == script_end::a_struct ? output_format::of<script_verdict>() : output_format{};
}

// --- both side by side ---

void expect_calls(loop_script const& script, std::vector<seen_call> const& seen) {
    std::size_t at = 0;
    for (std::size_t turn = 0; turn < expected_turns(script); ++turn) {
        auto const& calls = script.turns[turn];
        std::vector<expected_call> expected;
        for (auto const& call : calls) expected.push_back(expect_call(call, expected.size() >= script.max_calls));
        if (seen.size() < at + expected.size()) return ADD_FAILURE() << "calls are missing in turn " << turn;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            auto const found = std::any_of(
                seen.begin() + static_cast<std::ptrdiff_t>(at),
                seen.begin() + static_cast<std::ptrdiff_t>(at + expected.size()), [&](seen_call const& one) {
                    return one.name == expected[i].name && one.failed == expected[i].failed &&
                           one.output.starts_with(expected[i].output);
                });
            EXPECT_TRUE(found) << "turn " << turn << ": " << expected[i].name << " -> " << expected[i].output;
        }
        at += expected.size();
    }
    EXPECT_EQ(seen.size(), at);
}

void expect_history(loop_script const& script, chat_response const& response) {
    auto const& history = response.details->history;
    std::size_t at = 1;
    for (auto const& turn : script.turns) {
        if (history.size() < at + 1 + turn.size()) return ADD_FAILURE() << "the history is short";
        EXPECT_EQ(history[at].tool_calls.size(), turn.size());
        ++at;
        for (std::size_t i = 0; i < turn.size(); ++i, ++at) {
            auto const expected = expect_call(turn[i], i >= script.max_calls);
            EXPECT_TRUE(history[at].text.starts_with(expected.output)) << history[at].text;
            EXPECT_EQ(history[at].tool_failed, expected.failed);
        }
    }
    EXPECT_EQ(history.size(), at + 1);
    EXPECT_EQ(history.back().role, role::assistant);
}

void expect_response(loop_script const& script, chat_response const& response) {
    if (script.end == script_end::text) EXPECT_EQ(response.text, "end of " + script.name);
    if (script.end == script_end::a_struct) EXPECT_EQ(json::read<script_verdict>(response.text)->word, script.name);
    expect_history(script, response);
}

class ToolLoops : public testing::TestWithParam<wire_form> {};

asio::awaitable<void> compare_run(client llm, loop_script const& script) {
    std::vector<seen_call> seen;
    auto const outcome = co_await as_result(
        llm.run(request_of_script(script), loop_tools(), bounds_of(script, seen), format_of(script)));
    expect_calls(script, seen);
    auto const failure = expected_failure(script);
    EXPECT_EQ(outcome.has_error(), failure.has_value()) << (outcome ? error{} : outcome.error());
    if (failure && !outcome) EXPECT_EQ(outcome.error().code, *failure) << outcome.error();
    auto const sent = static_cast<int>(expected_rounds(script)) + (script.stumbles ? 1 : 0);
    EXPECT_EQ(outcome ? outcome->attempts : outcome.error().attempts, sent);
    if (!outcome) co_return;
    expect_response(script, *outcome);
}

/// What is streamed is what `run` gives.
asio::awaitable<void> compare_stream(client llm, loop_script const& script) {
    std::vector<seen_call> seen;
    std::vector<seen_call> ignored;
    auto opened = llm.run_stream(request_of_script(script), loop_tools(), bounds_of(script, seen), format_of(script));
    auto const streamed = co_await as_result(watch(co_await std::move(opened)));
    expect_calls(script, seen);
    auto const whole = co_await as_result(
        llm.run(request_of_script(script), loop_tools(), bounds_of(script, ignored), format_of(script)));
    EXPECT_EQ(streamed.has_value(), whole.has_value()) << (streamed ? error{} : streamed.error());
    if (!whole && !streamed) EXPECT_EQ(streamed.error().code, whole.error().code);
    if (!whole || !streamed) co_return;
    auto const& got = streamed->response;
    EXPECT_EQ(got.text, whole->text);
    EXPECT_EQ(got.refusal, whole->refusal);
    EXPECT_EQ(got.finish_reason, whole->finish_reason);
    EXPECT_EQ(got.usage.output_tokens, whole->usage.output_tokens);
    EXPECT_EQ(got.details->history.size(), whole->details->history.size());
    EXPECT_EQ(streamed->last_text, got.text);
    EXPECT_EQ(streamed->rounds, expected_rounds(script));
    EXPECT_EQ(streamed->begun, seen.size());
    EXPECT_EQ(streamed->done, seen.size());
    expect_response(script, got);
}

TEST_P(ToolLoops, AgreeWithAModelOfTheLoop) {
    std::vector<loop_script> scripts;
    sim::options wanted{.api_key = "sk-sim"};
    script_maker maker{42};
    for (int i = 0; i < test::rounds(40, 1'000); ++i) {
        auto const& script = scripts.emplace_back(maker.make(i));
        add_rules(wanted.answers, script);
    }
    sim::server server{std::move(wanted)};
    run_coro([](client_options options, std::vector<loop_script> const& all) -> asio::awaitable<void> {
        options.policies.max_concurrency = 1;
        client llm{co_await asio::this_coro::executor, std::move(options)};
        for (auto const& script : all) {
            SCOPED_TRACE(script.name);
            co_await compare_run(llm, script);
            co_await compare_stream(llm, script);
        }
    }(options_for(GetParam(), server), scripts));
}

TEST_P(ToolLoops, ShowImagesOfTools) {
    sim::options wanted{.api_key = "sk-sim", .record_requests = 2};
    wanted.answers = {
        {.when = {.tool_result = "a page"}, .then = {.text = "seen"}},
        {.when = {.prompt = "From the tool"}, .then = {.text = "seen"}},
        {.when = {.prompt = "look"}, .then = {.tool_calls = {{"look", json_value::parse("{}").value()}}}}};
    sim::server server{std::move(wanted)};
    run_coro([](client_options options) -> asio::awaitable<void> {
        client llm{co_await asio::this_coro::executor, std::move(options)};
        toolbox tools;
        auto const png = image_bytes(std::string_view{"\x89PNG\r\n\x1A\n....", 12});
        tools.add("look", "Shows", [png] { return tool_output{.text = "a page", .parts = {png}}; });
        EXPECT_EQ((co_await llm.run("look", tools)).text, "seen");
    }(options_for(GetParam(), server)));
    EXPECT_NE(server.requests().back().body.find("iVBORw0KGgouLi4u"), std::string::npos) << "the image is sent";
}

INSTANTIATE_TEST_SUITE_P(Forms, ToolLoops, testing::ValuesIn(test::wire_forms),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax
