#pragma once

#include "sim/service_api.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace coax::sim::detail {

/// Bytes to write after a pause.
struct segment {
    std::chrono::nanoseconds pause{0};
    std::string bytes{};
};

/// What happens to the connection after the last byte.
enum class connection_end {
    keep,   ///< It takes the next request.
    close,  ///< It is closed in order.
    cut,    ///< It is closed at once.
    reset,  ///< RST.
    stall,  ///< Nothing, until the caller gives up.
};

/// What is written of a response and when, and what happens then.
struct delivery {
    std::vector<segment> segments{};
    connection_end then{connection_end::keep};
};

/// What the request and the options ask of the delivery.
struct delivery_terms {
    bool keep_alive{true};
    bool http_1_0{false};
    std::string_view date{};
    std::chrono::nanoseconds longest{std::chrono::minutes{1}};  ///< Bound of a slow response.
};

/// Writes the head, frames the body and works in the response's fault
[[nodiscard]] delivery deliver(response out, delivery_terms const& terms);

}  // namespace coax::sim::detail
