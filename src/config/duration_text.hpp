#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coax::config::detail {

/// A time with its unit, such as "30s", "500ms", "1.5h" or "1h30m"; the units are ms, s, m, h and d. "0" needs none.
/// @returns Milliseconds; nothing: it is no such text, is finer than a millisecond or longer than 10,000 days.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);

/// The same the other way round, in the largest unit that fits: "90s".
[[nodiscard]] std::string duration_text(std::int64_t milliseconds);

}  // namespace coax::config::detail
