#include "loopback/http2_support.hpp"

#include <coax/tasks/when_all.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace coax::test {
namespace {

asio::awaitable<void> expect_sent(http_transport& transport, origin to, std::string expected) {
    auto const got = co_await transport.send(request_to(std::move(to)), {});
    EXPECT_EQ(outcome(got), expected);
}

asio::awaitable<void> send_many(http_transport& transport, origin to, std::size_t count, std::string expected) {
    std::vector<asio::awaitable<void>> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(expect_sent(transport, to, expected));
    co_await when_all(std::move(all));
}

/// Answers "x" once so many requests are there.
http2_server::handler together(std::size_t count) {
    auto const held = std::make_shared<std::vector<http2_call_ptr>>();
    return [held, count](http2_call_ptr call) {
        held->push_back(std::move(call));
        if (held->size() < count) return;
        for (auto const& each : std::exchange(*held, {})) each->respond(200, "x");
    };
}

TEST(Http2Pool, ManyRequestsShareFewConnections) {
    http2_server server{together(300)};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        co_await send_many(transport, at.to(), 300, "x");
        EXPECT_EQ(transport.statistics().opened, 3U) << "a hundred on each";
        EXPECT_EQ(transport.statistics().waiting, 0U);
        EXPECT_EQ(transport.statistics().idle, 3U);
    }(server));
    EXPECT_LE(server.most_streams(), 100U);
}

TEST(Http2Pool, AFewRequestsAreSpreadOverTwoConnections) {
    std::atomic<std::size_t> on_second{0};
    auto const answer = together(20);
    http2_server server{[&](http2_call_ptr call) {
        if (call->connection == 1) ++on_second;
        answer(std::move(call));
    }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_transport transport{executor, over_http2(at)};
        started first{executor, send_many(transport, at.to(), 10, "x")};
        EXPECT_TRUE(co_await eventually([&] { return at.requests() == 10 && transport.statistics().idle == 1; }));
        co_await send_many(transport, at.to(), 10, "x");
        EXPECT_TRUE(co_await eventually([&] { return first.done(); }));
        EXPECT_EQ(transport.statistics().opened, 2U);
    }(server));
    EXPECT_EQ(on_second, 10U) << "who comes takes the one that is less busy";
}

TEST(Http2Pool, KeepsToTheServersLimitAndToItsOwn) {
    for (bool const is_ours : {false, true}) {
        http2_server server{together(12), {.max_streams = is_ours ? 100U : 4U}};
        run_coro([](http2_server& at, std::size_t own) -> asio::awaitable<void> {
            auto options = over_http2(at);
            options.max_streams_per_connection = own;
            http_transport transport{co_await asio::this_coro::executor, options};
            co_await send_many(transport, at.to(), 12, "x");
        }(server, is_ours ? 4 : 100));
        EXPECT_EQ(server.most_streams(), 4U);
        EXPECT_EQ(server.connections(), 3U);
    }
}

TEST(Http2Pool, RequestsWaitForAPlaceWhereNoMoreConnectionsMayBe) {
    http2_server server{[](http2_call_ptr c) { c->after(milliseconds{5}, [c] { c->respond(200, "x"); }); },
                        {.max_streams = 2}};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        auto options = over_http2(at);
        options.max_connections = 1;
        http_transport transport{co_await asio::this_coro::executor, options};
        co_await send_many(transport, at.to(), 20, "x");
        EXPECT_EQ(transport.statistics().opened, 1U);
    }(server));
    EXPECT_LE(server.most_streams(), 2U);
}

TEST(Http2Pool, TooManyWaitingRequestsAreRefused) {
    http2_server server{[](http2_call_ptr) {}};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto options = over_http2(at);
        options.max_connections = options.max_streams_per_connection = options.max_waiting = 1;
        http_transport transport{executor, options};
        started first{executor, expect_sent(transport, at.to(), "[cancelled]")};
        EXPECT_TRUE(co_await eventually([&] { return at.requests() == 1; }));
        started second{executor, expect_sent(transport, at.to(), "[closed]")};
        EXPECT_EQ(transport.statistics().waiting, 1U);
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "[too_large]");
        transport.close();
        EXPECT_TRUE(co_await eventually([&] { return second.done(); }));
        first.cancel();
        EXPECT_TRUE(co_await eventually([&] { return first.done(); }));
        EXPECT_EQ(transport.statistics().open, 0U);
    }(server));
}

