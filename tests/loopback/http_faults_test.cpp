#include "loopback/http_support.hpp"
#include "support/compressed.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>
#include <vector>

namespace coax::test {
namespace {

using namespace std::string_literals;

struct answer_case {
    char const* name;
    std::string bytes;
    int status;
    std::string body;
    bool kept;  ///< The connection serves the next request.
    bool ends_with_close{false};
    std::string method{"POST"};
};
void PrintTo(answer_case const& row, std::ostream* out) { *out << row.name; }
class HttpAnswer : public testing::TestWithParam<answer_case> {};

/// One request answered by the row, one more that shows whether the connection was kept.
void expect_answered(answer_case const& row, std::size_t piece_bytes) {
    script first{receive(), send(row.bytes, piece_bytes)};
    if (row.ends_with_close) first.push_back(close());
    std::vector<script> scripts{first};
    if (row.kept)
        for (auto const& each : exchange("next")) scripts[0].push_back(each);
    else
        scripts.push_back(exchange("next"));

    fault_server server{scripts};
    run_coro([](fault_server& at, answer_case const& expected) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto request = request_to(at.to());
        request.method = expected.method;
        auto const got = co_await transport.send(std::move(request), {});
        EXPECT_EQ(outcome(got), expected.body);
        if (got) EXPECT_EQ(got->status, expected.status);
        EXPECT_EQ(transport.statistics().idle, expected.kept ? 1U : 0U);
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "next");
        EXPECT_EQ(transport.statistics().opened, expected.kept ? 1U : 2U);
        EXPECT_EQ(transport.statistics().reused, expected.kept ? 1U : 0U);
    }(server, row));
}

std::string coded(std::string const& status, std::string const& coding, std::string const& body) {
    return "HTTP/1.1 " + status + "\r\nContent-Encoding: " + coding +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string chunk(std::string const& part) {
    std::ostringstream out;
    out << std::hex << part.size() << "\r\n" << part << "\r\n";
    return out.str();
}

/// In chunks of five bytes.
std::string in_chunks(std::string const& coding, std::string const& body) {
    std::string out = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: " + coding + "\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += 5) out += chunk(body.substr(at, 5));
    return out + "0\r\n\r\n";
}

