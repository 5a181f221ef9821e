#include "batch/report_page.hpp"

#include "batch/internal/figure_text.hpp"
#include "batch/report_charts.hpp"
#include "batch/report_timeline.hpp"

#include <coax/bind/write.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace coax::detail {
namespace {

constexpr std::size_t time_columns = 96;

std::string tile(std::string_view name, std::string const& figure, std::string const& below,
                 std::string_view style = {}) {
    return "<div class=\"tile " + std::string{style} + "\"><span>" + html_text(name) + "</span><b>" +
           html_text(figure) + "</b><small>" + html_text(below) + "</small></div>\n";
}

double ratio(std::uint64_t part, std::uint64_t all) {
    return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

std::string cost_tile(batch_report_figures const& now) {
    if (!now.cost) return tile("Cost", "unknown", "the price of the model is not known");
    auto const each = now.ok == 0 ? std::string{} : money_text({now.cost->picos / static_cast<std::int64_t>(now.ok)});
    return tile("Cost", money_text(*now.cost), each.empty() ? "" : each + " for each answer");
}

std::string time_tile(batch_report_figures const& now) {
    if (!now.elapsed) return tile("Time", "unknown", "the output has no times");
    auto const minutes = std::max(static_cast<double>(now.elapsed->count()), 1.0) / 60'000;
    return tile("Time", span_text(*now.elapsed),
                short_count(static_cast<double>(now.ok + now.failed) / minutes) + " records a minute");
}

std::string tiles(batch_report_figures const& now) {
    auto const done = now.ok + now.failed;
    std::string html = "<section class=\"tiles\">\n";
    html += tile("Records", grouped(done), grouped(now.ok) + " answered");
    html += tile("Failed", grouped(now.failed), percent_text(ratio(now.failed, done)) + " of all",
                 now.failed > 0 ? "bad" : "good");
    if (now.judged > 0)
        html += tile("Accuracy", percent_text(ratio(now.correct, now.judged)),
                     grouped(now.correct) + " of " + grouped(now.judged) + " right", "accent");
    html += cost_tile(now) + time_tile(now);
    html += tile("Latency", span_text(now.median_latency), "median; 95 % within " + span_text(now.p95_latency));
    html += tile("Tokens", short_count(static_cast<double>(now.usage.total_tokens())),
                 short_count(static_cast<double>(now.usage.input_tokens)) + " in, " +
                     short_count(static_cast<double>(now.usage.output_tokens)) + " out");
    html += tile("Requests", grouped(now.requests),
                 done == 0 ? "" : decimal_text(ratio(now.requests, done), 2) + " for each record");
    return html + "</section>\n";
}

/// Working time at four places of the axis.
std::vector<axis_mark> time_marks(timeline const& over) {
    std::vector<axis_mark> marks;
    auto const all = over.width * static_cast<std::int64_t>(over.bins.size());
    for (int i = 0; i <= 4; ++i) marks.push_back({i / 4.0, clock_text(all * i / 4)});
    return marks;
}

/// A chart of what `amount` makes of each span, as an amount a minute.
template <class Amount>
std::string minute_chart(timeline const& over, std::string title, std::string_view style, double limit, Amount amount) {
    column_chart chart{.title = std::move(title), .layers = {{style, {}}}, .x_marks = time_marks(over), .gap = 0};
    auto const minutes = static_cast<double>(over.width.count()) / 60'000;
    double most = 0;
    for (std::size_t i = 0; i < over.bins.size(); ++i) {
        auto const rate = amount(over.bins[i]) / minutes;
        most = std::max(most, rate);
        chart.layers.front().values.push_back(rate);
        chart.hints.push_back(clock_text(over.width * static_cast<std::int64_t>(i)) + ": " + short_count(rate));
    }
    chart.limit = limit;
    chart.note = "most " + short_count(most) + (limit > 0 ? " · allowed " + short_count(limit) : std::string{});
    return chart_html(chart);
}

std::string throughput_chart(timeline const& over) {
    column_chart chart{.title = "Records a minute", .x_marks = time_marks(over), .gap = 0};
    auto const minutes = static_cast<double>(over.width.count()) / 60'000;
    chart_layer good{"ok", {}};
    chart_layer bad{"bad", {}};
    for (std::size_t i = 0; i < over.bins.size(); ++i) {
        auto const& bin = over.bins[i];
        good.values.push_back(static_cast<double>(bin.ok) / minutes);
        bad.values.push_back(static_cast<double>(bin.failed) / minutes);
        chart.hints.push_back(clock_text(over.width * static_cast<std::int64_t>(i)) + ": " + grouped(bin.ok) +
                              " answered, " + grouped(bin.failed) + " failed");
    }
    for (auto const at : over.pauses) chart.lines.push_back(ratio(at, over.bins.size()));
    chart.layers = {std::move(good), std::move(bad)};
    chart.note = over.pauses.empty()
                     ? "answered and failed"
                     : "answered and failed · dashed: " + span_text(over.paused) + " between runs left out";
    return chart_html(chart);
}

std::string work_chart(timeline const& over) {
    column_chart chart{
        .title = "Records in work at once", .layers = {{"calm", over.in_work}}, .x_marks = time_marks(over), .gap = 0};
    for (std::size_t i = 0; i < over.in_work.size(); ++i)
        chart.hints.push_back(clock_text(over.width * static_cast<std::int64_t>(i)) + ": " +
                              decimal_text(over.in_work[i], 1));
    return chart_html(chart);
}

std::string time_section(batch_report::state const& all) {
    auto const over = timeline_of(all.times, time_columns);
    if (over.bins.empty())
        return "<section><h2>Over time</h2><p class=\"quiet\">The lines of this output do not tell when they were "
               "written.</p></section>\n";
    auto const& limits = all.options;
    return "<section><h2>Over time</h2><div class=\"charts\">\n" + throughput_chart(over) + work_chart(over) +
           minute_chart(over, "Requests a minute", "accent", static_cast<double>(limits.requests_per_minute),
                        [](time_bin const& bin) { return static_cast<double>(bin.requests); }) +
           minute_chart(over, "Tokens a minute", "accent", static_cast<double>(limits.tokens_per_minute),
                        [](time_bin const& bin) { return static_cast<double>(bin.tokens); }) +
           "</div></section>\n";
}

std::string duration_of(double milliseconds) {
    return span_text(std::chrono::milliseconds{std::llround(milliseconds)});
}

std::string attempts_chart(batch_report::state const& all) {
    column_chart chart{.title = "Requests for each record", .layers = {{"calm", {}}}, .gap = 0.3};
    for (std::size_t i = 0; i < all.attempts.size(); ++i) {
        auto const name = std::to_string(i) + (i + 1 == all.attempts.size() ? " or more" : "");
        chart.layers.front().values.push_back(static_cast<double>(all.attempts[i]));
        chart.hints.push_back(name + ": " + grouped(all.attempts[i]));
        chart.x_marks.push_back({(static_cast<double>(i) + 0.5) / static_cast<double>(all.attempts.size()), name});
    }
    return chart_html(chart);
}

std::string spread_section(batch_report::state const& all) {
    return "<section><h2>Latency and tokens</h2><div class=\"charts\">\n" +
           histogram_html("Latency of an answer", all.latency, "ok", &duration_of) + attempts_chart(all) +
           histogram_html("Input tokens", all.input_tokens, "accent", &short_count) +
           histogram_html("Output tokens", all.output_tokens, "accent", &short_count) + "</div></section>\n";
}

/// When the batch ran, in words.
std::string period(batch_report::state const& all) {
    if (all.times.bins().empty()) return {};
    auto const text = [](std::chrono::milliseconds at) {
        auto iso = json::write(std::chrono::sys_time{std::chrono::floor<std::chrono::seconds>(at)});
        std::ranges::replace(iso, 'T', ' ');
        return iso.size() > 17 ? iso.substr(1, 16) : iso;
    };
    return text(all.times.first()) + " to " + text(all.times.last()) + " UTC";
}

std::string subtitle(batch_report::state const& all) {
    auto text = all.options.model.empty() ? std::string{} : all.options.model;
    auto const when = period(all);
    if (!text.empty() && !when.empty()) text += " · ";
    return html_text(text + when);
}

}  // namespace

std::string report_page(batch_report::state const& all) {
    auto const title = html_text(all.hidden(all.options.title));
    std::string html =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
        title + "</title>\n<style>" + std::string{report_style()} + "</style></head><body><main>\n<header><h1>" +
        title + "</h1><p>" + subtitle(all) + "</p></header>\n";
    html += tiles(all.figures()) + accuracy_section(all) + failures_section(all) + time_section(all);
    html += spread_section(all) + columns_section(all) + rows_section(all);
    return html + "<footer>coax · this page needs nothing from elsewhere</footer></main></body></html>\n";
}

}  // namespace coax::detail
