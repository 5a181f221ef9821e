#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace coax::detail {

/// What a header can name: `system_clock` itself ends in the year 2262.
using header_time_point = std::chrono::sys_time<std::chrono::milliseconds>;

/// `text` without blanks at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// The text as one number: no sign, no exponent.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// A wait in whole milliseconds, rounded up; none for a negative one or one beyond ten years.
[[nodiscard]] std::optional<std::chrono::milliseconds> plausible_wait(double wait_ms);

/// None where the wait is zero.
[[nodiscard]] std::optional<std::chrono::milliseconds> above_zero(std::optional<std::chrono::milliseconds> wait);

/// "6m0s", "20ms", "1h2m3.5s", or a bare number of seconds. None for anything else, negatives included.
/// Source: reference openai.md, section 1 (duration grammar).
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "3.5s", "37s": the wait that Google's error bodies name in `retryDelay`. None for zero or anything else.
/// Source: google.rpc.RetryInfo, the JSON form of google.protobuf.Duration.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_delay(std::string_view text);

/// "Fri, 29 Sep 2023 16:26:37 GMT", and the two obsolete forms. Source: RFC 9110, section 5.6.7.
[[nodiscard]] std::optional<header_time_point> parse_http_date(std::string_view text);

/// "2026-01-27T12:00:00Z", with a fraction and an offset where given: an RFC 3339 date-time.
[[nodiscard]] std::optional<header_time_point> parse_timestamp(std::string_view text);

/// The wait from `now` until `when`, zero when that has passed; none beyond ten years.
[[nodiscard]] std::optional<std::chrono::milliseconds> wait_until(header_time_point when,
                                                                  std::chrono::system_clock::time_point now);

}  // namespace coax::detail
