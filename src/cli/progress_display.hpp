#pragma once

#include "cli/panel.hpp"
#include "cli/progress_flags.hpp"
#include "cli/run_figures.hpp"

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coax::cli {

/// Shows the progress of a batch. Thread safety: any thread.
class progress_display {
public:
    progress_display(progress_form form, std::chrono::milliseconds every);
    progress_display(progress_display const&) = delete;
    progress_display& operator=(progress_display const&) = delete;
    ~progress_display() { finish(); }

    /// How often to call `show`.
    [[nodiscard]] std::chrono::milliseconds interval() const noexcept;
    void show(run_figures const& figures);
    /// The last of all.
    void show_end(run_figures const& figures);
    /// Takes the panel away, so that something else can be written. The next `show` draws it again.
    void finish();

private:
    void print(run_figures const& figures, std::string_view event);

    progress_form form_;
    std::chrono::milliseconds every_;
    std::mutex mutex_{};  ///< An interrupt ends the panel while it is drawn.
    panel_screen screen_;
    bool unicode_;
    std::string last_line_{};
};

/// The progress of one batch: gathers its figures and shows them.
class run_progress {
public:
    run_progress(batch_job const& job, client llm, progress_form form, std::chrono::milliseconds every)
        : meter_{job, std::move(llm)}, display_{form, every} {}

    [[nodiscard]] std::chrono::milliseconds interval() const noexcept { return display_.interval(); }
    /// Counts an outcome that was written.
    void count(batch_result<std::string> const& outcome) { meter_.count(outcome); }
    /// The service's batches have changed.
    void watch(std::vector<service_batch_progress> batches) { meter_.watch(std::move(batches)); }
    [[nodiscard]] priced_usage priced(usage const& all) const { return meter_.priced(all); }
    void show(batch_progress const& progress) {
        last_ = progress;
        display_.show(meter_.figures(progress));
    }
    void end() {
        display_.show_end(meter_.figures(last_));
        display_.finish();
    }
    [[nodiscard]] progress_display& display() noexcept { return display_; }

private:
    run_meter meter_;
    progress_display display_;
    batch_progress last_{};
};

}  // namespace coax::cli
