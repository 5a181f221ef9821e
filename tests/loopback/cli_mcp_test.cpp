#include "loopback/cli_program.hpp"
#include "support/run_coro.hpp"

#include <coax/mcp/session.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/sim/answer_rule.hpp>
#include <coax/sim/server.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace coax {
namespace {

using test::program;
using test::run_program;
using test::temp_folder;

program::environment const mcp_environment{{"COAX_API_KEY", "sk-test-key"}, {"PATH", "/usr/bin:/bin"}};
std::string const scripted_mcp = COAX_MCP_SERVER;

/// A model that calls the tool `name` and repeats what it returns.
sim::options calling(std::string const& name, std::string const& arguments = "{}") {
    auto const rules = R"({"when":{"tool_result":""},"then":{"text":"It says: {tool_results}"}})"
                       "\n"
                       R"({"when":{"tool":")" +
                       name + R"("},"then":{"tool_calls":[{"name":")" + name + R"(","arguments":)" + arguments + "}]}}";
    return {.answers = sim::parse_answer_rules(rules, "rules").value(), .record_requests = 4};
}

test::program_end ask_with(sim::server const& server, std::vector<std::string> more,
                           program::environment const& variables = mcp_environment) {
    std::vector<std::string> all{"chat", "Try it", "--base-url", server.url() + "/v1", "--model", "m"};
    all.insert(all.end(), more.begin(), more.end());
    return run_program(std::move(all), variables);
}

TEST(CliMcp, ToolsOfACommandAreCalled) {
    sim::server const server{calling("echo", R"({"text":"hello"})")};
    auto const end = ask_with(server, {"--mcp", scripted_mcp + " modern"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(end.output, "It says: hello\n");
    EXPECT_NE(end.errors.find("a tool is left out: remote"), std::string::npos) << end.errors;
}

TEST(CliMcp, TheAnswerIsStreamedWithTools) {
    sim::server const server{calling("echo", R"({"text":"hello"})")};
    auto const end = ask_with(server, {"--stream", "--mcp", scripted_mcp + " modern"});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(end.output, "It says: hello\n");
    EXPECT_NE(server.requests().at(1).body.find("\"stream\":true"), std::string::npos) << server.requests()[1].body;
}

TEST(CliMcp, SeveralServersStandSideBySide) {
    sim::server const server{calling("echo_2", R"({"text":"second"})")};
    auto const end = ask_with(server, {"--mcp", scripted_mcp + " modern", "--mcp", scripted_mcp + " legacy"});
    EXPECT_EQ(end.output, "It says: second\n") << end.errors;
}

TEST(CliMcp, AServerThatDoesNotStartIsTold) {
    sim::server const server{};
    auto const end = ask_with(server, {"--mcp", scripted_mcp + " dead"});
    EXPECT_NE(end.exit_code, 0);
    EXPECT_NE(end.errors.find("no licence"), std::string::npos) << end.errors;
}

TEST(CliMcp, ServersStandInTheConfiguration) {
    sim::server const server{calling("tools__environment")};
    temp_folder folder;
    auto const path = folder.write("coax.yaml", "mcp:\n  tools:\n    command: [" + scripted_mcp +
                                                    ", modern]\n    environment: {COAX_TEST_KEY: \"${TOOL_KEY}\"}\n");
    auto variables = mcp_environment;
    variables.emplace_back("TOOL_KEY", "of-the-tool");
    auto const end = ask_with(server, {"--config", path}, variables);
    EXPECT_EQ(end.output, "It says: of-the-tool\n") << end.errors;

    auto const shown = run_program({"config", "show", path}, variables);
    EXPECT_EQ((shown.output + shown.errors).find("of-the-tool"), std::string::npos) << shown.output;
    EXPECT_NE(shown.output.find("[secret]"), std::string::npos) << shown.output;
}

TEST(CliMcp, WrongServersInTheConfigurationAreToldByTheirPlace) {
    temp_folder folder;
    auto const path = folder.write("coax.yaml", "mcp:\n  tools: {url: \"ftp://x\"}\n");
    auto const end = run_program({"config", "check", path}, mcp_environment);
    EXPECT_EQ(end.exit_code, 2);
    EXPECT_NE((end.output + end.errors).find("mcp.tools.url"), std::string::npos) << end.output << end.errors;
}

// --- coax mcp ---

/// The program as a server, asked as an assistant would.
void with_coax_server(sim::server const& service, std::function<asio::awaitable<void>(mcp::session)> const& use) {
    asio::io_context context{1};
    auto const run = [](asio::any_io_executor executor, std::string url,
                        std::function<asio::awaitable<void>(mcp::session)> const& work) -> asio::awaitable<void> {
        mcp::session server{executor,
                            {.command = {COAX_PROGRAM, "mcp", "--base-url", url + "/v1", "--model", "m"},
                             .environment = {{"COAX_API_KEY", secret{"sk-test-key"}}}}};
        co_await work(server);
        co_await server.close();
    };
    test::run_coro_on(context, run(context.get_executor(), service.url(), use));
}

asio::awaitable<std::string> text_of(mcp::session server, std::string tool, std::string arguments) {
    co_return (co_await server.call(std::move(tool), std::move(arguments))).text;
}

TEST(CliMcpServer, AnswersQuestions) {
    auto const rules =
        R"({"when":{"prompt":"capital"},"then":{"text":"Oslo"}})"
        "\n"
        R"({"when":{"schema":"label"},"then":{"json":{"label":"positive","confidence":1,"emotions":[]}}})";
    sim::server const service{{.answers = sim::parse_answer_rules(rules, "rules").value()}};
    with_coax_server(service, [](mcp::session server) -> asio::awaitable<void> {
        auto const told = co_await server.connect();
        EXPECT_EQ(told.name, "coax");
        EXPECT_EQ(told.version, "2026-07-28");
        EXPECT_FALSE(told.instructions.empty());
        EXPECT_TRUE((co_await server.tools()).left_out.empty());
        EXPECT_EQ(co_await text_of(server, "chat", R"({"prompt":"The capital of Norway?"})"), "Oslo");
        EXPECT_EQ(co_await text_of(server, "sentiment", R"({"text":"What a day!"})"),
                  R"({"label":"positive","confidence":1,"emotions":[]})");
        auto const wrong = co_await as_result(server.call("chat", R"({"prompt":7})"));
        EXPECT_EQ(wrong.error().code, errc::invalid_json);
    });
}

TEST(CliMcpServer, AFailedCallIsToldToTheModel) {
    sim::server const service{
        {.answers = sim::parse_answer_rules(R"({"then":{"status":400,"message":"no"}})", "r").value()}};
    with_coax_server(service, [](mcp::session server) -> asio::awaitable<void> {
        auto const failed = co_await server.call("chat", R"({"prompt":"x"})");
        EXPECT_TRUE(failed.failed);
        EXPECT_NE(failed.text.find("bad_request"), std::string::npos) << failed.text;
    });
}

/// Starts a batch and asks for its state until it has ended. @returns What was told last.
asio::awaitable<std::string> run_batch(mcp::session server, std::string input, std::string out) {
    auto told = co_await text_of(server, "batch_start",
                                 R"({"prompt":"Say {{id}}","input":")" + input + R"(","out":")" + out + "\"}");
    for (int i = 0; i < 600 && told.find(R"("running":true)") != std::string::npos; ++i) {
        co_await sleep_for(std::chrono::milliseconds{50});
        told = co_await text_of(server, "batch_status", R"({"out":")" + out + "\"}");
    }
    co_return told;
}

