#pragma once

#include <coax/core/result.hpp>
#include <coax/table/read_table.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace coax::cli {

struct batch_flags;
struct batch_job;

/// How answers become a table.
struct result_flags {
    std::string file{};  ///< The table; empty: FILE has the lines and nothing is made of them.
    bool table{false};   ///< Also where FILE is named as lines.
    std::vector<std::string> columns{};
    std::vector<std::string> exclude{};
};

/// Whether an output is a table by its name. Names of lines stay lines: FILE.jsonl, whatever else is no table, and
/// standard output.
[[nodiscard]] bool is_table_name(std::string_view path);

/// Adds the flags to a command.
void add_result_flags(CLI::App& command, result_flags& flags);

/// Where FILE is a table, makes its journal, "FILE.journal.jsonl", what the batch writes. An existing table stands
/// until it is replaced, with --resume; otherwise that is an error. Errors: `errc::invalid_argument`, `where` is the
/// flag; `errc::io_failed`, `where` is FILE.
[[nodiscard]] result<void> choose_output(batch_flags& flags);

/// Where the columns are known before the answers, that those which are asked for exist.
/// Errors: `errc::invalid_argument`, `where` is the flag.
[[nodiscard]] result<void> check_result_columns(batch_job const& job, batch_flags const& flags);

/// Makes the table of a journal that has all records. Errors: as `read_results` and `write_table`.
[[nodiscard]] result<void> write_results(batch_job const& job, batch_flags const& flags);

}  // namespace coax::cli
