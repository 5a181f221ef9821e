#include "cli/queued_batch.hpp"

#include "cli/batch_run.hpp"
#include "cli/built_in_schemas.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/queue_job_text.hpp"
#include "fleet/internal/queued_rows.hpp"

#include <coax/fleet/work_queue.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/runtime.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace coax::cli {
namespace {

using namespace std::chrono_literals;
using fleet::detail::hexadecimal;
using fleet::detail::queued_rows;

queued_job describe(batch_job const& job, batch_flags const& flags) {
    queued_job told{.service = job.run.service,
                    .model = job.options.service.model,
                    .settings = job.told,
                    .any_json = job.any_json,
                    .decide_form = flags.decide.form,
                    .threshold = flags.decide.threshold,
                    .embeds = flags.embeds,
                    .dimensions = flags.dimensions.value_or(0),
                    .texts_per_request = flags.texts_per_request};
    if (job.schema) told.schema = std::string{built_in_schema(job.run.schema).value_or(job.run.schema)};
    if (job.decide) told.decide = job.run.schema;
    if (job.defaults.cache_prefix) told.settings["request.cache_prefix"] = "true";
    return told;
}

/// Flags that say how the requests of one process are sent.
result<void> check_flags(batch_flags const& flags) {
    auto const of_workers = [](char const* flag) {
        return invalid_argument(flag, "goes not with --queue: give it to the workers");
    };
    if (flags.adaptive) return of_workers("--adaptive");
    if (flags.even_spacing) return of_workers("--even-spacing");
    if (flags.no_resend) return of_workers("--no-resend");
    if (!flags.cache.where.empty()) return of_workers("--cache");
    if (flags.via.via != "live") return invalid_argument("--via", "goes not with --queue, whose workers ask live");
    return {};
}

/// Tells once where nobody works.
asio::awaitable<void> note_workers(work_queue queue) {
    for (bool told = false;; co_await sleep_for(5s)) {
        co_await sleep_for(5s);
        auto const status = co_await as_result(queue.status());
        if (!status) continue;
        bool const is_alone = status->workers.empty() && status->waiting > 0;
        if (is_alone && !std::exchange(told, true))
            print_note(std::to_string(status->waiting) + " rows wait, and no worker is there: coax worker --queue " +
                       queue.address());
        told = told && is_alone;
    }
}

/// The coordinator: rows go into the queue, and come back as what workers found.
remote_work coordinate(batch_job const& job, batch_flags const& flags, work_queue queue) {
    bool const may_repeat = flags.table.allow_duplicate_keys || flags.journal.ask_equal;
    auto const sent = [&job](batch_record const& record) { return sent_text(job, record); };
    auto const rows = std::make_shared<queued_rows>(queue, sent, may_repeat);
    return {
        .work = [&job, rows](
                    batch_record const& record) { return rows->ask(record, request_with_file(job, record).messages); },
        .written = [rows](batch_result<std::string> const& outcome) { rows->written(outcome); },
        .beside = [queue] { return note_workers(queue); },
        .finished = [queue]() mutable { return queue.finish(); }};
}

}  // namespace

int run_queued_batch(batch_job const& job, batch_flags const& flags, service_flags const& service, output_kind form) {
    if (auto checked = check_flags(flags); !checked) return print_error(checked.error()), bad_usage;
    auto options = queue_options_of(flags.queue, service, process_environment);
    if (!options) return print_error(options.error()), bad_usage;
    auto const limits = fleet_limits_of(job, flags);
    if (!limits) return print_error(limits.error()), bad_usage;
    work_queue queue{*std::move(options)};
    runtime rt;
    queue_job told{.description = to_text(describe(job, flags)),
                   .limits = *limits,
                   .identity = hexadecimal(sent_digest(job.run.service + '\n' + to_string(job.run.digests)))};
    if (auto opened = rt.run(as_result(queue.open(std::move(told)))); !opened) {
        print_error(opened.error());
        return opened.error().code == errc::invalid_argument ? bad_usage : could_not_go_on;
    }
    auto const remote = coordinate(job, flags, queue);
    return run_to_output(job, flags, form, {.remote = &remote});
}

}  // namespace coax::cli
