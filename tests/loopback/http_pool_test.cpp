#include "loopback/http_support.hpp"

#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace coax::test {
namespace {

/// Sends `count` requests one after the other; every answer must be `expected`.
asio::awaitable<void> send_many(http_transport& transport, origin to, int count, std::string expected, int& done) {
    for (int i = 0; i < count; ++i) EXPECT_EQ(outcome(co_await transport.send(request_to(to), {})), expected);
    ++done;
}

TEST(HttpPool, SixtyFourCallersUseAtMostSixtyFourConnections) {
    fault_server server{std::vector<script>(64, {serve(answer("x"))}), {.all_must_come = false}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_transport transport{executor};
        int done = 0;
        for (int i = 0; i < 64; ++i)
            asio::co_spawn(executor, send_many(transport, at.to(), 10, "x", done), asio::detached);
        // A connection that was opened for a request which another one served counts, too.
        EXPECT_TRUE(co_await eventually(
            [&] { return done == 64 && transport.statistics().idle == transport.statistics().open; }));
        auto const counted = transport.statistics();
        EXPECT_LE(counted.opened, 64U);
        EXPECT_GE(counted.opened + counted.reused, 640U);
        EXPECT_EQ(counted.waiting, 0U);
    }(server));
    EXPECT_EQ(server.requests().size(), 640U);
}

TEST(HttpPool, ATransportMayOutliveItsContext) {
    fault_server server{{{receive(), send(answer("x")), stall()}}};
    std::optional<http_transport> transport;
    {
        asio::io_context context{1};
        transport.emplace(context.get_executor());
        run_coro_on(context, [](http_transport& used, origin to) -> asio::awaitable<void> {
            EXPECT_EQ(outcome(co_await used.send(request_to(to), {})), "x");
        }(*transport, server.to()));
        EXPECT_EQ(transport->statistics().idle, 1U);
    }
    EXPECT_EQ(transport->statistics().idle, 0U);
    EXPECT_TRUE(server.wait_for_end()) << "its connection was closed with the context";
}

TEST(HttpPool, CallersBeyondTheBoundWaitInLineAndAreAllServed) {
    fault_server server{std::vector<script>(2, {serve(answer("x"))}), {.all_must_come = false}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_options const two{.max_connections_per_host = 2};
        http_transport transport{executor, two};
        int done = 0;
        for (int i = 0; i < 20; ++i)
            asio::co_spawn(executor, send_many(transport, at.to(), 3, "x", done), asio::detached);
        EXPECT_TRUE(co_await eventually([&] { return transport.statistics().waiting > 0; }));
        EXPECT_TRUE(co_await eventually([&] { return done == 20; }));
        EXPECT_EQ(transport.statistics().opened, 2U);
        EXPECT_EQ(transport.statistics().waiting, 0U);
    }(server));
}

TEST(HttpPool, AFailedConnectionHandsItsSlotToTheNextInLine) {
    fault_server server{{{receive(), reset()}, {receive(), close()}, exchange("x")}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_options const one{.max_connections = 1};
        http_transport transport{executor, one};
        std::vector<std::string> outcomes;
        for (int i = 0; i < 3; ++i)
            asio::co_spawn(
                executor,
                [](http_transport& by, origin to, std::vector<std::string>& to_list) -> asio::awaitable<void> {
                    to_list.push_back(outcome(co_await by.send(request_to(std::move(to)), {})));
                }(transport, at.to(), outcomes),
                asio::detached);
        EXPECT_TRUE(co_await eventually([&] { return outcomes.size() == 3; }));
        EXPECT_EQ(outcomes, (std::vector<std::string>{"[connection_lost]", "[connection_lost]", "x"}));
    }(server));
}

TEST(HttpPool, AFullLineIsTooLarge) {
    fault_server server{{{receive(), stall()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_options const narrow{.max_connections = 1, .max_waiting = 1};
        http_transport transport{executor, narrow};
        int ended = 0;
        auto const send = [](http_transport& by, origin to, int& count) -> asio::awaitable<void> {
            (void)co_await by.send(request_to(std::move(to)), {});
            ++count;
        };
        started first{executor, send(transport, at.to(), ended)};
        started second{executor, send(transport, at.to(), ended)};
        EXPECT_TRUE(
            co_await eventually([&] { return transport.statistics().waiting == 1 && at.requests().size() == 1; }));
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "[too_large]");
        first.cancel();
        second.cancel();
        EXPECT_TRUE(co_await eventually([&] { return first.done() && second.done(); }));
        EXPECT_EQ(transport.statistics().open + transport.statistics().waiting, 0U);
    }(server));
}

