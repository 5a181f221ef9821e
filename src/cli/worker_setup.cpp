#include "cli/worker_setup.hpp"

#include "batch/internal/service_text.hpp"
#include "cli/job_settings.hpp"
#include "cli/number_flag.hpp"
#include "cli/queue_job_text.hpp"

#include <coax/client/token_options.hpp>
#include <coax/fleet/fleet_quota.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace coax::cli {
namespace {

constexpr std::chrono::milliseconds flush_time{10'000};
constexpr std::size_t usual_embedding_requests = 8;

/// Rows at once: of texts that go several in a request, those of the usual number of requests.
std::optional<std::size_t> rows_at_once(worker_flags const& flags, queued_job const& job) {
    if (flags.concurrency || !job.embeds) return flags.concurrency;
    return job.texts_per_request * usual_embedding_requests;
}

/// What the worker's flags and the job state.
std::vector<setting> settings_of(worker_flags const& flags, queued_job const& job) {
    setting_flags stated;
    auto const attempts = flags.retries ? std::optional{*flags.retries + 1} : std::nullopt;
    auto const rows = rows_at_once(flags, job);
    stated.add("batch.concurrency", rows, "--concurrency")
        .add("policies.max_concurrency", rows, "--concurrency")
        .add("policies.retry.max_attempts", attempts, "--retries")
        .add_seconds("policies.timeout", flags.timeout, "--timeout")
        .add("batch.alike_failures", flags.max_alike, "--max-alike")
        .add_seconds("batch.max_pause", flags.max_pause, "--max-pause");
    add_settings(stated, flags.cache);
    auto all = std::move(stated).take();
    for (auto const& [path, value] : job.settings)
        if (std::ranges::find(all, path, &setting::path) == all.end()) all.push_back({path, value, "the queue's job"});
    if (!job.model.empty()) all.push_back({"service.model", job.model, "the queue's job"});
    return all;
}

/// A worker that asked another service would give other answers than the output is of.
result<void> check_service(queued_job const& job, configuration const& set) {
    auto const own = coax::detail::service_text(set.client.service.provider);
    if (own == job.service) return {};
    return invalid_argument("--queue",
                            "the job is for service \"" + job.service + "\", this worker asks \"" + own + '"');
}

result<answer_form> form_of(queued_job const& job, json::leniency const& leniency) {
    answer_form form{.any_json = job.any_json, .leniency = leniency};
    if (!job.schema.empty()) {
        auto schema = runtime_schema::parse(job.schema);
        if (!schema) return std::move(schema).error();
        form.schema = *std::move(schema);
    }
    if (!job.decide.empty()) {
        auto plan = decide_plan_of(job.decide, "the queue's job", job.decide_form, job.threshold);
        if (!plan) return std::move(plan).error();
        form.decide = *std::move(plan);
    }
    return form;
}

/// The quota of the job, where it has one. Money needs the prices of this worker.
result<std::shared_ptr<shared_quota>> take_part(worker_flags const& flags, queue_job const& job, bool embeds,
                                                work_queue const& queue, configuration& set) {
    if (!job.limits.any()) return std::shared_ptr<shared_quota>{};
    auto& tokens = set.client.tokens.edit();
    if (job.limits.max_cost) {
        auto facts = flags.facts.empty() ? result<model_table>{model_table{}} : model_table::load(flags.facts);
        if (!facts) return std::move(facts).error();
        tokens.spending = std::make_shared<spending_limit>(*job.limits.max_cost, *std::move(facts));
        auto request = set.request;
        request.model = set.client.service.model;
        auto const& name = service_name(set.client.service.provider);
        auto const plan = embeds ? tokens.spending->plan(request.model, name, 1) : tokens.spending->plan(request, name);
        if (!plan) return plan.error();
    }
    fleet_quota_options options;
    if (flags.queue.lease)
        options.lease = std::chrono::milliseconds{static_cast<std::int64_t>(*flags.queue.lease * 1000.0)};
    tokens.shared = make_fleet_quota(queue, job.limits, options);
    return tokens.shared;
}

}  // namespace

void add_worker_flags(CLI::App& command, worker_flags& flags) {
    add_number(command, "--concurrency", flags.concurrency, number_range<std::size_t>{1, 65'535},
               "Rows in work here at once")
        ->default_str("64");
    add_number(command, "--retries", flags.retries, number_range{0, 999}, "Times a failed request is sent again")
        ->default_str("5");
    add_number(command, "--timeout", flags.timeout, number_range{0.0, 1e6},
               "Seconds for a row, retries included; 0: no limit");
    add_number(
        command, "--max-alike", flags.max_alike, number_range{std::uint64_t{0}},
        "Rows that fail alike, one after another, after which the worker ends or waits for the service; 0: go on")
        ->default_str("10");
    add_number(command, "--max-pause", flags.max_pause, number_range{0.0, 2'592'000.0},
               "Seconds to wait for a service that is limited or down, before the worker ends")
        ->default_str("120");
    command.add_flag("--no-resend", flags.no_resend,
                     "Never send a request again that the service may have worked on: a lost connection, a timeout");
    command.add_option("--facts", flags.facts, "File with prices of models, besides those built in");
    command.add_flag("--until-empty", flags.until_empty,
                     "End with the job, or when nothing was left to do for ten seconds; else wait for the next job");
    command.add_flag("--json", flags.as_json, "Print the summary as a JSON object to standard output");
    command.add_flag("--quiet", flags.quiet, "No progress and no summary");
    add_cache_flags(command, flags.cache);
    add_progress_flags(command, flags.progress);
}

result<worker_setup> set_up_worker(worker_flags const& flags, service_flags const& service, queue_job const& job,
                                   work_queue queue) {
    auto const told = read_queued_job(job.description);
    if (!told) return told.error();
    auto flags_of_service = service;
    flags_of_service.model.clear();  // the job's
    auto set = resolve_all(flags_of_service, process_environment,
                           {.defaults = batch_defaults(), .flags = settings_of(flags, *told)});
    if (!set) return std::move(set).error();
    if (auto checked = check_service(*told, *set); !checked) return std::move(checked).error();
    fit_to_concurrency({.adaptive = false, .no_resend = flags.no_resend}, *set);
    if (told->embeds) {
        set->client.service.embedding_model = told->model;
        set->client.response_cache = boxed<response_cache_options>{};  // embeddings are not kept
    }
    auto form = form_of(*told, set->client.output.leniency);
    if (!form) return std::move(form).error();
    if (auto opened = open_response_cache(set->client); !opened) return std::move(opened).error();
    auto const quota = take_part(flags, job, told->embeds, queue, *set);
    if (!quota) return quota.error();
    if (auto valid = validate(set->client); !valid) return std::move(valid).error();
    std::function<asio::awaitable<void>()> finish;
    if (*quota) finish = [quota = *quota] { return flush(quota, flush_time); };
    worker_setup made{.client = std::move(set->client),
                      .batch = std::move(set->batch),
                      .request = std::move(set->request),
                      .form = *std::move(form),
                      .texts_per_request = told->texts_per_request,
                      .finish = std::move(finish)};
    if (told->embeds) {
        made.embedding.emplace();
        if (told->dimensions > 0) made.embedding->dimensions = told->dimensions;
    }
    return made;
}

}  // namespace coax::cli
