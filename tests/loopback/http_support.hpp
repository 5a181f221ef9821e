#pragma once

#include "support/fault_server.hpp"
#include "support/run_coro.hpp"

#include <coax/http/http_transport.hpp>
#include <coax/runtime/clock.hpp>

#include <functional>
#include <string>
#include <utility>

namespace coax::test {

using std::chrono::milliseconds;

inline http_request request_to(origin to, std::string body = "{}") {
    return {.to = std::move(to), .target = "/v1/chat", .headers = {{"X-Test", "1"}}, .body = std::move(body)};
}

/// What a request ended in, as a line to compare: the body, or the name of the error.
inline std::string outcome(result<http_response> const& answer) {
    return answer ? answer->body : "[" + std::string{coax::to_string(answer.error().code)} + "]";
}

/// Waits until `condition` holds. False: it took too long.
inline asio::awaitable<bool> eventually(std::function<bool()> condition) {
    for (int i = 0; i < 2'000; ++i) {
        if (condition()) co_return true;
        co_await sleep_for(milliseconds{1});
    }
    co_return false;
}

/// Reads a stream to its end, or to the error that ends it.
inline asio::awaitable<result<std::string>> read_all(streaming_response& stream) {
    std::string all;
    for (;;) {
        auto const piece = co_await stream.read();
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return all;
        all += *piece;
    }
}

}  // namespace coax::test
