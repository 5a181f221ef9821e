#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>

namespace coax::detail {

/// `time`, or the longest duration of a clock.
[[nodiscard]] inline clock::duration to_duration(std::chrono::milliseconds time) noexcept {
    constexpr auto most = std::chrono::floor<std::chrono::milliseconds>(clock::duration::max());
    return time < most ? clock::duration{time} : clock::duration::max();
}

/// `from + wait`, or the last point there is.
[[nodiscard]] inline clock::time_point later(clock::time_point from, clock::duration wait) noexcept {
    return wait < clock::time_point::max() - from ? from + wait : clock::time_point::max();
}
[[nodiscard]] inline clock::time_point later(clock::time_point from, std::chrono::milliseconds wait) noexcept {
    return later(from, to_duration(wait));
}

/// As `sleep_until` and `sleep_for`, without an exception.
/// @returns false: cancelled.
asio::awaitable<bool> try_sleep_until(clock::time_point when);
asio::awaitable<bool> try_sleep_for(clock::duration wait);

}  // namespace coax::detail
