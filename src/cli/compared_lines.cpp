#include "cli/compared_lines.hpp"

#include "cli/console.hpp"
#include "cli/result_flags.hpp"
#include "table/internal/columns.hpp"

#include <coax/json/writer.hpp>
#include <coax/table/read_table.hpp>
#include <coax/table/write_table.hpp>

#include <cstdio>
#include <memory>
#include <utility>

namespace coax::cli {

namespace {

/// The lines of a comparison, whose columns are known.
class compared_table final : public table_source {
public:
    compared_table(std::unique_ptr<table_source> lines, std::vector<table_column> columns)
        : lines_{std::move(lines)}, columns_{std::move(columns)} {}
    std::vector<table_column> const& columns() const noexcept override { return columns_; }
    result<std::optional<table_row>> next() override { return lines_->next(); }

private:
    std::unique_ptr<table_source> lines_;
    std::vector<table_column> columns_;
};

column_type key_type_of(batch_record const& record) {
    if (!record.numeric_key) return column_type::text;
    constexpr std::size_t digits_of_any = 18;
    bool const is_whole = record.key.size() <= digits_of_any && record.key.find_first_of(".eE") == std::string::npos;
    return is_whole ? column_type::integer : column_type::number;
}

void write_key(json::writer& out, batch_record const& record) {
    if (record.numeric_key)
        out.key("key").raw(record.key);
    else
        out.member("key", std::string_view{record.key});
}

/// @param exact  A cost is text, which keeps each of its digits; else a number.
std::string line_of(batch_record const* record, compared_response const& row, bool exact) {
    std::string text;
    json::writer out{text};
    out.begin_object();
    if (record != nullptr) {
        write_key(out, *record);
        out.member("index", record->index);
    }
    out.member("model", row.model);
    if (row.response)
        out.member("text", row.response->text).member("answer", row.answer);
    else
        out.member("error", error_text(row.response.error()));
    if (row.correct) out.member("correct", *row.correct);
    out.member("agreeing", static_cast<std::int64_t>(row.agreeing)).member("latency_ms", row.latency.count());
    out.member("input_tokens", row.usage.input_tokens).member("output_tokens", row.usage.output_tokens);
    if (row.cost && exact) out.member("cost_usd", to_string(*row.cost));
    if (row.cost && !exact) out.key("cost_usd").raw(to_string(*row.cost));
    out.end_object();
    return text + '\n';
}

}  // namespace

std::string compared_line(batch_record const* record, compared_response const& row) {
    return line_of(record, row, true);
}

compared_output::compared_output(std::string path, std::vector<std::string> columns)
    : path_{std::move(path)}, columns_{std::move(columns)}, lines_{path_} {
    bool const is_table = !path_.empty() && is_table_name(path_);
    if (!columns_.empty() && !is_table)
        throw_error(invalid_argument("--columns", "are those of a table: --out FILE.csv, .tsv, .parquet or .arrow"));
    if (path_.empty()) return;
    if (is_table) {
        if (auto known = table::detail::known_format(path_); !known) throw_error(std::move(known).error());
        for (auto const& name : columns_)
            if (table::detail::find_column(table_columns(), name) == nullptr)
                throw_error(table::detail::unknown_column("--columns", name, table_columns()));
        lines_ += ".lines.jsonl";
    }
    file_.open(lines_, std::ios::binary | std::ios::trunc);
    check();
}

void compared_output::write(batch_record const* record, std::vector<compared_response> const& rows) {
    if (path_.empty()) return;
    if (record != nullptr) key_type_ = table::detail::common_type(key_type_, key_type_of(*record));
    for (auto const& row : rows) file_ << line_of(record, row, lines_ == path_);
    file_.flush();
    check();
}

result<void> compared_output::finish() {
    if (lines_ == path_) return {};
    file_.close();
    auto lines = read_table(lines_);
    if (!lines) return std::move(lines).error();
    compared_table rows{*std::move(lines), table_columns()};
    auto const written = write_table(rows, path_, {.columns = columns_});
    if (!written) return written.error();
    std::remove(lines_.c_str());
    return {};
}

void compared_output::check() const {
    if (!file_) throw_error({.code = errc::io_failed, .message = "cannot be written", .where = lines_});
}

std::vector<table_column> compared_output::table_columns() const {
    return {{"key", key_type_},
            {"index", column_type::integer},
            {"model", column_type::text},
            {"text", column_type::text},
            {"answer", column_type::text},
            {"error", column_type::text},
            {"correct", column_type::boolean},
            {"agreeing", column_type::integer},
            {"latency_ms", column_type::integer},
            {"input_tokens", column_type::integer},
            {"output_tokens", column_type::integer},
            {"cost_usd", column_type::number}};
}

}  // namespace coax::cli
