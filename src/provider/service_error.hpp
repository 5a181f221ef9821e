#pragma once

#include <coax/core/error.hpp>
#include <coax/http/message.hpp>

#include <chrono>
#include <string_view>

namespace coax::detail {

/// The error of a response with a status other than 2xx, whatever its body is: the JSON of OpenAI, Azure, Anthropic or
/// a gateway before them, or no JSON at all.
[[nodiscard]] error make_service_error(std::string_view service, http_response const& response,
                                       std::chrono::system_clock::time_point now);

/// The error in an error object inside a response or stream whose status was 200.
/// @param text  JSON: the object that has the member `error`, or the error object itself.
[[nodiscard]] error make_reported_error(std::string_view service, std::string_view text, std::string_view request_id);

}  // namespace coax::detail
