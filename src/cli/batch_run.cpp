#include "cli/batch_run.hpp"

#include "batch/internal/service_ways.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/interrupt_watch.hpp"
#include "cli/progress_display.hpp"
#include "cli/telemetry_export.hpp"
#include "cli/via_flags.hpp"

#include <coax/cache/response_cache.hpp>
#include <coax/client/token_options.hpp>
#include <coax/provider/service_profile.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/when_any.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace coax::cli {

namespace {

asio::awaitable<void> store(asio::awaitable<batch_summary> work, batch_summary& summary) {
    summary = co_await std::move(work);
}

std::chrono::milliseconds from_seconds(double seconds) {
    return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000.0)};
}

batch_options options_of(batch_options options, std::uint64_t undone, batch_stop stop, run_progress& progress,
                         boxed<telemetry_options> telemetry) {
    options.total = undone;
    options.stop = std::move(stop);
    options.on_progress = [&progress](batch_progress const& now) { progress.show(now); };
    options.progress_interval = progress.interval();
    options.telemetry = std::move(telemetry);
    if (options.name.empty()) options.name = "coax batch";
    return options;
}

asio::awaitable<void> report_cache(std::shared_ptr<cache_store> store) {
    auto const all = co_await as_result(store->statistics());
    print_note("cache: " + (all ? to_string(*all) : to_string(all.error())));
}

/// What an interruption ends a run with: `until_idle` cancels it, and a client that was closed takes no more calls.
bool is_ours(errc code) noexcept { return code == errc::cancelled || code == errc::closed; }

/// How a run ended, besides its summary.
struct run_end {
    bool was_interrupted{false};
    priced_usage used{};
};

/// The run of a job, on its way.
struct job_run {
    batch_job const& job;
    batch_flags const& flags;
    work_plan const& plan;
    client llm;
    run_progress& progress;
};

/// What is done with the records, and who is told of their outcomes.
void add_work(job_run const& run, record_batch& batch) {
    auto const* const remote = run.plan.remote;
    batch.work = remote != nullptr ? remote->work : run.plan.work(run.llm);
    batch.on_result = [&progress = run.progress, remote](batch_result<std::string> const& outcome) -> result<void> {
        progress.count(outcome);
        if (remote != nullptr) remote->written(outcome);
        return {};
    };
}

asio::awaitable<batch_summary> start(job_run const& run, record_batch const& batch,
                                     std::shared_ptr<batch_journal> journal, batch_options options) {
    if (run.plan.remote != nullptr) return run_records(batch, std::move(journal), std::move(options));
    coax::detail::service_ways ways{.batches = service_batches_of(run.job, run.flags),
                                    .background = background_of(run.job, run.flags),
                                    .begins_in_background = goes_in_background(run.flags.via)};
    if (ways.batches) ways.batches->on_batches = [&progress = run.progress](auto const& all) { progress.watch(all); };
    return run_by_ways(std::move(ways), batch, std::move(journal), run.llm, run.plan.questions, std::move(options));
}

/// Works, until all is done or the user wants the end and nothing is under way any more.
/// @param over  How many requests are over.
batch_summary work(runtime& rt, job_run const& run, asio::awaitable<batch_summary> running, batch_stop const& stop,
                   std::uint64_t const& over) {
    batch_summary summary;
    auto const before = run.llm.statistics();
    auto working = store(std::move(running), summary);
    auto idle = until_idle(run.llm, stop, over);
    if (run.plan.remote != nullptr) {
        rt.run(when_any(std::move(working), std::move(idle), run.plan.remote->beside()));
    } else {
        rt.run(when_any(std::move(working), std::move(idle)));
        add_statistics(summary, before, run.llm.statistics());
    }
    return summary;
}

