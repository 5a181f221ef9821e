#pragma once

#include "cli/table_flags.hpp"

#include <coax/batch/records.hpp>
#include <coax/batch/report.hpp>
#include <coax/core/result.hpp>

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace coax::cli {

/// The flags about a page that tells what a batch did.
struct report_flags {
    std::string file{};      ///< The page; empty: none is written.
    std::string expected{};  ///< The field of the input that has the right answer; empty: nobody knows it.
    std::string answer{};    ///< The member of the answers that is compared with it.
    std::string match{"exact"};
};

/// Where the right answers are.
struct report_input {
    table_input table{};  ///< Not looked at where `expected` is empty.
    record_options records{};
};

/// Adds --expected, --answer and --match.
void add_expected_flags(CLI::App& command, report_flags& flags);
/// Adds --report and the above.
void add_report_flags(CLI::App& command, report_flags& flags);

/// Whether the page can be made once the batch is over, before anything is sent: the output can be read again, and the
/// input has the field of right answers.
[[nodiscard]] result<void> check_report(report_flags const& flags, report_input const& input, std::string const& out);

/// Reads outputs, and the input for its right answers. @param options  Flags are added to them.
[[nodiscard]] result<batch_report> read_report(report_flags const& flags, batch_report_options options,
                                               report_input const& input, std::vector<std::string> const& outputs);

}  // namespace coax::cli
