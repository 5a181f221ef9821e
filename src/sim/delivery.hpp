#pragma once

#include "sim/wire_form.hpp"

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

/// What follows the last byte.
enum class ending {
    keep,   ///< The next request.
    close,  ///< An orderly end.
    cut,    ///< The connection just ends.
    reset,  ///< RST.
    stall,  ///< Silence.
};

/// How a reply goes out: what is written when, and what comes then.
struct delivery {
    std::vector<segment> segments{};
    ending then{ending::keep};
};

/// How the caller's side of the connection wants it.
struct delivery_terms {
    bool keep_alive{true};
    bool http_1_0{false};
    std::string_view date{};
    std::chrono::nanoseconds longest{std::chrono::minutes{1}};  ///< Bound of a slow answer.
};

/// Writes the head, frames the body and works in the reply's mishap.
[[nodiscard]] delivery deliver(reply out, delivery_terms const& terms);

}  // namespace coax::sim::detail
