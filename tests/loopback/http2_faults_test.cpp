#include "loopback/http2_support.hpp"
#include "support/compressed.hpp"
#include "support/http2_frames.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <sstream>

namespace coax::test {
namespace {

using handler = void (*)(http2_call_ptr);

struct answer2_case {
    char const* name;
    handler answer;
    int status;
    std::string body;
    std::string method{"POST"};
};
void PrintTo(answer2_case const& row, std::ostream* out) { *out << row.name; }
class Http2LoopbackAnswer : public testing::TestWithParam<answer2_case> {};

/// The row's answer to the first request, "next" to all others.
http2_server::handler first_then_next(handler first) {
    return [first](http2_call_ptr call) { call->number == 0 ? first(call) : call->respond(200, "next"); };
}

TEST_P(Http2LoopbackAnswer, IsReadAndTheConnectionStays) {
    http2_server server{first_then_next(GetParam().answer)};
    run_coro([](http2_server& at, answer2_case const& row) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        auto request = request_to(at.to());
        request.method = row.method;
        auto const got = co_await transport.send(std::move(request), {});
        EXPECT_EQ(outcome(got), row.body);
        if (got) EXPECT_EQ(got->status, row.status);
        EXPECT_EQ(transport.statistics().idle, 1U);
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "next");
        EXPECT_EQ(transport.statistics().opened, 1U);
        EXPECT_EQ(transport.statistics().reused, 1U);
    }(server, GetParam()));
}

TEST_P(Http2LoopbackAnswer, IsReadAsAStream) {
    http2_server server{first_then_next(GetParam().answer)};
    run_coro([](http2_server& at, answer2_case const& row) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        auto request = request_to(at.to());
        request.method = row.method;
        auto stream = co_await transport.open(std::move(request), {});
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        EXPECT_EQ((*stream)->status(), row.status);
        EXPECT_EQ((co_await read_all(**stream)).value(), row.body);
        EXPECT_EQ((co_await (*stream)->read()).value(), "");
        EXPECT_EQ(transport.statistics().idle, 1U);
    }(server, GetParam()));
}

http2_call::fields coding(char const* name) { return {{"content-encoding", name}}; }

INSTANTIATE_TEST_SUITE_P(
    Rows, Http2LoopbackAnswer,
    testing::Values(
        answer2_case{"whole", [](http2_call_ptr c) { c->respond(200, "abc"); }, 200, "abc"},
        answer2_case{"empty_body", [](http2_call_ptr c) { c->respond(200, ""); }, 200, ""},
        answer2_case{"an_error_is_an_answer", [](http2_call_ptr c) { c->respond(500, "abc"); }, 500, "abc"},
        answer2_case{"a_redirect_is_an_answer",
                     [](http2_call_ptr c) { c->respond(307, "", {{"location", "http://a/"}}); }, 307, ""},
        answer2_case{"in_pieces",
                     [](http2_call_ptr c) {
                         c->head(200);
                         c->data("a");
                         c->after(milliseconds{5},
                                  [c] { c->data("b"), c->after(milliseconds{5}, [c] { c->data("c", true); }); });
                     },
                     200, "abc"},
        answer2_case{"interim_answers",
                     [](http2_call_ptr c) {
                         c->interim(100);
                         c->interim(103);
                         c->respond(200, "abc");
                     },
                     200, "abc"},
        answer2_case{"of_head",
                     [](http2_call_ptr c) {
                         c->head(200, {{"content-length", "9"}});
                         c->data("", true);
                     },
                     200, "", "HEAD"},
        answer2_case{"gzip",
                     [](http2_call_ptr c) { c->respond(200, compressed("abc", compression::gzip), coding("gzip")); },
                     200, "abc"},
        answer2_case{"deflate",
                     [](http2_call_ptr c) { c->respond(200, compressed("abc", compression::zlib), coding("deflate")); },
                     200, "abc"},
        answer2_case{"an_error_in_an_unknown_coding", [](http2_call_ptr c) { c->respond(502, "abc", coding("br")); },
                     502, ""}),
    [](auto const& row) { return std::string(row.param.name); });