/// Works on every record that the output lacks.
batch_summary run_job(batch_job const& job, batch_flags const& flags, progress_form form, record_batch& batch,
                      std::shared_ptr<batch_journal> const& journal, std::uint64_t undone, work_plan const& plan,
                      run_end& end) {
    auto counting = job.options;
    telemetry_export const exported{counting, process_environment};
    runtime rt;
    std::uint64_t over = 0;
    counting.hooks.on_attempt = [&over](attempt_event const&) { ++over; };
    client const llm{rt.executor(), std::move(counting)};
    batch_stop const stop;
    run_progress progress{job, llm, form, from_seconds(flags.progress.every)};
    interrupt_words words;
    if (plan.remote != nullptr) words.first = "stopping: rows stay in the queue; --resume collects their results";
    interrupt_watch const watch{[llm]() mutable { llm.close(); }, stop, progress.display(), std::move(words)};

    job_run const run{job, flags, plan, llm, progress};
    add_work(run, batch);
    auto running = start(run, batch, journal, options_of(job.batch, undone, stop, progress, llm.options().telemetry));
    auto summary = work(rt, run, std::move(running), stop, over);
    end.used = progress.priced(summary.usage);
    progress.end();
    if (job.options.response_cache && !flags.quiet) rt.run(report_cache(job.options.response_cache->store));
    end.was_interrupted = watch.interrupted();
    if (end.was_interrupted && summary.ended_by && is_ours(summary.ended_by->code)) {
        summary.ended_by.reset();
        summary.stopped = true;
    }
    return summary;
}

/// What the job cost; empty: nobody knows.
std::string cost_text(batch_job const& job, priced_usage const& used) {
    auto const cost = cost_so_far(job, used);
    if (auto const& limit = job.options.tokens->spending)
        return "cost      " + to_string(*cost) + " USD of " + to_string(limit->most()) + " USD\n";
    if (!cost || used.all.total_tokens() == 0) return {};
    return "cost      about " + to_string(*cost) + " USD, by the prices of " + job.facts.as_of() + '\n';
}

/// Prints the summary to standard output, as an object with what it cost.
void print_summary_as_json(batch_job const& job, batch_summary const& summary, priced_usage const& used) {
    auto text = to_json(summary);
    if (auto const cost = cost_so_far(job, used)) {
        text.pop_back();
        text += ",\"cost_usd\":\"" + to_string(*cost) + "\"}";
    }
    print_answer(text + '\n');
}

/// Prints the summary to standard error.
void report(batch_job const& job, batch_summary const& summary, resume_counts const& before, batch_flags const& flags,
            priced_usage const& used) {
    if (!flags.quiet && !flags.as_json && (summary.done() > 0 || !summary.ended_by)) {
        auto text = to_string(summary) + cost_text(job, used);
        if (before.kept > 0)
            text += "before    " + std::to_string(before.kept) + " done by earlier runs, " +
                    std::to_string(before.failed) + " of them failed\n";
        std::fwrite(text.data(), 1, text.size(), stderr);
    }
    if (summary.ended_by) print_error(*summary.ended_by);
    if (summary.remaining.value_or(0) > 0 && summary.done() + before.kept > 0)
        print_note(std::to_string(*summary.remaining) + " records remain" +
                   (reads_once(flags.out) ? "" : "; --resume goes on with them"));
    if (job.out != "-" && has_open_batches(coax::detail::batches_ledger_of(job.out)))
        print_note(
            "the service goes on with its batches: --resume waits for them, --resume --cancel-batches ends them");
}

record_batch to_record_batch(batch_job const& job, batch_flags const& flags, output_kind form) {
    return {.open = [&job] { return open_records(job); },
            .sent = [&job](batch_record const& record) { return sent_text(job, record); },
            .form = form,
            .shard = job.shard,
            .share_equal = !flags.journal.ask_equal,
            .sync_interval = from_seconds(flags.journal.sync_every)};
}

/// An output that goes on, and what it has.
struct opened_output {
    std::shared_ptr<batch_journal> journal;
    resume_counts found;
    std::uint64_t undone;
};

