#pragma once

#include <coax/core/result.hpp>

#include <string>

namespace CLI {
class App;
}

namespace coax::cli {

/// How a batch tells how far it is, on standard error.
enum class progress_form {
    none,
    lines,  ///< A line now and then, each different from the one before.
    panel,  ///< Some lines of a terminal that are drawn anew again and again.
    json    ///< An object a line, see `to_json(run_figures)`.
};

/// The flags about it.
struct progress_flags {
    std::string form{"auto"};
    double every{10};  ///< Seconds between two lines.
};

/// Adds --progress and --progress-every.
void add_progress_flags(CLI::App& command, progress_flags& flags);

/// What the flags and the terminal choose. @param writes_output  The answers go to standard output.
/// Errors: `errc::invalid_argument`: a panel without a terminal.
[[nodiscard]] result<progress_form> chosen_form(progress_flags const& flags, bool quiet, bool writes_output);

}  // namespace coax::cli
