#include "batch/internal/embedding_groups.hpp"
#include "cli/ask_record.hpp"
#include "cli/batch_run.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/interrupt_watch.hpp"
#include "cli/progress_display.hpp"
#include "cli/queue_flags.hpp"
#include "cli/telemetry_export.hpp"
#include "cli/worker_setup.hpp"

#include <coax/client/client.hpp>
#include <coax/fleet/messages_text.hpp>
#include <coax/fleet/worker.hpp>
#include <coax/json/writer.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/when_any.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace coax::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds idle_end{10'000};

constexpr char worker_help[] =
    "Works on the rows of the job that `coax batch --queue` has put into a queue: on any machine, with any number of "
    "others. What is asked, and in which form, the job tells; the service, its key, how many requests at once and the "
    "cache are this worker's own, as its flags and its environment say. Workers come and go: one that is interrupted "
    "finishes what it has, and the rows of one that died are taken over.\n\n";

/// Whether there was a job, and its coordinator has all results.
asio::awaitable<bool> is_finished(work_queue queue) {
    auto const status = co_await as_result(queue.status());
    co_return status && status->finished;
}

/// Waits for a job. Nothing: the user wants the end, or the job is finished already and no other is waited for.
asio::awaitable<std::optional<queue_job>> wait_for_job(work_queue queue, batch_stop stop, bool until_empty) {
    for (bool told_away = false, told_none = false; !stop.requested(); co_await sleep_for(250ms)) {
        auto found = co_await as_result(queue.job());
        if (found && *found) co_return *std::move(found);
        if (!found && found.error().code == errc::invalid_argument) throw_error(std::move(found).error());
        if (!found && found.error().code == errc::authentication) throw_error(std::move(found).error());
        if (!found && !std::exchange(told_away, true)) print_error(found.error());
        if (found && until_empty) {
            bool const is_over = co_await is_finished(queue);
            if (is_over) co_return std::nullopt;
        }
        if (found && !std::exchange(told_none, true)) print_note("waiting for a job in " + queue.address());
    }
    co_return std::nullopt;
}

asio::awaitable<void> store_worker(asio::awaitable<worker_summary> work, worker_summary& into) {
    into = co_await std::move(work);
}

/// What a worker shows of its progress.
run_figures figures_of(batch_progress const& now, worker_setup const& set, client const& llm) {
    auto const all = llm.statistics();
    return {.progress = now,
            .slots = set.batch.concurrency,
            .requests = all.attempts,
            .retries = all.retries + all.reasks,
            .cached = all.cached,
            .used = all.usage};
}

std::string to_json(worker_summary const& summary) {
    auto text = coax::to_json(summary.rows);
    text.pop_back();
    return text + ",\"taken_over\":" + std::to_string(summary.taken_over) +
           ",\"repeated\":" + std::to_string(summary.repeated) +
           ",\"job_finished\":" + (summary.job_finished ? "true" : "false") + '}';
}

class worker_program {
public:
    worker_program(worker_flags flags, service_flags service, work_queue queue)
        : flags_{std::move(flags)}, service_{std::move(service)}, queue_{std::move(queue)} {}

    /// @returns An exit code.
    int run(progress_form form) {
        progress_display display{form,
                                 std::chrono::milliseconds{static_cast<std::int64_t>(flags_.progress.every * 1e3)}};
        interrupt_watch const watch{[this] { close(); },
                                    stop_,
                                    display,
                                    {.first = "stopping: what is in work is finished, the rest goes back into the "
                                              "queue; Ctrl-C again aborts",
                                     .second = "aborted; others take over what was in work"}};
        for (;;) {
            runtime rt;
            auto const job = rt.run(wait_for_job(queue_, stop_, flags_.until_empty));
            if (!job) return watch.interrupted() ? interrupted : all_ok;
            auto const done = work_on(*job, rt, display);
            display.finish();
            if (!done) return print_error(done.error()), resolve_exit_code(done.error());
            tell(*done);
            if (watch.interrupted()) return interrupted;
            if (done->rows.ended_by) return print_error(*done->rows.ended_by), could_not_go_on;
            if (flags_.until_empty) return all_ok;
        }
    }

private:
    void close() {
        std::lock_guard const lock{mutex_};
        if (llm_) llm_->close();
    }

