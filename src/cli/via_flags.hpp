#pragma once

#include <coax/batch/background_rows.hpp>
#include <coax/batch/service_batches.hpp>
#include <coax/core/result.hpp>

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace coax::cli {

struct batch_flags;
struct batch_job;

/// Flags about the way that rows take to the service.
struct via_flags {
    std::string via{"live"};
    std::string unfinished{"again"};
    std::optional<int> rounds{};
    std::optional<std::size_t> rows{};
    std::optional<double> poll{};
    bool cancel{false};
};

void add_via_flags(CLI::App& command, via_flags& flags);

/// Whether rows go into the service's own batches.
[[nodiscard]] bool goes_by_batches(via_flags const& flags) noexcept;

/// Errors: `errc::invalid_argument`: what cannot go that way, before anything is sent.
[[nodiscard]] result<void> check_via(batch_job const& job, batch_flags const& flags);

/// Nothing: rows do not go that way, and no responses are under way.
[[nodiscard]] std::optional<background_rows_options> background_of(batch_job const& job, batch_flags const& flags);

/// Whether rows that are not under way are begun in the background.
[[nodiscard]] bool goes_in_background(via_flags const& flags) noexcept;

/// Nothing: rows go live, and no batches are under way.
[[nodiscard]] std::optional<service_batch_options> service_batches_of(batch_job const& job, batch_flags const& flags);

/// "2 batches: 1 in_progress 300/1,000, 1 completed".
[[nodiscard]] std::string batches_text(std::vector<service_batch_progress> const& all);

}  // namespace coax::cli
