#include "cli/text_table.hpp"

#include "chat/internal/record_text.hpp"
#include "cli/display_text.hpp"
#include "table/internal/row_fields.hpp"

#include <algorithm>
#include <numeric>

namespace coax::cli {

namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t least_column = 6;  // what a column is cut to at most
constexpr std::size_t widest_column = 1'000;

bool is_right(table_column const& column) {
    return column.type == column_type::integer || column.type == column_type::number;
}

/// The texts of a table, row by row.
std::vector<std::vector<std::string>> cells_of(std::vector<table_column> const& columns,
                                               std::vector<json_value> const& rows) {
    std::vector<std::vector<std::string>> cells;
    for (auto const& row : rows) {
        table::detail::row_fields fields{row};
        auto& line = cells.emplace_back();
        for (auto const& column : columns) {
            auto const* const value = fields.find(column.name);
            line.push_back(value == nullptr || value->is_null() ? std::string{} : chat::detail::record_text(*value));
        }
    }
    return cells;
}

/// The columns that each takes where nothing is cut.
std::vector<std::size_t> natural_widths(std::vector<table_column> const& columns,
                                        std::vector<std::vector<std::string>> const& cells) {
    std::vector<std::size_t> widths;
    for (std::size_t at = 0; at < columns.size(); ++at) {
        auto width = to_display(columns[at].name, widest_column).width;
        for (auto const& line : cells) width = std::max(width, to_display(line[at], widest_column).width);
        widths.push_back(width);
    }
    return widths;
}

/// Gives narrow columns what they need and shares the rest among the others. Drops columns that find no room.
void fit(std::vector<std::size_t>& widths, std::size_t width) {
    auto const needed = [&](std::size_t count) {
        std::size_t sum = (count - 1) * gap.size();
        for (std::size_t at = 0; at < count; ++at) sum += std::min(widths[at], least_column);
        return sum;
    };
    while (widths.size() > 1 && needed(widths.size()) > width) widths.pop_back();
    if (widths.empty()) return;
    auto room = width - std::min(width, (widths.size() - 1) * gap.size());
    std::vector<std::size_t> order(widths.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t at) { return widths[at]; });
    for (std::size_t done = 0; done < order.size(); ++done) {
        auto& mine = widths[order[done]];
        mine = std::min(mine, room / (order.size() - done));
        room -= mine;
    }
}

std::string line_of(std::vector<std::string> const& texts, std::vector<std::size_t> const& widths,
                    std::vector<table_column> const& columns) {
    std::string line;
    for (std::size_t at = 0; at < widths.size(); ++at) {
        auto const shown = to_display(texts[at], widths[at]);
        std::string const blanks(widths[at] - shown.width, ' ');
        line.append(at == 0 ? "" : gap);
        line.append(is_right(columns[at]) ? blanks + shown.text : shown.text + blanks);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

std::string rule_of(std::vector<std::size_t> const& widths) {
    std::string line;
    for (std::size_t at = 0; at < widths.size(); ++at) {
        line.append(at == 0 ? "" : gap);
        for (std::size_t i = 0; i < widths[at]; ++i) line += "─";
    }
    return line + '\n';
}

}  // namespace

std::string to_text_table(std::vector<table_column> const& columns, std::vector<json_value> const& rows,
                          std::size_t width) {
    auto const cells = cells_of(columns, rows);
    auto widths = natural_widths(columns, cells);
    fit(widths, width);
    std::vector<std::string> names;
    names.reserve(columns.size());
    for (auto const& column : columns) names.push_back(column.name);
    auto text = line_of(names, widths, columns) + rule_of(widths);
    for (auto const& line : cells) text += line_of(line, widths, columns);
    if (auto const left = columns.size() - widths.size(); left > 0) {
        text += "… " + std::to_string(left) + (left == 1 ? " more column" : " more columns") + " (--columns):";
        for (std::size_t at = widths.size(); at < columns.size(); ++at)
            text.append(" ").append(to_display(names[at], 40).text);
        text += '\n';
    }
    return text;
}

}  // namespace coax::cli
