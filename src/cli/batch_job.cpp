#include "cli/batch_job.hpp"

#include "cli/built_in_schemas.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"

#include <coax/client/output_format.hpp>
#include <coax/provider/provider.hpp>

#include <algorithm>
#include <utility>

namespace coax::cli {

namespace {

/// A prompt is text when it could not be the name of a file that someone forgot.
bool is_prompt_text(std::string const& prompt) {
    return !file_exists(prompt) && prompt.find_first_of(" \n{") != std::string::npos;
}

result<prompt_template> read_prompt(std::string const& prompt) {
    if (is_prompt_text(prompt)) return prompt_template::parse(prompt, "--prompt");
    auto const text = read_file(prompt);
    if (!text) return text.error();
    return prompt_template::parse(*text, prompt);
}

result<runtime_schema> read_schema(std::string const& schema) {
    if (auto const text = built_in_schema(schema)) return runtime_schema::parse(*text);
    if (!file_exists(schema)) {
        std::string names;
        for (auto const name : built_in_schema_names()) names.append(names.empty() ? "" : ", ").append(name);
        return invalid_argument("--schema " + schema, "neither a file nor a built-in schema (" + names + ")");
    }
    auto const text = read_file(schema);
    if (!text) return text.error();
    auto read = runtime_schema::parse(*text);
    if (read) return read;
    auto why = std::move(read).error();
    why.where = why.where.empty() ? schema : schema + '#' + why.where;
    return why;
}

result<void> check_numbers(batch_flags const& flags) {
    if (flags.concurrency < 1 || flags.concurrency > 65'535)
        return invalid_argument("--concurrency", "must be in [1, 65535]");
    if (flags.rpm < 0) return invalid_argument("--rpm", "must not be negative");
    if (flags.tpm < 0) return invalid_argument("--tpm", "must not be negative");
    if (flags.retries < 0 || flags.retries > 999) return invalid_argument("--retries", "must be in [0, 999]");
    if (flags.max_reasks < 0 || flags.max_reasks > 10) return invalid_argument("--max-reasks", "must be in [0, 10]");
    if (!(flags.timeout >= 0 && flags.timeout <= 1e6)) return invalid_argument("--timeout", "must be in [0, 1000000]");
    if (!(flags.progress_every > 0 && flags.progress_every <= 1e6))
        return invalid_argument("--progress-every", "must be in (0, 1000000]");
    if (flags.retry_failed && !flags.resume) return invalid_argument("--retry-failed", "goes with --resume");
    return {};
}

void apply(batch_flags const& flags, client_options& options) {
    options.policies.max_concurrency = flags.concurrency;
    if (flags.adaptive) {
        options.policies.adaptive.emplace();
        options.policies.adaptive->maximum = flags.concurrency;
        options.policies.adaptive->initial = std::min(options.policies.adaptive->initial, flags.concurrency);
    }
    options.http.max_connections_per_host = std::max(options.http.max_connections_per_host, flags.concurrency);
    options.http.max_connections = std::max(options.http.max_connections, flags.concurrency);
    options.policies.rate_limits.requests_per_minute = flags.rpm;
    options.policies.rate_limits.tokens_per_minute = flags.tpm;
    options.policies.rate_limits.even_spacing = flags.even_spacing;
    options.policies.retry.max_attempts = flags.retries + 1;
    options.output.max_reasks = flags.max_reasks;
    options.policies.timeout = std::chrono::milliseconds{static_cast<std::int64_t>(flags.timeout * 1000.0)};
}

/// Checks one request without sending it, to find what would be wrong with every request.
result<void> dry_run(batch_job const& job, chat_request request) {
    auto const service = make_provider(job.options.service.provider);
    if (!service) return service.error();
    if (request.model.empty()) request.model = job.options.service.model;
    if (job.schema) {
        auto const schema = job.schema->for_dialect((*service)->dialect());
        if (!schema && !is_strict_form((*service)->dialect())) return schema.error();
    }
    if (auto encoded = (*service)->encode(request, false); !encoded) return encoded.error();
    return {};
}

}  // namespace

boost::system::result<batch_job, failure> prepare(batch_flags const& flags, service_flags const& service,
                                                  environment const& look_up) {
    auto const wrong_input = [](error why) { return failure{std::move(why), bad_usage}; };
    if (auto checked = check_numbers(flags); !checked) return wrong_input(std::move(checked).error());
    auto prompt = read_prompt(flags.prompt);
    if (!prompt) return wrong_input(prompt.error());
    if (prompt->fields().empty())
        return wrong_input(
            invalid_argument("--prompt", "no {{field}} in the prompt: every record would be asked the same"));
    batch_job job{.prompt = std::move(*prompt)};
    if (!flags.schema.empty()) {
        auto schema = read_schema(flags.schema);
        if (!schema) return wrong_input(schema.error());
        job.schema = std::move(*schema);
    }
    job.defaults = {.temperature = flags.temperature, .max_output_tokens = flags.max_tokens};
    if (!flags.system.empty()) job.defaults.messages.push_back(system(flags.system));
    job.records = {.key_field = flags.key_field, .limit = flags.limit};

    if (reads_once(flags.input))
        return wrong_input(
            invalid_argument(flags.input, "not a regular file: the input is read twice, first to check it"));
    std::optional<chat_request> first;
    auto const check = [&](batch_record const& record) -> result<void> {
        auto request = request_for(job, flags.input, record);
        if (!request && !flags.allow_bad_lines) return request.error();
        if (request && !first) first = std::move(*request);
        return {};
    };
    auto const count = check_records(flags.input, job.records, check, flags.allow_bad_lines);
    if (!count) return wrong_input(count.error());
    job.record_count = *count;

    auto options = resolve(service, look_up);
    if (!options) return failure{options.error(), resolve_exit_code(options.error())};
    job.options = std::move(*options);
    apply(flags, job.options);
    if (auto checked = validate(job.options); !checked) return wrong_input(std::move(checked).error());
    if (first)
        if (auto checked = dry_run(job, std::move(*first)); !checked) return wrong_input(std::move(checked).error());
    return job;
}

result<chat_request> request_for(batch_job const& job, std::string const& input, batch_record const& record) {
    auto prompt = job.prompt.render(record.fields);
    if (!prompt) {
        auto why = std::move(prompt).error();
        why.code = errc::invalid_json;
        why.where = input + ':' + std::to_string(record.line);
        return why;
    }
    chat_request request = job.defaults;
    if (!prompt->system.empty()) request.messages.push_back(system(std::move(prompt->system)));
    request.messages.push_back(user(std::move(prompt->user)));
    return request;
}

result<std::uint64_t> count_undone(std::string const& input, record_options const& options,
                                   finished_records const& finished) {
    std::uint64_t undone = 0;
    auto const check = [&](batch_record const& record) -> result<void> {
        if (finished.contradicts(record.index, record.key))
            return invalid_argument({}, "the output was made from other input: its record " +
                                            std::to_string(record.index) + " does not have the key \"" + record.key +
                                            '"');
        if (!finished.contains(record.index)) ++undone;
        return {};
    };
    // A line that is no record is counted too: its key is its index.
    auto const count = check_records(input, options, check, true);
    if (!count) return count.error();
    return undone;
}

int exit_code_of(batch_summary const& summary, bool interrupted_by_user, std::uint64_t failed_before) {
    if (summary.ended_by) return could_not_go_on;
    if (interrupted_by_user && summary.stopped) return interrupted;
    return summary.failed + failed_before > 0 ? some_failed : all_ok;
}

}  // namespace coax::cli
