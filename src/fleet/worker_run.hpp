#pragma once

#include "fleet/queue_state.hpp"
#include "fleet/row_leases.hpp"

#include <coax/batch/batch.hpp>
#include <coax/fleet/worker.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

namespace coax::fleet::detail {

/// One worker: rounds of batches over the rows that it takes. A round ends where rows have failed, nobody knows yet
/// whose fault it is, and no others come that could tell.
class worker_run {
public:
    worker_run(std::shared_ptr<queue_state> on, queue_job const& job, row_work work, worker_options options);

    asio::awaitable<worker_summary> run();

private:
    asio::awaitable<void> rounds();
    asio::awaitable<std::optional<leased_row>> next();
    asio::awaitable<batch_output<std::string>> work(leased_row const& row);
    result<void> store(batch_result<std::string> const& outcome);
    /// What follows from a round: whether it was the last one.
    asio::awaitable<bool> is_last(batch_summary const& round);
    asio::awaitable<bool> waits_for_service(error const& why);
    asio::awaitable<void> leave();
    void release_rest();
    void report(batch_progress now);
    [[nodiscard]] bool is_stopped() const noexcept { return options_.batch.stop.requested(); }

    std::shared_ptr<queue_state> on_;
    row_work work_;
    worker_options options_;
    std::shared_ptr<row_leases> leases_;
    std::function<void(batch_progress const&)> report_;
    std::deque<leased_row> ready_{};                         ///< Taken, and not begun.
    std::unordered_map<std::uint64_t, leased_row> begun_{};  ///< Without payloads; until their outcome is known.
    std::size_t working_{0};                                 ///< Of these, those that are worked on.
    bool is_over_{false};                                    ///< The job.
    bool is_idle_{false};
    clock::time_point heard_{};      ///< When there was something to do.
    clock::time_point succeeded_{};  ///< When a row was done last.
    worker_summary done_{};
};

}  // namespace coax::fleet::detail
