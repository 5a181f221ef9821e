#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace coax::detail {

using time_point = std::chrono::sys_time<std::chrono::milliseconds>;

/// Without the blanks around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// A number that is all of the text: no sign, no exponent.
[[nodiscard]] std::optional<double> whole_number(std::string_view text);

/// A wait from zero up to ten years; nothing for what must be a mistake.
[[nodiscard]] std::optional<std::chrono::milliseconds> believable(double wait_ms);

/// Nothing where the wait is zero.
[[nodiscard]] std::optional<std::chrono::milliseconds> above_zero(std::optional<std::chrono::milliseconds> wait);

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

/// The system's clock.
[[nodiscard]] time_point system_now();

}  // namespace coax::detail
