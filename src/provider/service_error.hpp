#pragma once

#include "provider/service_headers.hpp"

#include <coax/core/error.hpp>
#include <coax/http/message.hpp>

#include <string_view>

namespace coax::detail {

/// The error that an answer with a status other than 2xx tells, whatever its body looks like: the JSON of OpenAI, Azure
/// or Anthropic, of a gateway before them, or no JSON at all.
[[nodiscard]] error make_service_error(std::string_view service, http_response const& answer, time_point now);

/// The error that an error object tells inside an answer or stream whose status was 200.
/// @param text  JSON: the object that has the member `error`, or the error object itself.
[[nodiscard]] error make_reported_error(std::string_view service, std::string_view text, std::string_view request_id);

/// `errc::protocol_error`: the answer is not what this service sends.
[[nodiscard]] error make_protocol_error(std::string_view service, std::string_view what, error const& reader_error,
                                        std::string_view request_id);

}  // namespace coax::detail
