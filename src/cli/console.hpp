#pragma once

#include <coax/batch/progress.hpp>
#include <coax/core/error.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace coax::cli {

/// "what (where)" on one line: the message, the service's own words, the place, status and request id.
[[nodiscard]] std::string error_text(error const& why);

/// Writes "coax: what (where)" to standard error.
void print_error(error const& why);

/// Writes "coax: note" to standard error.
void print_note(std::string_view note);

/// Shows a batch's progress on standard error: one line that is rewritten on a terminal, else a line now and then.
class progress_display {
public:
    /// @param every  Time between two lines where standard error is no terminal.
    progress_display(bool quiet, std::chrono::milliseconds every);

    [[nodiscard]] bool quiet() const noexcept { return quiet_; }
    /// How often to call `show`.
    [[nodiscard]] std::chrono::milliseconds interval() const noexcept;
    void show(batch_progress const& progress);
    /// Leaves the rewritten line as it is and goes to the next.
    void finish();

private:
    bool quiet_;
    bool terminal_;
    bool line_open_{false};
    std::chrono::milliseconds every_;
};

}  // namespace coax::cli
