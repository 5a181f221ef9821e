#include "support/fault_server.hpp"
#include "support/run_coro.hpp"

#include <coax/mcp/session.hpp>
#include <coax/policy/timeout.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

/// A session over real sockets: what it gets of the transport below it.
namespace coax::test {
namespace {

using namespace std::chrono_literals;

step say(int id, std::string const& value) {
    return send(answer(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":)" + value + "}",
                       "Content-Type: application/json\r\n"));
}
step discovery() { return say(1, R"({"supportedVersions":["2026-07-28"],"capabilities":{}})"); }
step tools(int id) { return say(id, R"({"tools":[{"name":"rain"}],"ttlMs":60000})"); }
step weather(int id) { return say(id, R"({"content":[{"type":"text","text":"dry"}]})"); }

/// What a session says on one connection.
script whole_session() { return {receive(), discovery(), receive(), tools(2), receive(), weather(3)}; }

std::string url_of(fault_server const& server, std::string const& host = "127.0.0.1") {
    return (server.to().tls ? "https://" : "http://") + host + ":" + std::to_string(server.to().port) + "/mcp";
}

asio::awaitable<std::string> called(mcp::session server) {
    auto const outcome = co_await as_result(server.call("rain"));
    co_return outcome ? outcome->text : "[" + std::string{to_string(outcome.error().code)} + "]";
}

asio::awaitable<void> use(mcp::session_options options, std::string expected) {
    mcp::session server{co_await asio::this_coro::executor, std::move(options)};
    EXPECT_EQ(co_await called(server), expected);
    co_await server.close();
}

TEST(McpOverTls, KeepsOneConnection) {
    fault_server server{{whole_session()}, {.tls = true}};
    run_coro(use({.url = url_of(server), .bearer_token = secret{"t-1"}, .http = {.ca_pem = server.ca_pem()}}, "dry"));
    ASSERT_EQ(server.requests().size(), 3U);
    EXPECT_NE(server.requests()[2].find("Authorization: Bearer t-1\r\n"), std::string::npos);
}

TEST(McpOverTls, IsVerified) {
    fault_server server{{{}}, {.tls = true, .certificate_host = "127.0.0.2", .all_must_come = false}};
    run_coro(use({.url = url_of(server), .http = {.ca_pem = server.ca_pem()}}, "[tls_failed]"));
    EXPECT_TRUE(server.requests().empty());
}

TEST(McpThroughAProxy, ShowsItNeitherTokenNorCall) {
    script tunnel{receive(), send("HTTP/1.1 200\r\n\r\n"), start_tls()};
    for (auto const& each : whole_session()) tunnel.push_back(each);
    fault_server proxy{{tunnel}, {.certificate_host = "tools.invalid"}};
    run_coro(
        use({.url = "https://tools.invalid/mcp",
             .bearer_token = secret{"t-1"},
             .http = {.ca_pem = proxy.ca_pem(), .https_proxy = "http://127.0.0.1:" + std::to_string(proxy.to().port)}},
            "dry"));
    ASSERT_EQ(proxy.requests().size(), 4U);
    EXPECT_TRUE(proxy.requests()[0].starts_with("CONNECT tools.invalid:443 "));
    EXPECT_EQ(proxy.requests()[0].find("t-1"), std::string::npos);
    EXPECT_NE(proxy.requests()[3].find("Bearer t-1"), std::string::npos);
}

TEST(McpOverHttp, ClosesTheConnectionOfACallThatIsGivenUp) {
    fault_server server{{{receive(), discovery(), receive(), tools(2), receive(), stall()}, {receive(), weather(4)}}};
    run_coro([](std::string url) -> asio::awaitable<void> {
        mcp::session session{co_await asio::this_coro::executor, {.url = std::move(url)}};
        co_await session.tools();
        auto const given_up = co_await as_result(with_timeout(100ms, session.call("rain")));
        EXPECT_EQ(given_up.error().code, errc::timeout);
        EXPECT_EQ(co_await called(session), "dry") << "on another connection";
        co_await session.close();
    }(url_of(server)));
}

TEST(McpOverHttp, SendsAListAgainWhoseConnectionWasLost) {
    // A server that has done so once is not trusted with a used connection again.
    fault_server server{{{receive(), discovery(), receive(), reset()}, {receive(), tools(2)}, {receive(), weather(3)}}};
    run_coro(use({.url = url_of(server)}, "dry"));
}

TEST(McpOverHttp, NeverSendsACallTwice) {
    fault_server server{{{receive(), discovery(), receive(), tools(2), receive(), reset()}}};
    run_coro(use({.url = url_of(server)}, "[connection_lost]"));
    EXPECT_EQ(server.requests().size(), 3U);
}

}  // namespace
}  // namespace coax::test
