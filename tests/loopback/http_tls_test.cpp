#include "loopback/http_support.hpp"

#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

namespace coax::test {
namespace {

http_options trusting(fault_server const& server) { return {.ca_pem = server.ca_pem()}; }

TEST(HttpTls, KeepsAVerifiedConnection) {
    fault_server server{{times(3, exchange("x"))}, {.tls = true}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, trusting(at)};
        for (int i = 0; i < 3; ++i) EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "x");
        EXPECT_EQ(transport.statistics().opened, 1U);
        EXPECT_EQ(transport.statistics().reused, 2U);
        transport.close();
        EXPECT_TRUE(at.wait_for_end());
    }(server));
}

TEST(HttpTls, TakesLargeBodiesBothWays) {
    std::string const large(3U << 20U, 'x');
    fault_server server{{{receive(), send(answer(large)), receive(), send(answer("next"))}}, {.tls = true}};
    run_coro([](fault_server& at, std::string const& body) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, trusting(at)};
        auto const got = co_await transport.send(request_to(at.to(), body), {});
        EXPECT_TRUE(got && got->body == body);
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "next");
    }(server, large));
    EXPECT_TRUE(server.requests().front().ends_with("\r\n\r\n" + large));
}

TEST(HttpTls, ReadsAnAnswerByteByByte) {
    fault_server server{{{receive(), send(answer("abc"), 1)}}, {.tls = true}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, trusting(at)};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "abc");
    }(server));
}

TEST(HttpTls, NameIsVerifiedAndSent) {
    fault_server server{{exchange("x")}, {.tls = true, .certificate_host = "localhost"}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, trusting(at)};
        auto to = at.to();
        to.host = "localhost";
        EXPECT_EQ(outcome(co_await transport.send(request_to(to), {})), "x");
    }(server));
}

struct certificate_case {
    char const* name;
    fault_server_options server;
    bool trusted;
    char const* message;
    char const* host{nullptr};  ///< As the client calls it; null: by its address.
};
void PrintTo(certificate_case const& row, std::ostream* out) { *out << row.name; }
class HttpTlsCertificate : public testing::TestWithParam<certificate_case> {};

TEST_P(HttpTlsCertificate, IsRefusedWithTheReason) {
    fault_server server{{{receive()}}, GetParam().server};
    run_coro([](fault_server& at, certificate_case const& row) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, row.trusted ? trusting(at) : http_options{}};
        auto to = at.to();
        if (row.host != nullptr) to.host = row.host;
        auto const got = co_await transport.send(request_to(to), {});
        EXPECT_EQ(outcome(got), "[tls_failed]");
        if (got) co_return;
        EXPECT_EQ(got.error().message, row.message);
        EXPECT_EQ(got.error().where, coax::to_string(to));
        EXPECT_FALSE(is_retryable(got.error()));
        EXPECT_EQ(transport.statistics().open, 0U);
    }(server, GetParam()));
    EXPECT_TRUE(server.requests().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpTlsCertificate,
    testing::Values(certificate_case{"wrong_address",
                                     {.tls = true, .certificate_host = "127.0.0.2"},
                                     true,
                                     "the server's certificate is for another host"},
                    certificate_case{"wrong_name",
                                     {.tls = true, .certificate_host = "localhost"},
                                     true,
                                     "the server's certificate is for another host"},
                    certificate_case{"name_as_common_name_only",
                                     {.tls = true, .certificate_host = "localhost", .certificate_in_common_name = true},
                                     true,
                                     "the server's certificate is for another host",
                                     "localhost"},
                    certificate_case{"expired",
                                     {.tls = true, .certificate_good_for = std::chrono::minutes{-1}},
                                     true,
                                     "the server's certificate has expired"},
                    certificate_case{"unknown_authority",
                                     {.tls = true},
                                     false,
                                     "the server's certificate comes from an unknown authority"}),
    [](auto const& row) { return std::string(row.param.name); });

