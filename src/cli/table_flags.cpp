#include "cli/table_flags.hpp"

#include "cli/files.hpp"
#include "table/internal/columns.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace coax::cli {

namespace {

using table::detail::find_column;
using table::detail::unknown_column;

/// "tab", "\t" or the character itself.
result<char> parse_separator(std::string const& text) {
    if (text.empty()) return '\0';
    if (text == "tab" || text == "\\t") return '\t';
    if (text.size() == 1) return text[0];
    return invalid_argument("--separator", "must be one ASCII character, or tab");
}

/// "name=type".
result<table_column> parse_type(std::string const& text) {
    auto const equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0)
        return invalid_argument("--types " + text, "must be COLUMN=TYPE, such as id=string");
    auto const type = parse_column_type(std::string_view{text}.substr(equals + 1));
    if (!type) return invalid_argument("--types " + text, type.error().message);
    return table_column{text.substr(0, equals), *type};
}

result<table_options> options_of(table_flags const& flags) {
    table_options options;
    auto const format = parse_table_format(flags.format);
    if (!format) return invalid_argument("--format " + flags.format, format.error().message);
    auto const separator = parse_separator(flags.separator);
    if (!separator) return separator.error();
    options.format = *format;
    options.separator = *separator;
    options.header = !flags.no_header;
    for (auto const& text : flags.types) {
        auto column = parse_type(text);
        if (!column) return column.error();
        options.types.push_back(std::move(*column));
    }
    return options;
}

bool has_field(table_input const& table, std::string_view name) {
    if (find_column(table.columns, name) != nullptr) return true;
    auto const dot = name.find('.');  // of a column of objects
    auto const* const outer = dot == std::string_view::npos ? nullptr : find_column(table.columns, name.substr(0, dot));
    return outer != nullptr && outer->type == column_type::json;
}

}  // namespace

void add_input(CLI::App& command, std::string& input, table_flags& flags, char const* description) {
    auto const take = [&](std::vector<std::string> const& all) {
        input = all.front();
        flags.more_inputs.assign(all.begin() + 1, all.end());
    };
    command.add_option_function<std::vector<std::string>>("INPUT", take, description)->required();
    add_table_flags(command, flags);
}

void add_table_flags(CLI::App& command, table_flags& flags) {
    auto constexpr group = "Input";
    command
        .add_option("--format", flags.format, "auto: by the name's end; jsonl, csv, tsv, parquet, arrow, arrow_stream")
        ->default_str("auto")
        ->group(group);
    command
        .add_option("--separator", flags.separator,
                    "Between the fields of CSV: a character or tab; default: the comma, or what the first line has in "
                    "its place")
        ->group(group);
    command
        .add_option("--types", flags.types,
                    "Types of columns of CSV: id=string,score=number; also integer, boolean, date, timestamp, json; "
                    "the others' are found out")
        ->delimiter(',')
        ->group(group);
    command.add_flag("--no-header", flags.no_header, "CSV without names: columns are column_1, column_2, ...")
        ->group(group);
}

result<std::unique_ptr<table_source>> table_input::open() const {
    return paths.size() == 1 ? read_table(paths.front(), options) : read_tables(paths, options);
}

result<table_input> find_input(std::string const& input, table_flags const& flags) {
    auto options = options_of(flags);
    if (!options) return options.error();
    std::vector<std::string> patterns{input};
    patterns.insert(patterns.end(), flags.more_inputs.begin(), flags.more_inputs.end());
    auto paths = expand_paths(patterns);
    if (!paths) return paths.error();
    for (auto const& path : *paths)
        if (paths->size() > 1 && reads_once(path))
            return invalid_argument(path, "a pipe is an input of its own: give it alone");
    return table_input{.paths = std::move(*paths), .options = std::move(*options)};
}

result<void> learn_columns(table_input& table) {
    auto const opened = table.open();
    if (!opened) return opened.error();
    table.columns = (*opened)->columns();
    return {};
}

result<void> check_columns(table_input const& table, prompt_template const& prompt,
                           std::span<std::pair<std::string_view, std::string_view> const> fields) {
    if (table.columns.empty()) return {};
    for (auto const& name : prompt.fields())
        if (name != "record" && !has_field(table, name))
            return unknown_column("{{" + name + "}} in the prompt", name, table.columns);
    for (auto const& [flag, name] : fields)
        if (!name.empty() && find_column(table.columns, name) == nullptr)
            return unknown_column(std::string{flag}, name, table.columns);
    return {};
}

}  // namespace coax::cli
