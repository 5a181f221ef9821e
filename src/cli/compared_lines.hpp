#pragma once

#include <coax/batch/records.hpp>
#include <coax/client/compare.hpp>
#include <coax/core/result.hpp>
#include <coax/table/table_source.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace coax::cli {

/// What one model said, as an object. @param record  What was asked about; null: one question was asked.
[[nodiscard]] std::string compared_line(batch_record const* record, compared_response const& row);

/// The output of a comparison: a line for each question and model as they come, or a table of them at the end.
class compared_output {
public:
    /// @param path     Empty: there is none.
    /// @param columns  Of a table; empty: all.
    /// @throws coax::exception  `errc::io_failed`; `errc::invalid_argument`: a table that cannot be written.
    compared_output(std::string path, std::vector<std::string> columns);

    /// @throws coax::exception  `errc::io_failed`.
    void write(batch_record const* record, std::vector<compared_response> const& rows);
    /// All are there: makes the table. Errors: as `write_table`; the lines are then left beside it.
    [[nodiscard]] result<void> finish();

private:
    void check() const;
    [[nodiscard]] std::vector<table_column> table_columns() const;

    std::string path_;
    std::vector<std::string> columns_;
    std::string lines_;  ///< The file of lines: `path_`, or one beside a table.
    std::ofstream file_{};
    column_type key_type_{column_type::integer};  ///< Of the keys so far.
};

}  // namespace coax::cli
