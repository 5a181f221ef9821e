#include "cli/batch_run.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/number_flag.hpp"
#include "cli/rehearsal_sample.hpp"

#include <coax/batch/rehearsal.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <utility>

namespace coax::cli {
namespace {

struct rehearse_flags {
    batch_flags batch{};
    std::uint64_t sample{0};
    std::string from{};
    std::optional<std::int64_t> service_rpm{};
    std::optional<std::int64_t> service_tpm{};
    std::size_t service_concurrency{0};
    std::optional<double> latency{};
    std::optional<double> token_latency{};
    std::optional<double> spread{};
    std::optional<std::int64_t> output_tokens{};
    double faults{0};
    std::uint64_t seed{1};
    bool as_json{false};
};

constexpr char rehearse_help[] =
    "Plays the batch in virtual time, with the same flags as `coax batch`: the same client with its limits, retries "
    "and "
    "concurrency, against a model of the service. Nothing is sent, but for --sample, and nothing is written; no key is "
    "needed. An hour takes seconds.\n"
    "It tells when the batch would be done, what it would cost, how many requests would be refused, what holds it up, "
    "and "
    "what other settings would give.\n"
    "How long answers are and how fast they come is taken from some records that are really asked (--sample 20, which "
    "costs as much as 20 records of the batch), from an output of before (--from; its latencies hold the waits for "
    "quota "
    "of that run), or assumed. The service's limits are those that it told the sample, --service-rpm and "
    "--service-tpm, "
    "else --rpm and --tpm.\n\n";

/// The environment, with something in place of the key that a rehearsal does not need.
environment with_any_key(std::string variable) {
    return [variable = std::move(variable)](std::string_view name) {
        return name == variable ? std::optional<std::string>{"rehearsal"} : process_environment(name);
    };
}

boost::system::result<batch_job, failure> prepare_rehearsal(rehearse_flags const& flags, service_flags const& service) {
    auto job = prepare(flags.batch, service, process_environment);
    if (job || flags.sample > 0) return job;
    auto const& missing = job.error().why.where;
    bool const is_variable = missing.ends_with("_KEY") && !process_environment(missing);
    if (!is_variable) return job;
    return prepare(flags.batch, service, with_any_key(missing));
}

std::chrono::microseconds micros(double seconds) {
    return std::chrono::microseconds{static_cast<std::int64_t>(seconds * 1e6)};
}

/// What the flags say of the service, in place of what the sample told.
service_model stated_model(rehearse_flags const& flags, batch_job const& job, sampled_service const& sampled) {
    auto const& own = job.options.policies.rate_limits;
    auto model = fit_model(sampled.calls);
    model.requests_per_minute =
        flags.service_rpm.value_or(sampled.requests_per_minute.value_or(own.requests_per_minute));
    model.tokens_per_minute = flags.service_tpm.value_or(sampled.tokens_per_minute.value_or(own.tokens_per_minute));
    model.concurrency = flags.service_concurrency;
    model.failure_share = flags.faults;
    if (flags.latency) model.base_latency = micros(*flags.latency);
    if (flags.token_latency) model.token_latency = micros(*flags.token_latency / 1000);
    if (flags.spread) model.latency_spread = *flags.spread;
    if (flags.output_tokens) {
        model.output_tokens = *flags.output_tokens;
        for (auto& call : model.calls) call.output_tokens = *flags.output_tokens;
    }
    return model;
}

std::string limit_text(std::int64_t limit, char const* what) {
    return limit > 0 ? std::to_string(limit) + ' ' + what : "any number of " + std::string{what};
}

std::string model_text(service_model const& model) {
    auto const seconds = static_cast<double>(model.base_latency.count()) / 1e6;
    auto const token = static_cast<double>(model.token_latency.count()) / 1e3;
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), "answers after %.2f s + %.1f ms a token (+- %.0f %%), ", seconds, token,
                  model.latency_spread * 100);
    return text.data() + limit_text(model.requests_per_minute, "requests") + " and " +
           limit_text(model.tokens_per_minute, "tokens") + " a minute, " +
           (model.calls.empty() ? "lengths assumed" : "lengths of " + std::to_string(model.calls.size()) + " calls");
}

/// The requests of all records that are some.
class rendered_requests {
public:
    rendered_requests(batch_job const& job, stream<batch_record> records) : job_{job}, records_{std::move(records)} {}

