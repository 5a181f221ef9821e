#include "table/internal/column_set.hpp"
#include "table/internal/columnar_files.hpp"
#include "table/internal/columns.hpp"
#include "table/internal/csv_text.hpp"
#include "table/internal/output_file.hpp"
#include "table/internal/row_fields.hpp"
#include "table/sources.hpp"

#include <coax/json/writer.hpp>
#include <coax/table/write_table.hpp>

#include <optional>
#include <utility>

namespace coax {

namespace {

using table::detail::row_fields;

/// Writes rows in one form.
struct row_format {
    table_format format{};
    char separator{','};
    std::vector<std::string> columns{};

    [[nodiscard]] std::string header() const {
        std::string line;
        for (auto const& name : columns) {
            // Spreadsheets take a file that begins with ID for one of SYLK.
            bool const is_sylk = line.empty() && name.starts_with("ID");
            if (&name != &columns.front()) line += separator;
            if (is_sylk)
                line.append("\"").append(name).append("\"");
            else
                table::detail::append_csv_text(line, name, separator);
        }
        return line + '\n';
    }
    [[nodiscard]] std::string csv_line(json_value const& row) const {
        std::string line;
        row_fields fields{row};
        for (auto const& name : columns) {
            if (&name != &columns.front()) line += separator;
            if (auto const* const value = fields.find(name)) table::detail::append_csv_value(line, *value, separator);
        }
        if (line.empty()) line = "\"\"";  // a blank line would be no row
        return line + '\n';
    }
    [[nodiscard]] std::string json_line(json_value const& row) const {
        if (columns.empty()) return row.text() + '\n';
        std::string line;
        json::writer out{line};
        row_fields fields{row};
        out.begin_object();
        for (auto const& name : columns) {
            auto const* const value = fields.find(name);
            out.key(name).raw(value != nullptr ? std::string_view{value->text()} : "null");
        }
        out.end_object();
        return line + '\n';
    }
    [[nodiscard]] std::string text_of(json_value const& row) const {
        return format == table_format::jsonl ? json_line(row) : csv_line(row);
    }
};

result<row_format> choose_format(table_source const& rows, std::string const& path, table_write_options options) {
    if (auto valid = validate(table_options{.separator = options.separator}); !valid) return valid.error();
    auto const format = options.format == table_format::automatic ? table::detail::known_format(path) : options.format;
    if (!format) return format.error();
    if (auto known = table::detail::check_format(*format, path); !known) return known.error();
    row_format made{*format, options.separator, std::move(options.columns)};
    if (made.separator == '\0') made.separator = *format == table_format::tsv ? '\t' : ',';
    if (made.columns.empty()) made.columns = table::detail::names_of(rows.columns());
    if (auto const twice = table::detail::find_repeated(made.columns))
        return invalid_argument("columns", "\"" + made.columns[*twice] + "\" stands there twice");
    if (made.columns.empty() && *format != table_format::jsonl)
        return invalid_argument("columns", "the table does not know its columns before its rows: name them");
    return made;
}

/// Some of a table's columns, and what came of its rows.
class selected_columns final : public table_source {
public:
    struct outcome {
        std::uint64_t rows{0};
        std::optional<error> failure{};
    };

    selected_columns(table_source& rows, std::vector<std::string> const& names, outcome& told)
        : rows_{rows}, told_{told} {
        for (auto const& name : names) {
            auto const* const column = table::detail::find_column(rows.columns(), name);
            columns_.push_back(column != nullptr ? *column : table_column{name, column_type::json});
        }
    }
    std::vector<table_column> const& columns() const noexcept override { return columns_; }
    result<std::optional<table_row>> next() override {
        auto row = rows_.next();
        if (!row)
            told_.failure = row.error();
        else if (*row && (*row)->problem)
            told_.failure = (*row)->problem;
        else if (*row)
            ++told_.rows;
        return row;
    }

private:
    table_source& rows_;
    outcome& told_;
    std::vector<table_column> columns_{};
};

result<std::uint64_t> write_columnar(table_source& rows, row_format const& format, table::detail::output_file file,
                                     std::string const& path) {
    selected_columns::outcome told;
    auto selected = std::make_unique<selected_columns>(rows, format.columns, told);
    auto written = table::detail::known_columnar_files()->write(format.format, std::move(selected), file);
    if (told.failure) return *std::move(told.failure);
    if (!written) {
        auto why = std::move(written).error();
        if (why.where.empty()) why.where = path;
        return why;
    }
    if (auto committed = file.commit(); !committed) return committed.error();
    return told.rows;
}

}  // namespace

result<std::uint64_t> write_table(table_source& rows, std::string path, table_write_options options) {
    auto const format = choose_format(rows, path, std::move(options));
    if (!format) return format.error();
    auto file = table::detail::output_file::create(path);
    if (!file) return file.error();
    if (table::detail::is_columnar(format->format)) return write_columnar(rows, *format, *std::move(file), path);
    if (format->format != table_format::jsonl)
        if (auto written = file->write(format->header()); !written) return written.error();
    for (std::uint64_t count = 0;; ++count) {
        auto const row = rows.next();
        if (!row) return row.error();
        if (!*row) {
            if (auto committed = file->commit(); !committed) return committed.error();
            return count;
        }
        if ((*row)->problem) return *(*row)->problem;
        if (auto written = file->write(format->text_of((*row)->fields)); !written) return written.error();
    }
}

result<std::vector<table_column>> find_columns(table_source& rows, std::size_t most) {
    if (!rows.columns().empty()) return rows.columns();
    table::detail::column_set found{true, most};
    for (;;) {
        auto const row = rows.next();
        if (!row) return row.error();
        if (!*row) return found.columns();
        if (!(*row)->problem) found.add((*row)->fields);
    }
}

}  // namespace coax