struct fault2_case {
    char const* name;
    handler answer;
    errc code;
    char const* message;
    bool keeps_connection;  ///< Only the stream is lost.
    exchange_limits limits{};
    bool streams{true};  ///< Over a stream it is the same.
};
void PrintTo(fault2_case const& row, std::ostream* out) { *out << row.name; }
class Http2Fault : public testing::TestWithParam<fault2_case> {};

void expect_error(error const& why, fault2_case const& row, http2_server const& at) {
    EXPECT_EQ(why.code, row.code) << why;
    EXPECT_NE(why.message.find(row.message), std::string::npos) << why;
    EXPECT_EQ(why.where, coax::to_string(at.to()));
}

TEST_P(Http2Fault, EndsInItsErrorAndCostsNoMoreThanItMust) {
    http2_server server{first_then_next(GetParam().answer)};
    run_coro([](http2_server& at, fault2_case const& row) -> asio::awaitable<void> {
        auto one = over_http2(at);
        one.max_connections = 1;
        one.max_header_bytes = 1'024;
        http_transport transport{co_await asio::this_coro::executor, one};
        auto const got = co_await transport.send(request_to(at.to()), row.limits);
        if (got) co_return void(ADD_FAILURE() << got->body);
        expect_error(got.error(), row, at);
        EXPECT_EQ(transport.statistics().open, row.keeps_connection ? 1U : 0U);
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "next");
        EXPECT_EQ(transport.statistics().opened, row.keeps_connection ? 1U : 2U);
    }(server, GetParam()));
}

TEST_P(Http2Fault, EndsAStreamInTheSameError) {
    http2_server server{first_then_next(GetParam().answer)};
    run_coro([](http2_server& at, fault2_case const& row) -> asio::awaitable<void> {
        auto small = over_http2(at);
        small.max_header_bytes = 1'024;
        http_transport transport{co_await asio::this_coro::executor, small};
        auto stream = co_await transport.open(request_to(at.to()), row.limits);
        result<std::string> const all = stream ? co_await read_all(**stream) : stream.error();
        if (all) co_return void(ADD_FAILURE() << *all);
        expect_error(all.error(), row, at);
        if (stream) EXPECT_EQ((co_await (*stream)->read()).error(), all.error()) << "an error stays";
    }(server, GetParam()));
}

constexpr exchange_limits quick_first{.first_byte = milliseconds{60}};
constexpr exchange_limits quick_idle{.idle = milliseconds{60}};
constexpr exchange_limits small_body{.max_body_bytes = 5};

