#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/number_flag.hpp"
#include "cli/table_flags.hpp"
#include "cli/text_table.hpp"
#include "table/internal/column_set.hpp"
#include "table/internal/columns.hpp"
#include "table/internal/row_fields.hpp"

#include <coax/json/writer.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace coax::cli {

namespace {

constexpr char show_help[] =
    "FILE is the output of a batch, or any table: JSONL, CSV or TSV, also .gz and .zst; - reads standard input. "
    "Members\n"
    "of objects are columns, as a.b. Columns are cut to fit the terminal; control characters are shown as \\x1b.\n\n";

struct show_flags {
    std::string input{};
    table_flags table{};
    std::vector<std::string> columns{};
    std::uint64_t limit{20};
    std::size_t width{0};
    bool json{false};
};

struct shown_rows {
    std::vector<table_column> columns{};
    std::vector<json_value> rows{};
    bool more{false};
};

std::size_t shown_width(show_flags const& flags) {
    constexpr std::size_t where_no_terminal_is = 80;
    if (flags.width > 0) return flags.width;
    winsize size{};
    bool const is_terminal = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_terminal ? size.ws_col : where_no_terminal_is;
}

/// The columns of a table that does not know them are those of the rows that are shown.
result<void> choose_columns(shown_rows& shown, table_source const& table, show_flags const& flags) {
    shown.columns = table.columns();
    bool const known = !shown.columns.empty();
    if (!known) {
        table::detail::column_set found{true};
        for (auto const& row : shown.rows) found.add(row);
        shown.columns = found.columns();
    }
    if (flags.columns.empty()) return {};
    std::vector<table_column> chosen;
    for (auto const& name : flags.columns) {
        auto const* const column = table::detail::find_column(shown.columns, name);
        if (column == nullptr && known) return table::detail::unknown_column("--columns", name, shown.columns);
        chosen.push_back(column != nullptr ? *column : table_column{name});
    }
    shown.columns = std::move(chosen);
    return {};
}

/// The first rows, and what is to be seen of them.
result<shown_rows> read_rows(show_flags const& flags) {
    auto input = find_input(flags.input == "-" ? "/dev/stdin" : flags.input, flags.table);
    if (!input) return input.error();
    auto table = input->open();
    if (!table) return table.error();
    shown_rows shown;
    for (;;) {
        auto row = (*table)->next();
        if (!row) return row.error();
        if (!*row) break;
        if ((*row)->problem) return *(*row)->problem;
        shown.more = flags.limit != 0 && shown.rows.size() == flags.limit;
        if (shown.more) break;
        shown.rows.push_back(std::move((*row)->fields));
    }
    if (auto chosen = choose_columns(shown, **table, flags); !chosen) return chosen.error();
    return shown;
}

std::string as_json(shown_rows const& shown, bool all) {
    std::string text;
    for (auto const& row : shown.rows) {
        if (all) {
            text += row.text() + '\n';
            continue;
        }
        table::detail::row_fields fields{row};
        json::writer out{text};
        out.begin_object();
        for (auto const& column : shown.columns) {
            auto const* const value = fields.find(column.name);
            out.key(column.name).raw(value == nullptr ? std::string_view{"null"} : value->text());
        }
        out.end_object();
        text += '\n';
    }
    return text;
}

int run_show_command(show_flags const& flags) {
    auto const shown = read_rows(flags);
    if (!shown) {
        print_error(shown.error());
        return bad_usage;
    }
    if (flags.json) {
        print_answer(as_json(*shown, flags.columns.empty()));
        return all_ok;
    }
    print_answer(to_text_table(shown->columns, shown->rows, shown_width(flags)));
    if (shown->more) print_answer("… more rows (--limit 0 shows all)\n");
    return all_ok;
}

}  // namespace

void add_show_command(CLI::App& program, chosen_command& chosen) {
    auto* const command = program.add_subcommand("show", "Print the output of a batch, or another table");
    auto flags = std::make_shared<show_flags>();
    add_input(*command, flags->input, flags->table, "Files to show; several are one table");
    command->add_option("--columns", flags->columns, "Columns, in this order; members of objects as a.b")
        ->delimiter(',');
    add_number(*command, "--limit", flags->limit, number_range{std::uint64_t{0}}, "First rows only; 0: all")
        ->default_str("20");
    add_number(*command, "--width", flags->width, number_range{std::size_t{0}, std::size_t{10'000}},
               "Columns of the terminal; 0: ask it");
    command->add_flag("--json", flags->json, "Rows as JSON, one a line");
    command->footer(std::string{show_help} + exit_code_help);
    command->callback([flags, &chosen] { chosen = [flags] { return run_show_command(*flags); }; });
}

}  // namespace coax::cli
