#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace coax::cli {

/// Text as one line of a terminal shows it, and the columns that it takes there.
struct display_text {
    std::string text{};
    std::size_t width{0};
};

/// UTF-8 on one line of at most `width` columns, cut with "…" where it is longer. Wide characters take two columns,
/// combining ones none and are never parted from their letter. What a terminal would obey, control characters and those
/// that turn the direction of text, is escaped: "\n", "\x1b", "\u202e". What is not UTF-8 is "\xff".
[[nodiscard]] display_text to_display(std::string_view text, std::size_t width);

}  // namespace coax::cli