TEST(HttpPool, WaitingInLineMeetsTheTotalLimit) {
    fault_server server{{{receive(), stall()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_options const one{.max_connections = 1};
        http_transport transport{co_await asio::this_coro::executor, one};
        auto const busy = co_await transport.open(request_to(at.to()), {.first_byte = milliseconds{1}});
        EXPECT_FALSE(busy);
    }(server));
    fault_server slow{{{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"), stall()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_options const one{.max_connections = 1};
        http_transport transport{co_await asio::this_coro::executor, one};
        auto const busy = co_await transport.open(request_to(at.to()), {});
        EXPECT_TRUE(busy);
        auto const got = co_await transport.send(request_to(at.to()), {.total = milliseconds{60}});
        EXPECT_EQ(outcome(got), "[timeout]");
        if (!got) EXPECT_EQ(got.error().message, "the total limit of 60 ms passed");
        EXPECT_EQ(transport.statistics().waiting, 0U);
    }(slow));
}

struct stale_case {
    char const* name;
    script first;
    bool tls;
};
void PrintTo(stale_case const& row, std::ostream* out) { *out << row.name; }
class HttpStale : public testing::TestWithParam<stale_case> {};

TEST_P(HttpStale, PooledConnectionIsReplacedWithoutTheCallerNoticing) {
    fault_server server{{GetParam().first, exchange("second")}, {.tls = GetParam().tls}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_options const trusting{.ca_pem = at.ca_pem()};
        http_transport transport{co_await asio::this_coro::executor, trusting};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "first");
        EXPECT_EQ(transport.statistics().idle, 1U);
        EXPECT_TRUE(at.wait_for_end());
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "second");
        EXPECT_EQ(transport.statistics().replaced, 1U);
        EXPECT_EQ(transport.statistics().opened, 2U);
        EXPECT_EQ(transport.statistics().reused, 0U);
        EXPECT_EQ(transport.statistics().open, 1U);
    }(server));
    EXPECT_EQ(server.requests().size(), 2U);
}

script answered_then(step what) {
    auto all = exchange("first");
    all.push_back(std::move(what));
    return all;
}

INSTANTIATE_TEST_SUITE_P(Rows, HttpStale,
                         testing::Values(stale_case{"closed", answered_then(close()), false},
                                         stale_case{"reset", answered_then(reset()), false},
                                         stale_case{"closed_tls", answered_then(close()), true},
                                         stale_case{"cut_tls", answered_then(cut()), true},
                                         stale_case{"reset_tls", answered_then(reset()), true}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(HttpStaleAnswer, OutOfTurnIsNeverTakenForTheNextAnswer) {
    script first = exchange("first");
    first.push_back(pause(milliseconds{20}));
    first.push_back(send(answer("408, sent to nobody")));
    first.push_back(stall());
    fault_server server{{first, exchange("second")}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "first");
        EXPECT_TRUE(co_await eventually([&] { return at.sends() == 2; }));
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "second");
    }(server));
}

class HttpResend : public testing::TestWithParam<char const*> {};

/// The closing crossed the request on its way, or the server closed upon it: a kept connection is no proof of either.
TEST_P(HttpResend, OfAWrittenRequestGoesOutAtOnceOnAFreshConnection) {
    script first = exchange("first");
    first.push_back(receive());
    first.push_back(close());
    fault_server server{{first, exchange("again")}};
    run_coro([](fault_server& at, std::string method) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "first");
        auto request = request_to(at.to());
        request.method = method;
        EXPECT_EQ(outcome(co_await transport.send(std::move(request), {})), "again");
        EXPECT_EQ(transport.statistics().replaced, 1U);
        EXPECT_EQ(transport.resent(), 1U) << "the server received it twice";
    }(server, GetParam()));
    EXPECT_EQ(server.requests().size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Rows, HttpResend, testing::Values("POST", "PATCH", "GET", "DELETE"),
                         [](auto const& row) { return std::string(row.param); });