TEST_P(HttpAnswer, IsReadWhole) { expect_answered(GetParam(), 0); }
TEST_P(HttpAnswer, IsReadByteByByte) { expect_answered(GetParam(), 1); }

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpAnswer,
    testing::Values(
        answer_case{"content_length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
        answer_case{"empty_body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", true},
        answer_case{"an_error_is_an_answer", "HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nabc", 500, "abc", true},
        answer_case{"a_redirect_is_an_answer", "HTTP/1.1 307 T\r\nLocation: http://a/\r\nContent-Length: 0\r\n\r\n",
                    307, "", true},
        answer_case{"chunked",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n", 200,
                    "abc", true},
        answer_case{"no_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "", true},
        answer_case{"trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
                    200, "abc", true},
        answer_case{"connection_close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", 200,
                    "abc", false},
        answer_case{"http_1_0", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", false},
        answer_case{"http_1_0_kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc", 200,
                    "abc", true},
        answer_case{"until_the_end", "HTTP/1.1 200 OK\r\n\r\nabc", 200, "abc", false, true},
        answer_case{"no_content", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
        answer_case{"not_modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, "", true},
        answer_case{"head_has_no_body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 200, "", true, false, "HEAD"},
        answer_case{"interim_answers",
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
                    200, "abc", true},
        answer_case{"no_reason", "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
        answer_case{"no_reason_after_an_interim_answer",
                    "HTTP/1.1 100\r\n\r\nHTTP/1.1 429\r\nContent-Length: 3\r\n\r\nabc", 429, "abc", true},
        answer_case{"gzip", coded("200 OK", "gzip", compressed("abc", compression::gzip)), 200, "abc", true},
        answer_case{"deflate", coded("200 OK", "Deflate", compressed("abc", compression::zlib)), 200, "abc", true},
        answer_case{"an_error_in_gzip", coded("500 Oh", "gzip", compressed("abc", compression::gzip)), 500, "abc",
                    true},
        answer_case{"an_error_in_an_unknown_coding", coded("502 Bad Gateway", "br", "abc"), 502, "", true},
        answer_case{"gzip_in_chunks", in_chunks("gzip", compressed("abc", compression::gzip)), 200, "abc", true},
        answer_case{"gzip_until_the_end",
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + compressed("abc", compression::gzip), 200,
                    "abc", false, true},
        answer_case{"gzip_of_nothing", coded("429 Slow", "gzip", ""), 429, "", true},
        answer_case{"line_fold_and_spaces", "HTTP/1.1 200 \r\nX:  a \r\n b\r\nContent-Length: 3\r\n\r\nabc", 200, "abc",
                    true}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(HttpAnswerEnd, GarbageAfterItClosesTheConnection) {
    fault_server server{{{receive(), send(answer("abc") + "garbage"), stall()}, exchange("next")}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "abc");
        EXPECT_EQ(transport.statistics().open, 0U);
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "next");
    }(server));
}

TEST(HttpAnswerHead, KeepsEveryFieldInOrder) {
    fault_server server{{{receive(), send(answer("", "X-Request-Id: r1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"))}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto const got = co_await transport.send(request_to(at.to()), {});
        if (!got) co_return void(ADD_FAILURE() << got.error());
        header_list const expected{
            {"Content-Length", "0"}, {"X-Request-Id", "r1"}, {"Set-Cookie", "a"}, {"Set-Cookie", "b"}};
        EXPECT_EQ(got->headers, expected);
    }(server));
}

struct fault_case {
    char const* name;
    script on_connection;
    errc code;
    char const* message;
    exchange_limits limits{};
};
void PrintTo(fault_case const& row, std::ostream* out) { *out << row.name; }
class HttpFault : public testing::TestWithParam<fault_case> {};

TEST_P(HttpFault, EndsInItsErrorAndClosesTheConnection) {
    fault_server server{{GetParam().on_connection, exchange("next")}};
    run_coro([](fault_server& at, fault_case const& row) -> asio::awaitable<void> {
        http_options const one{.max_connections = 1, .max_header_bytes = 1'024};
        http_transport transport{co_await asio::this_coro::executor, one};
        auto const got = co_await transport.send(request_to(at.to()), row.limits);
        if (got) co_return void(ADD_FAILURE() << got->body);
        EXPECT_EQ(got.error().code, row.code) << got.error();
        EXPECT_NE(got.error().message.find(row.message), std::string::npos) << got.error();
        EXPECT_EQ(got.error().where, coax::to_string(at.to()));
        EXPECT_EQ(transport.statistics().open, 0U);
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "next");
    }(server, GetParam()));
}

TEST_P(HttpFault, EndsAStreamInTheSameError) {
    fault_server server{{GetParam().on_connection}};
    run_coro([](fault_server& at, fault_case const& row) -> asio::awaitable<void> {
        http_options const small{.max_header_bytes = 1'024};
        http_transport transport{co_await asio::this_coro::executor, small};
        auto stream = co_await transport.open(request_to(at.to()), row.limits);
        result<std::string> const all = stream ? co_await read_all(**stream) : stream.error();
        if (all) co_return void(ADD_FAILURE() << *all);
        EXPECT_EQ(all.error().code, row.code) << all.error();
        EXPECT_NE(all.error().message.find(row.message), std::string::npos) << all.error();
        if (stream) EXPECT_EQ((co_await (*stream)->read()).error(), all.error()) << "an error stays";
    }(server, GetParam()));
}

constexpr exchange_limits quick_first{.first_byte = milliseconds{60}};
constexpr exchange_limits quick_idle{.idle = milliseconds{60}};
constexpr exchange_limits quick_send{.idle = milliseconds{300}};
constexpr exchange_limits small_body{.max_body_bytes = 5};

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpFault,
    testing::Values(
        fault_case{
            "closed_before_the_response", {receive(), close()}, errc::connection_lost, "before the response began"},
        fault_case{
            "reset_before_the_response", {receive(), reset()}, errc::connection_lost, "before the response began"},
        fault_case{
            "closed_in_the_status", {receive(), send("HTTP/1."), close()}, errc::connection_lost, "in the middle"},
        fault_case{"closed_in_the_head",
                   {receive(), send("HTTP/1.1 200 OK\r\nX: "), close()},
                   errc::connection_lost,
                   "in the middle"},
        fault_case{"closed_in_the_body",
                   {receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"), close()},
                   errc::connection_lost,
                   "in the middle"},
        fault_case{"closed_between_chunks",
                   {receive(), send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"), close()},
                   errc::connection_lost,
                   "in the middle"},
        fault_case{
            "reset_in_the_body",
            {receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"), pause(milliseconds{20}), reset()},
            errc::connection_lost,
            "in the middle"},
        fault_case{"reset_in_a_body_until_the_end",
                   {receive(), send("HTTP/1.1 200 OK\r\n\r\nab"), pause(milliseconds{20}), reset()},
                   errc::connection_lost,
                   "in the middle"},
        fault_case{
            "not_http", {receive(), send("SSH-2.0-OpenSSH_9\r\n\r\n"), stall()}, errc::protocol_error, "not HTTP"},
        fault_case{"http_2", {receive(), send("HTTP/2.0 200 OK\r\n\r\n"), stall()}, errc::protocol_error, "not HTTP"},
        fault_case{"bad_header",
                   {receive(), send("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), stall()},
                   errc::protocol_error,
                   "not HTTP"},
        fault_case{"bad_length",
                   {receive(), send("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), stall()},
                   errc::protocol_error,
                   "not HTTP"},
        fault_case{"two_lengths",
                   {receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), stall()},
                   errc::protocol_error,
                   "not HTTP"},
        fault_case{
            "length_and_chunks",
            {receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), stall()},
            errc::protocol_error,
            "not HTTP"},
        fault_case{"bad_chunk",
                   {receive(), send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), stall()},
                   errc::protocol_error,
                   "not HTTP"},
        fault_case{"switching_protocols",
                   {receive(), send("HTTP/1.1 101 S\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"), stall()},
                   errc::protocol_error,
                   "unasked"},
        fault_case{"only_interim_answers",
                   {receive(), send("HTTP/1.1 100 Continue\r\n\r\n"), stall()},
                   errc::timeout,
                   "first_byte limit of 60 ms",
                   quick_first},
        fault_case{"endless_interim_answers",
                   {receive(), send([] {
                        std::string all;
                        for (int i = 0; i < 20; ++i) all += "HTTP/1.1 100 Continue\r\n\r\n";
                        return all;
                    }()),
                    stall()},
                   errc::protocol_error,
                   "no final response"},
        fault_case{"head_too_large",
                   {receive(), send("HTTP/1.1 200 OK\r\nX: " + std::string(2'000, 'x')), stall()},
                   errc::too_large,
                   "head"},
        fault_case{"many_small_headers",
                   {receive(),
                    send("HTTP/1.1 200 OK\r\n" +
                         [] {
                             std::string all;
                             for (int i = 0; i < 500; ++i) all += "a: b\r\n";
                             return all;
                         }()),
                    stall()},
                   errc::too_large,
                   "head"},
        fault_case{"body_too_large",
                   {receive(), send(answer("abcdef")), stall()},
                   errc::too_large,
                   "larger than 5 bytes",
                   small_body},
        fault_case{
            "chunks_too_large",
            {receive(), send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n"), stall()},
            errc::too_large,
            "larger than 5 bytes",
            small_body},
        fault_case{"endless_chunk_extension",
                   {receive(),
                    send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;" + std::string(5'000, 'x')), stall()},
                   errc::too_large,
                   "head"},
        fault_case{"body_until_the_end_too_large",
                   {receive(), send("HTTP/1.1 200 OK\r\n\r\nabcdef"), stall()},
                   errc::too_large,
                   "larger than 5 bytes",
                   small_body},
        fault_case{"a_coding_nobody_asked_for",
                   {receive(), send(coded("200 OK", "br", "abc")), stall()},
                   errc::protocol_error,
                   "Content-Encoding is br"},
        fault_case{"gzip_damaged",
                   {receive(), send(coded("200 OK", "gzip", "\x1f\x8b is not all of it")), stall()},
                   errc::protocol_error,
                   "cannot decode"},
        fault_case{
            "gzip_cut",
            {receive(), send(coded("200 OK", "gzip", compressed("abc", compression::gzip).substr(0, 12))), stall()},
            errc::connection_lost,
            "in the middle"},
        fault_case{
            "gzip_too_large",
            {receive(), send(coded("200 OK", "gzip", compressed(std::string(9'999, 'a'), compression::gzip))), stall()},
            errc::too_large,
            "larger than 100 bytes",
            {.max_body_bytes = 100}},
        fault_case{"tls_on_a_plain_connection",
                   {receive(), send("\x15\x03\x01"s + "\0\x02\x02\x46"s), close()},
                   errc::protocol_error,
                   "begins with https://"},
        fault_case{"silence", {receive(), stall()}, errc::timeout, "first_byte limit of 60 ms", quick_first},
        fault_case{"silence_in_the_head",
                   {receive(), send("HTTP/1.1 200"), stall()},
                   errc::timeout,
                   "idle limit of 60 ms",
                   quick_idle},
        fault_case{"silence_in_the_body",
                   {receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"), stall()},
                   errc::timeout,
                   "idle limit of 60 ms",
                   quick_idle},
        fault_case{"a_drip_meets_the_total_limit",
                   {receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na"), pause(milliseconds{40}),
                    send("b"), stall()},
                   errc::timeout,
                   "total limit of 80 ms",
                   {.total = milliseconds{80}}}),
    [](auto const& row) { return std::string(row.param.name); });

/// What is known of a response that broke off.
TEST(HttpFaultStatus, IsInTheErrorOnceTheHeadCame) {
    fault_server server{{{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na"), close()},
                         {receive(), send("HTTP/1.1 200 OK\r\nContent-"), close()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        for (int const expected : {200, 0}) {
            auto const got = co_await transport.send(request_to(at.to()), {});
            EXPECT_EQ(outcome(got), "[connection_lost]");
            if (!got) EXPECT_EQ(got.error().http_status, expected);
        }
    }(server));
}

/// It is whole and paid for: asked for again the same would come.
TEST(HttpFaultCoding, IsNotRetried) {
    fault_server server{{{receive(), send(coded("200 OK", "zstd", "abc")), stall()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto const got = co_await transport.send(request_to(at.to()), {});
        EXPECT_EQ(outcome(got), "[protocol_error]");
        if (!got) EXPECT_FALSE(is_retryable(got.error()));
        if (!got) EXPECT_EQ(got.error().http_status, 200);
    }(server));
}

TEST(HttpSend, WritesTheRequestAsItIs) {
    fault_server server{{times(2, exchange("x"))}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        http_request get{
            .to = at.to(), .method = "GET", .target = "/v1/models?a=b", .headers = {{"Authorization", "Bearer k"}}};
        (void)co_await transport.send(std::move(get), {});
        auto post = request_to(at.to(), "{\"a\":1}");
        post.headers = {{"accept-encoding", "identity"}};
        (void)co_await transport.send(std::move(post), {});
    }(server));
    auto const host = "Host: 127.0.0.1:" + std::to_string(server.to().port) + "\r\n";
    EXPECT_EQ(server.requests(), (std::vector{"GET /v1/models?a=b HTTP/1.1\r\n" + host +
                                                  "Accept-Encoding: gzip, deflate\r\nAuthorization: Bearer k\r\n\r\n",
                                              "POST /v1/chat HTTP/1.1\r\n" + host +
                                                  "Content-Length: 7\r\naccept-encoding: identity\r\n\r\n{\"a\":1}"}));
}

TEST(HttpSend, TakesBodiesLargerThanAnySocketBuffer) {
    std::string const large(8U << 20U, 'x');
    fault_server server{{{receive(), send(answer(large))}}};
    run_coro([](fault_server& at, std::string const& body) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto const got = co_await transport.send(request_to(at.to(), body), {});
        EXPECT_TRUE(got && got->body == body);
        EXPECT_EQ(transport.statistics().idle, 1U);
    }(server, large));
    ASSERT_EQ(server.requests().size(), 1U);
    EXPECT_TRUE(server.requests().front().ends_with("\r\n\r\n" + large));
}

TEST(HttpSend, AnswerGivenBeforeTheRequestWasReadCounts) {
    fault_server server{
        {{send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"), pause(milliseconds{30}), reset()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto const got = co_await transport.send(request_to(at.to(), std::string(32U << 20U, 'x')), {});
        EXPECT_EQ(outcome(got), "no");
        EXPECT_EQ(transport.statistics().open, 0U) << "a request not wholly sent spoils its connection";
    }(server));
}

/// The server reads no more and keeps the connection open: the response is read while the request waits to be sent.
TEST(HttpSend, AnswerGivenWhileTheRequestIsSentEndsTheSending) {
    for (auto const& options : {fault_server_options{}, fault_server_options{.tls = true}}) {
        fault_server server{
            {{pause(milliseconds{30}), send("HTTP/1.1 100 Continue\r\n\r\n"), pause(milliseconds{10}),
              send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"), pause(milliseconds{600}), reset()}},
            options};
        run_coro([](fault_server& at) -> asio::awaitable<void> {
            http_options const trusting{.ca_pem = at.ca_pem()};
            http_transport transport{co_await asio::this_coro::executor, trusting};
            // Who only sends meets the limit.
            auto const got = co_await transport.send(request_to(at.to(), std::string(32U << 20U, 'x')), quick_send);
            EXPECT_EQ(outcome(got), "no");
            if (got) EXPECT_EQ(got->status, 413);
            EXPECT_EQ(transport.statistics().open, 0U);
        }(server));
    }
}

/// The sockets of this process that are connected to `port`.
std::vector<int> sockets_to(std::uint16_t port) {
    std::vector<int> found;
    for (int each = 0; each < 1'024; ++each) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(each, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && ntohs(peer.sin_port) == port)
            found.push_back(each);
    }
    return found;
}

TEST(HttpSend, NoChildProcessInheritsItsSockets) {
    fault_server server{{exchange("x")}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "x");
        auto const mine = sockets_to(at.to().port);
        EXPECT_EQ(mine.size(), 1U);
        for (int const each : mine) EXPECT_NE(::fcntl(each, F_GETFD) & FD_CLOEXEC, 0);
    }(server));
}

struct request_case {
    char const* name;
    void (*spoil)(http_request&);
    char const* where;
};
void PrintTo(request_case const& row, std::ostream* out) { *out << row.name; }
class HttpRequestCheck : public testing::TestWithParam<request_case> {};

TEST_P(HttpRequestCheck, RefusesItWithoutTellingTheValue) {
    run_coro([](request_case const& row) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto request = request_to({.tls = false, .host = "127.0.0.1", .port = 1});
        row.spoil(request);
        auto const got = co_await transport.send(std::move(request), {});
        EXPECT_EQ(outcome(got), "[invalid_argument]");
        if (!got) EXPECT_EQ(got.error().where, row.where);
        if (!got) EXPECT_EQ(to_string(got.error()).find("sk-1"), std::string::npos);
        EXPECT_EQ(transport.statistics().opened, 0U);
    }(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HttpRequestCheck,
    testing::Values(
        request_case{"line_break_in_a_value", [](http_request& r) { r.headers.add("Authorization", "sk-1\r\nX: y"); },
                     "Authorization"},
        request_case{"nul_in_a_value", [](http_request& r) { r.headers.add("Authorization", "sk-1\0"s); },
                     "Authorization"},
        request_case{"space_in_a_name", [](http_request& r) { r.headers.add("A b", "sk-1"); }, "http_request.headers"},
        request_case{"empty_name", [](http_request& r) { r.headers.add("", "sk-1"); }, "http_request.headers"},
        request_case{"framing", [](http_request& r) { r.headers.add("transfer-Encoding", "chunked"); },
                     "transfer-Encoding"},
        request_case{"target_with_space", [](http_request& r) { r.target = "/a HTTP/1.1"; }, "http_request.target"},
        request_case{"target_with_line_break", [](http_request& r) { r.target = "/a\r\n"; }, "http_request.target"},
        request_case{"absolute_target", [](http_request& r) { r.target = "http://a/"; }, "http_request.target"},
        request_case{"method", [](http_request& r) { r.method = "PO ST"; }, "http_request.method"},
        request_case{"host_with_path", [](http_request& r) { r.to.host = "a/b"; }, "http_request.to"},
        request_case{"host_with_line_break", [](http_request& r) { r.to.host = "a\r\nX: y"; }, "http_request.to"},
        request_case{"no_host", [](http_request& r) { r.to.host = ""; }, "http_request.to"}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(HttpSend, TheLongestLimitsAreNoLimits) {
    fault_server server{{{receive(), pause(milliseconds{10}), send(answer("x"))}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        constexpr auto longest = milliseconds::max();
        exchange_limits const limits{.connect = longest, .first_byte = longest, .idle = longest, .total = longest};
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), limits)), "x");
    }(server));
}

TEST(HttpStream, GivesThePiecesAsTheyCome) {
    fault_server server{{{receive(), send("HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"),
                          pause(milliseconds{150}), send("1\r\nb\r\n"), pause(milliseconds{150}),
                          send("1\r\nc\r\n0\r\n\r\n"), receive(), send(answer("next"))}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto stream = co_await transport.open(request_to(at.to()), {});
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        EXPECT_EQ((*stream)->status(), 200);
        EXPECT_EQ((*stream)->headers().find("x"), "y");
        EXPECT_EQ(transport.statistics().idle, 0U);
        std::string pieces;
        for (int i = 0; i < 4; ++i) {
            auto const piece = co_await (*stream)->read();
            EXPECT_TRUE(piece);
            if (piece) pieces.append("[").append(*piece).append("]");
        }
        EXPECT_EQ(pieces, "[a][b][c][]");
        EXPECT_EQ(transport.statistics().idle, 1U)
            << "after the end the connection is free, also while the stream lives";
        EXPECT_EQ((co_await (*stream)->read()).value(), "");
        EXPECT_EQ(outcome(co_await transport.send(request_to(at.to()), {})), "next");
    }(server));
}

TEST(HttpStream, GivesWhatCameBeforeAnErrorFirst) {
    fault_server server{
        {{receive(), send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nnonsense\r\n"), stall()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto stream = co_await transport.open(request_to(at.to()), {});
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        EXPECT_EQ((co_await (*stream)->read()).value(), "a");
        auto const then = co_await (*stream)->read();
        EXPECT_FALSE(then);
        if (!then) EXPECT_EQ(then.error().code, errc::protocol_error);
    }(server));
}

TEST(HttpStream, GivesCompressedPiecesAsTheyCome) {
    auto const whole = compressed("abc", compression::gzip);
    // The first chunk ends inside of the data, with nothing to show yet; the member's end comes in the last one.
    fault_server server{{{receive(),
                          send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" +
                               chunk(compressed("ab", compression::gzip))),
                          pause(milliseconds{150}), send(chunk(whole.substr(0, 9))), pause(milliseconds{150}),
                          send(chunk(whole.substr(9, 9)) + chunk(whole.substr(18)) + "0\r\n\r\n")}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto stream = co_await transport.open(request_to(at.to()), {});
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        EXPECT_EQ((co_await (*stream)->read()).value(), "ab");
        EXPECT_EQ((co_await read_all(**stream)).value(), "abc");
        EXPECT_EQ(transport.statistics().idle, 1U);
    }(server));
}

TEST(HttpStream, DroppedBeforeItsEndClosesTheConnection) {
    fault_server server{{{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na"), stall()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        {
            auto stream = co_await transport.open(request_to(at.to()), {});
            EXPECT_TRUE(stream);
        }
        EXPECT_EQ(transport.statistics().open, 0U);
        EXPECT_TRUE(at.wait_for_end());
    }(server));
}

TEST(HttpStream, MayOutliveItsTransport) {
    fault_server server{{{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"), pause(milliseconds{10}),
                          send("b"), stall()}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        auto transport = std::make_unique<http_transport>(co_await asio::this_coro::executor);
        auto stream = co_await transport->open(request_to(at.to()), {});
        transport.reset();
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        EXPECT_EQ((co_await read_all(**stream)).value(), "ab");
        EXPECT_TRUE(at.wait_for_end()) << "a closed transport keeps no connection";
    }(server));
}

TEST(HttpStream, SlowReaderMeetsNoIdleLimit) {
    fault_server server{{{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"), send("b")}}};
    run_coro([](fault_server& at) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor};
        auto stream = co_await transport.open(request_to(at.to()), {.idle = milliseconds{30}});
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        co_await sleep_for(milliseconds{100});
        EXPECT_EQ((co_await read_all(**stream)).value(), "ab");
    }(server));
}

}  // namespace
}  // namespace coax::test
