#pragma once

#include <coax/chat/response.hpp>
#include <coax/http/message.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace coax::wire {

using time_point = std::chrono::sys_time<std::chrono::milliseconds>;

/// "6m0s", "20ms", "1h2m3.5s", or a bare number of seconds. Nothing for anything else, negatives included.
/// Source: reference openai.md, section 1 (duration grammar).
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "3.5s", "37s": the wait that Google's error bodies name in `retryDelay`. Nothing for zero, or anything else.
/// Source: google.rpc.RetryInfo, the JSON form of google.protobuf.Duration.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_delay(std::string_view text);

/// "Fri, 29 Sep 2023 16:26:37 GMT", and the two obsolete forms. Source: RFC 9110, section 5.6.7.
[[nodiscard]] std::optional<time_point> parse_http_date(std::string_view text);

/// "2026-01-27T12:00:00Z", with a fraction and an offset where given. Source: RFC 3339, section 5.6.
[[nodiscard]] std::optional<time_point> parse_timestamp(std::string_view text);

/// The wait that the service asked for: `retry-after-ms`, else `retry-after` as seconds or as a date.
/// Only waits above zero and below ten years count; anything else is as if nothing had been sent.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(header_list const& headers, time_point now);

/// `x-should-retry`, when it is "true" or "false".
[[nodiscard]] std::optional<bool> should_retry(header_list const& headers);

/// The id to quote to the service's support: `x-request-id`, `request-id`, else `apim-request-id`.
[[nodiscard]] std::string request_id(header_list const& headers);

/// `x-ratelimit-…`, as OpenAI (durations) and Azure (whole seconds) send it. Negative counts are unknown.
[[nodiscard]] rate_limit_status openai_rate_limits(header_list const& headers);

/// `anthropic-ratelimit-…`, whose resets are moments in time. Where there is no family for all tokens the one of the
/// input tokens stands in.
[[nodiscard]] rate_limit_status anthropic_rate_limits(header_list const& headers, time_point now);

/// The system's clock, for the functions above.
[[nodiscard]] time_point system_now();

}  // namespace coax::wire