struct handshake_case {
    char const* name;
    std::string bytes;
    char const* message;
};
void PrintTo(handshake_case const& row, std::ostream* out) { *out << row.name; }
class HttpTlsHandshake : public testing::TestWithParam<handshake_case> {};

/// Only a certificate's fault is final: what a peer says in the handshake may be its overload.
TEST_P(HttpTlsHandshake, ThatFailsOtherwiseIsConnectFailed) {
    fault_server server{{{send(GetParam().bytes), pause(milliseconds{20}), cut()}}};
    run_coro([](fault_server& at, handshake_case const& row) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto to = at.to();
        to.tls = true;
        auto const got = co_await transport.send(request_to(to), {});
        EXPECT_EQ(outcome(got), "[connect_failed]");
        if (got) co_return;
        EXPECT_EQ(got.error().message, row.message);
        EXPECT_TRUE(got.error().cause);
        EXPECT_TRUE(is_retryable(got.error()));
    }(server, GetParam()));
}

std::string alert(char what) { return std::string{"\x15\x03\x03\x00\x02\x02", 6} + what; }

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpTlsHandshake,
    testing::Values(handshake_case{"plain_server", "HTTP/1.1 400 Bad Request\r\n\r\n",
                                   "the server does not speak TLS on this port: its address may begin with http://"},
                    handshake_case{"internal_error", alert(80), "the server refused the TLS handshake"},
                    handshake_case{"handshake_failure", alert(40), "the server refused the TLS handshake"},
                    handshake_case{"unrecognized_name", alert(112), "the server refused the TLS handshake"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(HttpTls, ConnectionLostInTheHandshakeIsConnectFailed) {
    fault_server server{{{cut()}, {reset()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto to = at.to();
        to.tls = true;
        for (int i = 0; i < 2; ++i) EXPECT_EQ(outcome(co_await transport.send(request_to(to), {})), "[connect_failed]");
    }(server));
}

TEST(HttpTls, SilentHandshakeMeetsTheConnectLimit) {
    fault_server server{{{drain()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto to = at.to();
        to.tls = true;
        auto const got = co_await transport.send(request_to(to), {.connect = milliseconds{60}});
        EXPECT_EQ(outcome(got), "[timeout]");
        if (!got) EXPECT_EQ(got.error().message, "the connect limit of 60 ms passed while agreeing on TLS");
    }(server));
}

TEST(HttpTls, BodyUntilTheEndNeedsTheGoodbye) {
    fault_server server{{{receive(), send("HTTP/1.1 200 OK\r\n\r\nabc"), close()},
                         {receive(), send("HTTP/1.1 200 OK\r\n\r\nabc"), cut()}},
                        {.tls = true}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, trusting(at)};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "abc");
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "[connection_lost]");
    }(server));
}

TEST(HttpTls, SessionsAreResumedEachOnceAlsoAfterAnUntidyEnd) {
    script broken{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"), reset()};
    fault_server server{{exchange("x"), broken, exchange("x"), exchange("x")}, {.tls = true}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto options = trusting(at);
        options.idle_time = milliseconds{0};
        http_transport transport{co_await asio::this_coro::executor, options};
        for (auto const* expected : {"x", "[connection_lost]", "x", "x"}) {
            EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), expected);
            co_await sleep_for(milliseconds{1});
        }
    }(server));
    EXPECT_EQ(server.resumed(), 3U);
}

TEST(HttpTls, HandshakesAreBounded) {
    fault_server server{std::vector<script>(8, {serve(answer("x"))}), {.tls = true}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto options = trusting(at);
        options.max_handshakes = 1;
        http_transport transport{executor, options};
        int done = 0;
        for (int i = 0; i < 8; ++i)
            asio::co_spawn(
                executor,
                [](http_transport& by, origin to, int& count) -> asio::awaitable<void> {
                    EXPECT_EQ(outcome(co_await by.send(request_to(std::move(to)), {})), "x");
                    ++count;
                }(transport, at.to(), done),
                asio::detached);
        // Also one that was opened for a request which another one served.
        EXPECT_TRUE(co_await eventually([&] { return done == 8 && transport.statistics().opened == 8; }));
    }(server));
}