TEST(Http2Pool, WaitingMeetsTheTotalLimit) {
    http2_server server{[](http2_call_ptr) {}};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto options = over_http2(at);
        options.max_connections = options.max_streams_per_connection = 1;
        http_transport transport{executor, options};
        started first{executor, expect_sent(transport, at.to(), "[cancelled]")};
        EXPECT_TRUE(co_await eventually([&] { return at.requests() == 1; }));
        auto const got = co_await transport.send(request_to(at.to()), {.total = milliseconds{30}});
        EXPECT_EQ(outcome(got), "[timeout]");
        EXPECT_EQ(transport.statistics().waiting, 0U);
        first.cancel();
        EXPECT_TRUE(co_await eventually([&] { return first.done(); }));
    }(server));
}

TEST(Http2Pool, AConnectionThatWasClosedWhileIdleIsReplaced) {
    http2_server server{[](http2_call_ptr c) {
        c->respond(200, "x");
        if (c->connection == 0) c->close();
    }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        co_await expect_sent(transport, at.to(), "x");
        EXPECT_TRUE(co_await eventually([&] { return at.open_connections() == 0; }));
        co_await expect_sent(transport, at.to(), "x");
        EXPECT_EQ(transport.statistics().opened, 2U);
        EXPECT_EQ(transport.resent(), 0U);
    }(server));
}

TEST(Http2Pool, AnIdleConnectionKeepsNoContextAtWork) {
    http2_server server{[](http2_call_ptr c) { c->respond(200, "x"); }};
    asio::io_context context{1};
    http_transport transport{context.get_executor(), over_http2(server)};
    asio::co_spawn(context, expect_sent(transport, server.to(), "x"), asio::detached);
    context.run();  // ends
    EXPECT_EQ(transport.statistics().idle, 1U);
    context.restart();
    asio::co_spawn(context, expect_sent(transport, server.to(), "x"), asio::detached);
    context.run();
    EXPECT_EQ(transport.statistics().opened, 1U);
}

TEST(Http2Pool, IdleConnectionsAndOldOnesAreClosed) {
    for (bool const by_age : {false, true}) {
        http2_server server{[](http2_call_ptr c) { c->respond(200, "x"); }};
        run_coro([](http2_server& at, bool aged) -> asio::awaitable<void> {
            auto options = over_http2(at);
            (aged ? options.life_time : options.idle_time) = milliseconds{aged ? 1 : 0};
            http_transport transport{co_await asio::this_coro::executor, options};
            co_await expect_sent(transport, at.to(), "x");
            co_await sleep_for(milliseconds{5});
            co_await expect_sent(transport, at.to(), "x");
            EXPECT_EQ(transport.statistics().opened, 2U);
            EXPECT_TRUE(co_await eventually([&] { return at.goodbyes() >= 1; })) << "with a GOAWAY";
        }(server, by_age));
    }
}

TEST(Http2Pool, AnIdleConnectionMakesRoomForAnotherOrigin) {
    http2_server one{[](http2_call_ptr c) { c->respond(200, "x"); }};
    fault_server two{{exchange("z")}};
    run_coro([](http2_server& a, fault_server& b) -> asio::awaitable<void> {
        auto options = over_http2(a);
        options.max_connections = 1;
        http_transport transport{co_await asio::this_coro::executor, options};
        co_await expect_sent(transport, a.to(), "x");
        co_await expect_sent(transport, b.to(), "z");
        co_await expect_sent(transport, a.to(), "x");
        EXPECT_EQ(transport.statistics().open, 1U);
        EXPECT_EQ(transport.statistics().opened, 3U);
    }(one, two));
}

TEST(Http2Pool, ARequestOfAnotherOriginTakesTheSlotOnceItIsFree) {
    http2_server one{[](http2_call_ptr c) { c->after(milliseconds{30}, [c] { c->respond(200, "x"); }); }};
    fault_server two{{exchange("z")}};
    run_coro([](http2_server& a, fault_server& b) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto options = over_http2(a);
        options.max_connections = 1;
        http_transport transport{executor, options};
        started first{executor, expect_sent(transport, a.to(), "x")};
        EXPECT_TRUE(co_await eventually([&] { return a.requests() == 1; }));
        co_await expect_sent(transport, b.to(), "z");
        EXPECT_TRUE(first.done());
    }(one, two));
}

