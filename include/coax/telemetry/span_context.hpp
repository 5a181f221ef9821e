#pragma once

#include <coax/core/result.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace coax {

/// The place of an operation in a trace. Source: W3C Trace Context, section 3.2.
struct span_context {
    std::array<std::uint8_t, 16> trace_id{};  ///< Of all operations that one led to.
    std::array<std::uint8_t, 8> span_id{};    ///< Of this operation.
    bool sampled{true};                       ///< Whoever began the trace wants it recorded.
    std::string trace_state{};                ///< What other systems added, passed on as it is; at most 512 bytes.

    /// Whether it names an operation: both ids are set.
    [[nodiscard]] explicit operator bool() const noexcept;
    [[nodiscard]] bool operator==(span_context const& other) const;
};

/// Reads the header fields `traceparent` and `tracestate`. A `tracestate` that is too long is dropped.
/// Errors: `errc::invalid_argument`; a receiver is to begin a trace of its own then.
[[nodiscard]] result<span_context> parse_traceparent(std::string_view traceparent, std::string_view tracestate = {});

/// The header field `traceparent`, such as "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".
[[nodiscard]] std::string to_traceparent(span_context const& span);

}  // namespace coax
