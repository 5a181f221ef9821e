#pragma once

#include "provider/header_time.hpp"

#include <coax/chat/response.hpp>
#include <coax/http/message.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace coax::detail {

/// The wait that the service asked for: `retry-after-ms`, else `retry-after` as seconds or as a date.
/// None unless it is above zero and at most ten years.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(header_list const& headers,
                                                                   std::chrono::system_clock::time_point now);

/// `x-should-retry`, when it is "true" or "false".
[[nodiscard]] std::optional<bool> should_retry(header_list const& headers);

/// The id to quote to the service's support: `x-request-id`, `request-id`, `apim-request-id`, else
/// `x-typesafe-request-id`.
[[nodiscard]] std::string request_id(header_list const& headers);

/// `x-ratelimit-…`, as OpenAI (durations) and Azure (whole seconds) send it. Negative counts are unknown.
[[nodiscard]] rate_limit_status openai_rate_limits(header_list const& headers);

/// `anthropic-ratelimit-…`, whose resets are points in time. The figures of the input tokens are used where there are
/// none for all tokens.
[[nodiscard]] rate_limit_status anthropic_rate_limits(header_list const& headers,
                                                      std::chrono::system_clock::time_point now);

}  // namespace coax::detail
