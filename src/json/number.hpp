#pragma once

#include <string>

namespace coax::json::detail {

/// Where the number that starts at `at` ends by JSON's grammar; null if it is none.
[[nodiscard]] char const* find_number_end(char const* at, char const* end);

/// The value of a number that `find_number_end` has accepted. Too large is an infinity, too small is 0.
[[nodiscard]] double to_real(char const* at, char const* end);

/// The fewest digits that read back as the same float; `null` for NaN and infinities.
void append_float(std::string& out, float value);

}  // namespace coax::json::detail
