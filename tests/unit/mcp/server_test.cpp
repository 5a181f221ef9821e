#include "support/run_coro.hpp"

#include <coax/json/value.hpp>
#include <coax/mcp/server.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <stdexcept>
#include <string>

namespace coax::test {
namespace {

struct greeted_person {
    std::string name{};
};

mcp::server greeter() {
    toolbox tools;
    tools.add("greet", "Greets", [](greeted_person who) { return "Hello " + who.name; });
    tools.add("break", "Fails", []() -> std::string { throw std::runtime_error{"broken"}; });
    return mcp::server{tools, {.name = "greeter", .program_version = "1", .instructions = "Be polite."}};
}

struct server_case {
    char const* name;
    std::string request;
    std::string answer;  ///< What the answer has.
};
void PrintTo(server_case const& row, std::ostream* out) { *out << row.name; }
class McpServer : public testing::TestWithParam<server_case> {};

std::string modern(std::string const& method, std::string const& params = "") {
    return R"({"jsonrpc":"2.0","id":1,"method":")" + method +
           R"(","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
           R"("io.modelcontextprotocol/clientCapabilities":{}})" +
           params + "}}";
}
std::string legacy(std::string const& method, std::string const& params = "{}") {
    return R"({"jsonrpc":"2.0","id":"a","method":")" + method + R"(","params":)" + params + "}";
}

TEST_P(McpServer, Answers) {
    run_virtual([](server_case row) -> asio::awaitable<void> {
        auto const server = greeter();
        auto const answer = co_await server.answer(row.request);
        if (row.answer.empty()) {
            EXPECT_EQ(answer, "");
        } else {
            EXPECT_TRUE(json_value::parse(answer)) << answer;
            EXPECT_NE(answer.find(row.answer), std::string::npos) << answer;
        }
    }(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(
    Rows, McpServer,
    testing::Values(
        server_case{"discovery", modern("server/discover"), R"("supportedVersions":["2026-07-28"])"},
        server_case{"discovery_is_complete", modern("server/discover"), R"("resultType":"complete")"},
        server_case{"discovery_without_version", legacy("server/discover"), R"("code":-32602)"},
        server_case{"other_version",
                    R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{)"
                    R"("io.modelcontextprotocol/protocolVersion":"2099-01-01"}}})",
                    R"("code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28"],)"
                    R"("requested":"2099-01-01"})"},
        server_case{"greeting", legacy("initialize", R"({"protocolVersion":"2025-03-26"})"),
                    R"({"protocolVersion":"2025-03-26","capabilities":{"tools":{}},"serverInfo":{"name":"greeter")"},
        server_case{"newer_greeting", legacy("initialize", R"({"protocolVersion":"2030-01-01"})"),
                    R"("protocolVersion":"2025-11-25")"},
        server_case{"instructions", legacy("initialize"), R"("instructions":"Be polite.")"},
        server_case{"ping", legacy("ping"), R"({"jsonrpc":"2.0","id":"a","result":{}})"},
        server_case{"list", legacy("tools/list"),
                    R"("name":"greet","description":"Greets","inputSchema":{"type":"object")"},
        server_case{"modern_list", modern("tools/list"),
                    R"("ttlMs":3600000,"cacheScope":"public","resultType":"complete")"},
        server_case{"second_page", legacy("tools/list", R"({"cursor":"x"})"), R"("code":-32602)"},
        server_case{"call", legacy("tools/call", R"({"name":"greet","arguments":{"name":"Mira"}})"),
                    R"("result":{"content":[{"type":"text","text":"Hello Mira"}]})"},
        server_case{"modern_call", modern("tools/call", R"(,"name":"greet","arguments":{"name":"Mira"})"),
                    R"("text":"Hello Mira"}],"resultType":"complete")"},
        server_case{"wrong_arguments", legacy("tools/call", R"({"name":"greet","arguments":{"name":7}})"),
                    R"("isError":true)"},
        server_case{"thrown", legacy("tools/call", R"({"name":"break"})"), "broken"},
        server_case{"unknown_tool", legacy("tools/call", R"({"name":"x"})"),
                    R"("code":-32602,"message":"Unknown tool: x")"},
        server_case{"unknown_method", legacy("resources/list"), R"("code":-32601)"},
        server_case{"no_json", "hello", R"("id":null,"error":{"code":-32700)"},
        server_case{"no_message", R"({"id":1})", R"("code":-32600)"},
        server_case{"notification", R"({"jsonrpc":"2.0","method":"notifications/initialized"})", ""}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax::test
