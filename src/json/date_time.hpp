#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace coax::json::detail {

/// An RFC 3339 date-time, whatever its offset; fractions of a second are dropped. Empty if it is none.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date_time(std::string_view text);

/// "2026-11-20T23:15:00Z"; empty for years that RFC 3339 cannot say.
[[nodiscard]] std::string serialize_date_time(std::chrono::sys_seconds time);

}  // namespace coax::json::detail