TEST(Http2Resend, WhatTheServerDidNotActOnGoesOutAgain) {
    // GOAWAY without the request; REFUSED_STREAM.
    http2_server server{[](http2_call_ptr c) {
        if (c->number == 0) return c->go_away(false, 0);
        if (c->number == 1) return c->reset(7);
        c->respond(200, "x");
    }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        co_await expect_sent(transport, at.to(), "x");
        EXPECT_EQ(transport.resent(), 0U) << "none of them may have been acted on";
        EXPECT_EQ(transport.statistics().opened, 2U);
    }(server));
    EXPECT_EQ(server.requests(), 3U);
}

TEST(Http2Resend, EndsWithAServerThatRefusesAlways) {
    http2_server server{[](http2_call_ptr c) { c->reset(7); }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        auto const got = co_await transport.send(request_to(at.to()), {});
        EXPECT_EQ(outcome(got), "[overloaded]");
        if (!got) EXPECT_TRUE(is_retryable(got.error()));
    }(server));
    EXPECT_EQ(server.requests(), 4U);
}

TEST(Http2Resend, WhatItMayHaveActedOnDoesNot) {
    http2_server server{[](http2_call_ptr c) { c->number == 0 ? c->cut() : c->respond(200, "next"); }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        co_await expect_sent(transport, at.to(), "[connection_lost]");
        co_await expect_sent(transport, at.to(), "next");
    }(server));
    EXPECT_EQ(server.requests(), 2U);
}

TEST(Http2Resend, StreamsThatGoOnAfterAGoodbyeEnd) {
    http2_server server{[](http2_call_ptr c) {
        if (c->connection > 0) return c->respond(200, "fresh");
        c->go_away(true, 0);
        c->after(milliseconds{30}, [c] { c->respond(200, "x"); });
    }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_transport transport{executor, over_http2(at)};
        started first{executor, expect_sent(transport, at.to(), "x")};
        EXPECT_TRUE(co_await eventually([&] { return at.requests() == 1; }));
        co_await sleep_for(milliseconds{5});
        co_await expect_sent(transport, at.to(), "fresh");
        EXPECT_TRUE(co_await eventually([&] { return first.done(); }));
        EXPECT_TRUE(co_await eventually([&] { return transport.statistics().open == 1; })) << "the old one is closed";
    }(server));
}

TEST(Http2Ping, FindsAServerThatIsGone) {
    http2_server server{[](http2_call_ptr c) { c->number < 2 ? c->go_deaf() : c->respond(200, "next"); }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        auto options = over_http2(at);
        options.ping_time = options.ping_timeout = milliseconds{40};
        http_transport transport{co_await asio::this_coro::executor, options};
        auto const got = co_await transport.send(request_to(at.to()), {});
        EXPECT_EQ(outcome(got), "[connection_lost]");
        if (!got) EXPECT_NE(got.error().message.find("PING"), std::string::npos);
        EXPECT_EQ(transport.statistics().open, 0U);
    }(server));
}

TEST(Http2Ping, AServerThatAnswersMayTakeItsTime) {
    http2_server server{[](http2_call_ptr c) { c->after(milliseconds{400}, [c] { c->respond(200, "x"); }); }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        auto options = over_http2(at);
        options.ping_time = milliseconds{50};
        options.ping_timeout = milliseconds{5'000};
        http_transport transport{co_await asio::this_coro::executor, options};
        co_await expect_sent(transport, at.to(), "x");
    }(server));
    EXPECT_GE(server.pings(), 2U);
}

TEST(Http2Fallback, AServerThatDoesNotOfferItIsAskedOverHttp1) {
    http2_server server{[](http2_call_ptr) {}, {.offers_http2 = false}};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at, http2_mode::automatic)};
        co_await expect_sent(transport, at.to(), "http/1.1");
        EXPECT_EQ(transport.statistics().opened, 1U) << "the connection is used, not made anew";
        co_await send_many(transport, at.to(), 5, "http/1.1");
        auto stream = co_await transport.open(request_to(at.to()), {});
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        EXPECT_EQ((co_await read_all(**stream)).value(), "http/1.1");
    }(server));
    EXPECT_EQ(server.http2_connections(), 0U);
}

