#pragma once

#include <coax/core/result.hpp>
#include <coax/table/table_source.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// How a table is written down.
enum class table_format {
    automatic,  ///< By the name's end: .csv, .tsv or .tab before that of a compression; .parquet; .arrow, .feather or
                ///< .ipc; .arrows; else JSONL.
    jsonl,      ///< One JSON object a line.
    csv,        ///< RFC 4180.
    tsv,        ///< The same with tabs.
    parquet,    ///< Apache Parquet; see `use_arrow_files`, as for the next two.
    arrow,      ///< Apache Arrow's file format.
    arrow_stream,  ///< Its stream format.
};

/// "auto" or as above, "jsonl", "arrow_stream". Errors: `errc::invalid_argument`.
[[nodiscard]] result<table_format> parse_table_format(std::string_view name);

/// How a file becomes rows. All but `format`, `name` and `max_row_bytes` is of CSV and TSV alone.
struct table_options {
    table_format format{table_format::automatic};
    /// Between two fields, ASCII. 0: tabs for TSV; for CSV the comma, and where the first line has none, the one of
    /// semicolon, tab and bar that it has most.
    char separator{'\0'};
    /// The first record names the columns; otherwise these are column_1, column_2, ... A column without a name is
    /// called so, too.
    bool header{true};
    /// Types of columns by name; a value that does not fit is its row's problem. The others' are found out.
    std::vector<table_column> types{};
    /// Rows that types are found out from. A value that does not fit later is text. 0: all columns are text.
    std::size_t sample_rows{1'000};
    /// Of one field; a longer one is its row's problem. Range: [1, 1 GiB].
    std::size_t max_field_bytes{16U << 20U};
    /// Of one row or line; the same. Range: [2, 1 GiB].
    std::size_t max_row_bytes{16U << 20U};
    /// What the file is called in errors; its end tells the format. Empty: its path.
    std::string name{};
};

[[nodiscard]] result<void> validate(table_options const& options);

/// Opens a table. What is compressed with gzip or zstd is decompressed on the way, whatever it is called.
///
/// Of CSV: a byte order mark, LF, CRLF, CR, line breaks in quotes, blank lines and a last record without its end are
/// all fine. The types that are found out change nothing of what a field says: numbers keep their digits, what has
/// leading zeros or does not fit 64 bits stays text, as do dates. An empty field is null; an empty one in quotes is an
/// empty text. Wrong numbers of fields, text behind a closing quote, an open quote and what is not UTF-8 are their
/// row's problem. Errors: `errc::io_failed`: it cannot be read, is damaged or cut short. `errc::invalid_argument`: an
/// option, or
/// ("file:line:column") a header that names a column twice; a file of Parquet or Arrow without `use_arrow_files`.
[[nodiscard]] result<std::unique_ptr<table_source>> read_table(std::string path, table_options options = {});

/// The same over several files, one after the other, which need not have the same columns. `name` is not used.
/// Each is opened at once, to know its columns and find what is wrong, and again when its rows are wanted.
/// @param paths  Not empty.
[[nodiscard]] result<std::unique_ptr<table_source>> read_tables(std::vector<std::string> paths,
                                                                table_options options = {});

/// The files that patterns name (`*`, `?`, `[…]`), those of each sorted; what is the name of a file, or no pattern,
/// stays as it is. Errors: `errc::io_failed`, `where` is the pattern: no file has such a name.
[[nodiscard]] result<std::vector<std::string>> expand_paths(std::vector<std::string> const& patterns);

}  // namespace coax
