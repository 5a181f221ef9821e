#pragma once

#include "batch/sketches.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace coax::detail {

/// A text at a place of an axis, in [0, 1].
struct axis_mark {
    double at{0};
    std::string text{};
};

/// Amounts of one colour, one for each column.
struct chart_layer {
    std::string_view style{};  ///< A class of the style sheet.
    std::vector<double> values{};
};

/// Columns beside each other, in layers upon each other.
struct column_chart {
    std::string title{};
    std::string note{};  ///< Stands beside the title.
    std::vector<chart_layer> layers{};
    std::vector<std::string> hints{};  ///< Shown where the pointer rests on a column.
    std::vector<axis_mark> x_marks{};
    std::vector<double> lines{};  ///< Upright lines, in [0, 1].
    double limit{0};              ///< A level line; 0: none.
    double gap{0.1};              ///< Between columns, as a share of their width.
};

/// All texts are escaped.
[[nodiscard]] std::string chart_html(column_chart const& chart);

/// How many numbers are in which span, with lines at the median and where 95 % and 99 % are reached.
/// @param text_of  A number with its unit.
[[nodiscard]] std::string histogram_html(std::string title, log_histogram const& numbers, std::string_view style,
                                         std::string (*text_of)(double));

/// Round numbers from 0 on, of which the last is at least `most`: 0, 20, 40.
[[nodiscard]] std::vector<double> round_marks(double most);

/// The place of a number among the columns of bars that meet, in [0, 1].
[[nodiscard]] double place_of(double number, std::vector<histogram_bar> const& bars);

/// 1, 2 or 5 times a power of ten, in the range of the bars: six at most.
[[nodiscard]] std::vector<axis_mark> number_marks(std::vector<histogram_bar> const& bars,
                                                  std::string (*text_of)(double));

}  // namespace coax::detail
