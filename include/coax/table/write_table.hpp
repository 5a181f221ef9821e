#pragma once

#include <coax/core/result.hpp>
#include <coax/table/read_table.hpp>
#include <coax/table/table_source.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace coax {

/// How rows become a file.
struct table_write_options {
    table_format format{table_format::automatic};  ///< As when a table is read.
    /// Between two fields, ASCII. 0: comma, or tab for TSV.
    char separator{'\0'};
    /// What is written of each row, in this order; `a.b` is a member of an object. Empty: the table's columns; for
    /// JSONL of a table that does not know them, its rows as they are.
    std::vector<std::string> columns{};
};

/// Writes a table to a file, compressed as its name says (.gz, .zst). The file is there whole or not at all: rows go to
/// another file beside it, which takes its name once the disk has all of them; a symbolic link is followed.
///
/// Of CSV and TSV: lines end with LF; null is an empty field, an empty text stands in quotes, and so does what a reader
/// or spreadsheet could cut, join or misread: separators, quotes, line breaks, blanks at an end. Arrays and objects are
/// JSON. Parquet and Arrow: `use_arrow_files`.
/// @returns How many rows were written.
/// Errors: `errc::io_failed`; `errc::invalid_argument`: an option, or the columns are not known; the problem of a row.
[[nodiscard]] result<std::uint64_t> write_table(table_source& rows, std::string path, table_write_options options = {});

/// Reads a table to its end and tells the columns that its rows have, in the order in which they come: those that it
/// knows, else those of its rows, where objects are told by their members, as `a.b`.
/// @param most  Bounds how many; what is more is told by the members of rows alone, objects as they are.
/// Errors: as the table; the problem of a row is none.
[[nodiscard]] result<std::vector<table_column>> find_columns(table_source& rows, std::size_t most = 1'000);

}  // namespace coax
