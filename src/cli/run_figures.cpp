#include "cli/run_figures.hpp"

#include <coax/client/token_options.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace coax::cli {
namespace {

using namespace std::chrono_literals;

void write_costs(json::writer& out, run_figures const& figures) {
    auto const add = [&out](std::string_view name, std::optional<usd> const& amount) {
        if (amount) out.member(name, std::string_view{to_string(*amount)});
    };
    add("cost_usd", figures.cost);
    add("expected_cost_usd", figures.expected_cost);
    add("most_cost_usd", figures.most_cost);
}

void write_rates(json::writer& out, run_figures const& figures) {
    out.member("requests_per_minute", std::llround(figures.requests_per_minute));
    out.member("tokens_per_minute", std::llround(figures.tokens_per_minute));
    if (figures.request_limit > 0) out.member("request_limit", figures.request_limit);
    if (figures.token_limit > 0) out.member("token_limit", figures.token_limit);
}

/// What all records will have cost, if the others cost as much as those that are done.
std::optional<usd> cost_of_all(std::optional<usd> const& cost, batch_progress const& progress) {
    if (!cost || !progress.total || progress.done == 0) return std::nullopt;
    auto const share = static_cast<double>(*progress.total) / static_cast<double>(progress.done);
    return usd{std::llround(static_cast<double>(cost->picos) * std::max(share, 1.0))};
}

void write_batches(json::writer& out, std::vector<service_batch_progress> const& batches) {
    if (batches.empty()) return;
    out.key("batches").begin_array();
    for (auto const& [batch, rows, waiting] : batches) {
        out.begin_object().member("id", std::string_view{batch.id}).member("state", to_string(batch.state));
        out.member("rows", rows).member("succeeded", batch.succeeded).member("failed", batch.failed).end_object();
    }
    out.end_array();
}

usage minus(usage const& all, usage const& part) {
    return {.input_tokens = all.input_tokens - part.input_tokens,
            .output_tokens = all.output_tokens - part.output_tokens,
            .cached_input_tokens = all.cached_input_tokens - part.cached_input_tokens,
            .cache_write_tokens = all.cache_write_tokens - part.cache_write_tokens,
            .reasoning_tokens = all.reasoning_tokens - part.reasoning_tokens};
}

}  // namespace

std::optional<usd> cost_so_far(batch_job const& job, priced_usage const& used) {
    if (auto const& limit = job.options.tokens->spending) return limit->spent();
    auto const& service = job.options.service;
    auto const* const facts = job.facts.find(service.model, service_name(service.provider));
    if (facts == nullptr) return std::nullopt;
    auto const live = cost_of(minus(used.all, used.reduced), *facts);
    auto const batched = cost_of(used.reduced, *facts, {.at = used.at});
    return live && batched ? std::optional{*live + *batched} : std::nullopt;
}

std::string to_json(run_figures const& figures, std::string_view event) {
    auto const& progress = figures.progress;
    std::string text;
    json::writer out{text};
    out.begin_object().member("event", event).member("done", progress.done);
    out.member("ok", progress.done - progress.failed).member("failed", progress.failed);
    if (progress.total) out.member("total", *progress.total);
    out.member("in_flight", progress.in_flight).member("slots", figures.slots);
    out.member("records_per_second", std::round(progress.records_per_second * 10) / 10);
    out.member("elapsed_ms", progress.elapsed.count());
    if (progress.remaining) out.member("remaining_ms", progress.remaining->count());
    out.member("paused_for_ms", progress.paused_for.count());
    out.member("requests", figures.requests).member("retries", figures.retries).member("cached", figures.cached);
    out.member("input_tokens", figures.used.input_tokens).member("output_tokens", figures.used.output_tokens);
    write_costs(out, figures);
    write_rates(out, figures);
    write_batches(out, figures.batches);
    out.key("failures").begin_object();
    for (auto const& [code, count] : figures.failures) out.member(to_string(code), count);
    out.end_object().end_object();
    return text;
}

run_meter::run_meter(batch_job const& job, client llm)
    : job_{job},
      llm_{std::move(llm)},
      before_{llm_.statistics()},
      requests_{clock::real().now(), 60s},
      tokens_{clock::real().now(), 60s} {}

void run_meter::count(batch_result<std::string> const& outcome) {
    if (outcome.tier != billing::tier::standard) {
        reduced_ += outcome.usage;
        tier_ = outcome.tier;
    }
    if (outcome.value) return;
    auto const failure = outcome.value.error().code;
    auto at = std::ranges::find(failures_, failure, &failure_count::code);
    if (at == failures_.end()) at = failures_.insert(at, {failure});
    ++at->count;
    for (; at != failures_.begin() && (at - 1)->count < at->count; --at) std::iter_swap(at, at - 1);
}

run_figures run_meter::figures(batch_progress const& progress) {
    auto const now = clock::real().now();
    auto const all = llm_.statistics();
    run_figures figures{.progress = progress,
                        .slots = job_.batch.concurrency,
                        .requests = all.attempts - before_.attempts,
                        .retries = all.retries - before_.retries + all.reasks - before_.reasks,
                        .cached = all.cached - before_.cached,
                        .used = all.usage,
                        .failures = failures_,
                        .batches = batches_};
    if (job_.is_queued) {  // the requests are those of the workers
        figures.used = progress.usage;
        figures.retries = progress.retries;
        figures.requests = progress.done + progress.retries;
    }
    requests_.add(now, figures.requests);
    tokens_.add(now, static_cast<std::uint64_t>(std::max<std::int64_t>(figures.used.total_tokens(), 0)));
    figures.requests_per_minute = requests_.per_second(now) * 60;
    figures.tokens_per_minute = tokens_.per_second(now) * 60;
    auto const& limits = job_.options.policies.rate_limits;
    figures.request_limit = limits.requests_per_minute;
    figures.token_limit = limits.tokens_per_minute;
    figures.cost = cost_so_far(job_, priced(figures.used));
    figures.expected_cost = cost_of_all(figures.cost, progress);
    if (auto const& limit = job_.options.tokens->spending) figures.most_cost = limit->most();
    return figures;
}

}  // namespace coax::cli
