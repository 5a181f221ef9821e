#include "loopback/http2_support.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace coax::test {
namespace {

using outcome_place = std::optional<result<std::string>>;

asio::awaitable<void> send_into(http_transport& transport, http_request request, outcome_place& place) {
    auto const got = co_await transport.send(std::move(request), {});
    if (got)
        place = got->body;
    else
        place = got.error();
}

asio::awaitable<void> stream_into(http_transport& transport, http_request request, outcome_place& place) {
    co_await asio::this_coro::throw_if_cancelled(false);  // it may end without a suspension
    auto stream = co_await transport.open(std::move(request), {});
    if (!stream) {
        place = stream.error();
        co_return;
    }
    place = co_await read_all(**stream);
}

/// What a request waits in when it is cancelled.
struct cancel2_case {
    char const* name;
    void (*answer)(http2_call_ptr);
    std::size_t body_bytes{2};
    bool seen{true};  ///< The server has all of the request then.
    http2_server_options server{};
};
void PrintTo(cancel2_case const& row, std::ostream* out) { *out << row.name; }
class Http2Cancel : public testing::TestWithParam<cancel2_case> {};

asio::awaitable<void> expect_reset(http2_server& server, cancel2_case const& row, decltype(&send_into) run) {
    auto const executor = co_await asio::this_coro::executor;
    auto one = over_http2(server);
    one.max_connections = 1;
    http_transport transport{executor, one};
    EXPECT_EQ(outcome(co_await transport.send(request_to(server.to()), {})), "next");
    auto request = request_to(server.to(), std::string(row.body_bytes, 'x'));
    request.target = "/cancelled";
    outcome_place place;
    started call{executor, run(transport, std::move(request), place)};
    if (row.seen)
        EXPECT_TRUE(co_await eventually([&] { return server.requests() == 2; }));
    else
        EXPECT_TRUE(co_await eventually([&] { return server.most_streams() == 1; }));
    co_await sleep_for(milliseconds{20});
    EXPECT_FALSE(call.done());
    call.cancel();
    EXPECT_TRUE(co_await eventually([&] { return call.done(); }));
    EXPECT_TRUE(place && !*place && place->error().code == errc::cancelled);
    EXPECT_TRUE(co_await eventually([&] { return server.resets() == 1; })) << "the stream is reset";
    EXPECT_EQ(outcome(co_await transport.send(request_to(server.to()), {})), "next");
    EXPECT_EQ(transport.statistics().opened, 1U) << "the connection stays";
}

http2_server::handler only_cancelled(void (*answer)(http2_call_ptr)) {
    return [answer](http2_call_ptr call) { call->path == "/cancelled" ? answer(call) : call->respond(200, "next"); };
}

TEST_P(Http2Cancel, ResetsTheStreamAndKeepsTheConnection) {
    http2_server server{only_cancelled(GetParam().answer), GetParam().server};
    run_coro(expect_reset(server, GetParam(), send_into));
}

TEST_P(Http2Cancel, ResetsTheStreamOfOneThatIsReadPieceByPiece) {
    http2_server server{only_cancelled(GetParam().answer), GetParam().server};
    run_coro(expect_reset(server, GetParam(), stream_into));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Http2Cancel,
    testing::Values(cancel2_case{"while_sending", [](http2_call_ptr) {}, 64U << 20U, false, {.window = 100}},
                    cancel2_case{"before_the_answer", [](http2_call_ptr) {}},
                    cancel2_case{"after_an_interim_answer", [](http2_call_ptr c) { c->interim(103); }},
                    cancel2_case{"in_the_body",
                                 [](http2_call_ptr c) {
                                     c->head(200);
                                     c->data("a");
                                 }}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Http2CancelWaiting, InTheHandshakeLeavesNothing) {
    fault_server silent{{{drain()}}};
    run_coro(
        [](fault_server& at) -> asio::awaitable<void> {
            auto const executor = co_await asio::this_coro::executor;
            http_transport transport{executor, http_options{.http2 = http2_mode::automatic}};
            auto request = request_to(at.to());
            request.to.tls = true;
            outcome_place place;
            started call{executor, send_into(transport, std::move(request), place)};
            EXPECT_TRUE(co_await eventually([&] { return at.connections() == 1; }));
            call.cancel();
            EXPECT_TRUE(co_await eventually([&] { return call.done(); }));
            EXPECT_TRUE(place && !*place && place->error().code == errc::cancelled);
            EXPECT_EQ(transport.statistics().waiting, 0U);
            transport.close();
            EXPECT_TRUE(co_await eventually([&] { return transport.statistics().open <= 1; }));
        }(silent),
        std::chrono::seconds{30});
}

TEST(Http2CancelWaiting, AtTheMomentOfTheGrantPassesThePlaceOn) {
    http2_server server{[](http2_call_ptr c) {
        if (c->number > 0) return c->respond(200, c->body);
        c->head(200);
        c->after(milliseconds{50}, [c] { c->data("a", true); });
    }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto one = over_http2(at);
        one.max_connections = one.max_streams_per_connection = 1;
        http_transport transport{executor, one};
        auto stream = co_await transport.open(request_to(at.to()), {});
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        outcome_place second;
        outcome_place third;
        started waits{executor, send_into(transport, request_to(at.to(), "2"), second)};
        started also_waits{executor, send_into(transport, request_to(at.to(), "3"), third)};
        EXPECT_TRUE(co_await eventually([&] { return transport.statistics().waiting == 2; }));
        EXPECT_EQ((co_await read_all(**stream)).value(), "a");  // grants; the sleeper may not have run yet
        waits.cancel();
        EXPECT_TRUE(co_await eventually([&] { return waits.done() && also_waits.done(); }));
        EXPECT_EQ(third->value(), "3");
        EXPECT_EQ(transport.statistics().opened, 1U);
        EXPECT_EQ(transport.statistics().waiting, 0U);
    }(server));
}

/// A cancellation after each turn of the context: at every suspension, wherever it is.
TEST(Http2CancelEverywhere, LosesNoPlaceAndNoSlot) {
    http2_server server{[](http2_call_ptr c) {
        if (c->path != "/cancelled") return c->respond(200, "next");
        c->head(200);
        c->data("a");
        c->after(milliseconds{1}, [c] { c->data("b", true); });
    }};
    int cancelled = 0;
    for (int turns = 2; turns < 60; ++turns) {
        SCOPED_TRACE(testing::Message() << "cancelled after turn " << turns);
        asio::io_context context{1};
        auto one = over_http2(server);
        one.max_connections = one.max_streams_per_connection = 1;
        http_transport transport{context.get_executor(), one};
        auto request = request_to(server.to());
        request.target = "/cancelled";
        outcome_place place;
        started call{context.get_executor(), stream_into(transport, std::move(request), place)};
        for (int i = 0; i < turns && !call.done(); ++i) context.run_one_for(std::chrono::seconds{1});
        bool const in_time = !call.done();
        call.cancel();
        run_coro_on(context, [](http_transport& over, http2_server& at) -> asio::awaitable<void> {
            EXPECT_EQ(outcome(co_await over.send(request_to(at.to()), {.total = milliseconds{20'000}})), "next");
        }(transport, server));
        EXPECT_TRUE(call.done());
        EXPECT_LE(transport.statistics().open, 1U);
        EXPECT_EQ(transport.statistics().waiting, 0U);
        if (place && !*place) EXPECT_EQ(place->error().code, errc::cancelled) << place->error();
        cancelled += place && !*place ? 1 : 0;
        if (!in_time) break;
    }
    EXPECT_GE(cancelled, 5);
}

}  // namespace
}  // namespace coax::test
