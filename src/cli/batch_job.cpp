#include "cli/batch_job.hpp"

#include "batch/internal/key_index.hpp"
#include "batch/internal/prompt_prefix.hpp"
#include "cli/built_in_schemas.hpp"
#include "cli/configured_client.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/job_identity.hpp"
#include "cli/job_settings.hpp"
#include "cli/queue_job_text.hpp"
#include "core/internal/near_names.hpp"
#include "table/internal/row_fields.hpp"

#include <coax/bind/read.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/chat/content_file.hpp>
#include <coax/client/output_format.hpp>
#include <coax/client/token_options.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/provider.hpp>
#include <coax/provider/service_profile.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>

namespace coax::cli {

namespace {

/// A prompt is text when it could not be the name of a file that someone forgot.
bool is_prompt_text(std::string const& prompt) {
    return !file_exists(prompt) && prompt.find_first_of(" \n{") != std::string::npos;
}

/// Reads the prompt into the job.
result<prompt_template> read_prompt(batch_flags const& flags, run_identity& run) {
    auto const& prompt = flags.prompt;
    if (prompt == "-" && flags.input == "-")
        return invalid_argument("--prompt", "standard input is INPUT already: only one can be -");
    bool const is_text = is_prompt_text(prompt);
    auto const text = is_text ? result<std::string>{prompt} : read_file(prompt);
    if (!text) return text.error();
    run.digests.prompt = digest_of(*text + '\0' + flags.system);
    run.prompt = flags.system.empty() ? *text : flags.system + "\n---\n" + *text;
    return prompt_template::parse(*text, is_text ? "--prompt" : prompt);
}

result<std::string> schema_text(std::string const& schema) {
    if (auto const text = built_in_schema(schema)) return std::string{*text};
    if (file_exists(schema)) return read_file(schema);
    std::string names;
    for (auto const name : built_in_schema_names()) names.append(names.empty() ? "" : ", ").append(name);
    return invalid_argument("--schema " + schema, "neither a file nor a built-in schema (" + names + ")");
}

result<runtime_schema> read_schema(std::string const& schema, run_identity& run) {
    auto const text = schema_text(schema);
    if (!text) return text.error();
    run.digests.schema = digest_of(*text);
    run.schema = built_in_schema(schema) ? schema : *text;
    auto read = runtime_schema::parse(*text);
    if (read) return read;
    auto why = std::move(read).error();
    why.where = why.where.empty() ? schema : schema + '#' + why.where;
    return why;
}

/// Whether what is asked is no chat, so that no output is paid.
bool pays_input_only(batch_flags const& flags, batch_job const& job) {
    return flags.embeds || (job.decide && is_measured(*job.decide, job.options.service));
}

/// Prices, and the limit to what may be spent. What is not known is told before anything is sent.
result<void> apply_spending(batch_flags const& flags, batch_job& job) {
    if (!flags.facts.empty()) {
        auto read = model_table::load(flags.facts);
        if (!read) return std::move(read).error();
        job.facts = *std::move(read);
    }
    if (flags.max_cost.empty()) return {};
    auto const most = usd::parse(flags.max_cost);
    if (!most) return invalid_argument("--max-cost", most.error().message);
    auto const limit = std::make_shared<spending_limit>(*most, job.facts);
    auto request = job.defaults;
    request.model = job.options.service.model;
    auto const service = service_name(job.options.service.provider);
    auto const plan =
        pays_input_only(flags, job) ? limit->plan(request.model, service, 1) : limit->plan(request, service);
    if (!plan) return plan.error();
    if (!job.is_queued) job.options.tokens.edit().spending = limit;
    return {};
}

/// The model of embeddings, as the one that the job is about.
void choose_embedding_model(service_flags const& flags, service_options& service) {
    if (!flags.model.empty() || service.embedding_model.empty()) service.embedding_model = service.model;
    service.model = service.embedding_model;
}

error wrong_record(batch_record const& record, std::string message) {
    return {.code = errc::invalid_json, .message = std::move(message), .where = record.where};
}

/// The path or address of a record's file; empty: the records have none.
result<std::string> file_of(batch_job const& job, batch_record const& record) {
    if (job.file_field.empty()) return std::string{};
    auto members = json::read<std::map<std::string, json_value>>(record.fields);
    if (!members) return members.error();
    auto const& field = (*members)[job.file_field];
    auto path = field.is_string() ? json::read<std::string>(field) : result<std::string>{std::string{}};
    if (path && !path->empty()) return path;
    return wrong_record(record, "\"" + job.file_field + "\" names no file");
}

content_part to_part(std::string const& path) {
    if (!path.starts_with("https://") && !path.starts_with("http://")) return content_file(path);
    if (path.ends_with(".pdf")) return file_part{.media_type = "application/pdf", .url = path};
    return image_part{.url = path};
}

/// Checks one request without sending it, to find what would be wrong with every request, and what is worth a note.
result<void> dry_run(batch_job& job, batch_flags const& flags, chat_request request) {
    auto const service = make_provider(job.options.service.provider);
    if (!service) return service.error();
    if (flags.embeds) {
        auto const encoded = (*service)->encode_embedding(
            {.texts = {"probe"}, .model = job.options.service.model, .dimensions = flags.dimensions});
        return encoded ? result<void>{} : encoded.error();
    }
    if (request.model.empty()) request.model = job.options.service.model;
    if (job.decide && is_measured(*job.decide, job.options.service)) {
        auto const encoded = (*service)->encode_decision(decision_request_of(*job.decide, std::move(request)));
        return encoded ? result<void>{} : encoded.error();
    }
    if (job.schema) {
        auto const schema = job.schema->for_dialect((*service)->dialect());
        bool const relaxed = job.options.output.relax_schemas && is_strict_form((*service)->dialect());
        if (!schema && !relaxed) return schema.error();
        if (!schema) job.schema_note = schema.error().message;
    }
    if (auto encoded = (*service)->encode(request, false); !encoded) return encoded.error();
    return {};
}

/// Finds the table that INPUT is, copies what cannot be read twice (first it is checked), and checks its columns.
result<void> open_input(batch_flags const& flags, batch_job& job) {
    auto found = find_input(flags.input, flags.table);
    if (!found) return found.error();
    job.table = std::move(*found);
    if (flags.lines && job.table.paths.size() > 1)
        return invalid_argument("--lines", "takes one INPUT, there are " + std::to_string(job.table.paths.size()));
    if (flags.lines || reads_once(flags.input)) {
        auto copy = flags.lines ? copy_lines_as_records(job.table.paths.front()) : copy_to_temporary(flags.input);
        if (!copy) return copy.error();
        job.table.paths = {path_of(*copy)};
        job.table.options.name = flags.input;
        if (flags.lines) job.table.options.format = table_format::jsonl;
        job.copy = std::move(*copy);
    }
    if (auto learned = learn_columns(job.table); !learned) return learned;
    std::array<std::pair<std::string_view, std::string_view>, 2> const fields{
        {{"--key", flags.key_field}, {"--file-field", flags.file_field}}};
    return check_columns(job.table, job.prompt, fields);
}

result<std::uint64_t> check_input(batch_job const& job, std::function<result<void>(batch_record const&)> const& check,
                                  bool allow_problems) {
    auto rows = job.table.open();
    if (!rows) return rows.error();
    return check_records(std::move(*rows), job.records, check, allow_problems);
}

/// What a record makes of the prompt. An empty field of a CSV file stands as nothing.
result<rendered_prompt> render(batch_job const& job, batch_record const& record) {
    return job.prompt.render(record.fields, !job.table.columns.empty());
}

/// ": did you mean "text"?", of a field that a record lacks.
std::string near_members(batch_record const& record, std::string_view field) {
    auto const members = table::detail::members_of(record.fields);
    std::vector<std::string_view> names;
    for (auto const& member : members) names.emplace_back(member.first);
    auto const near = core::detail::near_names(field, names);
    return near.empty() ? std::string{} : ": did you mean " + core::detail::one_of(near) + '?';
}

}  // namespace

boost::system::result<batch_job, failure> prepare(batch_flags const& flags, service_flags const& service,
                                                  environment const& look_up) {
    auto const wrong_input = [](error why) { return failure{std::move(why), bad_usage}; };
    if (auto checked = check_journal_flags(flags.journal); !checked) return wrong_input(std::move(checked).error());
    auto const shard = shard_of(flags.journal, look_up);
    if (!shard) return wrong_input(shard.error());
    run_identity run;
    auto prompt = read_prompt(flags, run);
    if (!prompt) return wrong_input(prompt.error());
    if (prompt->fields().empty())
        return wrong_input(
            invalid_argument("--prompt", "no {{field}} in the prompt: every record would be asked the same"));
    batch_job job{.prompt = std::move(*prompt), .shard = *shard};
    job.is_queued = !flags.queue.url.empty();
    if (flags.json) run.digests.schema = digest_of(run.schema = "JSON");
    if (!flags.schema.empty()) {
        if (flags.json)
            return wrong_input(invalid_argument("--json-answers", "does not go with --schema, which asks for JSON"));
        auto schema = read_schema(flags.schema, run);
        if (!schema) return wrong_input(schema.error());
        job.schema = std::move(*schema);
    }
    if (!flags.decide.schema.empty()) {
        auto plan = read_decide_plan(flags.decide, !flags.schema.empty() || flags.json, run);
        if (!plan) return wrong_input(plan.error());
        job.decide = *std::move(plan);
    }
    if (auto checked = check_cache_flags(flags.cache); !checked) return wrong_input(std::move(checked).error());
    auto set = resolve_all(service, look_up, {.defaults = batch_defaults(), .flags = settings_of(flags)});
    if (!set) return failure{set.error(), resolve_exit_code(set.error())};
    if (asks_router(*set, service) && !flags.quiet)
        print_note("the configuration's router is not used by batches: all records go to service " + set->service);
    if (!flags.embeds) job.defaults = set->request;
    if (!flags.system.empty()) job.defaults.messages.push_back(system(flags.system));
    job.file_field = flags.file_field;
    job.any_json = flags.json;
    job.records = {.key_field = flags.key_field, .limit = flags.limit, .name = flags.input};
    job.out = flags.journal.shard.empty() ? output_of_shard(flags.out, job.shard) : flags.out;
    if (job.out != flags.out && !flags.quiet)
        print_note("part " + to_string(job.shard) + " of the batch, as the environment says; its output is " + job.out);
    if (!flags.results.file.empty() && job.shard.count > 1)
        return wrong_input(invalid_argument("--out " + flags.results.file,
                                            "a part of the batch makes no table: write lines, FILE.jsonl, and merge "
                                            "them into " +
                                                flags.out + "; --resume then makes the table"));
    if (auto found = open_input(flags, job); !found) return wrong_input(std::move(found).error());
    coax::detail::key_index keys;
    std::optional<chat_request> first;
    bool is_prefix_shared = true;
    auto const check = [&](batch_record const& record) -> result<void> {
        auto request = request_for(job, record);
        if (!request && !flags.allow_bad_lines) return request.error();
        if (auto const file = file_of(job, record); !file && !flags.allow_bad_lines) return file.error();
        if (job.shard.holds(record.key)) ++job.shard_count;
        if (request && first) is_prefix_shared = is_prefix_shared && coax::detail::has_same_prefix(*first, *request);
        if (request && !first) first = std::move(*request);
        keys.add(record);
        return {};
    };
    auto const count = check_input(job, check, flags.allow_bad_lines);
    if (!count) return wrong_input(count.error());
    if (!flags.table.allow_duplicate_keys && keys.take_repeated())
        if (auto unique = check_unique_keys([&] { return job.table.open(); }, job.records); !unique)
            return wrong_input(std::move(unique).error());
    job.record_count = *count;
    job.defaults.cache_prefix |=
        first && is_prefix_shared && coax::detail::pays_to_cache(*first, *count, set->batch.concurrency);

    if (flags.embeds) choose_embedding_model(service, set->client.service);
    fit_to_concurrency(flags, *set);
    if (job.is_queued) {
        auto told = told_settings(*set);
        if (!told) return wrong_input(std::move(told).error());
        job.told = *std::move(told);
        set->batch.concurrency = flags.queue.window;
        set->batch.alike_failures = 0;  // whose fault a failure is the workers find out
    }
    add_identity(flags, *set, run);
    run.records = job.record_count;
    if (job.shard.count == 1) job.shard_count = job.record_count;  // lines that are no records among them
    if (job.shard.count > 1) run.shard = to_string(job.shard);
    job.run = std::move(run);
    job.options = std::move(set->client);
    job.batch = std::move(set->batch);
    if (!flags.journal.until.empty()) {
        auto const until = next_time(flags.journal.until, std::chrono::system_clock::now());
        if (!until) return wrong_input(until.error());
        job.batch.until = *until;
    }
    if (flags.embeds) job.options.response_cache = boxed<response_cache_options>{};  // embeddings are not kept
    if (auto opened = open_response_cache(job.options); !opened)
        return failure{opened.error(), opened.error().code == errc::invalid_argument ? bad_usage : could_not_go_on};
    if (auto applied = apply_spending(flags, job); !applied) return wrong_input(std::move(applied).error());
    if (auto checked = validate(job.options); !checked) return wrong_input(std::move(checked).error());
    if (auto checked = check_result_columns(job, flags); !checked) return wrong_input(std::move(checked).error());
    if (first)
        if (auto checked = dry_run(job, flags, std::move(*first)); !checked)
            return wrong_input(std::move(checked).error());
    return job;
}

std::string const& service_name(provider_options const& options) {
    return options.profile ? options.profile->name : options.service;
}

result<stream<batch_record>> open_records(batch_job const& job) {
    auto rows = job.table.open();
    if (!rows) return std::move(rows).error();
    return read_records(std::move(*rows), job.records);
}

result<chat_request> request_for(batch_job const& job, batch_record const& record) {
    auto prompt = render(job, record);
    if (!prompt) {
        auto why = std::move(prompt).error();
        why.code = errc::invalid_json;
        why.message += near_members(record, why.where);
        why.where = record.where;
        return why;
    }
    chat_request request = job.defaults;
    if (!prompt->system.empty()) request.messages.push_back(system(std::move(prompt->system)));
    request.messages.push_back(user(std::move(prompt->user)));
    return request;
}

result<void> add_file(batch_job const& job, batch_record const& record, chat_request& request) try {
    auto const path = file_of(job, record);
    if (!path) return path.error();
    if (path->empty()) return {};
    auto& question = request.messages.back();
    question.parts = {text_part{std::exchange(question.text, {})}, to_part(*path)};
    return {};
} catch (exception const& wrong) {
    return wrong_record(record, wrong.why().where + ": " + wrong.why().message);
}

chat_request request_with_file(batch_job const& job, batch_record const& record) {
    auto request = value_or_throw(request_for(job, record));
    value_or_throw(add_file(job, record, request));
    return request;
}

std::string sent_text(batch_job const& job, batch_record const& record) {
    std::string text;
    // A record that has no prompt fails, and is another one as soon as it has.
    if (auto const prompt = render(job, record); !record.problem && prompt)
        text.append(1, '\0').append(prompt->system).append(1, '\0').append(prompt->user);
    if (auto const file = file_of(job, record); file && !file->empty()) text.append(1, '\0').append(*file);
    return text;
}

int exit_code_of(batch_summary const& summary, bool interrupted_by_user, std::uint64_t failed_before) {
    if (summary.ended_by) return could_not_go_on;
    if (interrupted_by_user && summary.stopped) return interrupted;
    bool const is_left = !summary.stopped && summary.remaining.value_or(0) > 0;
    return summary.failed + failed_before > 0 || is_left ? some_failed : all_ok;
}

}  // namespace coax::cli
