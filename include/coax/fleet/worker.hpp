#pragma once

#include <coax/batch/options.hpp>
#include <coax/batch/outcome.hpp>
#include <coax/core/result.hpp>
#include <coax/fleet/queue_job.hpp>
#include <coax/fleet/work_queue.hpp>
#include <coax/runtime/asio.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace coax {

/// What is done with the payload of one row; what it throws is that row's failure.
using row_work = std::function<asio::awaitable<batch_output<std::string>>(std::string payload)>;

/// How a worker works.
struct worker_options {
    /// `concurrency` is how many rows it has at once; `stop` lets it finish what it has and leave; the pauses and ends
    /// of batches hold, but `ordered`, `total` and `max_failures` mean nothing here.
    batch_options batch{};
    /// What the queue knows it by; must be its own. Empty: its host, process and a random number.
    std::string name{};
    /// Ends where nothing was to do for so long. Zero: it waits until the job is finished.
    std::chrono::milliseconds until_idle{0};
    /// How long it waits at its end for Redis to take the last results. Rows whose results it could not store are done
    /// again by others.
    std::chrono::milliseconds drain_timeout{30'000};
};

/// What a worker did.
struct worker_summary {
    batch_summary rows{};
    std::uint64_t taken_over{0};  ///< Rows of workers that had died.
    std::uint64_t repeated{0};    ///< Results that were not the first of their rows.
    bool job_finished{false};     ///< It ended because the job did.
};

/// Works on the rows of a queue until the job is finished, nothing is left to do (`until_idle`), `stop` is requested,
/// or every row would fail (`batch_summary::ended_by`). It takes as many rows as it has free slots, keeps them by a
/// sign of life three times a lease, stores each result as it comes, and takes over the rows of workers that died. When
/// it ends, or is cancelled, what it has not done goes back into the queue at once.
///
/// @param job  As `work_queue::job` gave it; rows of another one are left alone.
/// @throws coax::exception  `errc::invalid_argument`: an option; `errc::cancelled`.
/// Cancellation: `terminal`; passed on to the work. Thread safety: `work` is called on the caller's executor, which
/// must run one handler at a time.
[[nodiscard]] asio::awaitable<worker_summary> run_worker(work_queue queue, queue_job job, row_work work,
                                                         worker_options options = {});

}  // namespace coax
