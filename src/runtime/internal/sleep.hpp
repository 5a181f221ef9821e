#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

namespace coax::detail {

/// `from + wait`, or the last point there is.
[[nodiscard]] inline clock::time_point later(clock::time_point from, clock::duration wait) noexcept {
    return wait < clock::time_point::max() - from ? from + wait : clock::time_point::max();
}

/// As `sleep_until` and `sleep_for`, without an exception.
/// @returns false: cancelled.
asio::awaitable<bool> try_sleep_until(clock::time_point when);
asio::awaitable<bool> try_sleep_for(clock::duration wait);

}  // namespace coax::detail
