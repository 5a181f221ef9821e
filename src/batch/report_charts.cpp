#include "batch/report_charts.hpp"

#include "batch/internal/figure_text.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace coax::detail {
namespace {

constexpr std::size_t most_marks = 6;

std::string svg_number(double number) { return decimal_text(number, 2); }

std::string attribute(std::string_view name, std::string const& value) {
    return ' ' + std::string{name} + "=\"" + value + '"';
}

std::string rectangle(std::string_view style, double x, double y, double width, double height) {
    return "<rect" + attribute("class", std::string{style}) + attribute("x", svg_number(x)) +
           attribute("y", svg_number(y)) + attribute("width", svg_number(width)) +
           attribute("height", svg_number(height));
}

std::string line(std::string_view style, double x1, double y1, double x2, double y2) {
    return "<line" + attribute("class", std::string{style}) + attribute("x1", svg_number(x1)) +
           attribute("y1", svg_number(y1)) + attribute("x2", svg_number(x2)) + attribute("y2", svg_number(y2)) + "/>";
}

double sum_of_column(column_chart const& chart, std::size_t column) {
    double sum = 0;
    for (auto const& layer : chart.layers) sum += layer.values[column];
    return sum;
}

double highest_column(column_chart const& chart) {
    double most = chart.limit;
    auto const columns = chart.layers.empty() ? 0 : chart.layers.front().values.size();
    for (std::size_t i = 0; i < columns; ++i) most = std::max(most, sum_of_column(chart, i));
    return most;
}

/// One column: its layers, and over them what shows the hint.
std::string column_svg(column_chart const& chart, std::size_t at, double top) {
    std::string svg;
    auto const x = static_cast<double>(at) + chart.gap / 2;
    double below = 0;
    for (auto const& layer : chart.layers) {
        auto const height = 100 * layer.values[at] / top;
        if (height > 0) svg += rectangle(layer.style, x, 100 - below - height, 1 - chart.gap, height) + "/>";
        below += height;
    }
    if (at < chart.hints.size())
        svg += rectangle("hint", static_cast<double>(at), 0, 1, 100) + "><title>" + html_text(chart.hints[at]) +
               "</title></rect>";
    return svg;
}

std::string plot_svg(column_chart const& chart, std::vector<double> const& marks) {
    auto const columns = chart.layers.front().values.size();
    auto const width = static_cast<double>(columns);
    auto const top = marks.back();
    std::string svg = "<svg viewBox=\"0 0 " + std::to_string(columns) +
                      " 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" + html_text(chart.title) + "\">";
    for (auto const mark : marks) svg += line("grid", 0, 100 - 100 * mark / top, width, 100 - 100 * mark / top);
    for (std::size_t i = 0; i < columns; ++i) svg += column_svg(chart, i, top);
    for (auto const at : chart.lines) svg += line("mark", at * width, 0, at * width, 100);
    if (chart.limit > 0) svg += line("limit", 0, 100 - 100 * chart.limit / top, width, 100 - 100 * chart.limit / top);
    return svg + "</svg>";
}

std::string mark_html(std::string_view side, axis_mark const& mark) {
    return "<span style=\"" + std::string{side} + ':' + svg_number(100 * mark.at) + "%\">" + html_text(mark.text) +
           "</span>";
}

}  // namespace

std::vector<double> round_marks(double most) {
    if (!(most > 0)) return {0, 1};
    auto const power = std::pow(10, std::floor(std::log10(most / 3)));
    auto const rough = most / 3 / power;
    auto const step = (rough > 5 ? 10 : rough > 2 ? 5 : rough > 1 ? 2 : 1) * power;
    std::vector<double> marks{0};
    while (marks.back() < most * (1 - 1e-9)) marks.push_back(marks.back() + step);
    return marks;
}

std::string chart_html(column_chart const& chart) {
    if (chart.layers.empty() || chart.layers.front().values.empty()) return {};
    auto const marks = round_marks(highest_column(chart));
    std::string html = "<figure><figcaption><b>" + html_text(chart.title) + "</b> <span>" + html_text(chart.note) +
                       "</span></figcaption><div class=\"plot\"><div class=\"y\">";
    for (auto const mark : marks) html += mark_html("bottom", {mark / marks.back(), short_count(mark)});
    html += "</div>" + plot_svg(chart, marks) + "<div class=\"x\">";
    for (auto const& mark : chart.x_marks) html += mark_html("left", mark);
    return html + "</div></div></figure>\n";
}

double place_of(double number, std::vector<histogram_bar> const& bars) {
    if (bars.empty() || number <= bars.front().from) return 0;
    auto const at = std::ranges::find_if(bars, [&](auto const& bar) { return number < bar.to; });
    if (at == bars.end()) return 1;
    auto const inside = (number - at->from) / (at->to - at->from);
    return (static_cast<double>(at - bars.begin()) + inside) / static_cast<double>(bars.size());
}

std::vector<axis_mark> number_marks(std::vector<histogram_bar> const& bars, std::string (*text_of)(double)) {
    if (bars.empty()) return {};
    auto const least = std::max(bars.front().from, 1.0);
    std::vector<double> numbers;
    std::vector<double> tens;
    for (auto power = std::pow(10, std::floor(std::log10(least))); power <= bars.back().to; power *= 10)
        for (auto const step : {1, 2, 5})
            if (auto const number = power * step; number >= least && number <= bars.back().to)
                numbers.push_back(number), step == 1 ? tens.push_back(number) : void();
    if (numbers.size() > most_marks) numbers = tens;
    if (numbers.empty()) numbers = {least, bars.back().to};
    std::vector<axis_mark> marks;
    marks.reserve(numbers.size());
    for (auto const number : numbers) marks.push_back({place_of(number, bars), text_of(number)});
    return marks;
}

std::string histogram_html(std::string title, log_histogram const& numbers, std::string_view style,
                           std::string (*text_of)(double)) {
    auto const bars = numbers.bars(48);
    if (numbers.count() == 0) return {};
    column_chart chart{.title = std::move(title), .layers = {{style, {}}}, .x_marks = number_marks(bars, text_of)};
    for (auto const& bar : bars) {
        chart.layers.front().values.push_back(static_cast<double>(bar.count));
        chart.hints.push_back(text_of(bar.from) + " to " + text_of(bar.to) + ": " + grouped(bar.count));
    }
    for (auto const share : {0.5, 0.95, 0.99}) chart.lines.push_back(place_of(numbers.quantile(share), bars));
    chart.note = "median " + text_of(numbers.quantile(0.5)) + " · 95 % " + text_of(numbers.quantile(0.95)) +
                 " · 99 % " + text_of(numbers.quantile(0.99)) + " · most " + text_of(numbers.largest());
    return chart_html(chart);
}

}  // namespace coax::detail