/// A request that needs a connection takes one that is being made for nobody any more.
TEST(HttpTls, NoMoreConnectionsThanRequests) {
    fault_server server{std::vector<script>(16, {serve(answer("x"))}), {.tls = true, .all_must_come = false}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto options = trusting(at);
        options.max_handshakes = 1;
        http_transport transport{executor, options};
        int done = 0;
        for (int i = 0; i < 8; ++i)
            asio::co_spawn(
                executor,
                [](http_transport& by, origin to, int& count) -> asio::awaitable<void> {
                    for (int round = 0; round < 10; ++round)
                        EXPECT_EQ(outcome(co_await by.send(request_to(to), {})), "x");
                    ++count;
                }(transport, at.to(), done),
                asio::detached);
        EXPECT_TRUE(co_await eventually([&] { return done == 8; }));
        EXPECT_LE(transport.statistics().opened, 8U);
        EXPECT_LE(transport.statistics().open, 8U);
    }(server));
}

TEST(HttpTlsTrust, FileOfAuthoritiesIsRead) {
    auto const path = testing::TempDir() + "coax_test_ca.pem";
    fault_server server{{exchange("x")}, {.tls = true}};
    std::ofstream{path} << server.ca_pem();
    run_coro([](fault_server& at, std::string file) -> asio::awaitable<void> {
        http_options const with{.ca_file = file};
        http_transport transport{co_await asio::this_coro::executor, with};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "x");
    }(server, path));

    std::remove(path.c_str());
}

struct trust_case {
    char const* name;
    http_options options;
    errc code;
    char const* where;
    char const* told;
};
void PrintTo(trust_case const& row, std::ostream* out) { *out << row.name; }
class HttpTlsBadTrust : public testing::TestWithParam<trust_case> {};