void begin_body(http2_call_ptr const& call, char const* length = nullptr) {
    call->head(200, length == nullptr ? http2_call::fields{} : http2_call::fields{{"content-length", length}});
    call->data("ab");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Http2Fault,
    testing::Values(
        fault2_case{"closed_before_the_response", [](http2_call_ptr c) { c->close(); }, errc::connection_lost,
                    "before the whole response", false},
        fault2_case{"cut_before_the_response", [](http2_call_ptr c) { c->cut(); }, errc::connection_lost,
                    "before the whole response", false},
        fault2_case{"connection_reset_before_the_response", [](http2_call_ptr c) { c->reset_connection(); },
                    errc::connection_lost, "before the whole response", false},
        fault2_case{"closed_in_the_body", [](http2_call_ptr c) { begin_body(c), c->close(); }, errc::connection_lost,
                    "before the whole response", false},
        fault2_case{"connection_reset_in_the_body",
                    [](http2_call_ptr c) {
                        begin_body(c);
                        c->after(milliseconds{20}, [c] { c->reset_connection(); });
                    },
                    errc::connection_lost, "before the whole response", false},
        fault2_case{"cut_inside_of_a_frame",
                    [](http2_call_ptr c) {
                        c->raw(h2::response(c->stream(), "abcdef").substr(0, 40));
                        c->cut();
                    },
                    errc::connection_lost, "before the whole response", false},
        fault2_case{"gone_away_for_a_reason",
                    [](http2_call_ptr c) {
                        c->go_away(true, 11);
                        c->after(milliseconds{20}, [c] { c->cut(); });
                    },
                    errc::connection_lost, "for the reason ENHANCE_YOUR_CALM", false},
        fault2_case{"reset", [](http2_call_ptr c) { c->reset(2); }, errc::connection_lost, "HTTP/2 INTERNAL_ERROR",
                    true},
        fault2_case{"reset_in_the_body",
                    [](http2_call_ptr c) {
                        begin_body(c);
                        c->after(milliseconds{20}, [c] { c->reset(11); });
                    },
                    errc::connection_lost, "HTTP/2 ENHANCE_YOUR_CALM", true},
        fault2_case{"reset_for_no_reason", [](http2_call_ptr c) { c->reset(0); }, errc::connection_lost,
                    "HTTP/2 NO_ERROR", true},
        fault2_case{"http_1_1_wanted", [](http2_call_ptr c) { c->reset(13); }, errc::protocol_error,
                    "asks for HTTP/1.1", true},
        fault2_case{"not_http_2", [](http2_call_ptr c) { c->raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"); },
                    errc::protocol_error, "does not keep to HTTP/2", false},
        fault2_case{"frame_too_large",
                    [](http2_call_ptr c) { c->raw(h2::data(c->stream(), std::string(20'000, 'x'))); },
                    errc::protocol_error, "does not keep to HTTP/2", false},
        fault2_case{"headers_that_are_no_hpack",
                    [](http2_call_ptr c) {
                        c->raw(h2::frame(h2::type::headers, h2::end_headers, c->stream(), "\xff\xff\xff\xff\xff"));
                    },
                    errc::protocol_error, "does not keep to HTTP/2", false},
        fault2_case{"endless_pings",
                    [](http2_call_ptr c) {
                        std::string all;
                        for (int i = 0; i < 20'000; ++i) all += h2::ping();
                        c->raw(all);
                    },
                    errc::protocol_error, "does not keep to HTTP/2", false},
        fault2_case{"no_status", [](http2_call_ptr c) { c->raw(h2::headers(c->stream(), {{"a", "b"}})); },
                    errc::protocol_error, "does not keep to HTTP/2", true},
        fault2_case{"bad_length", [](http2_call_ptr c) { c->head(200, {{"content-length", "x"}}); },
                    errc::protocol_error, "does not keep to HTTP/2", true},
        fault2_case{"two_lengths",
                    [](http2_call_ptr c) { c->head(200, {{"content-length", "1"}, {"content-length", "2"}}); },
                    errc::protocol_error, "does not keep to HTTP/2", true},
        fault2_case{"longer_than_it_said", [](http2_call_ptr c) { begin_body(c, "1"); }, errc::protocol_error,
                    "does not keep to HTTP/2", true},
        fault2_case{"shorter_than_it_said",
                    [](http2_call_ptr c) {
                        begin_body(c, "3");
                        c->data("", true);
                    },
                    errc::protocol_error, "does not keep to HTTP/2", true},
        fault2_case{"only_interim_answers", [](http2_call_ptr c) { c->interim(100); }, errc::timeout,
                    "first_byte limit of 60 ms", true, quick_first},
        fault2_case{"endless_interim_answers",
                    [](http2_call_ptr c) {
                        for (int i = 0; i < 20; ++i) c->interim(100);
                    },
                    errc::protocol_error, "no final response", true},
        fault2_case{"head_too_large", [](http2_call_ptr c) { c->head(200, {{"x", std::string(2'000, 'x')}}); },
                    errc::too_large, "head", true},
        fault2_case{"many_small_headers", [](http2_call_ptr c) { c->head(200, http2_call::fields(500, {"a", "b"})); },
                    errc::too_large, "head", true},
        fault2_case{"body_too_large", [](http2_call_ptr c) { c->respond(200, "abcdef"); }, errc::too_large,
                    "larger than 5 bytes", true, small_body},
        fault2_case{"pieces_too_large",
                    [](http2_call_ptr c) {
                        c->head(200);
                        c->data("abc");
                        c->after(milliseconds{5}, [c] { c->data("def"); });
                    },
                    errc::too_large, "larger than 5 bytes", true, small_body},
        fault2_case{"a_coding_nobody_asked_for", [](http2_call_ptr c) { c->respond(200, "abc", coding("br")); },
                    errc::protocol_error, "Content-Encoding is br", true},
        fault2_case{"gzip_damaged",
                    [](http2_call_ptr c) { c->respond(200, "\x1f\x8b is not all of it", coding("gzip")); },
                    errc::protocol_error, "cannot decode", true},
        fault2_case{"gzip_cut",
                    [](http2_call_ptr c) {
                        c->respond(200, compressed("abc", compression::gzip).substr(0, 12), coding("gzip"));
                    },
                    errc::connection_lost, "in the middle", true},
        fault2_case{"gzip_too_large",
                    [](http2_call_ptr c) {
                        c->respond(200, compressed(std::string(9'999, 'a'), compression::gzip), coding("gzip"));
                    },
                    errc::too_large,
                    "larger than 100 bytes",
                    true,
                    {.max_body_bytes = 100}},
        fault2_case{"silence", [](http2_call_ptr) {}, errc::timeout, "first_byte limit of 60 ms", true, quick_first},
        fault2_case{"silence_in_the_body", [](http2_call_ptr c) { begin_body(c); }, errc::timeout,
                    "idle limit of 60 ms", true, quick_idle},
        fault2_case{"a_drip_meets_the_total_limit",
                    [](http2_call_ptr c) {
                        begin_body(c);
                        c->after(milliseconds{40}, [c] { c->data("b"); });
                    },
                    errc::timeout,
                    "total limit of 80 ms",
                    true,
                    {.total = milliseconds{80}}}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Http2FaultStatus, IsInTheErrorOnceTheHeadCame) {
    http2_server server{[](http2_call_ptr c) { c->number == 0 ? (begin_body(c), c->close()) : c->close(); }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        for (int const expected : {200, 0}) {
            auto const got = co_await transport.send(request_to(at.to()), {});
            EXPECT_EQ(outcome(got), "[connection_lost]");
            if (!got) EXPECT_EQ(got.error().http_status, expected);
        }
    }(server));
}

TEST(Http2Send, WritesTheRequestAsItIs) {
    std::map<std::string, std::string> seen;
    std::string body;
    {
        http2_server server{[&](http2_call_ptr c) {
            for (auto const& [name, value] : c->headers) seen[name] = value;
            body = c->body;
            c->respond(200, "x");
        }};
        run_coro([](http2_server& at) -> asio::awaitable<void> {
            http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
            auto request = request_to(at.to(), "{\"a\":1}");
            request.headers.add("Authorization", "Bearer k");
            EXPECT_EQ(outcome(co_await transport.send(std::move(request), {})), "x");
        }(server));
        EXPECT_EQ(seen[":authority"], "127.0.0.1:" + std::to_string(server.to().port));
    }
    EXPECT_EQ(seen[":method"] + ' ' + seen[":scheme"] + ' ' + seen[":path"], "POST https /v1/chat");
    EXPECT_EQ(seen["authorization"], "Bearer k");
    EXPECT_EQ(seen["content-length"], "7");
    EXPECT_EQ(body, "{\"a\":1}");
}

TEST(Http2Send, TakesBodiesLargerThanAnyWindow) {
    std::string const large(8U << 20U, 'x');
    http2_server server{[](http2_call_ptr c) { c->respond(200, std::move(c->body)); }};
    run_coro([](http2_server& at, std::string const& body) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        auto const got = co_await transport.send(request_to(at.to(), body), {});
        EXPECT_TRUE(got && got->body == body) << outcome(got).substr(0, 60);
        EXPECT_EQ(transport.statistics().idle, 1U);
    }(server, large));
}

TEST(Http2Send, KeepsToSmallWindows) {
    http2_server server{[](http2_call_ptr c) { c->respond(200, std::to_string(c->body.size())); }, {.window = 10}};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to(), std::string(500, 'x')), {})), "500");
    }(server));
}

/// Does that every millisecond, as long as it returns true and the connection is there.
void again_and_again(http2_call_ptr const& call, std::function<bool()> what) {
    if (!what()) return;
    call->after(milliseconds{1}, [call, what = std::move(what)] { again_and_again(call, what); });
}

TEST(Http2Stream, GivesThePiecesAsTheyComeAndOutlivesItsTransport) {
    std::atomic<int> taken{0};
    http2_server server{[&taken](http2_call_ptr c) {
        c->head(200, {{"x", "y"}});
        c->data("a");
        again_and_again(c, [c, &taken, sent = 1]() mutable {
            if (taken == sent) c->data(sent == 1 ? "b" : "c", sent == 2), ++sent;
            return sent < 3;
        });
    }};
    run_coro([](http2_server& at, std::atomic<int>& count) -> asio::awaitable<void> {
        auto transport = std::make_unique<http_transport>(co_await asio::this_coro::executor, over_http2(at));
        auto stream = co_await transport->open(request_to(at.to()), {});
        transport.reset();
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        EXPECT_EQ((*stream)->headers().find("X"), "y");
        std::string pieces;
        for (int i = 0; i < 4; ++i) {
            auto const piece = co_await (*stream)->read();
            if (piece) pieces.append("[").append(*piece).append("]");
            ++count;
        }
        EXPECT_EQ(pieces, "[a][b][c][]");
        EXPECT_TRUE(co_await eventually([&] { return at.open_connections() == 0; }))
            << "a closed transport keeps no connection";
    }(server, taken));
}

TEST(Http2Stream, ASlowReaderMeetsNoIdleLimitAndHoldsUpNobody) {
    std::string const large(4U << 20U, 'x');
    http2_server server{[&](http2_call_ptr c) { c->respond(200, large); }};
    run_coro([](http2_server& at, std::string const& all) -> asio::awaitable<void> {
        auto options = over_http2(at);
        options.max_connections = 1;
        http_transport transport{co_await asio::this_coro::executor, options};
        auto slow = co_await transport.open(request_to(at.to()), {.idle = milliseconds{500}});
        if (!slow) co_return void(ADD_FAILURE() << slow.error());
        co_await sleep_for(milliseconds{700});
        auto const quick = co_await transport.send(request_to(at.to()), {});
        EXPECT_TRUE(quick && quick->body == all) << "on the same connection";
        EXPECT_EQ(at.connections(), 1U);
        EXPECT_EQ((co_await read_all(**slow)).value().size(), all.size());
    }(server, large));
}

TEST(Http2Stream, KeepWaitingGoesOnWithTheLimitThatRuns) {
    http2_server server{[](http2_call_ptr c) {
        c->head(200);
        again_and_again(c, [c] { return c->data("x"), true; });
    }};
    run_coro([](http2_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor, over_http2(at)};
        auto stream = co_await transport.open(request_to(at.to()), {.first_byte = milliseconds{100}});
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        std::optional<error> why;
        for (int i = 0; i < 1'000 && !why; ++i) {
            (*stream)->keep_waiting();
            if (auto const piece = co_await (*stream)->read(); !piece) why = piece.error();
        }
        if (!why) co_return void(ADD_FAILURE() << "no limit passed");
        EXPECT_EQ(why->message, "the first_byte limit of 100 ms passed");
    }(server));
}

}  // namespace
}  // namespace coax::test
