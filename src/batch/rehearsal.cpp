#include "batch/simulated_service.hpp"

#include <coax/batch/batch.hpp>
#include <coax/batch/rehearsal.hpp>
#include <coax/cache/memory_cache.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/client/token_options.hpp>
#include <coax/http/memory_transport.hpp>
#include <coax/provider/service_profile.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/telemetry/observer.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace coax {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using request_factory = std::function<stream<chat_request>()>;

/// Enough to see the pace of another setting.
constexpr std::uint64_t least_of_alternative = 10'000;

/// A batch's record, as a rehearsal has it.
struct rehearsed_record {
    std::uint64_t index{0};
    std::string key{};
    chat_request request{};
};

/// When how many records were done.
struct pace {
    milliseconds at_half{0};
    milliseconds at_most{0};  ///< At 95 % of them: the last ones wait for nobody.

    /// How long `left` more records take, where `played` were.
    [[nodiscard]] milliseconds time_for(std::uint64_t left, std::uint64_t played) const {
        auto const each =
            static_cast<double>((at_most - at_half).count()) / std::max(0.45 * static_cast<double>(played), 1.0);
        return milliseconds{std::llround(each * static_cast<double>(left))};
    }
};

/// The client's options, with nothing that reaches out of the rehearsal.
client_options client_of(client_options options, std::shared_ptr<transport> service) {
    options.service.api_key = secret{"rehearsal"};
    options.service.token_source = {};
    options.service.transport = std::move(service);
    options.hooks = {};
    options.telemetry = {};
    options.policies.retry.budget = {};
    options.policies.retry.on_retry = {};
    if (options.response_cache) options.response_cache.edit().store = make_memory_cache();
    if (options.tokens && options.tokens->spending) {
        auto const& limit = *options.tokens->spending;
        options.tokens.edit().spending = std::make_shared<spending_limit>(limit.most(), options.tokens->facts);
    }
    return options;
}

batch_options batch_of(batch_options options, std::uint64_t played) {
    options.total = played;
    options.stop = {};
    options.on_progress = {};
    options.telemetry = {};
    return options;
}

stream<rehearsed_record> records_of_requests(stream<chat_request> requests, std::uint64_t most) {
    auto kept = std::make_shared<stream<chat_request>>(std::move(requests));
    return generate(
        [kept, most, next = std::uint64_t{0}]() mutable -> asio::awaitable<std::optional<rehearsed_record>> {
            if (next == most) co_return std::nullopt;
            auto request = co_await kept->next();
            if (!request) co_return std::nullopt;
            auto const index = next++;
            co_return rehearsed_record{index, std::to_string(index), std::move(*request)};
        });
}

/// So many requests for a record, one after the other.
asio::awaitable<batch_output<std::string>> ask_so_often(client llm, chat_request request, int times) {
    batch_output<std::string> all{.attempts = 0};
    for (int i = 0; i < times; ++i) {
        auto const response = co_await llm.parse(request, output_format{});
        all.usage += response.usage;
        all.attempts += response.attempts;
    }
    co_return all;
}

/// One batch in virtual time.
struct played_batch {
    rehearsal_options const& options;
    std::uint64_t most;
    runtime rt{virtual_time{options.seed}};
    detail::simulated_service service{options.service, rt.time(), options.seed};
    std::uint64_t done{0};
    clock::time_point begun{rt.time().now()};
    pace seen{};
    std::mt19937_64 dice{options.seed + 1};

    /// How many requests a record takes.
    [[nodiscard]] int draw_requests() {
        auto const& calls = options.service.calls;
        return calls.empty() ? 1 : std::max(calls[dice() % calls.size()].requests, 1);
    }

    [[nodiscard]] milliseconds now() const { return std::chrono::ceil<milliseconds>(rt.time().now() - begun); }

    void count() {
        ++done;
        if (2 * done <= most) seen.at_half = now();
        if (done * 20 <= most * 19) seen.at_most = now();
    }

    batch_summary play(stream<chat_request> requests) {
        auto const transport = std::make_shared<memory_transport>([this](http_request const& request) {
            return result<memory_transport::timed_response>{service.respond(request)};
        });
        client const llm{rt.executor(), client_of(options.client, transport)};
        auto const settings = batch_of(options.batch, most);
        auto const ask = [this, &llm, mark = coax::detail::prefix_marks{settings}](rehearsed_record const& record) {
            return ask_so_often(llm, mark(record.request), draw_requests());
        };
        auto const count_one = [this](batch_result<std::string> const&) {
            count();
            return result<void>{};
        };
        auto summary =
            rt.run(run_batch<std::string>(records_of_requests(std::move(requests), most), ask, count_one, settings));
        add_statistics(summary, {}, llm.statistics());
        return summary;
    }
};

