#include "mcp/messages.hpp"
#include "support/run_coro.hpp"

#include <coax/bind/read.hpp>
#include <coax/http/memory_transport.hpp>
#include <coax/mcp/session.hpp>
#include <coax/policy/timeout.hpp>
#include <coax/runtime/clock.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coax::test {
namespace {

using namespace std::chrono_literals;

using answer_function = std::function<http_response(http_request const&, mcp::detail::incoming const&)>;

std::string result_of(mcp::detail::incoming const& request, std::string const& value) {
    return mcp::detail::result_text(*request.id, value);
}
http_response json_response(std::string body, int status = 200) {
    return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}
http_response failure_response(mcp::detail::incoming const& request, int status, std::int64_t code) {
    return json_response(mcp::detail::failure_text(*request.id, code, "refused"), status);
}
http_response events(std::vector<std::string> const& messages) {
    http_response made{.status = 200, .headers = {{"Content-Type", "text/event-stream"}}};
    made.body = ": keep-alive\n\n";
    for (auto const& each : messages) made.body += "event: message\ndata: " + each + "\n\n";
    return made;
}

constexpr char discovery[] = R"({"supportedVersions":["2026-07-28"],"capabilities":{}})";
constexpr char greeting[] = R"({"protocolVersion":"2025-06-18","serverInfo":{"name":"old","version":"1"}})";
constexpr char mirrored_list[] =
    R"({"tools":[{"name":"rain","inputSchema":{"type":"object","properties":{"city":{"type":"string","x-mcp-header":"City"}}}}],"ttlMs":60000})";

/// A session with a server that is a function, and what that was asked.
struct http_server {
    std::vector<http_request> requests{};
    mcp::session_options options{.url = "https://tools.test/mcp?key=1", .call_timeout = 5s};