TEST(HttpResendOnce, NeitherOnANewConnectionNorAfterAByteOfTheAnswer) {
    script begun = exchange("first");
    begun.push_back(receive());
    begun.push_back(send("HTTP"));
    begun.push_back(close());
    script promised = exchange("first");
    promised.push_back(receive());
    promised.push_back(send("HTTP/1.1 100 Continue\r\n\r\n"));
    promised.push_back(pause(milliseconds{20}));
    promised.push_back(close());
    fault_server server{{{receive(), close()}, begun, promised}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        for (auto const* expected : {"[connection_lost]", "first", "[connection_lost]", "first", "[connection_lost]"})
            EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), expected);
        EXPECT_EQ(transport.statistics().replaced, 0U);
        EXPECT_EQ(transport.resent(), 0U);
    }(server));
}

TEST(HttpResendOnce, ASecondLossIsTheCallers) {
    script first = exchange("first");
    first.push_back(receive());
    first.push_back(close());
    fault_server server{{first, {receive(), close()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "first");
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "[connection_lost]");
    }(server));
}

/// As llama.cpp does: no word of it in the head, and the connection ends behind the stream.
TEST(HttpClosesAfterStreams, IsRememberedOfAnOrigin) {
    script const streamed{receive(), send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")};
    script closing = streamed;
    closing.push_back(close());
    script both = exchange("x");
    both.insert(both.end(), streamed.begin(), streamed.end());
    fault_server server{{closing, both, exchange("y")}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto const stream = [](http_transport& by, origin to) -> asio::awaitable<std::string> {
            auto body = co_await by.open(request_to(std::move(to)), {});
            if (!body) co_return "[no stream]";
            co_return (co_await read_all(**body)).value();
        };
        EXPECT_EQ(co_await stream(transport, at.to()), "a");
        EXPECT_EQ(transport.statistics().idle, 1U) << "not known yet";
        EXPECT_TRUE(at.wait_for_end());
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "x");
        EXPECT_EQ(transport.statistics().idle, 1U) << "kept after what is no stream";
        EXPECT_EQ(co_await stream(transport, at.to()), "a");
        EXPECT_EQ(transport.statistics().open, 0U) << "not kept after a stream any more";
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "y");
        EXPECT_EQ(transport.statistics().replaced, 1U);
    }(server));
}

/// A handshake that hangs holds nobody up who could be served by a connection that comes free.
TEST(HttpPoolOpening, ARequestTakesTheConnectionThatComesFreeFirst) {
    script good{start_tls(),           receive(), pause(milliseconds{60}),
                send(answer("first")), receive(), send(answer("second"))};
    fault_server server{{good, {drain()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_options const trusting{.ca_pem = at.ca_pem()};
        http_transport transport{executor, trusting};
        auto to = at.to();
        to.tls = true;
        std::string first;
        auto const send = [](http_transport& by, origin where, std::string& told) -> asio::awaitable<void> {
            told = outcome(co_await by.send(request_to(std::move(where)), {}));
        };
        asio::co_spawn(executor, send(transport, to, first), asio::detached);
        EXPECT_TRUE(co_await eventually([&] { return at.requests().size() == 1; }));
        EXPECT_EQ(outcome(co_await transport.send(request_to(to), {})), "second");
        EXPECT_EQ(first, "first");
        EXPECT_EQ(transport.statistics().open, 2U) << "the handshake goes on, for whoever comes next";
        transport.close();
        EXPECT_EQ(transport.statistics().open, 0U) << "and ends with the transport";
    }(server));
}

TEST(HttpPoolAge, ConnectionsIdleOrAliveTooLongAreNotUsedAgain) {
    for (auto const& options :
         {http_options{.idle_time = milliseconds{0}}, http_options{.life_time = milliseconds{1}}}) {
        script slow{receive(), pause(milliseconds{5}), send(answer("x"))};
        fault_server server{{slow, slow}};
        run_coro([](fault_server& at, http_options with) -> asio::awaitable<void> {
            http_transport transport{co_await asio::this_coro::executor, std::move(with)};
            for (int i = 0; i < 2; ++i) {
                EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "x");
                co_await sleep_for(milliseconds{2});
            }
            EXPECT_EQ(transport.statistics().opened, 2U);
        }(server, options));
    }
}