    asio::awaitable<std::optional<chat_request>> next() {
        for (;;) {
            auto const record = co_await records_.next();
            if (!record) co_return std::nullopt;
            if (record->problem || !job_.shard.holds(record->key)) continue;
            if (auto request = request_for(job_, *record)) co_return *std::move(request);
        }
    }

private:
    batch_job const& job_;
    stream<batch_record> records_;
};

stream<chat_request> requests_of(batch_job const& job) {
    auto all = std::make_shared<rendered_requests>(job, value_or_throw(open_records(job)));
    return generate([all] { return all->next(); });
}

result<sampled_service> sampled_by(rehearse_flags const& flags, batch_job const& job) {
    if (flags.sample > 0) return ask_sample(job, flags.sample);
    if (!flags.from.empty()) return read_sample(flags.from);
    return sampled_service{};
}

result<rehearsal> forecast_of(rehearse_flags const& flags, batch_job const& job) {
    if (flags.sample > 0 && !flags.from.empty()) return invalid_argument("--sample", "and --from exclude each other");
    auto const sampled = sampled_by(flags, job);
    if (!sampled) return sampled.error();
    rehearsal_options options{.client = job.options,
                              .batch = job.batch,
                              .service = stated_model(flags, job, *sampled),
                              .facts = job.facts,
                              .records = job.shard_count,
                              .seed = flags.seed};
    if (!flags.batch.quiet) print_note(model_text(options.service));
    return rehearse([&job] { return requests_of(job); }, std::move(options));
}

int run_rehearse(rehearse_flags const& flags, service_flags const& service) {
    auto const job = prepare_rehearsal(flags, service);
    if (!job) return print_error(job.error().why), job.error().exit_code;
    auto const forecast = forecast_of(flags, *job);
    if (!forecast) {
        print_error(forecast.error());
        return forecast.error().code == errc::invalid_argument ? bad_usage : could_not_go_on;
    }
    print_answer(flags.as_json ? to_json(*forecast) + '\n' : to_string(*forecast));
    return all_ok;
}

void add_model_flags(CLI::App& command, rehearse_flags& flags) {
    auto constexpr group = "Model of the service";
    constexpr number_range<std::int64_t> count{0};
    add_number(command, "--sample", flags.sample, number_range{std::uint64_t{2}, std::uint64_t{1'000}},
               "Ask so many records, spread over the input, to learn lengths, latencies and limits; this costs money")
        ->group(group);
    command.add_option("--from", flags.from, "Learn lengths and latencies of this output of a batch")->group(group);
    add_number(command, "--service-rpm", flags.service_rpm, count, "Requests a minute that the service takes; 0: any")
        ->group(group);
    add_number(command, "--service-tpm", flags.service_tpm, count, "Tokens a minute that it takes; 0: any")
        ->group(group);
    add_number(command, "--service-concurrency", flags.service_concurrency, number_range{std::size_t{0}},
               "Requests at once that it takes; 0: any")
        ->group(group);
    add_number(command, "--latency", flags.latency, number_range{0.0, 3'600.0}, "Seconds before an answer begins")
        ->group(group);
    add_number(command, "--token-latency", flags.token_latency, number_range{0.0, 60'000.0},
               "Milliseconds for each token of an answer")
        ->group(group);
    add_number(command, "--spread", flags.spread, number_range{0.0, 3.0},
               "How far latencies scatter, as a share of themselves")
        ->group(group);
    add_number(command, "--output-tokens", flags.output_tokens, count, "Tokens of an answer")->group(group);
    add_number(command, "--faults", flags.faults, number_range{0.0, 0.99}, "Share of requests that fail with a 503")
        ->group(group);
    add_number(command, "--seed", flags.seed, number_range{std::uint64_t{0}}, "Another number gives another run")
        ->group(group);
}

}  // namespace

void add_rehearse_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("rehearse", "Forecast time, cost and bottleneck of a batch");
    auto flags = std::make_shared<rehearse_flags>();
    add_batch_flags(*command, flags->batch);
    command->get_option("--out")->required(false);
    add_model_flags(*command, *flags);
    command->add_flag("--json", flags->as_json, "Print the forecast as a JSON object");
    command->footer(std::string{rehearse_help} + exit_code_help);
    command->callback(
        [flags, &service, &chosen] { chosen = [flags, &service] { return run_rehearse(*flags, service); }; });
}

}  // namespace coax::cli
