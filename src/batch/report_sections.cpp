#include "batch/internal/figure_text.hpp"
#include "batch/report_charts.hpp"
#include "batch/report_page.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace coax::detail {
namespace {

using state = batch_report::state;
using label_pair = std::pair<std::string, std::string>;

std::string cell(std::string_view style, std::string const& text) {
    return "<td class=\"" + std::string{style} + "\">" + html_text(text) + "</td>";
}

std::string head(std::initializer_list<std::pair<std::string_view, std::string_view>> columns) {
    std::string html = "<tr>";
    for (auto const& [style, name] : columns)
        html += "<th class=\"" + std::string{style} + "\">" + std::string{name} + "</th>";
    return html + "</tr>\n";
}

std::string failure_card(failure_kind const& kind, std::uint64_t all) {
    auto const share = static_cast<double>(kind.count) / static_cast<double>(std::max<std::uint64_t>(all, 1));
    std::string html = "<div class=\"card\"><h3><code>" + html_text(kind.code) + "</code> &nbsp;" +
                       grouped(kind.count) + " <span class=\"quiet\">" + percent_text(share) +
                       " of all records</span></h3><table>";
    html += head({{"n", "record"}, {"", "key"}, {"n", "requests"}, {"", "for example"}});
    for (auto const& row : kind.samples)
        html += "<tr>" + cell("n", std::to_string(row.index)) + cell("k", row.key) +
                cell("n", std::to_string(row.attempts)) + cell("t", row.shown) + "</tr>\n";
    return html + "</table></div>\n";
}

std::string rows_card(std::string_view title, std::vector<report_row> const& rows, bool has_cost) {
    if (rows.empty()) return {};
    std::string html = "<div class=\"card\"><h3>" + std::string{title} + "</h3><table>";
    html += head({{"n", "record"},
                  {"", "key"},
                  {"n", "latency"},
                  {"n", "tokens"},
                  {"n", has_cost ? "cost" : ""},
                  {"", "answer"}});
    for (auto const& row : rows)
        html += "<tr>" + cell("n", std::to_string(row.index)) + cell("k", row.key) + cell("n", span_text(row.latency)) +
                cell("n", grouped(static_cast<std::uint64_t>(std::max<std::int64_t>(row.usage.total_tokens(), 0)))) +
                cell("n", has_cost ? money_text(row.cost) : "") + cell("t", row.shown) + "</tr>\n";
    return html + "</table></div>\n";
}

struct value_count {
    std::string name{};
    std::uint64_t count{0};
};

std::string bars_html(std::vector<value_count> const& values, std::uint64_t all) {
    std::uint64_t most = 1;
    for (auto const& value : values) most = std::max(most, value.count);
    std::string html = "<div class=\"bars\">";
    for (auto const& [name, count] : values) {
        auto const width = 100 * static_cast<double>(count) / static_cast<double>(most);
        auto const share = static_cast<double>(count) / static_cast<double>(std::max<std::uint64_t>(all, 1));
        html += "<span class=\"k\">" + html_text(name.empty() ? "(empty)" : shortened(name, 60)) +
                "</span><i style=\"width:" + decimal_text(width, 2) + "%\"></i><span class=\"n\">" + grouped(count) +
                " · " + percent_text(share) + "</span>\n";
    }
    return html + "</div>";
}

std::string missing_text(answer_column const& column, std::uint64_t answers) {
    std::string text;
    if (column.nulls > 0) text += grouped(column.nulls) + " null";
    bool const is_member = !column.name.empty() && column.name.find("[]") == std::string::npos;
    if (is_member && column.present < answers)
        text += (text.empty() ? "" : ", ") + grouped(answers - column.present) + " without it";
    return text.empty() ? text : "<p class=\"facts\">" + text + "</p>";
}

std::string choice_card(state const& all, answer_column const& column) {
    std::vector<value_count> values;
    values.reserve(column.values.size());
    for (auto const& [value, count] : column.values) values.push_back({all.hidden(value), count});
    std::ranges::sort(
        values, [](auto const& a, auto const& b) { return std::tie(b.count, a.name) < std::tie(a.count, b.name); });
    return bars_html(values, column.texts);
}

std::string exact_number(double number) { return decimal_text(number, 4); }

std::string number_bars(number_sketch const& numbers) {
    std::vector<value_count> values;
    for (auto const& [value, count] : numbers.values()) values.push_back({exact_number(value), count});
    return bars_html(values, numbers.count());
}

std::string number_chart(number_sketch const& numbers) {
    auto const bars = numbers.bars(32);
    column_chart chart{.layers = {{"accent", {}}}};
    for (auto const& bar : bars) {
        chart.layers.front().values.push_back(static_cast<double>(bar.count));
        chart.hints.push_back(exact_number(bar.from) + " to " + exact_number(bar.to) + ": " + grouped(bar.count));
    }
    auto const text = [](double number) {
        return std::abs(number) < 1000 ? decimal_text(number, 2) : short_count(number);
    };
    for (int i = 0; i <= 2; ++i)
        chart.x_marks.push_back({i / 2.0, text(numbers.least() + (numbers.most() - numbers.least()) * i / 2)});
    return chart_html(chart);
}

std::string number_card(number_sketch const& numbers) {
    auto html = numbers.values().empty() ? number_chart(numbers) : number_bars(numbers);
    return html + "<p class=\"facts\">mean " + exact_number(numbers.mean()) + " ± " +
           exact_number(numbers.deviation()) + " · median " + exact_number(numbers.quantile(0.5)) + " · from " +
           exact_number(numbers.least()) + " to " + exact_number(numbers.most()) + "</p>";
}

/// Empty: a member of which nothing can be drawn.
std::string column_card(state const& all, answer_column const& column) {
    std::string inside;
    if (column.is_choice()) inside += choice_card(all, column);
    if (column.numbers.count() > 0) inside += number_card(column.numbers);
    if (inside.empty()) return {};
    auto const name = column.name.empty() ? std::string{"answer"} : all.hidden(column.name);
    return "<div class=\"card\"><h3><code>" + html_text(shortened(name, 120)) + "</code></h3>" + inside +
           missing_text(column, all.ok) + "</div>\n";
}

struct confusion_counts {
    std::vector<std::string> rows{};     ///< Right answers.
    std::vector<std::string> columns{};  ///< Given ones.
    std::map<std::string, std::uint64_t> of_row{};
    std::map<std::string, std::uint64_t> of_column{};
};

confusion_counts labels_of(std::map<label_pair, std::uint64_t> const& counts) {
    confusion_counts all;
    for (auto const& [labels, count] : counts) {
        all.of_row[labels.first] += count;
        all.of_column[labels.second] += count;
    }
    for (auto const& [label, count] : all.of_row) all.rows.push_back(label), all.columns.push_back(label);
    for (auto const& [label, count] : all.of_column)
        if (!all.of_row.contains(label)) all.columns.push_back(label);
    return all;
}

std::uint64_t count_of(std::map<label_pair, std::uint64_t> const& counts, std::string const& right,
                       std::string const& given) {
    auto const found = counts.find({right, given});
    return found == counts.end() ? 0 : found->second;
}

std::string confusion_row(state const& all, confusion_counts const& labels, std::string const& right) {
    auto const& counts = all.check.confusion();
    auto const of_row = labels.of_row.at(right);
    std::string html = "<tr><th class=\"k\">" + html_text(shortened(all.hidden(right), 60)) + "</th>";
    for (auto const& given : labels.columns) {
        auto const count = count_of(counts, right, given);
        auto const share = static_cast<double>(count) / static_cast<double>(of_row);
        auto const* const colour = right == given ? "--heat" : "--wrong";
        html += "<td style=\"background:rgba(var(" + std::string{colour} + ")," + decimal_text(share * 0.6, 3) +
                ")\">" + (count == 0 ? std::string{"<span class=\"quiet\">·</span>"} : grouped(count)) + "</td>";
    }
    return html + "<th>" +
           percent_text(static_cast<double>(count_of(counts, right, right)) / static_cast<double>(of_row)) +
           "</th></tr>\n";
}

/// How many of the answers with a label are right.
std::string precision_row(state const& all, confusion_counts const& labels) {
    std::string html = "<tr><th class=\"k quiet\">right of these</th>";
    for (auto const& given : labels.columns) {
        auto const found = labels.of_column.find(given);
        auto const given_count = found == labels.of_column.end() ? 0 : found->second;
        auto const right = static_cast<double>(count_of(all.check.confusion(), given, given));
        html += "<th>" +
                (given_count == 0 ? std::string{"·"} : percent_text(right / static_cast<double>(given_count))) +
                "</th>";
    }
    return html + "<th></th></tr>\n";
}

std::string confusion_card(state const& all) {
    auto const& counts = all.check.confusion();
    if (counts.empty()) return {};
    auto const labels = labels_of(counts);
    std::string html =
        "<div class=\"card\"><h3>Right answers (rows) and given ones (columns)</h3>"
        "<table class=\"confusion\"><tr><th></th>";
    for (auto const& label : labels.columns) html += "<th>" + html_text(shortened(all.hidden(label), 60)) + "</th>";
    html += "<th>found</th></tr>\n";
    for (auto const& right : labels.rows) html += confusion_row(all, labels, right);
    return html + precision_row(all, labels) + "</table></div>\n";
}

std::string wrong_card(state const& all) {
    auto const& wrong = all.check.wrong();
    if (wrong.empty()) return {};
    std::string html = "<details class=\"card\"><summary>Wrong answers, the first " + std::to_string(wrong.size()) +
                       "</summary><table>";
    html += head({{"n", "record"}, {"", "key"}, {"", "right answer"}, {"", "given"}});
    for (auto const& row : wrong)
        html += "<tr>" + cell("n", std::to_string(row.index)) + cell("k", shortened(all.hidden(row.key), 120)) +
                cell("t", shortened(all.hidden(row.expected), 160)) + cell("t", shortened(all.hidden(row.given), 160)) +
                "</tr>\n";
    return html + "</table></details>\n";
}

}  // namespace

