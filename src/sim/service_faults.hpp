#pragma once

#include "sim/service_api.hpp"

/// What becomes of a response: the refusal in its place, and what an injected fault makes of it.
namespace coax::sim::detail {

/// The response to a request that is refused.
[[nodiscard]] response reject(api_error const& why, request_context const& context);

/// Whether nothing is sent after this fault.
[[nodiscard]] bool is_silent(fault_kind kind) noexcept;
/// Whether it takes the place of the response, whatever the request is.
[[nodiscard]] bool replaces_response(fault_kind kind) noexcept;
/// Whether it is one of the delivery of a good response.
[[nodiscard]] bool changes_delivery(fault_kind kind) noexcept;

/// The response that a fault puts in the place of any other.
[[nodiscard]] response fail(fault const& injected, request_context const& context);
/// Breaks the JSON in the middle of a good response.
void corrupt_json(response& out);
/// Cuts a good stream in half and ends it with the service's error.
void end_with_error(response& out, request_context const& context);

}  // namespace coax::sim::detail
