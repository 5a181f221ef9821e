#include "cli/panel.hpp"

#include "batch/internal/figure_text.hpp"
#include "cli/via_flags.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace coax::cli {
namespace {

using coax::detail::clock_text;
using coax::detail::grouped;
using coax::detail::money_text;
using coax::detail::short_count;

constexpr std::size_t label_columns = 8;

std::size_t columns_of(std::string const& text) noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

/// A line of things that are told one after the other, as many as fit.
class line_builder {
public:
    line_builder(std::string label, std::size_t columns) : columns_{columns} {
        label.resize(std::min(label_columns, columns), ' ');
        line_.push_back({std::move(label), panel_style::soft});
    }

    line_builder& add(std::string text, panel_style style = panel_style::plain) {
        auto const gap = items_ == 0 ? std::string{} : std::string(3, ' ');
        if (full_ || width_of(line_) + gap.size() + columns_of(text) > columns_) {
            full_ = true;
            return *this;
        }
        if (!gap.empty()) line_.push_back({gap});
        line_.push_back({std::move(text), style});
        ++items_;
        return *this;
    }

    [[nodiscard]] panel_line take() { return std::move(line_); }

private:
    panel_line line_{};
    std::size_t columns_;
    int items_{0};
    bool full_{false};
};

std::string times_text(batch_progress const& progress) {
    if (progress.remaining) return clock_text(*progress.remaining) + " left";
    return clock_text(progress.elapsed);
}

double done_share(batch_progress const& progress) {
    if (!progress.total || *progress.total == 0) return progress.total ? 1 : 0;
    return std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(*progress.total));
}

/// "60 %   1,204/2,000   12:41 left".
std::string bar_text(batch_progress const& progress) {
    if (!progress.total) return grouped(progress.done) + " done   " + times_text(progress);
    auto const percent = static_cast<int>(std::floor(done_share(progress) * 100));
    auto const done = std::min(progress.done, *progress.total);
    auto text = std::to_string(percent) + " %";
    text.insert(0, text.size() < 5 ? 5 - text.size() : 0, ' ');
    return text + "   " + grouped(done) + '/' + grouped(*progress.total) + "   " + times_text(progress);
}

panel_line bar_line(batch_progress const& progress, std::size_t columns, bool unicode) {
    auto text = bar_text(progress);
    if (columns < text.size() + 10 || !progress.total) {
        text.resize(std::min(text.size(), columns));
        return {{std::move(text), panel_style::strong}};
    }
    auto const bar = columns - text.size() - 2;
    auto const filled = static_cast<std::size_t>(static_cast<double>(bar) * done_share(progress));
    return {{repeated(unicode ? "█" : "#", filled), panel_style::good},
            {repeated(unicode ? "░" : "-", bar - filled), panel_style::soft},
            {"  "},
            {std::move(text), panel_style::strong}};
}

std::string rate_text(double number) {
    return number < 99'999.5 ? grouped(static_cast<std::uint64_t>(std::llround(std::max(number, 0.0))))
                             : short_count(number);
}

std::string against_limit(double now, std::int64_t limit, char const* what) {
    auto text = rate_text(now);
    if (limit > 0) text += '/' + rate_text(static_cast<double>(limit));
    return text + ' ' + what;
}

panel_line rate_line(run_figures const& figures, std::size_t columns) {
    auto const near = [](double now, std::int64_t limit) {
        return limit > 0 && now > 0.95 * static_cast<double>(limit) ? panel_style::warning : panel_style::plain;
    };
    line_builder line{"rate", columns};
    line.add(coax::detail::decimal_text(figures.progress.records_per_second, 1) + " records/s");
    line.add(against_limit(figures.requests_per_minute, figures.request_limit, "requests/min"),
             near(figures.requests_per_minute, figures.request_limit));
    line.add(against_limit(figures.tokens_per_minute, figures.token_limit, "tokens/min"),
             near(figures.tokens_per_minute, figures.token_limit));
    return line.take();
}

