#pragma once

#include <coax/batch/batch_route.hpp>
#include <coax/batch/process_batch.hpp>
#include <coax/fleet/queue_job.hpp>
#include <coax/fleet/work_queue.hpp>
#include <coax/fleet/worker.hpp>

#include <utility>

namespace coax {

/// For `process_options::via`: the rows go into a queue, and workers on any machines do them (`process_work`). The
/// batch sends nothing to the service itself; its client says which service and model the job is for.
///
/// The batch then throws what `work_queue::open` does, too. What is in the queue when a run ends stays there: the next
/// run with the same journal and queue collects it. Once all rows are done the job is finished.
/// @param limits  Hold for all workers that take part in them (`make_fleet_quota`).
[[nodiscard]] batch_route via_queue(work_queue queue, fleet_limits limits = {});

namespace detail {
[[nodiscard]] row_work queue_work(process_plan plan, queue_job const& job);
}

/// The work of a worker, for `run_worker`, on the rows of a `process_batch<T>` that goes `via_queue`.
///
///     auto const job = co_await queue.job();
///     if (job) co_await run_worker(queue, *job, process_work<verdict>(llm, *job, options));
///
/// @param llm      Asks the service and the model that the job is for.
/// @param options  `request`, as that of the batch; `tools`, `tool_run`, `texts_per_request`. The rest means nothing
///                 here.
/// @throws coax::exception  `errc::invalid_argument`, `where` is "job": it is for another service, model or type, or
///                          with other parameters, or no `process_batch` has made it. The message says what differs.
template <class T>
[[nodiscard]] row_work process_work(client llm, queue_job const& job, process_options options = {}) {
    return detail::queue_work(detail::plan_of<T>(std::move(llm), std::move(options)), job);
}

}  // namespace coax
