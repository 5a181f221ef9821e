#include "loopback/http_support.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace coax::test {
namespace {

using outcome_place = std::optional<result<std::string>>;

asio::awaitable<void> send_into(http_transport& transport, origin to, std::string body, outcome_place& place) {
    auto const got = co_await transport.send(request_to(std::move(to), std::move(body)), {});
    if (got)
        place = got->body;
    else
        place = got.error();
}

asio::awaitable<void> stream_into(http_transport& transport, origin to, std::string body, outcome_place& place) {
    auto stream = co_await transport.open(request_to(std::move(to), std::move(body)), {});
    if (!stream) {
        place = stream.error();
        co_return;
    }
    place = co_await read_all(**stream);
}

/// What a request waits in when it is cancelled.
struct cancel_case {
    char const* name;
    script on_connection;
    std::size_t requests_seen;  ///< Cancel once the server has this many.
    bool tls{false};
    std::size_t body_bytes{2};
};
void PrintTo(cancel_case const& row, std::ostream* out) { *out << row.name; }
class HttpCancel : public testing::TestWithParam<cancel_case> {};

asio::awaitable<void> expect_cancelled(fault_server& server, cancel_case const& row, decltype(&send_into) run) {
    auto const executor = co_await asio::this_coro::executor;
    http_options const one{.max_connections = 1};
    http_transport transport{executor, one};
    auto to = server.to();
    to.tls = row.tls;
    outcome_place place;
    started call{executor, run(transport, to, std::string(row.body_bytes, 'x'), place)};
    EXPECT_TRUE(co_await eventually(
        [&] { return server.connections() == 1 && server.requests().size() == row.requests_seen; }));
    co_await sleep_for(milliseconds{20});
    EXPECT_FALSE(call.done());
    call.cancel();
    EXPECT_TRUE(co_await eventually([&] { return call.done(); }));
    EXPECT_TRUE(place && !*place && place->error().code == errc::cancelled);
    EXPECT_TRUE(server.wait_for_end()) << "the connection is closed";
    EXPECT_EQ(transport.statistics().open, 0U);
    EXPECT_EQ(outcome(co_await transport.send(request_to(server.to()), {})), "next") << "no slot is lost";
}

TEST_P(HttpCancel, ClosesTheConnectionAndLosesNoSlot) {
    fault_server server{{GetParam().on_connection, exchange("next")}};
    run_coro(expect_cancelled(server, GetParam(), send_into));
}

TEST_P(HttpCancel, ClosesTheConnectionOfAStreamAndLosesNoSlot) {
    fault_server server{{GetParam().on_connection, exchange("next")}};
    run_coro(expect_cancelled(server, GetParam(), stream_into));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpCancel,
    testing::Values(
        cancel_case{"in_the_handshake", {drain()}, 0, true},
        cancel_case{"while_sending", {pause(milliseconds{60}), drain()}, 0, false, 32U << 20U},
        cancel_case{"before_the_answer", {receive(), stall()}, 1},
        cancel_case{"in_the_head", {receive(), send("HTTP/1.1 200 OK\r\nContent-"), stall()}, 1},
        cancel_case{"in_the_body", {receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na"), stall()}, 1},
        cancel_case{"between_chunks",
                    {receive(), send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"), stall()},
                    1}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(HttpCancelInLine, LeavesTheLine) {
    fault_server server{{{receive(), pause(milliseconds{60}), send(answer("x")), receive(), send(answer("z"))}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_options const one{.max_connections = 1};
        http_transport transport{executor, one};
        outcome_place first;
        outcome_place second;
        outcome_place third;
        started busy{executor, send_into(transport, at.to(), "1", first)};
        started waits{executor, send_into(transport, at.to(), "2", second)};
        started also_waits{executor, send_into(transport, at.to(), "3", third)};
        EXPECT_TRUE(co_await eventually([&] { return transport.statistics().waiting == 2; }));
        waits.cancel();
        EXPECT_TRUE(co_await eventually([&] { return waits.done(); }));
        EXPECT_EQ(transport.statistics().waiting, 1U);
        EXPECT_TRUE(co_await eventually([&] { return busy.done() && also_waits.done(); }));
        EXPECT_EQ(second->error().code, errc::cancelled);
        EXPECT_EQ(first->value(), "x");
        EXPECT_EQ(third->value(), "z");
    }(server));
}

TEST(HttpCancelInLine, AtTheMomentOfTheGrantPassesItOn) {
    fault_server server{{{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"), pause(milliseconds{30}),
                          send("a"), receive(), send(answer("z"))}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_options const one{.max_connections = 1};
        http_transport transport{executor, one};
        auto stream = co_await transport.open(request_to(at.to()), {});
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        outcome_place second;
        outcome_place third;
        started waits{executor, send_into(transport, at.to(), "2", second)};
        started also_waits{executor, send_into(transport, at.to(), "3", third)};
        EXPECT_TRUE(co_await eventually([&] { return transport.statistics().waiting == 2; }));
        EXPECT_EQ((co_await read_all(**stream)).value(), "a");  // grants; the sleeper has not run yet
        waits.cancel();
        EXPECT_TRUE(co_await eventually([&] { return waits.done() && also_waits.done(); }));
        EXPECT_EQ(second->error().code, errc::cancelled);
        EXPECT_EQ(third->value(), "z") << "the connection went on, unspoiled";
    }(server));
}

TEST(HttpCancelConnecting, WaitsForNoNameServer) {
    run_coro([]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        http_transport transport{executor};
        outcome_place place;
        started call{executor, send_into(transport, {.tls = false, .host = "slow.invalid", .port = 80}, "1", place)};
        co_await asio::post(executor, asio::use_awaitable);
        call.cancel();
        co_await asio::post(executor, asio::use_awaitable);
        EXPECT_TRUE(co_await eventually([&] { return call.done(); }));
        EXPECT_TRUE(place && !*place);
        EXPECT_EQ(transport.statistics().open, 0U);
    }());
}

}  // namespace
}  // namespace coax::test
