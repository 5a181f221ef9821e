#pragma once

#include "cli/batch_job.hpp"

#include <coax/batch/batch.hpp>
#include <coax/batch/record_batch.hpp>
#include <coax/batch/service_batches.hpp>
#include <coax/client/client.hpp>

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace coax::cli {

/// What is done with one record; what it throws is that record's failure.
using record_work = std::function<asio::awaitable<batch_output<std::string>>(batch_record const& record)>;
/// Work that others do.
struct remote_work {
    record_work work{};
    /// The line of an outcome is written.
    std::function<void(batch_result<std::string> const&)> written{};
    /// Runs beside the batch, for ever.
    std::function<asio::awaitable<void>()> beside{};
    /// All records are done, and the output is whole.
    std::function<asio::awaitable<void>()> finished{};
};

/// What is done with records.
struct work_plan {
    std::function<record_work(client llm)> work{};  ///< With a client, one by one.
    service_batch_questions questions{};            ///< In the service's own batches, where they can go there.
    remote_work const* remote{nullptr};             ///< By others; then there is no `work`.
};

/// Adds the flags of `coax batch`, which `coax rehearse` has too.
void add_batch_flags(CLI::App& command, batch_flags& flags);

/// Adds the flags about what a job costs.
void add_cost_flags(CLI::App& command, batch_flags& flags);

/// Works on every record of a job that its output lacks, and shows progress and summary. @returns An exit code.
int run_to_output(batch_job const& job, batch_flags const& flags, output_kind form, work_plan const& plan);

/// Ends when the user wants the end and no request is under way: all that is left then waits for its next attempt.
/// @param over  How many requests are over.
asio::awaitable<void> until_idle(client llm, batch_stop stop, std::uint64_t const& over);

}  // namespace coax::cli