    result<worker_summary> work_on(queue_job const& job, runtime& rt, progress_display& display) {
        auto set = set_up_worker(flags_, service_, job, queue_);
        if (!set) return std::move(set).error();
        telemetry_export const exported{set->client, process_environment};
        std::uint64_t over = 0;
        set->client.hooks.on_attempt = [&over](attempt_event const&) { ++over; };
        client const llm{rt.executor(), set->client};
        hold(&llm);
        worker_options options{.batch = set->batch, .until_idle = flags_.until_empty ? idle_end : 0ms};
        options.batch.stop = stop_;
        options.batch.name = "coax worker";
        options.batch.telemetry = llm.options().telemetry;
        options.batch.progress_interval = display.interval();
        options.batch.on_progress = [&](batch_progress const& now) { display.show(figures_of(now, *set, llm)); };
        worker_summary summary;
        auto running = run_worker(queue_, job, work_of(llm, *set), std::move(options));
        auto const ended =
            rt.run(as_result(when_any(store_worker(std::move(running), summary), until_idle(llm, stop_, over))));
        if (set->finish) rt.run(set->finish());
        hold(nullptr);
        if (!ended) return ended.error();
        return summary;
    }

    static row_work work_of(client llm, worker_setup const& set) {
        if (set.embedding) {
            auto const groups =
                std::make_shared<coax::detail::embedding_groups>(std::move(llm), *set.embedding, set.texts_per_request);
            return [groups](std::string payload) {
                return groups->embed(std::move(value_or_throw(read_messages(payload)).back().text));
            };
        }
        return [llm, &set](std::string payload) {
            auto request = set.request;
            auto messages = value_or_throw(read_messages(payload));
            request.messages = std::move(messages);
            return ask_record(set.form, llm, std::move(request));
        };
    }

    void hold(client const* llm) {
        std::lock_guard const lock{mutex_};
        llm_ = llm == nullptr ? std::nullopt : std::optional{*llm};
        if (llm_ && stop_.requested()) llm_->close();
    }

    void tell(worker_summary const& summary) const {
        if (flags_.as_json) return print_answer(to_json(summary) + '\n');
        if (flags_.quiet) return;
        auto text = to_string(summary.rows);
        if (summary.taken_over > 0)
            text += "taken over  " + std::to_string(summary.taken_over) + " rows of workers that died\n";
        if (summary.repeated > 0)
            text += "repeated  " + std::to_string(summary.repeated) + " rows that another had done\n";
        write_stderr(text);
    }

    worker_flags flags_;
    service_flags service_;
    work_queue queue_;
    batch_stop stop_{};
    std::mutex mutex_{};
    std::optional<client> llm_{};  ///< That which works now; for the thread of the watch.
};

int run_worker_command(worker_flags const& flags, service_flags const& service) {
    auto const form = chosen_form(flags.progress, flags.quiet, false);
    if (!form) return print_error(form.error()), bad_usage;
    auto options = queue_options_of(flags.queue, service, process_environment);
    if (!options) return print_error(options.error()), bad_usage;
    if (auto checked = check_cache_flags(flags.cache); !checked) return print_error(checked.error()), bad_usage;
    raise_file_limit();
    worker_program program{flags, service, work_queue{*std::move(options)}};
    return program.run(*form);
}

}  // namespace

void add_worker_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("worker", "Work on the rows of a queue, beside other machines");
    auto flags = std::make_shared<worker_flags>();
    add_queue_flag(*command, flags->queue, "The queue; default: COAX_QUEUE");
    add_lease_flags(*command, flags->queue);
    add_worker_flags(*command, *flags);
    command->footer(std::string{worker_help} +
                    "Exit codes:\n"
                    "  0    the job is finished, or nothing was left to do (--until-empty), whatever\n"
                    "       became of its rows\n"
                    "  2    wrong flags, or a job that this worker does not understand\n"
                    "  3    could not start or go on: key, connection, certificate, credit\n"
                    "  130  interrupted: what was in work is stored, the rest is back in the queue\n");
    command->callback(
        [flags, &service, &chosen] { chosen = [flags, &service] { return run_worker_command(*flags, service); }; });
}

}  // namespace coax::cli