TEST(Http2Fallback, WithOnItIsAnErrorWithWords) {
    http2_server server{[](http2_call_ptr) {}, {.offers_http2 = false}};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        auto const got = co_await transport.send(request_to(at.to()), {});
        EXPECT_EQ(outcome(got), "[protocol_error]");
        if (got) co_return;
        EXPECT_NE(got.error().message.find("does not offer HTTP/2"), std::string::npos);
        EXPECT_FALSE(is_retryable(got.error()));
        EXPECT_EQ(transport.statistics().open, 0U);
    }(server));
}

TEST(Http2Fallback, AServerThatOffersItNotAtAllIsNotAsked) {
    fault_server plain{{exchange("plain")}};
    http2_server server{[](http2_call_ptr) {}};
    run_coro([](fault_server& at, http2_server& tls) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(tls)};
        co_await expect_sent(transport, at.to(), "plain");
        http_transport usual{co_await asio::this_coro::executor, over_http2(tls, http2_mode::off)};
        co_await expect_sent(usual, tls.to(), "http/1.1");
    }(plain, server));
    EXPECT_EQ(server.http2_connections(), 0U);
}

struct misbehaviour {
    char const* name;
    void (*act)(http2_call_ptr);
    char const* first;  ///< What the first request ends in.
    int times{1};       ///< Until it is avoided.
};
void PrintTo(misbehaviour const& row, std::ostream* out) { *out << row.name; }
class Http2Misbehaviour : public testing::TestWithParam<misbehaviour> {};

TEST_P(Http2Misbehaviour, LeadsBackToHttp1) {
    http2_server server{[](http2_call_ptr c) { GetParam().act(std::move(c)); }};
    run_coro([](http2_server& at, misbehaviour const& row) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at, http2_mode::automatic)};
        for (int i = 0; i < row.times; ++i) co_await expect_sent(transport, at.to(), row.first);
        co_await expect_sent(transport, at.to(), "http/1.1");
        co_await expect_sent(transport, at.to(), "http/1.1");
    }(server, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Http2Misbehaviour,
    testing::Values(misbehaviour{"asks_for_it", [](http2_call_ptr c) { c->reset(13); }, "http/1.1"},
                    misbehaviour{"is_not_http_2", [](http2_call_ptr c) { c->raw("HTTP/1.1 400 Bad Request\r\n\r\n"); },
                                 "[protocol_error]"},
                    misbehaviour{"no_response", [](http2_call_ptr c) { c->head(200, {{"content-length", "x"}}); },
                                 "[protocol_error]"},
                    misbehaviour{"internal_errors", [](http2_call_ptr c) { c->reset(2); }, "[connection_lost]", 3},
                    misbehaviour{"calm_wanted", [](http2_call_ptr c) { c->reset(11); }, "[connection_lost]", 3}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Http2Greeting, ThatIsNotHttp2IsFoundOut) {
    http2_server server{[](http2_call_ptr) {}, {.greeting = "SSH-2.0-OpenSSH_9.2p1 Debian\r\n"}};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        co_await expect_sent(transport, at.to(), "[protocol_error]");
        EXPECT_EQ(transport.statistics().open, 0U);
    }(server));
}

TEST(Http2Connecting, FailsForAllWhoWait) {
    http2_server gone{[](http2_call_ptr) {}};
    auto to = gone.to();
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        auto options = over_http2(at);
        options.ca_pem = {};
        http_transport transport{co_await asio::this_coro::executor, options};
        co_await send_many(transport, at.to(), 5, "[tls_failed]");
        EXPECT_EQ(transport.statistics().open, 0U);
        EXPECT_EQ(transport.statistics().waiting, 0U);
    }(gone));
    to.port = 1;
    run_coro([](origin at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, http_options{.http2 = http2_mode::automatic}};
        co_await send_many(transport, at, 3, "[connect_failed]");
    }(to));
}

TEST(Http2Connecting, MeetsTheConnectLimit) {
    fault_server silent{{{drain()}}, {.all_must_come = false}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, http_options{.http2 = http2_mode::automatic}};
        auto to = at.to();
        to.tls = true;
        auto const got = co_await transport.send(request_to(to), {.connect = milliseconds{40}});
        EXPECT_EQ(outcome(got), "[timeout]");
        if (!got) EXPECT_NE(got.error().message.find("connect limit of 40 ms"), std::string::npos) << got.error();
        EXPECT_EQ(transport.statistics().open, 0U);
    }(silent));
}

