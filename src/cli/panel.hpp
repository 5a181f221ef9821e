#pragma once

#include "cli/run_figures.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace coax::cli {

/// How a piece of a line is to be drawn.
enum class panel_style { plain, soft, strong, good, bad, warning };

/// A piece of a line: no control characters, each character a column wide.
struct panel_span {
    std::string text{};
    panel_style style{panel_style::plain};
};
using panel_line = std::vector<panel_span>;

/// The panel of a batch that runs: lines of at most `columns` characters. What does not fit is left out from the right.
/// @param unicode  The bar is of block characters.
[[nodiscard]] std::vector<panel_line> panel_lines(run_figures const& figures, std::size_t columns, bool unicode);

/// How many columns it takes.
[[nodiscard]] std::size_t width_of(panel_line const& line) noexcept;

/// Puts panels on a terminal, each in the place of the one before. Thread safety: none.
class panel_screen {
public:
    /// @param colours  Not where NO_COLOR is set.
    explicit panel_screen(bool colours) noexcept : colours_{colours} {}

    /// What the terminal is to be sent, in one piece. Empty: nothing has changed.
    /// @param columns  As the terminal has now.
    [[nodiscard]] std::string draw(std::vector<panel_line> const& lines, std::size_t columns);
    /// The same to take the panel away: the cursor is where it was before the first one. Empty: there is none.
    [[nodiscard]] std::string clear(std::size_t columns);

private:
    [[nodiscard]] std::string back_to_top(std::size_t columns) const;

    bool colours_;
    std::vector<std::size_t> widths_{};  ///< Of the lines that are shown.
    std::size_t columns_{0};
    std::string shown_{};
};

}  // namespace coax::cli
