#include "support/rounds.hpp"
#include "support/run_coro.hpp"

#include <coax/mcp/session.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/tasks/map.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace coax::test {
namespace {

using namespace std::chrono_literals;

mcp::session_options scripted_server(std::string era = "modern") {
    return {.command = {COAX_MCP_SERVER, std::move(era)}, .call_timeout = 20s, .stop_grace = 500ms};
}

/// Runs `body` with a session, and closes it.
void with_server(mcp::session_options options, std::function<asio::awaitable<void>(mcp::session)> body) {
    asio::io_context context{1};
    auto const run = [](asio::any_io_executor executor, mcp::session_options given,
                        std::function<asio::awaitable<void>(mcp::session)> const& use) -> asio::awaitable<void> {
        mcp::session server{executor, std::move(given)};
        co_await use(server);
        co_await server.close();
    };
    run_coro_on(context, run(context.get_executor(), std::move(options), body));
}

asio::awaitable<std::string> called(mcp::session server, std::string name, std::string arguments = "{}") {
    auto const outcome = co_await as_result(server.call(std::move(name), std::move(arguments)));
    co_return outcome ? outcome->text
                      : "[" + std::string{to_string(outcome.error().code)} + "] " + outcome.error().message;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The process has ended and was waited for.
bool is_gone(std::string const& id) { return kill(std::stoi(id), 0) != 0; }

// --- what the server speaks ---

struct era_case {
    char const* name;
    char const* version;
};
void PrintTo(era_case const& row, std::ostream* out) { *out << row.name; }
class McpEra : public testing::TestWithParam<era_case> {};

TEST_P(McpEra, IsFoundOut) {
    with_server(scripted_server(GetParam().name), [](mcp::session server) -> asio::awaitable<void> {
        auto const told = co_await server.connect();
        EXPECT_EQ(told.version, GetParam().version);
        EXPECT_EQ(told.name, "scripted");
        EXPECT_EQ(co_await called(server, "echo", R"({"text":"hello"})"), "hello");
        EXPECT_EQ(server.starts(), std::string_view{GetParam().name} == "touchy" ? 2U : 1U);
    });
}
INSTANTIATE_TEST_SUITE_P(Rows, McpEra,
                         testing::Values(era_case{"modern", "2026-07-28"}, era_case{"legacy", "2025-11-25"},
                                         era_case{"silent", "2025-11-25"}, era_case{"touchy", "2025-11-25"}),
                         [](auto const& row) { return std::string(row.param.name); });

// --- what goes wrong ---

struct start_case {
    char const* name;
    std::vector<std::string> command;
    errc code;
    char const* says;
};
void PrintTo(start_case const& row, std::ostream* out) { *out << row.name; }
class McpStart : public testing::TestWithParam<start_case> {};

TEST_P(McpStart, FailsClearly) {
    auto options = scripted_server();
    options.command = GetParam().command;
    options.start_timeout = 3s;
    with_server(options, [](mcp::session server) -> asio::awaitable<void> {
        auto const outcome = co_await as_result(server.connect());
        EXPECT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, GetParam().code) << outcome.error();
        EXPECT_TRUE(contains(to_string(outcome.error()), GetParam().says)) << outcome.error();
    });
}
INSTANTIATE_TEST_SUITE_P(
    Rows, McpStart,
    testing::Values(start_case{"no_program", {"/no/such/program"}, errc::io_failed, "/no/such/program"},
                    start_case{"dies", {COAX_MCP_SERVER, "dead"}, errc::connection_lost, "exit status 4"},
                    start_case{"last_words", {COAX_MCP_SERVER, "dead"}, errc::connection_lost, "no licence"},
                    start_case{"foreign", {COAX_MCP_SERVER, "foreign"}, errc::not_found, "2099-01-01"},
                    start_case{"ancient", {COAX_MCP_SERVER, "ancient"}, errc::not_found, "1999-01-01"},
                    start_case{"mute", {"/bin/sh", "-c", "cat >/dev/null"}, errc::timeout, "3000"},
                    start_case{"cat", {"/bin/cat"}, errc::bad_request, "refused initialize"},
                    start_case{
                        "broken", {"/bin/sh", "-c", "echo '{\"id\":'; cat"}, errc::protocol_error, "no message"}),
    [](auto const& row) { return std::string(row.param.name); });

struct hostile_case {
    char const* tool;
    char const* outcome;  ///< What the call ends in begins so.
    char const* says;
    std::size_t starts;  ///< When the next call has ended.
};
void PrintTo(hostile_case const& row, std::ostream* out) { *out << row.tool; }
class McpHostile : public testing::TestWithParam<hostile_case> {};

TEST_P(McpHostile, EndsInAClearErrorAndTheNextCallWorks) {
    auto options = scripted_server();
    options.call_timeout = 2s;
    options.limits.max_message_bytes = std::size_t{1} << 20U;
    with_server(options, [](mcp::session server) -> asio::awaitable<void> {
        EXPECT_EQ(co_await called(server, "echo", R"({"text":"before"})"), "before");
        auto const outcome = co_await called(server, GetParam().tool);
        EXPECT_TRUE(outcome.starts_with(GetParam().outcome)) << outcome;
        EXPECT_TRUE(contains(outcome, GetParam().says)) << outcome;
        EXPECT_EQ(co_await called(server, "echo", R"({"text":"after"})"), "after");
        EXPECT_EQ(server.starts(), GetParam().starts);
    });
}
INSTANTIATE_TEST_SUITE_P(Rows, McpHostile,
                         testing::Values(hostile_case{"endless", "[too_large]", "line without end", 2},
                                         hostile_case{"flood", "[too_large]", "max_notifications", 2},
                                         hostile_case{"bad_id", "[protocol_error]", "9999", 2},
                                         hostile_case{"word_id", "[protocol_error]", "not made", 2},
                                         hostile_case{"no_json", "[protocol_error]", "no message", 2},
                                         hostile_case{"crash", "[connection_lost]", "out of cheese", 2},
                                         hostile_case{"wait_for_ever", "[timeout]", "2000", 1},
                                         hostile_case{"wrong_types", "[protocol_error]", "expected an array", 1},
                                         hostile_case{"no_object", "[protocol_error]", "no object", 1},
                                         hostile_case{"needs_input", "[tool_failed]", "elicitation/create", 1},
                                         hostile_case{"unknown", "[tool_failed]", "Unknown tool: unknown (code -32602)",
                                                      1}),
                         [](auto const& row) { return std::string(row.param.tool); });

TEST(McpHostileServer, SlowDripEndsAtTheTimeLimit) {
    auto options = scripted_server();
    options.call_timeout = 500ms;
    with_server(options, [](mcp::session server) -> asio::awaitable<void> {
        EXPECT_TRUE((co_await called(server, "drip")).starts_with("[timeout]"));
    });
}

struct list_case {
    char const* era;
    errc code;
    char const* says;
};
void PrintTo(list_case const& row, std::ostream* out) { *out << row.era; }
class McpBadList : public testing::TestWithParam<list_case> {};

TEST_P(McpBadList, IsAClearError) {
    with_server(scripted_server(GetParam().era), [](mcp::session server) -> asio::awaitable<void> {
        auto const outcome = co_await as_result(server.tools());
        EXPECT_EQ(outcome.error().code, GetParam().code) << outcome.error();
        EXPECT_TRUE(contains(outcome.error().message, GetParam().says)) << outcome.error();
    });
}
INSTANTIATE_TEST_SUITE_P(Rows, McpBadList,
                         testing::Values(list_case{"broken", errc::protocol_error, "/tools"},
                                         list_case{"circle", errc::too_large, "max_pages"}),
                         [](auto const& row) { return std::string(row.param.era); });

TEST(McpStarts, EndAfterSomeThatWereOfNoUse) {
    with_server(scripted_server("dead"), [](mcp::session server) -> asio::awaitable<void> {
        for (int i = 0; i < 5; ++i) EXPECT_TRUE((co_await called(server, "echo")).starts_with("[connection_lost]"));
        EXPECT_EQ(server.starts(), 6U);  // each of three tries is made without the probe, too
        EXPECT_TRUE(contains(co_await called(server, "echo"), "started 3 times"));
    });
}

// --- tools ---

TEST(McpTools, ComeFromAllPagesAndSayWhichAreLeftOut) {
    with_server(scripted_server(), [](mcp::session server) -> asio::awaitable<void> {
        auto const list = co_await server.tools();
        std::string names;
        for (auto const& each : list.tools) names += each.name + ' ';
        EXPECT_EQ(names, "echo crash odd.name/x structured pid last wait environment ");
        EXPECT_EQ(list.left_out.size(), 2U);
        EXPECT_TRUE(list.left_out[0].starts_with("remote: ")) << list.left_out[0];
        EXPECT_TRUE(list.left_out[1].starts_with("a tool: ")) << list.left_out[1];
        EXPECT_TRUE(list.tools[4].read_only);
    });
}

/// How often a server was asked for its list: three pages each.
asio::awaitable<std::string> list_requests(mcp::session server) {
    co_return co_await called(std::move(server), "lists");
}

TEST(McpTools, AreAskedForAgainOnlyWhenTheyMayHaveChanged) {
    for (char const* const era : {"modern", "legacy"})
        with_server(scripted_server(era), [](mcp::session server) -> asio::awaitable<void> {
            for (int i = 0; i < 3; ++i) co_await server.tools();
            EXPECT_EQ(co_await list_requests(server), "3");
            EXPECT_EQ(co_await called(server, "change"), "changed");
            co_await server.tools();
            EXPECT_EQ(co_await list_requests(server), "6");
        });
}

TEST(McpTools, JoinAToolboxUnderNamesThatServicesTake) {
    auto options = scripted_server();
    options.name = "scripted";
    with_server(options, [](mcp::session server) -> asio::awaitable<void> {
        toolbox own;
        own.add("scripted__odd_name_x", "A function of ours", [] { return 1; });
        auto const box = co_await server.add_to(std::move(own));
        EXPECT_EQ(box.entries().size(), 9U);
        EXPECT_NE(box.find("scripted__echo"), nullptr);
        EXPECT_NE(box.find("scripted__odd_name_x_2"), nullptr);
        auto const definitions = box.definitions(schema_dialect::openai_strict);
        EXPECT_TRUE(definitions) << definitions.error();
    });
}

TEST(McpTools, AreCalledThroughTheToolbox) {
    with_server(scripted_server(), [](mcp::session server) -> asio::awaitable<void> {
        auto const box = co_await server.add_to({});
        auto const good = co_await box.find("echo")->call(R"({"text":"hi"})");
        EXPECT_TRUE(good) << good.error();
        auto const wrong = co_await box.find("echo")->call(R"({"txt":"hi"})");
        EXPECT_EQ(wrong.error().code, errc::invalid_json);
        EXPECT_TRUE(contains(wrong.error().message, "text")) << wrong.error();
        auto const crashed = co_await box.find("crash")->call("{}");
        EXPECT_EQ(crashed.error().code, errc::connection_lost);
        auto const structured = co_await box.find("structured")->call("{}");
        EXPECT_TRUE(structured) << structured.error();
    });
}

struct result_case {
    char const* tool;
    char const* text;
};
void PrintTo(result_case const& row, std::ostream* out) { *out << row.tool; }
class McpResult : public testing::TestWithParam<result_case> {};

TEST_P(McpResult, BecomesText) {
    for (char const* const era : {"modern", "legacy"})
        with_server(scripted_server(era), [](mcp::session server) -> asio::awaitable<void> {
            EXPECT_EQ(co_await called(server, GetParam().tool), GetParam().text);
        });
}
INSTANTIATE_TEST_SUITE_P(
    Rows, McpResult,
    testing::Values(result_case{"fail", "the disk is full"}, result_case{"structured", R"({"n":42})"},
                    result_case{"image", "a cat"}, result_case{"ping", "pong"}, result_case{"print", "printed"},
                    result_case{"resource", "inside\n[b at file:///b] \n[audio of type audio/wav]"},
                    result_case{"sample", "coax uses tools only and does not offer sampling/createMessage -32601"}),
    [](auto const& row) { return std::string(row.param.tool); });

TEST(McpResults, HoldImagesAndFailures) {
    with_server(scripted_server(), [](mcp::session server) -> asio::awaitable<void> {
        auto const shown = co_await server.call("image");
        EXPECT_EQ(shown.images.size(), 1U);
        EXPECT_EQ(shown.images.at(0).media_type, "image/png");
        EXPECT_EQ(shown.images.at(0).data.decode(), "hi");
        EXPECT_TRUE((co_await server.call("fail")).failed);
    });
}

// --- processes ---

TEST(McpProcess, IsStartedAnewAfterItsDeath) {
    with_server(scripted_server(), [](mcp::session server) -> asio::awaitable<void> {
        auto const first = co_await called(server, "pid");
        kill(std::stoi(first), SIGKILL);
        auto const second = co_await called(server, "pid");  // read-only: repeated, should it meet the dying one
        EXPECT_NE(first, second);
        EXPECT_EQ(server.starts(), 2U);
        EXPECT_TRUE(is_gone(first));
    });
}

TEST(McpProcess, IsGoneWhenClosed) {
    for (char const* const era : {"modern", "stubborn"}) {
        std::string id;
        with_server(scripted_server(era), [&id](mcp::session server) -> asio::awaitable<void> {
            id = co_await called(server, "pid");
            EXPECT_FALSE(is_gone(id));
        });
        EXPECT_TRUE(is_gone(id)) << era;
    }
}

TEST(McpProcess, EndsWhenTheSessionIsDropped) {
    asio::io_context context{1};
    std::string id;
    run_coro_on(context, [](asio::any_io_executor executor, std::string& process) -> asio::awaitable<void> {
        {
            mcp::session server{executor, scripted_server()};
            process = co_await called(server, "pid");
        }
        for (int i = 0; i < 2'000 && !is_gone(process); ++i) co_await sleep_for(1ms);
        EXPECT_TRUE(is_gone(process));
    }(context.get_executor(), id));
}

TEST(McpProcess, EndsWithItsContext) {
    std::string id;
    {
        asio::io_context context{1};
        auto const server = std::make_shared<mcp::session>(context.get_executor(), scripted_server());
        run_coro_on(context, [](mcp::session used, std::string& process) -> asio::awaitable<void> {
            process = co_await called(used, "pid");
        }(*server, id));
    }
    for (int i = 0; i < 2'000 && !is_gone(id); ++i) usleep(1'000);
    EXPECT_TRUE(is_gone(id));
}

TEST(McpProcess, GetsNoKeysUnlessTold) {
    setenv("COAX_TEST_KEY", "hidden", 1);
    with_server(scripted_server(), [](mcp::session server) -> asio::awaitable<void> {
        EXPECT_EQ(co_await called(server, "environment"), "unset");
    });
    auto given = scripted_server();
    given.environment = {{"COAX_TEST_KEY", secret{"given"}}};
    with_server(given, [](mcp::session server) -> asio::awaitable<void> {
        EXPECT_EQ(co_await called(server, "environment"), "given");
    });
    auto open = scripted_server();
    open.inherit_all = true;
    with_server(open, [](mcp::session server) -> asio::awaitable<void> {
        EXPECT_EQ(co_await called(server, "environment"), "hidden");
    });
    unsetenv("COAX_TEST_KEY");
}

TEST(McpProcess, WhatItPrintsIsTold) {
    auto options = scripted_server();
    auto const lines = std::make_shared<std::string>();
    options.on_stderr = [lines](std::string_view text) { lines->append(text) += '\n'; };
    with_server(options, [](mcp::session server) -> asio::awaitable<void> {
        co_await called(server, "print");
        co_await called(server, "crash");
    });
    EXPECT_EQ(*lines, "a line that should be in the log\nout of cheese\n");
}

TEST(McpCancel, TellsTheServer) {
    with_server(scripted_server(), [](mcp::session server) -> asio::awaitable<void> {
        co_await server.connect();
        auto const late = co_await as_result(with_timeout(50ms, server.call("wait")));
        EXPECT_EQ(late.error().code, errc::timeout);
        EXPECT_EQ(co_await called(server, "waiting"), "0");
        EXPECT_EQ(server.starts(), 1U);
    });
}

TEST(McpCancel, ClosingEndsWhatIsUnderWay) {
    with_server(scripted_server(), [](mcp::session server) -> asio::awaitable<void> {
        co_await server.connect();
        started const waiting{co_await asio::this_coro::executor, [](mcp::session used) -> asio::awaitable<void> {
                                  static_cast<void>(co_await used.call("wait"));
                              }(server)};
        co_await sleep_for(50ms);
        co_await server.close();
        co_await sleep_for(10ms);
        EXPECT_EQ(waiting.failure(), errc::closed);
        EXPECT_TRUE((co_await called(server, "last")).starts_with("[closed]"));
    });
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& each : std::filesystem::directory_iterator{"/proc/self/fd"}) ++count;
    return count;
}

/// Many calls, some of them at once, with a death now and then.
TEST(McpManyCalls, LeaveNothingBehind) {
    auto const before = open_descriptors();
    auto const calls = static_cast<std::size_t>(rounds(1'000, 10'000));
    with_server(scripted_server(), [calls](mcp::session server) -> asio::awaitable<void> {
        std::vector<int> const numbers(16);
        for (std::size_t done = 0; done < calls; done += numbers.size()) {
            auto const outcomes = co_await map(
                numbers, {.concurrency = 16}, [&server](int) { return called(server, "echo", R"({"text":"again"})"); });
            for (auto const& each : outcomes) EXPECT_EQ(each.value(), "again");
        }
        EXPECT_EQ(server.starts(), 1U);
    });
    EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace coax::test