double share_of_quota(double used, std::int64_t client, std::int64_t service, milliseconds elapsed) {
    auto const limit = client == 0 ? service : service == 0 ? client : std::min(client, service);
    if (limit == 0) return 0;
    // A bucket holds a minute's worth when the batch begins.
    auto const minutes = static_cast<double>(elapsed.count()) / 60'000 + 1;
    return used / (static_cast<double>(limit) * minutes);
}

double share_of_slots(rehearsal_options const& options, milliseconds busy, milliseconds elapsed) {
    auto slots = std::min(options.batch.concurrency, options.client.policies.max_concurrency);
    if (options.service.concurrency > 0) slots = std::min(slots, options.service.concurrency);
    if (options.records <= slots) return 0;
    auto const all = static_cast<double>(slots) * static_cast<double>(std::max<std::int64_t>(elapsed.count(), 1));
    return static_cast<double>(busy.count()) / all;
}

std::optional<usd> cost_of_usage(rehearsal_options const& options, usage const& used) {
    auto const& service = options.client.service;
    auto const& name = service.provider.profile ? service.provider.profile->name : service.provider.service;
    auto const* const facts = options.facts.find(service.model, name);
    if (facts == nullptr) return std::nullopt;
    auto const cost = cost_of(used, *facts);
    return cost ? std::optional{*cost} : std::nullopt;
}

std::int64_t scaled(std::int64_t number, double factor) { return std::llround(static_cast<double>(number) * factor); }

/// What `played` records did, for all of them.
void extrapolate(rehearsed_run& run, pace const& seen, std::uint64_t played, std::uint64_t all) {
    if (all <= played || played == 0) return;
    auto const factor = static_cast<double>(all) / static_cast<double>(played);
    run.elapsed += seen.time_for(all - played, played);
    for (auto* const count : {&run.ok, &run.failed, &run.requests, &run.retries, &run.refused, &run.cached})
        *count = static_cast<std::uint64_t>(scaled(static_cast<std::int64_t>(*count), factor));
    for (auto const member : {&usage::input_tokens, &usage::output_tokens, &usage::cached_input_tokens,
                              &usage::cache_write_tokens, &usage::reasoning_tokens})
        run.usage.*member = scaled(run.usage.*member, factor);
}

rehearsed_run run_once(request_factory const& requests, rehearsal_options const& options, std::uint64_t most) {
    played_batch batch{options, std::min(most, options.records)};
    auto const summary = batch.play(requests());
    rehearsed_run run{.elapsed = summary.elapsed,
                      .ok = summary.ok,
                      .failed = summary.failed,
                      .requests = batch.service.requests(),
                      .retries = summary.retries,
                      .refused = batch.service.refused(),
                      .cached = summary.cached,
                      .usage = summary.usage,
                      .ended_by = summary.ended_by};
    auto const& limits = options.client.policies.rate_limits;
    run.request_share = share_of_quota(static_cast<double>(run.requests - run.refused), limits.requests_per_minute,
                                       options.service.requests_per_minute, run.elapsed);
    run.token_share = share_of_quota(static_cast<double>(run.usage.total_tokens()), limits.tokens_per_minute,
                                     options.service.tokens_per_minute, run.elapsed);
    run.concurrency_share = share_of_slots(options, batch.service.busy(), run.elapsed);
    if (!run.ended_by) extrapolate(run, batch.seen, batch.done, options.records);
    run.cost = cost_of_usage(options, run.usage);
    return run;
}