    explicit http_server(answer_function answer) {
        options.transport = std::make_shared<memory_transport>(
            [this,
             answer = std::move(answer)](http_request const& request) -> result<memory_transport::timed_response> {
                requests.push_back(request);
                auto const message = mcp::detail::parse_message(request.body);
                return memory_transport::timed_response{
                    .response = answer(request, message ? *message : mcp::detail::incoming{}), .piece_bytes = 7};
            });
    }
    [[nodiscard]] std::string methods() const {
        std::string all;
        for (auto const& each : requests) {
            auto const message = mcp::detail::parse_message(each.body);
            all.append(all.empty() ? "" : " ")
                .append(message ? message->method.empty() ? "-" : message->method : each.method);
        }
        return all;
    }
    void use(std::function<asio::awaitable<void>(mcp::session)> body) {
        runtime rt{virtual_time{}};
        auto const run = [](asio::any_io_executor executor, mcp::session_options given,
                            std::function<asio::awaitable<void>(mcp::session)> const& work) -> asio::awaitable<void> {
            mcp::session server{executor, std::move(given)};
            co_await work(server);
            co_await server.close();
        };
        rt.run(run(rt.executor(), options, body));
    }
};

http_response modern_server(http_request const&, mcp::detail::incoming const& message) {
    if (message.method == "server/discover") return json_response(result_of(message, discovery));
    if (message.method == "tools/list") return json_response(result_of(message, mirrored_list));
    return events({R"({"jsonrpc":"2.0","method":"notifications/progress","params":{}})",
                   result_of(message, R"({"content":[{"type":"text","text":"dry"}]})")});
}

http_response legacy_server(http_request const& request, mcp::detail::incoming const& message) {
    if (request.method == "DELETE") return {.status = 204};
    if (message.method == "initialize") {
        auto made = events({result_of(message, greeting)});
        made.headers.add("Mcp-Session-Id", "s-1");
        return made;
    }
    if (request.headers.find("Mcp-Session-Id").empty()) return failure_response(message, 400, -32000);
    if (!message.id || message.method.empty()) return {.status = 202};
    if (message.method == "tools/list") return json_response(result_of(message, R"({"tools":[{"name":"rain"}]})"));
    return events({R"({"jsonrpc":"2.0","id":"q","method":"sampling/createMessage"})",
                   result_of(message, R"({"content":[{"type":"text","text":"wet"}]})")});
}

TEST(McpHttp, TheNewerProtocolHasNoSession) {
    http_server server{&modern_server};
    server.options.bearer_token = secret{"t-1"};
    server.options.headers = {{"X-Team", "blue"}};
    server.use([](mcp::session used) -> asio::awaitable<void> {
        EXPECT_EQ((co_await used.connect()).version, "2026-07-28");
        EXPECT_EQ((co_await used.call("rain", R"({"city":"Köln"})")).text, "dry");
    });
    EXPECT_EQ(server.methods(), "server/discover tools/list tools/call");
    auto const& call = server.requests.back();
    EXPECT_EQ(call.target, "/mcp?key=1");
    for (auto const& [name, value] :
         {std::pair{"MCP-Protocol-Version", "2026-07-28"}, std::pair{"Mcp-Method", "tools/call"},
          std::pair{"Mcp-Name", "rain"}, std::pair{"Mcp-Param-City", "=?base64?S8O2bG4=?="},
          std::pair{"Authorization", "Bearer t-1"}, std::pair{"X-Team", "blue"},
          std::pair{"Accept", "application/json, text/event-stream"}, std::pair{"Mcp-Session-Id", ""}})
        EXPECT_EQ(call.headers.find(name), value) << name;
    EXPECT_FALSE(call.repeatable);
}

TEST(McpHttp, TheOlderProtocolHasASessionThatIsEnded) {
    http_server server{&legacy_server};
    server.use([](mcp::session used) -> asio::awaitable<void> {
        EXPECT_EQ((co_await used.connect()).version, "2025-06-18");
        EXPECT_EQ((co_await used.call("rain")).text, "wet");
    });
    EXPECT_EQ(server.methods(), "server/discover initialize notifications/initialized tools/list tools/call - DELETE");
    EXPECT_EQ(server.requests[4].headers.find("Mcp-Session-Id"), "s-1");
    EXPECT_EQ(server.requests[4].headers.find("MCP-Protocol-Version"), "2025-06-18");
    EXPECT_FALSE(server.requests[4].headers.contains("Mcp-Method"));
    EXPECT_NE(server.requests[5].body.find("-32601"), std::string::npos) << server.requests[5].body;
}

struct refusal_case {
    char const* name;
    char const* supported;
    char const* outcome;  ///< The version that they agree on, or a part of the error.
};
void PrintTo(refusal_case const& row, std::ostream* out) { *out << row.name; }
class McpHttpVersionRefused : public testing::TestWithParam<refusal_case> {};

TEST_P(McpHttpVersionRefused, GoesOnWithOneThatBothSpeak) {
    http_server server{[](http_request const& request, mcp::detail::incoming const& message) {
        if (message.method != "server/discover")
            return GetParam().outcome == std::string{"2025-06-18"} ? legacy_server(request, message)
                                                                   : modern_server(request, message);
        return json_response(std::string{R"({"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"no",)"} +
                                 R"("data":{"supported":)" + GetParam().supported + "}}}",
                             400);
    }};
    server.use([](mcp::session used) -> asio::awaitable<void> {
        auto const agreed = co_await as_result(used.connect());
        auto const said = agreed ? agreed->version : to_string(agreed.error());
        EXPECT_NE(said.find(GetParam().outcome), std::string::npos) << said;
        if (agreed) {
            EXPECT_EQ((co_await used.tools()).tools.size(), 1U);
        }
    });
}

INSTANTIATE_TEST_SUITE_P(Rows, McpHttpVersionRefused,
                         testing::Values(refusal_case{"the_same", R"(["2026-07-28"])", "2026-07-28"},
                                         refusal_case{"an_older_one", R"(["2025-06-18"])", "2025-06-18"},
                                         refusal_case{"later_ones", R"(["2099-01-01"])", "but 2099-01-01"},
                                         refusal_case{"none", "[]", "but none that it tells"}),
                         [](auto const& row) { return std::string(row.param.name); });

/// A legacy server whose response to a call is a stream that ends early; what it says to each try to go on.
struct cut_stream_case {
    char const* name;
    std::string first;
    std::vector<std::string> later;  ///< Events; empty: it answers 405.
    std::string last_ids;            ///< That it was asked to go on after.
    std::string outcome;
    std::chrono::milliseconds took;
};
void PrintTo(cut_stream_case const& row, std::ostream* out) { *out << row.name; }
class McpHttpCutStream : public testing::TestWithParam<cut_stream_case> {};

TEST_P(McpHttpCutStream, IsGoneOnWith) {
    auto const& row = GetParam();
    std::string answer;
    std::string last_ids;
    std::size_t tries = 0;
    auto const stream = [](std::string text) {
        return http_response{
            .status = 200, .headers = {{"Content-Type", "text/event-stream"}}, .body = std::move(text)};
    };
    http_server server{[&](http_request const& request, mcp::detail::incoming const& message) {
        if (request.method == "GET") {
            last_ids.append(request.headers.find("Last-Event-ID")).append(" ");
            EXPECT_EQ(request.headers.find("Mcp-Session-Id"), "s-1");
            EXPECT_EQ(request.body, "");
            if (tries == row.later.size()) return http_response{.status = 405};
            auto text = row.later[tries++];
            if (auto const at = text.find("ANSWER"); at != std::string::npos) text.replace(at, 6, answer);
            return stream(std::move(text));
        }
        if (message.method != "tools/call") return legacy_server(request, message);
        answer = result_of(message, R"({"content":[{"type":"text","text":"wet"}]})");
        return stream(row.first);
    }};
    server.use([&](mcp::session used) -> asio::awaitable<void> {
        co_await used.tools();
        auto const begun = now(co_await asio::this_coro::executor);
        auto const outcome = co_await as_result(used.call("rain"));
        EXPECT_EQ(now(co_await asio::this_coro::executor) - begun, row.took);
        auto const said = outcome ? outcome->text : to_string(outcome.error());
        EXPECT_NE(said.find(row.outcome), std::string::npos) << said;
    });
    EXPECT_EQ(last_ids, row.last_ids);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, McpHttpCutStream,
    testing::Values(
        cut_stream_case{"polled", "id: 1\nretry: 2500\ndata: \n\n", {"id: 2\ndata: ANSWER\n\n"}, "1 ", "wet", 2500ms},
        cut_stream_case{"twice",
                        "id: 1\ndata: \n\n",
                        {"id: 2\nretry: 0\ndata:\n\n", ": nothing yet\n\n", "data: ANSWER\n\n"},
                        "1 2 2 ",
                        "wet",
                        1s},
        cut_stream_case{"without_id", "retry: 1\n\n", {}, "", "ended before the response", 0s},
        cut_stream_case{"id_unfinished", "id: 1\ndata: {", {}, "", "ended before the response", 0s},
        cut_stream_case{"refused", "id: 1\ndata: \n\n", {}, "1 ", "does not go on with it: status 405", 1s},
        cut_stream_case{"longest_wait", "id: 1\nretry: 999999\ndata: \n\n", {}, "", "timeout", 5s},
        cut_stream_case{"in_vain", "id: 1\nretry: 10\ndata: \n\n", std::vector<std::string>(9, ": nothing\n\n"),
                        "1 1 1 1 1 ", "ended before the response", 50ms}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(McpHttp, ASessionThatTheServerForgotIsBegunAnew) {
    bool forgotten = false;
    http_server server{[&forgotten](http_request const& request, mcp::detail::incoming const& message) {
        if (message.method == "tools/call" && !std::exchange(forgotten, true)) return http_response{.status = 404};
        return legacy_server(request, message);
    }};
    server.use([](mcp::session used) -> asio::awaitable<void> {
        EXPECT_EQ((co_await used.call("rain")).text, "wet");
        EXPECT_EQ(used.starts(), 2U);
    });
}

TEST(McpHttp, AHeaderThatDoesNotMatchMeansThatTheListHasChanged) {
    bool changed = false;
    http_server server{[&changed](http_request const& request, mcp::detail::incoming const& message) {
        if (message.method == "tools/call" && !std::exchange(changed, true))
            return failure_response(message, 400, -32020);
        return modern_server(request, message);
    }};
    server.use([](mcp::session used) -> asio::awaitable<void> { EXPECT_EQ((co_await used.call("rain")).text, "dry"); });
    EXPECT_EQ(server.methods(), "server/discover tools/list tools/call tools/list tools/call");
}

struct status_case {
    char const* name;
    http_response response;
    errc code;
    char const* says;
};
void PrintTo(status_case const& row, std::ostream* out) { *out << row.name; }
class McpHttpFailure : public testing::TestWithParam<status_case> {};

TEST_P(McpHttpFailure, IsAClearError) {
    http_server server{[](http_request const& request, mcp::detail::incoming const& message) {
        return message.method == "tools/call" ? GetParam().response : modern_server(request, message);
    }};
    server.options.limits = {.max_message_bytes = 4'096, .max_notifications = 50};
    server.use([](mcp::session used) -> asio::awaitable<void> {
        auto const outcome = co_await as_result(used.call("rain"));
        EXPECT_EQ(outcome.error().code, GetParam().code) << outcome.error();
        EXPECT_NE(to_string(outcome.error()).find(GetParam().says), std::string::npos) << outcome.error();
    });
}

http_response unauthorized() {
    return {.status = 401, .headers = {{"WWW-Authenticate", "Bearer resource_metadata=\"https://x\""}}};
}
INSTANTIATE_TEST_SUITE_P(
    Rows, McpHttpFailure,
    testing::Values(
        status_case{"unauthorized", unauthorized(), errc::authentication, "resource_metadata"},
        status_case{"forbidden", {.status = 403, .body = "not you"}, errc::authentication, "not you"},
        status_case{"busy", {.status = 503}, errc::overloaded, "503"},
        status_case{"no_json", json_response("<html>"), errc::protocol_error, "no message"},
        status_case{"other_id", json_response(R"({"jsonrpc":"2.0","id":99,"result":{}})"), errc::protocol_error, "99"},
        status_case{"unread", json_response(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse"}})"),
                    errc::tool_failed, "Parse"},
        status_case{"too_long", json_response(std::string(5'000, ' ')), errc::too_large, "max_message_bytes"},
        status_case{"long_event", events({std::string(5'000, ' ')}), errc::too_large, "bytes"},
        status_case{"stream_ends", events({}), errc::connection_lost, "before the response"},
        status_case{"flood", events(std::vector<std::string>(60, R"({"jsonrpc":"2.0","method":"notifications/x"})")),
                    errc::too_large, "max_notifications"},
        status_case{"wrong_version",
                    json_response(R"({"jsonrpc":"2.0","id":3,"error":{"code":-32022,"message":"other"}})", 400),
                    errc::tool_failed, "other"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(McpHttp, ATokenSourceIsAskedForEachRequest) {
    http_server server{&modern_server};
    auto const asked = std::make_shared<int>(0);
    server.options.token_source = [asked]() -> asio::awaitable<result<secret>> {
        return [](int number) -> asio::awaitable<result<secret>> {
            co_return secret{"t" + std::to_string(number)};
        }(++*asked);
    };
    server.use([](mcp::session used) -> asio::awaitable<void> { co_await used.tools(); });
    EXPECT_EQ(server.requests[0].headers.find("Authorization"), "Bearer t1");
    EXPECT_EQ(server.requests[1].headers.find("Authorization"), "Bearer t2");
}

struct option_case {
    char const* where;
    std::function<void(mcp::session_options&)> spoil;
};
void PrintTo(option_case const& row, std::ostream* out) { *out << row.where; }
class McpOptions : public testing::TestWithParam<option_case> {};

TEST_P(McpOptions, ThatCannotBeAreNamed) {
    mcp::session_options options{.url = "https://x"};
    EXPECT_TRUE(validate(options));
    GetParam().spoil(options);
    EXPECT_EQ(validate(options).error().where, GetParam().where);
}
INSTANTIATE_TEST_SUITE_P(Rows, McpOptions,
                         testing::Values(option_case{"command", [](auto& one) { one.command = {"x"}; }},
                                         option_case{"url", [](auto& one) { one.url = "ftp://x"; }},
                                         option_case{"name", [](auto& one) { one.name = "a b"; }},
                                         option_case{"call_timeout", [](auto& one) { one.call_timeout = 0ms; }},
                                         option_case{"limits.max_pages", [](auto& one) { one.limits.max_pages = 0; }},
                                         option_case{"max_failed_starts",
                                                     [](auto& one) { one.max_failed_starts = 0; }}),
                         [](auto const& row) {
                             std::string name = row.param.where;
                             for (auto& c : name)
                                 if (c == '.') c = '_';
                             return name;
                         });

}  // namespace
}  // namespace coax::test
