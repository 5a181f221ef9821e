#pragma once

#include "cli/batch_job.hpp"

#include <coax/batch/batch.hpp>
#include <coax/batch/record_batch.hpp>
#include <coax/client/client.hpp>

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace coax::cli {

/// What is done with one record; what it throws is that record's failure.
using record_work = std::function<asio::awaitable<batch_output<std::string>>(batch_record const& record)>;
/// The work that is done with a client.
using work_maker = std::function<record_work(client llm)>;

/// Adds the flags of `coax batch`, which `coax rehearse` has too.
void add_batch_flags(CLI::App& command, batch_flags& flags);

/// Adds the flags about what a job costs.
void add_cost_flags(CLI::App& command, batch_flags& flags);

/// Works on every record of a job that its output lacks, and shows progress and summary. @returns An exit code.
int run_to_output(batch_job const& job, batch_flags const& flags, output_kind form, work_maker const& make_work);

}  // namespace coax::cli
