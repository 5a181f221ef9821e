#include "support/run_coro.hpp"

#include <coax/http/memory_transport.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace coax::test {
namespace {

using namespace std::chrono_literals;
using timed_response = memory_transport::timed_response;

struct memory_case {
    char const* name;
    timed_response gives;
    exchange_limits limits;
    char const* expected;  ///< The body, pieces in brackets; or the error.
    std::chrono::milliseconds took;
};
void PrintTo(memory_case const& row, std::ostream* out) { *out << row.name; }
class MemoryTransport : public testing::TestWithParam<memory_case> {};

asio::awaitable<std::string> pieces_of(transport& from, exchange_limits limits) {
    auto stream = co_await from.open({}, limits);
    std::string all;
    while (stream) {
        auto const piece = co_await (*stream)->read();
        if (!piece) co_return all + to_string(piece.error());
        if (piece->empty()) co_return all;
        all.append("[").append(*piece).append("]");
    }
    co_return to_string(stream.error());
}

TEST_P(MemoryTransport, FollowsTheTable) {
    run_virtual([](memory_case const& row) -> asio::awaitable<void> {
        memory_transport transport{[&row](http_request const&) { return row.gives; }};
        auto const begun = now(co_await asio::this_coro::executor);
        EXPECT_EQ(co_await pieces_of(transport, row.limits), row.expected);
        EXPECT_EQ(now(co_await asio::this_coro::executor) - begun, row.took);

        auto const whole = co_await transport.send({}, row.limits);
        EXPECT_EQ(static_cast<bool>(whole), row.expected[0] == '[' || row.expected[0] == '\0') << "ends alike";
        if (whole) EXPECT_EQ(whole->body, row.gives.response.body);
    }(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, MemoryTransport,
    testing::Values(
        memory_case{"at_once", {.response = {.status = 200, .body = "abc"}}, {}, "[abc]", 0ms},
        memory_case{"empty", {.response = {.status = 204}}, {}, "", 0ms},
        memory_case{"in_pieces",
                    {.response = {.body = "abcde"}, .delay = 1s, .piece_bytes = 2, .delay_per_piece = 100ms},
                    {},
                    "[ab][cd][e]",
                    1300ms},
        memory_case{"first_byte",
                    {.delay = 3s},
                    {.first_byte = 2s},
                    "timeout: the first_byte limit of 2000 ms passed at https://",
                    2s},
        memory_case{"idle",
                    {.response = {.body = "ab"}, .delay_per_piece = 3s},
                    {.idle = 2s},
                    "timeout: the idle limit of 2000 ms passed at https://",
                    2s},
        memory_case{"total_before_the_head",
                    {.delay = 3s},
                    {.total = 2s},
                    "timeout: the total limit of 2000 ms passed at https://",
                    2s},
        memory_case{"longest_limits",
                    {.response = {.body = "ab"}, .delay = 2h},
                    {.first_byte = std::chrono::milliseconds::max(), .total = std::chrono::milliseconds::max()},
                    "[ab]",
                    2h},
        memory_case{"no_limits",
                    {.response = {.body = "ab"}, .delay = 2h, .delay_per_piece = 2h},
                    {.first_byte = 0s, .idle = 0s},
                    "[ab]",
                    4h}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(MemoryTransportEnd, ComesAfterThePieces) {
    run_virtual([]() -> asio::awaitable<void> {
        memory_transport slow{[](http_request const&) {
            return timed_response{.response = {.body = "abcd"}, .piece_bytes = 1, .delay_per_piece = 1s};
        }};
        EXPECT_EQ(co_await pieces_of(slow, {.total = 2500ms}),
                  "[a][b]timeout: the total limit of 2500 ms passed at https://");
        EXPECT_EQ(co_await pieces_of(slow, {.max_body_bytes = 3}),
                  "[a][b][c]too_large: the response's body is larger than 3 bytes at https://");

        memory_transport broken{[](http_request const&) {
            return timed_response{.response = {.body = "a"}, .fails_after = error{.code = errc::connection_lost}};
        }};
        EXPECT_EQ(co_await pieces_of(broken, {}), "[a]connection_lost");
        auto const whole = co_await broken.send({}, {});
        EXPECT_TRUE(!whole && whole.error().code == errc::connection_lost);
    }());
}

TEST(MemoryTransportHandler, MayFailAndMayThrow) {
    run_virtual([]() -> asio::awaitable<void> {
        memory_transport refusing{
            [](http_request const&) -> result<timed_response> { return error{.code = errc::connect_failed}; }};
        auto const refused = co_await refusing.send({}, {});
        EXPECT_TRUE(!refused && refused.error().code == errc::connect_failed);
        memory_transport throwing{
            [](http_request const&) -> result<timed_response> { throw std::runtime_error{"oops"}; }};
        auto const thrown = co_await throwing.send({}, {});
        EXPECT_TRUE(!thrown && thrown.error().code == errc::internal);
    }());
}

TEST(MemoryTransportHandler, SeesTheRequest) {
    run_virtual([]() -> asio::awaitable<void> {
        memory_transport echo{[](http_request const& request) {
            return timed_response{.response = {.status = 201, .headers = request.headers, .body = request.body}};
        }};
        http_request request{.headers = {{"A", "b"}}, .body = "hello"};
        auto const got = co_await echo.send(std::move(request), {});
        EXPECT_TRUE(got && got->status == 201 && got->body == "hello" && got->headers.find("a") == "b");
    }());
}

TEST(MemoryTransportCancel, ReturnsCancelledInTheHeadAndInTheBody) {
    run_virtual([]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        for (auto const& gives : {timed_response{.response = {.body = "a"}, .delay = 1h},
                                  timed_response{.response = {.body = "a"}, .delay_per_piece = 1h}}) {
            memory_transport slow{[gives](http_request const&) { return gives; }};
            errc ended{};
            started call{executor, [](transport& from, errc& code) -> asio::awaitable<void> {
                             auto const got = co_await from.send({}, {.first_byte = 0s, .idle = 0s});
                             if (!got) code = got.error().code;
                         }(slow, ended)};
            co_await sleep_for(1min);
            EXPECT_FALSE(call.done());
            call.cancel();
            co_await sleep_for(1ms);
            EXPECT_TRUE(call.done());
            EXPECT_EQ(ended, errc::cancelled);
        }
    }());
}

}  // namespace
}  // namespace coax::test
