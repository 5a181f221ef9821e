#pragma once

#include <coax/bind/detail/text_forms.hpp>

#include <string_view>

namespace coax::bind::detail {

/// A time with its offset, as RFC 3339 has it behind a date.
[[nodiscard]] bool is_time_of_day(std::string_view text);

}  // namespace coax::bind::detail
