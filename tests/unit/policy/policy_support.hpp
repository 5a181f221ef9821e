#pragma once

#include <coax/runtime/clock.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace coax::test {

/// When a rule that is told the time starts.
inline constexpr clock::time_point start{std::chrono::hours{1}};

inline asio::awaitable<int> gives(int value) { co_return value; }

}  // namespace coax::test