TEST_P(HttpTlsBadTrust, IsToldByTheRequestThatNeedsIt) {
    fault_server plain{{exchange("x")}};
    fault_server secured{{{receive()}}, {.tls = true, .all_must_come = false}};
    run_coro([](fault_server& http, fault_server& https, trust_case const& row) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, row.options};
        EXPECT_EQ(outcome(co_await transport.send(request_to(http.to()), {})), "x");
        auto const got = co_await transport.send(request_to(https.to()), {});
        if (got) co_return void(ADD_FAILURE() << got->body);
        EXPECT_EQ(got.error().code, row.code);
        EXPECT_EQ(got.error().where, row.where);
        EXPECT_NE(to_string(got.error()).find(row.told), std::string::npos) << got.error();
        EXPECT_FALSE(is_retryable(got.error()));
    }(plain, secured, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpTlsBadTrust,
    testing::Values(
        trust_case{
            "missing_file", {.ca_file = "/gone/ca.pem"}, errc::io_failed, "/gone/ca.pem", "No such file or directory"},
        trust_case{"a_file_that_is_none", {.ca_file = "/dev/null"}, errc::tls_failed, "/dev/null", "PEM"},
        trust_case{"text_that_is_none", {.ca_pem = "no certificate"}, errc::tls_failed, "ca_pem", "PEM"},
        trust_case{"a_damaged_one",
                   {.ca_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
                   errc::tls_failed,
                   "ca_pem",
                   "PEM"},
        trust_case{"a_proxy_of_another_kind",
                   {.https_proxy = "socks5h://127.0.0.1:1080"},
                   errc::invalid_argument,
                   "https_proxy",
                   "socks5h:// is not supported"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(HttpTransport, RefusesBadOptions) {
    asio::io_context context;
    try {
        http_transport const transport{context.get_executor(), {.max_connections = 0}};
        ADD_FAILURE();
    } catch (exception const& thrown) {
        EXPECT_EQ(thrown.why().where, "max_connections");
    }
}

http_options through(fault_server const& proxy, fault_server const* trusted = nullptr) {
    return {.ca_pem = trusted != nullptr ? trusted->ca_pem() : std::string{},
            .https_proxy = "me:s%40crt@127.0.0.1:" + std::to_string(proxy.to().port)};
}

TEST(HttpProxy, TunnelsHttpsWithItsCredentials) {
    script tunnel{receive(), send("HTTP/1.1 200\r\n\r\n"), start_tls()};
    for (auto const& each : times(2, exchange("x"))) tunnel.push_back(each);
    fault_server proxy{{tunnel}, {.certificate_host = "service.invalid"}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto options = through(at);
        options.ca_pem = at.ca_pem();
        http_transport transport{co_await asio::this_coro::executor, options};
        for (int i = 0; i < 2; ++i)
            EXPECT_EQ(outcome(co_await transport.send(request_to({.host = "service.invalid"}), {})), "x");
    }(proxy));
    auto const seen = proxy.requests();
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[0],
              "CONNECT service.invalid:443 HTTP/1.1\r\nHost: service.invalid:443\r\n"
              "Proxy-Authorization: Basic bWU6c0BjcnQ=\r\n\r\n");
    EXPECT_TRUE(seen[1].starts_with("POST /v1/chat HTTP/1.1\r\nHost: service.invalid\r\n"));
    EXPECT_EQ(seen[1].find("Proxy-Authorization"), std::string::npos);
}

struct proxy_case {
    char const* name;
    script on_connection;
    char const* expected;
    char const* message;
    milliseconds connect{5'000};
};
void PrintTo(proxy_case const& row, std::ostream* out) { *out << row.name; }
class HttpProxyFault : public testing::TestWithParam<proxy_case> {};

TEST_P(HttpProxyFault, IsToldWithoutTheCredentials) {
    fault_server proxy{{GetParam().on_connection}};
    run_coro([](fault_server& at, proxy_case const& row) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, through(at)};
        auto const got = co_await transport.send(request_to({.host = "service.invalid"}), {.connect = row.connect});
        EXPECT_EQ(outcome(got), row.expected);
        if (got) co_return;
        EXPECT_EQ(got.error().message, row.message);
        EXPECT_EQ(to_string(got.error()).find("crt"), std::string::npos);
        EXPECT_EQ(transport.statistics().open, 0U);
    }(proxy, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpProxyFault,
    testing::Values(proxy_case{"refuses",
                               {receive(), send("HTTP/1.1 407 Who\r\nContent-Length: 2\r\n\r\nno"), stall()},
                               "[connect_failed]",
                               "the proxy answered 407 to CONNECT"},
                    proxy_case{
                        "closes", {receive(), close()}, "[connect_failed]", "the proxy gave no answer to CONNECT"},
                    proxy_case{"garbles",
                               {receive(), send("SSH-2.0\r\n\r\n"), stall()},
                               "[connect_failed]",
                               "the proxy gave no answer to CONNECT"},
                    proxy_case{"speaks_first",
                               {receive(), send("HTTP/1.1 200 OK\r\n\r\nhello"), stall()},
                               "[connect_failed]",
                               "the proxy spoke before TLS began"},
                    proxy_case{"is_silent",
                               {receive(), stall()},
                               "[timeout]",
                               "the connect limit of 60 ms passed while waiting for the proxy",
                               milliseconds{60}}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(HttpProxy, IsPassedByForPlainHttpAndNoProxy) {
    fault_server plain{{exchange("plain")}};
    fault_server direct{{exchange("direct")}, {.tls = true}};
    run_coro([](fault_server& http, fault_server& https) -> asio::awaitable<void> {
        http_options const options{
            .ca_pem = https.ca_pem(), .https_proxy = "http://127.0.0.1:1", .no_proxy = {"127.0.0.1"}};
        http_transport transport{co_await asio::this_coro::executor, options};
        EXPECT_EQ(outcome(co_await transport.send(request_to(http.to()), {})), "plain");
        EXPECT_EQ(outcome(co_await transport.send(request_to(https.to()), {})), "direct");
    }(plain, direct));
}

}  // namespace
}  // namespace coax::test