/// A CONNECT proxy, by script: what follows its answer is the tunnel's.
TEST(Http2Proxy, IsGoneThrough) {
    http2_server behind{[](http2_call_ptr c) { c->respond(200, "x"); }};
    asio::io_context context{1};
    asio::ip::tcp::acceptor proxy{context, {asio::ip::address_v4::loopback(), 0}};
    std::thread tunnel{[&] {
        auto near = proxy.accept();
        std::string head;
        asio::read_until(near, asio::dynamic_buffer(head), "\r\n\r\n");
        EXPECT_TRUE(head.starts_with("CONNECT 127.0.0.1:" + std::to_string(behind.to().port))) << head;
        asio::ip::tcp::socket far{context};
        far.connect({asio::ip::address_v4::loopback(), behind.to().port});
        asio::write(near, asio::buffer(std::string{"HTTP/1.1 200 OK\r\n\r\n"}));
        auto const pass = [](asio::ip::tcp::socket& from, asio::ip::tcp::socket& to) {
            std::array<char, 16'384> bytes;
            boost::system::error_code ec;
            while (!ec) {
                auto const size = from.read_some(asio::buffer(bytes), ec);
                if (!ec) asio::write(to, asio::buffer(bytes.data(), size), ec);
            }
            to.shutdown(asio::ip::tcp::socket::shutdown_both, ec);
            from.shutdown(asio::ip::tcp::socket::shutdown_both, ec);
        };
        std::thread back{[&] { pass(far, near); }};
        pass(near, far);
        back.join();
    }};
    run_coro([](http2_server& at, std::uint16_t port) -> asio::awaitable<void> {
        auto options = over_http2(at);
        options.https_proxy = "http://127.0.0.1:" + std::to_string(port);
        http_transport transport{co_await asio::this_coro::executor, options};
        co_await send_many(transport, at.to(), 5, "x");
        EXPECT_EQ(transport.statistics().opened, 1U);
    }(behind, proxy.local_endpoint().port()));
    tunnel.join();
    EXPECT_EQ(behind.http2_connections(), 1U);
}

TEST(Http2Many, TenThousandCallsAreUnderWayOverAHundredConnections) {
    static constexpr std::size_t calls = 10'000;
    http2_server server{together(calls)};
    run_coro(
        [](http2_server& at) -> asio::awaitable<void> {
            auto options = over_http2(at);
            options.ping_time = milliseconds{600'000};  // the machine may be busy
            http_transport transport{co_await asio::this_coro::executor, options};
            exchange_limits const patient{.connect = milliseconds{600'000}};
            std::size_t good = 0;
            std::vector<asio::awaitable<void>> all;
            for (std::size_t i = 0; i < calls; ++i)
                all.push_back([](http_transport& over, origin to, exchange_limits limits,
                                 std::size_t& count) -> asio::awaitable<void> {
                    count += outcome(co_await over.send(request_to(std::move(to)), limits)) == "x" ? 1U : 0U;
                }(transport, at.to(), patient, good));
            co_await when_all(std::move(all));
            EXPECT_EQ(good, calls);
            EXPECT_LE(transport.statistics().opened, 100U);
        }(server),
        std::chrono::seconds{600});
    EXPECT_LE(server.most_streams(), 100U);
}

TEST(Http2Context, MayEndWithRequestsUnderWay) {
    http2_server server{[](http2_call_ptr c) {
        c->head(200);
        c->data("a");
    }};
    http_transport* leaked = nullptr;
    {
        asio::io_context context{1};
        leaked = new http_transport{context.get_executor(), over_http2(server)};
        for (int i = 0; i < 12; ++i)
            asio::co_spawn(context, expect_sent(*leaked, server.to(), "never"), asio::detached);
        auto const until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (server.requests() < 12 && std::chrono::steady_clock::now() < until)
            context.run_one_for(std::chrono::milliseconds{1});
        EXPECT_EQ(server.requests(), 12U);
    }
    delete leaked;
}

TEST(Http2Options, AreChecked) {
    for (auto const& [options, field] :
         {std::pair{http_options{.max_streams_per_connection = 0}, "max_streams_per_connection"},
          std::pair{http_options{.http2_buffer_bytes = 1}, "http2_buffer_bytes"},
          std::pair{http_options{.ping_time = milliseconds{0}}, "ping_time"},
          std::pair{http_options{.ping_timeout = milliseconds{-1}}, "ping_timeout"}}) {
        auto const checked = validate(options);
        EXPECT_FALSE(checked);
        if (!checked) EXPECT_EQ(checked.error().where, field);
    }
}

}  // namespace
}  // namespace coax::test