panel_line work_line(run_figures const& figures, std::size_t columns) {
    auto const& progress = figures.progress;
    line_builder line{"work", columns};
    line.add(grouped(progress.in_flight) + '/' + grouped(figures.slots) + " slots");
    if (progress.paused_for.count() > 0) line.add("paused " + clock_text(progress.paused_for), panel_style::warning);
    line.add(grouped(figures.requests) + " requests");
    if (figures.retries > 0) line.add(grouped(figures.retries) + (figures.retries == 1 ? " retry" : " retries"));
    if (figures.cached > 0) line.add(grouped(figures.cached) + " from the cache");
    line.add(clock_text(progress.elapsed) + " so far", panel_style::soft);
    return line.take();
}

panel_line cost_line(run_figures const& figures, std::size_t columns) {
    line_builder line{"cost", columns};
    if (figures.cost) line.add(money_text(*figures.cost) + " so far", panel_style::strong);
    if (figures.expected_cost) line.add("about " + money_text(*figures.expected_cost) + " in all");
    if (figures.most_cost) line.add("at most " + money_text(*figures.most_cost));
    line.add(short_count(static_cast<double>(figures.used.input_tokens)) + " tokens in");
    line.add(short_count(static_cast<double>(figures.used.output_tokens)) + " out");
    return line.take();
}

panel_line batches_line(run_figures const& figures, std::size_t columns) {
    line_builder line{"service", columns};
    line.add(batches_text(figures.batches));
    return line.take();
}

panel_line failure_line(run_figures const& figures, std::size_t columns) {
    line_builder line{"failed", columns};
    line.add(grouped(figures.progress.failed), panel_style::bad);
    for (auto const& [code, count] : figures.failures)
        line.add(std::string{to_string(code)} + ' ' + grouped(count), panel_style::bad);
    return line.take();
}

std::string_view code_of(panel_style style) noexcept {
    switch (style) {
        case panel_style::soft: return "\x1b[2m";
        case panel_style::strong: return "\x1b[1m";
        case panel_style::good: return "\x1b[32m";
        case panel_style::bad: return "\x1b[31m";
        case panel_style::warning: return "\x1b[33m";
        default: return {};
    }
}

std::string encoded(panel_line const& line, bool colours) {
    std::string text;
    for (auto const& span : line) {
        auto const code = colours && !span.text.empty() ? code_of(span.style) : std::string_view{};
        text.append(code).append(span.text).append(code.empty() ? "" : "\x1b[0m");
    }
    return text;
}

}  // namespace

std::size_t width_of(panel_line const& line) noexcept {
    std::size_t width = 0;
    for (auto const& span : line) width += columns_of(span.text);
    return width;
}

std::vector<panel_line> panel_lines(run_figures const& figures, std::size_t columns, bool unicode) {
    std::vector<panel_line> lines{bar_line(figures.progress, columns, unicode), rate_line(figures, columns),
                                  work_line(figures, columns), cost_line(figures, columns)};
    if (!figures.batches.empty()) lines.push_back(batches_line(figures, columns));
    if (figures.progress.failed > 0) lines.push_back(failure_line(figures, columns));
    return lines;
}

/// Lines that are wider than the terminal is now take several of its rows: it was made narrower.
std::string panel_screen::back_to_top(std::size_t columns) const {
    std::size_t rows = 0;
    for (auto const width : widths_)
        rows += std::max<std::size_t>((width + columns - 1) / std::max<std::size_t>(columns, 1), 1);
    return rows == 0 ? std::string{} : "\x1b[" + std::to_string(rows) + "A\r";
}

std::string panel_screen::draw(std::vector<panel_line> const& lines, std::size_t columns) {
    std::string text;
    for (auto const& line : lines) text += encoded(line, colours_) + "\x1b[K\r\n";
    if (text == shown_ && columns == columns_) return {};
    // What is below is of a panel with more lines, or of one that the terminal has broken anew.
    auto frame = back_to_top(columns) + (columns == columns_ ? "" : "\x1b[J") + text + "\x1b[J";
    shown_ = std::move(text);
    columns_ = columns;
    widths_.clear();
    for (auto const& line : lines) widths_.push_back(width_of(line));
    return frame;
}

std::string panel_screen::clear(std::size_t columns) {
    if (widths_.empty()) return {};
    auto text = back_to_top(columns) + "\x1b[J";
    widths_.clear();
    shown_.clear();
    return text;
}

}  // namespace coax::cli
