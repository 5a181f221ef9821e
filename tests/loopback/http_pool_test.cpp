#include "loopback/http_support.hpp"

#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

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
        EXPECT_TRUE(co_await eventually([&] { return done == 64; }));
        auto const counted = transport.statistics();
        EXPECT_LE(counted.opened, 64U);
        EXPECT_EQ(counted.opened + counted.reused, 640U);
        EXPECT_EQ(counted.idle, counted.open);
        EXPECT_EQ(counted.waiting, 0U);
    }(server));
    EXPECT_EQ(server.requests().size(), 640U);
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
        co_await sleep_for(milliseconds{60});
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "second");
    }(server));
}

struct resend_case {
    char const* name;
    char const* method;
    char const* expected;
    std::uint64_t replaced;
};
void PrintTo(resend_case const& row, std::ostream* out) { *out << row.name; }
class HttpResend : public testing::TestWithParam<resend_case> {};

TEST_P(HttpResend, OfAWrittenRequestDependsOnItsMethod) {
    script first = exchange("first");
    first.push_back(receive());
    first.push_back(close());
    fault_server server{{first, exchange("again")}, {.all_must_come = GetParam().replaced > 0}};
    run_coro([](fault_server& at, resend_case const& row) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "first");
        auto request = request_to(at.to());
        request.method = row.method;
        EXPECT_EQ(outcome(co_await transport.send(std::move(request), {})), row.expected);
        EXPECT_EQ(transport.statistics().replaced, row.replaced);
    }(server, GetParam()));
    EXPECT_EQ(server.requests().size(), 2U + GetParam().replaced);
}

INSTANTIATE_TEST_SUITE_P(Rows, HttpResend,
                         testing::Values(resend_case{"a_post_may_have_been_acted_on", "POST", "[connection_lost]", 0},
                                         resend_case{"a_patch_may_have_been_acted_on", "PATCH", "[connection_lost]", 0},
                                         resend_case{"a_get_is_sent_again", "GET", "again", 1},
                                         resend_case{"a_delete_is_sent_again", "DELETE", "again", 1}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(HttpResendOnce, NeitherOnANewConnectionNorAfterAByteOfTheAnswer) {
    script begun = exchange("first");
    begun.push_back(receive());
    begun.push_back(send("HTTP"));
    begun.push_back(close());
    fault_server server{{{receive(), close()}, begun}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        for (auto const* expected : {"[connection_lost]", "first", "[connection_lost]"}) {
            auto request = request_to(at.to());
            request.method = "GET";
            EXPECT_EQ(outcome(co_await transport.send(std::move(request), {})), expected);
        }
        EXPECT_EQ(transport.statistics().replaced, 0U);
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
