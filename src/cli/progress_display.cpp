#include "cli/progress_display.hpp"

#include "cli/console.hpp"
#include "cli/number_flag.hpp"
#include "cli/via_flags.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <unistd.h>

namespace coax::cli {
namespace {

constexpr std::size_t least_columns = 20;

std::string variable(char const* name) { return process_environment(name).value_or(""); }

/// A terminal that can move its cursor.
bool is_screen() { return ::isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb" && !variable("TERM").empty(); }

bool takes_unicode() {
    std::string locale;
    for (auto const* const name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (locale = variable(name); !locale.empty()) break;
    std::ranges::transform(locale, locale.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

/// Of the terminal now; its last column stays empty, since some terminals break the line there.
std::size_t panel_columns() { return std::max(terminal_columns(STDERR_FILENO), least_columns) - 1; }

}  // namespace

void add_progress_flags(CLI::App& command, progress_flags& flags) {
    command
        .add_option(
            "--progress", flags.form,
            "How far it is, on standard error: panel (for a terminal), lines, json (an object a line: done, ok, "
            "failed, total, cost_usd, remaining_ms and so on), none; auto chooses the first or second")
        ->check(CLI::IsMember({"auto", "panel", "lines", "json", "none"}))
        ->capture_default_str();
    add_number(command, "--progress-every", flags.every, number_range{0.001, 1e6},
               "Seconds between two lines or objects of the progress")
        ->default_str("10");
}

result<progress_form> chosen_form(progress_flags const& flags, bool quiet, bool writes_output) {
    if (flags.form == "json") return progress_form::json;
    if (flags.form == "lines") return progress_form::lines;
    if (flags.form == "panel") {
        if (is_screen()) return progress_form::panel;
        return invalid_argument("--progress", "panel: standard error is no terminal that can show one");
    }
    if (flags.form == "none" || quiet) return progress_form::none;
    bool const mixes = writes_output && ::isatty(STDOUT_FILENO) == 1;
    return is_screen() && !mixes ? progress_form::panel : progress_form::lines;
}

progress_display::progress_display(progress_form form, std::chrono::milliseconds every)
    : form_{form}, every_{every}, screen_{variable("NO_COLOR").empty()}, unicode_{takes_unicode()} {}

std::chrono::milliseconds progress_display::interval() const noexcept {
    return form_ == progress_form::panel ? std::chrono::milliseconds{200} : every_;
}

void progress_display::show(run_figures const& figures) {
    // A batch that fails to start has nothing to show but its error.
    if (figures.progress.done == 0 && figures.progress.in_flight == 0 && figures.batches.empty()) return;
    std::lock_guard const lock{mutex_};
    print(figures, "progress");
}

void progress_display::show_end(run_figures const& figures) {
    std::lock_guard const lock{mutex_};
    if (form_ == progress_form::json) print(figures, "end");
}

void progress_display::print(run_figures const& figures, std::string_view event) {
    switch (form_) {
        case progress_form::none: return;
        case progress_form::panel: {
            auto const columns = panel_columns();
            return write_stderr(screen_.draw(panel_lines(figures, columns, unicode_), columns));
        }
        default: break;
    }
    auto line = form_ == progress_form::json ? to_json(figures, event) : to_line(figures.progress);
    if (form_ == progress_form::lines && !figures.batches.empty()) line += "  " + batches_text(figures.batches);
    if (line == last_line_) return;
    write_stderr(line + '\n');
    last_line_ = std::move(line);
}

void progress_display::finish() {
    std::lock_guard const lock{mutex_};
    if (form_ == progress_form::panel) write_stderr(screen_.clear(panel_columns()));
}

}  // namespace coax::cli