std::string failures_section(state const& all) {
    if (all.failed == 0) return {};
    std::string html = "<section><h2>Failures</h2>\n";
    for (auto const& kind : all.sorted_failures()) html += failure_card(kind, all.ok + all.failed);
    return html + "</section>\n";
}

std::string rows_section(state const& all) {
    bool const has_cost = all.cost_known && all.cost.picos > 0;
    auto const rows = rows_card("Slowest", all.slowest, has_cost) +
                      rows_card(has_cost ? "Dearest" : "Most tokens", all.dearest, has_cost);
    return rows.empty() ? rows : "<section><h2>Records that stand out</h2>\n" + rows + "</section>\n";
}

std::string columns_section(state const& all) {
    std::string cards;
    std::string others;
    for (auto const& column : all.columns.all()) {
        auto const card = column_card(all, column);
        cards += card;
        if (card.empty() && !column.name.empty())
            others += (others.empty() ? "" : ", ") + html_text(shortened(all.hidden(column.name), 120));
    }
    if (cards.empty()) return {};
    if (!others.empty()) others = "<p class=\"quiet\">Free text, not drawn: " + others + "</p>";
    return "<section><h2>Answers</h2><div class=\"cards\">\n" + cards + "</div>" + others + "</section>\n";
}

std::string accuracy_section(state const& all) {
    if (all.check.judged() == 0) return {};
    return "<section><h2>Accuracy</h2>\n" + confusion_card(all) + wrong_card(all) + "</section>\n";
}

}  // namespace coax::detail