/// Opens the output and compares it with the input.
result<opened_output> open_output(batch_job const& job, batch_flags const& flags, record_batch const& batch) {
    auto opened = batch_journal::open(job.out, {.resume = resume_mode_of(flags.journal),
                                                .retry_failed = flags.journal.retry_failed,
                                                .run = job.run,
                                                .limit = flags.limit,
                                                .sync_lines = flags.journal.sync_lines});
    if (!opened) return std::move(opened).error();
    auto const journal = std::make_shared<batch_journal>(*std::move(opened));
    bool const compared = journal->wants_rows();
    runtime rt;
    auto found = rt.run(as_result(match_records(batch, journal)));
    if (!found) return std::move(found).error();
    if (compared && (!flags.quiet || found->damaged > 0)) print_note("resuming: " + to_string(*found));
    return opened_output{journal, *found, compared ? found->undone() : job.shard_count};
}

/// In the program's words.
error in_flags(error why) {
    constexpr std::string_view mode = "resume=anyway";
    if (auto const at = why.message.find(mode); at != std::string::npos) why.message.insert(at, "--");
    return why;
}

/// Makes the table, where one is wanted and all records are done. False: it could not be written.
bool finish_table(batch_job const& job, batch_flags const& flags, batch_summary const& summary) {
    auto const& file = flags.results.file;
    if (file.empty()) return true;
    if (summary.remaining.value_or(0) > 0 || summary.ended_by) {
        print_note(file + " is written once all records are done; until then the answers are in " + flags.out);
        return true;
    }
    auto const written = write_results(job, flags);
    if (!written) {
        print_error(written.error());
        print_note("all answers are in " + flags.out + "; --resume writes " + file + " from them");
    }
    return written.has_value();
}

}  // namespace

asio::awaitable<void> until_idle(client llm, batch_stop stop, std::uint64_t const& over) {
    using namespace std::chrono_literals;
    for (int idle = 0; idle < 2;) {  // between two looks a response that has come is written
        co_await sleep_for(100ms);
        idle = stop.requested() && llm.statistics().attempts == over ? idle + 1 : 0;
    }
}

void add_cost_flags(CLI::App& command, batch_flags& flags) {
    command.add_option("--max-cost", flags.max_cost,
                       "US dollars that may be spent: what could cost more is not sent, and is left for --resume");
    command.add_option("--facts", flags.facts, "File with prices and limits of models, besides those built in");
}

int run_to_output(batch_job const& job, batch_flags const& flags, output_kind form, work_plan const& plan) {
    auto const shown = chosen_form(flags.progress, flags.quiet, flags.out == "-");
    if (!shown) return print_error(shown.error()), bad_usage;
    if (flags.as_json && flags.out == "-")
        return print_error(invalid_argument("--json", "standard output has the answers: name a file with --out")),
               bad_usage;
    if (auto checked = check_via(job, flags); !checked) return print_error(checked.error()), bad_usage;
    auto batch = to_record_batch(job, flags, form);
    auto out = open_output(job, flags, batch);
    if (!out) {
        print_error(in_flags(out.error()));
        return bad_usage;
    }
    raise_file_limit();

    run_end end;
    auto& [journal, found, undone] = *out;
    auto summary = run_job(job, flags, *shown, batch, journal, undone, plan, end);
    if (summary.remaining.value_or(0) > 0) journal->discard_if_unused();
    auto const closed = journal->close();
    if (!closed && !summary.ended_by) summary.ended_by = closed.error();
    if (plan.remote != nullptr && summary.complete()) {
        runtime rt;
        if (auto done = rt.run(as_result(plan.remote->finished())); !done) print_error(done.error());
    }
    report(job, summary, found, flags, end.used);
    if (!finish_table(job, flags, summary)) return could_not_go_on;
    if (flags.as_json) print_summary_as_json(job, summary, end.used);
    return exit_code_of(summary, end.was_interrupted, found.failed);
}

}  // namespace coax::cli