TEST(CliMcpServer, StartsABatchAndTellsHowFarItIs) {
    sim::server const service{};
    temp_folder folder;
    auto const input = folder.write("in.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n");
    auto const out = folder.path("out.jsonl");
    with_coax_server(service, [&](mcp::session server) -> asio::awaitable<void> {
        auto const told = co_await run_batch(server, input, out);
        EXPECT_NE(told.find(R"("exit_code":0,"ok":3,"failed":0)"), std::string::npos) << told;
        auto const again = co_await run_batch(server, "/no/such/file", out + "2");
        EXPECT_NE(again.find("/no/such/file"), std::string::npos) << again;
        auto const unknown = co_await server.call("batch_status", R"({"out":"/no/such/out"})");
        EXPECT_TRUE(unknown.failed);
    });
}

TEST(CliMcpServer, EndsWithItsInput) {
    sim::server const service{};
    std::vector<std::string> const arguments{"mcp", "--base-url", service.url() + "/v1", "--model", "m"};
    std::string const lines = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\nnonsense\n";
    auto const piped = test::run_shell("printf '%s\\n' '" + lines + "' | " + test::quoted(arguments), mcp_environment);
    EXPECT_EQ(piped.exit_code, 0) << piped.errors;
    EXPECT_TRUE(piped.output.starts_with("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n")) << piped.output;
    EXPECT_NE(piped.output.find("-32700"), std::string::npos) << piped.output;

    temp_folder folder;
    auto const path = folder.write("lines", lines);
    auto const read = test::run_shell(test::quoted(arguments) + " <" + path, mcp_environment);
    EXPECT_EQ(read.exit_code, 0) << read.errors;
    EXPECT_EQ(read.output, piped.output);
}

}  // namespace
}  // namespace coax