TEST(HttpClose, TurnsTheLineAwayAndLetsTheBusyFinish) {
    fault_server server{{{receive(), pause(milliseconds{30}), send(answer("x"))}, {serve(answer("y"))}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_options const one{.max_connections = 1};
        http_transport transport{executor, one};
        std::vector<std::string> outcomes;
        auto const send = [](http_transport& by, origin to, std::vector<std::string>& all) -> asio::awaitable<void> {
            all.push_back(outcome(co_await by.send(request_to(std::move(to)), {})));
        };
        for (int i = 0; i < 2; ++i) asio::co_spawn(executor, send(transport, at.to(), outcomes), asio::detached);
        EXPECT_TRUE(co_await eventually([&] { return transport.statistics().waiting == 1; }));
        transport.close();
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "[closed]");
        EXPECT_TRUE(co_await eventually([&] { return outcomes.size() == 2; }));
        EXPECT_EQ(outcomes, (std::vector<std::string>{"[closed]", "x"}));
        EXPECT_EQ(transport.statistics().open, 0U);

        http_transport idle{executor};
        EXPECT_EQ(outcome(co_await idle.send(request_to(at.to()), {})), "y");
        idle.close();
        EXPECT_EQ(idle.statistics().open, 0U);
        EXPECT_TRUE(at.wait_for_end(2));
    }(server));
}

TEST(HttpShutdown, AContextMayDieUnderRequestsInEveryState) {
    fault_server server{
        {{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na"), stall()}, {receive(), stall()}}};
    asio::io_context context{1};
    http_options const two{.max_connections = 2};
    http_transport transport{context.get_executor(), two};
    run_coro_on(context, [](http_transport& by, fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        int done = 0;
        for (int i = 0; i < 4; ++i) asio::co_spawn(executor, send_many(by, at.to(), 1, "", done), asio::detached);
        EXPECT_TRUE(co_await eventually([&] { return at.requests().size() == 2 && by.statistics().waiting == 2; }));
    }(transport, server));
}

/// In a handshake, for a request that waits for it and for one that another connection serves.
TEST(HttpShutdown, AContextMayDieUnderConnectionsThatAreMade) {
    script good{start_tls(), receive(), pause(milliseconds{30}), send(answer("x")), receive(), stall()};
    fault_server server{{good, {drain()}, {drain()}}};
    asio::io_context context{1};
    http_options const trusting{.ca_pem = server.ca_pem()};
    http_transport transport{context.get_executor(), trusting};
    run_coro_on(context, [](http_transport& by, fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto to = at.to();
        to.tls = true;
        int done = 0;
        asio::co_spawn(executor, send_many(by, to, 1, "x", done), asio::detached);
        EXPECT_TRUE(co_await eventually([&] { return at.requests().size() == 1; }));
        for (int i = 0; i < 2; ++i) asio::co_spawn(executor, send_many(by, to, 1, "", done), asio::detached);
        EXPECT_TRUE(co_await eventually([&] { return done == 1 && at.requests().size() == 2; }));
        EXPECT_EQ(by.statistics().open, 3U);
    }(transport, server));
}

TEST(HttpConnect, RefusedIsConnectFailed) {
    std::uint16_t closed_port = 0;
    {
        closed_port = fault_server{{}}.to().port;
    }
    run_coro([](std::uint16_t port) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto const got = co_await transport.send(request_to({.tls = false, .host = "127.0.0.1", .port = port}), {});
        EXPECT_EQ(outcome(got), "[connect_failed]");
        if (!got) EXPECT_TRUE(got.error().cause);
        auto const address = "127.0.0.1:" + std::to_string(port);
        if (!got)
            EXPECT_EQ(to_string(got.error()), "connect_failed: cannot connect to " + address + " at http://" + address +
                                                  ": Connection refused");
        EXPECT_EQ(transport.statistics().open, 0U);
    }(closed_port));
}

TEST(HttpConnect, UnknownNameIsConnectFailed) {
    run_coro([]() -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto const got =
            co_await transport.send(request_to({.tls = false, .host = "no-such-host.invalid", .port = 80}), {});
        EXPECT_EQ(outcome(got), "[connect_failed]");
        if (!got) EXPECT_NE(got.error().message.find("no-such-host.invalid"), std::string::npos);
    }());
}

TEST(HttpConnect, NamesAreLookedUpAndEveryAddressTried) {
    fault_server server{{exchange("x"), exchange("y")}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_options const fresh{.idle_time = milliseconds{0}};
        http_transport transport{co_await asio::this_coro::executor, fresh};
        auto to = at.to();
        to.host = "localhost";  // may name ::1 first, where nobody listens
        EXPECT_EQ(outcome(co_await transport.send(request_to(to), {})), "x");
        co_await sleep_for(milliseconds{1});
        EXPECT_EQ(outcome(co_await transport.send(request_to(to), {})), "y");
    }(server));
}

}  // namespace
}  // namespace coax::test
