#pragma once

#include <coax/core/error.hpp>
#include <coax/runtime/clock.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace coax::test {

inline asio::awaitable<int> twice_after(int seconds) {
    co_await sleep_for(std::chrono::seconds{seconds});
    co_return 2 * seconds;
}

inline asio::awaitable<int> odd_fails(int value) {
    co_await sleep_for(std::chrono::seconds{value});
    if (value % 2 != 0) throw_error({.code = errc::refused});
    co_return value;
}

}  // namespace coax::test
