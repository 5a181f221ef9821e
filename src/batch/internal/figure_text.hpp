#pragma once

#include <coax/tokens/usd.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// Figures as people read them.
namespace coax::detail {

/// "1,319".
[[nodiscard]] std::string grouped(std::uint64_t count);

/// "950", "12.3k", "340k", "4.5M".
[[nodiscard]] std::string short_count(double count);

/// "840 ms", "3.2 s", "12 min 41 s", "3 h 07 min", "2 d 4 h".
[[nodiscard]] std::string span_text(std::chrono::milliseconds span);

/// "0:45", "12:03", "3:07:00".
[[nodiscard]] std::string clock_text(std::chrono::milliseconds span);

/// "$0.0042", "$1.23", "$1,204": to three digits below a dollar, to cents below a thousand.
[[nodiscard]] std::string money_text(usd amount);

/// "12 %", "3.4 %", "0.02 %". Never 100 % of what is not all, nor 0 % of what is something.
[[nodiscard]] std::string percent_text(double share);

/// A number with at most so many decimals, and no zeros at its end: "3.5", "12".
[[nodiscard]] std::string decimal_text(double number, int decimals);

/// Text as it stands in an element or a quoted attribute of HTML: nothing in it is markup, no control character is
/// left.
[[nodiscard]] std::string html_text(std::string_view text);

/// The first characters of a text, with "…" where there are more. Cuts no UTF-8 character.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

}  // namespace coax::detail