/// Records that show the pace beyond what the buckets hold at the beginning, a minute's worth: of another setting that
/// is twice as fast, too.
std::uint64_t records_for_pace(rehearsal_options const& options, rehearsed_run const& base) {
    auto const minutes = std::max(static_cast<double>(base.elapsed.count()) / 60'000, 1e-3);
    auto const in_five_minutes = 5 * static_cast<double>(options.records) / minutes;
    auto const wanted = std::max<std::uint64_t>(least_of_alternative, static_cast<std::uint64_t>(in_five_minutes));
    return std::min(wanted, options.most_played);
}

struct variation {
    std::string setting;
    rehearsal_options options;
};

std::vector<variation> variations(rehearsal_options const& options) {
    std::vector<variation> all;
    auto wider = options;
    wider.batch.concurrency = std::min<std::size_t>(options.batch.concurrency * 2, 65'535);
    wider.client.policies.max_concurrency = std::min<std::size_t>(options.client.policies.max_concurrency * 2, 65'535);
    all.push_back({"concurrency " + std::to_string(wider.batch.concurrency), wider});
    auto const& model = options.service;
    auto const& limits = options.client.policies.rate_limits;
    bool const counts_requests = model.requests_per_minute > 0 || limits.requests_per_minute > 0;
    bool const counts_tokens = model.tokens_per_minute > 0 || limits.tokens_per_minute > 0;
    auto const add = [&](char const* setting, bool requests, bool tokens, rehearsal_options of) {
        auto& own = of.client.policies.rate_limits;
        if (requests) own.requests_per_minute *= 2, of.service.requests_per_minute *= 2;
        if (tokens) own.tokens_per_minute *= 2, of.service.tokens_per_minute *= 2;
        all.push_back({setting, std::move(of)});
    };
    if (counts_requests) add("twice the requests a minute", true, false, options);
    if (counts_tokens) add("twice the tokens a minute", false, true, options);
    if (counts_requests || counts_tokens) add("twice all limits and the concurrency", true, true, wider);
    return all;
}

/// How far the mean of a sample may be off, in nine cases of ten, as a share of it.
template <class Amount>
double uncertainty(std::vector<sampled_call> const& calls, Amount amount) {
    auto const count = static_cast<double>(calls.size());
    double sum = 0;
    double squares = 0;
    for (auto const& call : calls) sum += amount(call), squares += amount(call) * amount(call);
    auto const mean = sum / count;
    if (calls.size() < 2 || mean <= 0) return 0.5;
    auto const variance = std::max(0.0, (squares - sum * mean) / (count - 1));
    return std::min(1.645 * std::sqrt(variance / count) / mean, 0.95);
}

/// The usage if answers had another length.
usage with_output(usage used, double factor) {
    used.output_tokens = scaled(used.output_tokens, factor);
    used.reasoning_tokens = scaled(used.reasoning_tokens, factor);
    return used;
}

service_model with_length(service_model model, double factor) {
    model.output_tokens = std::max<std::int64_t>(scaled(model.output_tokens, factor), 1);
    for (auto& call : model.calls) call.output_tokens = scaled(call.output_tokens, factor);
    return model;
}

service_model with_latency(service_model model, double factor) {
    model.base_latency = microseconds{scaled(model.base_latency.count(), factor)};
    model.token_latency = microseconds{scaled(model.token_latency.count(), factor)};
    return model;
}

/// The run's finishing time with another model of the service.
milliseconds elapsed_with(request_factory const& requests, rehearsal_options options, service_model model,
                          rehearsed_run const& base) {
    options.service = std::move(model);
    return run_once(requests, options, records_for_pace(options, base)).elapsed;
}

void add_spread(rehearsal& forecast, request_factory const& requests, rehearsal_options const& options) {
    auto const& calls = options.service.calls;
    bool const assumed = calls.empty();
    auto const output = [](sampled_call const& call) { return static_cast<double>(call.output_tokens); };
    auto const latency = [](sampled_call const& call) { return static_cast<double>(call.latency.count()); };
    auto const by_length = assumed ? 0 : uncertainty(calls, output);
    auto const by_latency = assumed ? 0 : uncertainty(calls, latency);
    auto const low = assumed ? 0.5 : 1 - by_length;
    auto const high = assumed ? 2.0 : 1 + by_length;
    forecast.least_cost = cost_of_usage(options, with_output(forecast.run.usage, low));
    forecast.most_cost = cost_of_usage(options, with_output(forecast.run.usage, high));
    auto const& model = options.service;
    auto const faster = assumed ? with_length(model, low) : with_latency(model, 1 - by_latency);
    auto const slower = assumed ? with_length(model, high) : with_latency(model, 1 + by_latency);
    forecast.least_elapsed = std::min(elapsed_with(requests, options, faster, forecast.run), forecast.run.elapsed);
    forecast.most_elapsed = std::max(elapsed_with(requests, options, slower, forecast.run), forecast.run.elapsed);
}

result<void> check(rehearsal_options const& options) {
    if (options.most_played == 0) return invalid_argument("most_played", "must be > 0");
    for (auto const& valid : {validate(options.service), validate(options.batch)})
        if (!valid) return valid.error();
    auto client =
        client_of(options.client,
                  std::make_shared<memory_transport>([](auto const&) { return memory_transport::timed_response{}; }));
    return validate(client);
}

}  // namespace

bottleneck bottleneck_of(rehearsed_run const& run) noexcept {
    constexpr double enough = 0.7;
    auto const most = std::max({run.request_share, run.token_share, run.concurrency_share});
    if (most < enough) return bottleneck::latency;
    if (most == run.token_share) return bottleneck::tokens;
    return most == run.request_share ? bottleneck::requests : bottleneck::concurrency;
}

result<rehearsal> rehearse(std::function<stream<chat_request>()> const& requests, rehearsal_options options) {
    if (auto valid = check(options); !valid) return valid.error();
    rehearsal forecast{.run = run_once(requests, options, options.most_played)};
    forecast.held_up_by = bottleneck_of(forecast.run);
    forecast.least_elapsed = forecast.most_elapsed = forecast.run.elapsed;
    if (!options.alternatives || forecast.run.ended_by) return forecast;
    add_spread(forecast, requests, options);
    for (auto const& [setting, changed] : variations(options)) {
        auto const run = run_once(requests, changed, records_for_pace(changed, forecast.run));
        forecast.alternatives.push_back({setting, run.elapsed, run.refused});
    }
    return forecast;
}

}  // namespace coax
