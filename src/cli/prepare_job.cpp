#include "batch/internal/key_index.hpp"
#include "batch/internal/prompt_prefix.hpp"
#include "cli/batch_job.hpp"
#include "cli/built_in_schemas.hpp"
#include "cli/configured_client.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/job_identity.hpp"
#include "cli/job_settings.hpp"
#include "cli/queue_job_text.hpp"

#include <coax/cache/response_cache.hpp>
#include <coax/client/token_options.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/provider/provider.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace coax::cli {

namespace {

/// A prompt is text when it could not be the name of a file that someone forgot.
bool is_prompt_text(std::string const& prompt) {
    return !file_exists(prompt) && prompt.find_first_of(" \n{") != std::string::npos;
}

result<prompt_template> read_prompt(batch_flags const& flags, run_identity& run) {
    auto const& prompt = flags.prompt;
    if (prompt == "-" && flags.input == "-")
        return invalid_argument("--prompt", "standard input is INPUT already: only one can be -");
    bool const is_text = is_prompt_text(prompt);
    if (!is_text && prompt != "-" && !file_exists(prompt))
        return invalid_argument("--prompt " + prompt, "neither a file nor a text with a {{field}} of the records");
    auto const text = is_text ? result<std::string>{prompt} : read_file(prompt);
    if (!text) return text.error();
    run.digests.prompt = digest_of(*text + '\0' + flags.system);
    run.prompt = flags.system.empty() ? *text : flags.system + "\n---\n" + *text;
    auto read = prompt_template::parse(*text, is_text ? "--prompt" : prompt);
    if (read && read->fields().empty())
        return invalid_argument("--prompt", "no {{field}} in the prompt: every record would be asked the same");
    return read;
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

/// Makes a job of flags and environment, step by step; the first that fails ends it.
class job_preparation {
public:
    job_preparation(batch_flags const& flags, service_flags const& service, environment const& look_up,
                    prompt_template prompt, run_identity run)
        : flags_{flags},
          service_{service},
          look_up_{look_up},
          job_{.prompt = std::move(prompt)},
          run_{std::move(run)} {}

    boost::system::result<batch_job, failure> run() {
        for (auto const step :
             {&job_preparation::read_question, &job_preparation::read_settings, &job_preparation::choose_output_file,
              &job_preparation::read_rows, &job_preparation::settle_settings, &job_preparation::settle_run,
              &job_preparation::open_cache, &job_preparation::check_whole})
            if (auto done = (this->*step)(); !done) return failure{std::move(done).error(), exit_code_};
        return std::move(job_);
    }

private:
    result<void> read_question();
    result<void> read_settings();
    result<void> choose_output_file();
    result<void> read_rows();
    result<void> check_row(batch_record const& record);
    result<void> settle_settings();
    result<void> settle_run();
    result<void> open_cache();
    result<void> check_whole();

    batch_flags const& flags_;
    service_flags const& service_;
    environment const& look_up_;
    batch_job job_;
    run_identity run_;
    configuration set_{};
    std::optional<chat_request> first_{};  ///< Of the first record that has a prompt.
    bool is_prefix_shared_{true};          ///< All prompts begin as that does.
    coax::detail::key_index keys_{};
    int exit_code_{bad_usage};  ///< Of the step that is under way.
};

result<void> job_preparation::read_question() {
    if (auto checked = check_journal_flags(flags_.journal); !checked) return checked;
    auto const shard = shard_of(flags_.journal, look_up_);
    if (!shard) return shard.error();
    job_.shard = *shard;
    job_.is_queued = !flags_.queue.url.empty();
    job_.any_json = flags_.json;
    if (flags_.json) run_.digests.schema = digest_of(run_.schema = "JSON");
    if (!flags_.schema.empty()) {
        if (flags_.json) return invalid_argument("--json-answers", "does not go with --schema, which asks for JSON");
        auto schema = read_schema(flags_.schema, run_);
        if (!schema) return schema.error();
        job_.schema = std::move(*schema);
    }
    if (flags_.decide.schema.empty()) return {};
    auto plan = read_decide_plan(flags_.decide, !flags_.schema.empty() || flags_.json, run_);
    if (!plan) return plan.error();
    job_.decide = *std::move(plan);
    return {};
}

result<void> job_preparation::read_settings() {
    if (auto checked = check_cache_flags(flags_.cache); !checked) return checked;
    auto set = resolve_all(service_, look_up_, {.defaults = batch_defaults(), .flags = settings_of(flags_)});
    if (!set) {
        exit_code_ = resolve_exit_code(set.error());
        return set.error();
    }
    set_ = *std::move(set);
    if (asks_router(set_, service_) && !flags_.quiet)
        print_note("the configuration's router is not used by batches: all records go to service " + set_.service);
    if (!flags_.embeds) job_.defaults = set_.request;
    if (!flags_.system.empty()) job_.defaults.messages.push_back(system(flags_.system));
    job_.file_field = flags_.file_field;
    job_.records = {.key_field = flags_.key_field, .limit = flags_.limit, .name = flags_.input};
    return {};
}

result<void> job_preparation::choose_output_file() {
    job_.out = flags_.journal.shard.empty() ? output_of_shard(flags_.out, job_.shard) : flags_.out;
    if (job_.out != flags_.out && !flags_.quiet)
        print_note("part " + to_string(job_.shard) + " of the batch, as the environment says; its output is " +
                   job_.out);
    if (flags_.results.file.empty() || job_.shard.count <= 1) return {};
    return invalid_argument("--out " + flags_.results.file,
                            "a part of the batch makes no table: write lines, FILE.jsonl, and merge them into " +
                                flags_.out + "; --resume then makes the table");
}

result<void> job_preparation::read_rows() {
    if (auto found = open_input(flags_, job_); !found) return found;
    auto const check = [this](batch_record const& record) { return check_row(record); };
    auto const count = check_input(job_, check, flags_.allow_bad_lines);
    if (!count) return count.error();
    if (!flags_.table.allow_duplicate_keys && keys_.take_repeated())
        if (auto unique = check_unique_keys([&] { return job_.table.open(); }, job_.records); !unique) return unique;
    job_.record_count = *count;
    if (job_.shard.count == 1) job_.shard_count = job_.record_count;  // lines that are no records among them
    bool const pays =
        first_ && is_prefix_shared_ && coax::detail::pays_to_cache(*first_, job_.record_count, set_.batch.concurrency);
    job_.defaults.cache_prefix |= pays;
    return {};
}

result<void> job_preparation::check_row(batch_record const& record) {
    auto request = request_for(job_, record);
    if (!request && !flags_.allow_bad_lines) return request.error();
    if (auto const file = file_of(job_, record); !file && !flags_.allow_bad_lines) return file.error();
    if (job_.shard.holds(record.key)) ++job_.shard_count;
    if (request && first_) is_prefix_shared_ = is_prefix_shared_ && coax::detail::has_same_prefix(*first_, *request);
    if (request && !first_) first_ = std::move(*request);
    keys_.add(record);
    return {};
}

result<void> job_preparation::settle_settings() {
    if (flags_.embeds) choose_embedding_model(service_, set_.client.service);
    fit_to_concurrency(flags_, set_);
    if (!job_.is_queued) return {};
    auto told = told_settings(set_);
    if (!told) return std::move(told).error();
    job_.told = *std::move(told);
    set_.batch.concurrency = flags_.queue.window;
    set_.batch.alike_failures = 0;  // whose fault a failure is the workers find out
    return {};
}

result<void> job_preparation::settle_run() {
    add_identity(flags_, set_, run_);
    run_.records = job_.record_count;
    if (job_.shard.count > 1) run_.shard = to_string(job_.shard);
    job_.run = std::move(run_);
    job_.options = std::move(set_.client);
    job_.batch = std::move(set_.batch);
    if (flags_.embeds) job_.options.response_cache = boxed<response_cache_options>{};  // embeddings are not kept
    if (flags_.journal.until.empty()) return {};
    auto const until = next_time(flags_.journal.until, std::chrono::system_clock::now());
    if (!until) return until.error();
    job_.batch.until = *until;
    return {};
}

result<void> job_preparation::open_cache() {
    auto opened = open_response_cache(job_.options);
    if (!opened && opened.error().code != errc::invalid_argument) exit_code_ = could_not_go_on;
    return opened;
}

result<void> job_preparation::check_whole() {
    if (auto applied = apply_spending(flags_, job_); !applied) return applied;
    if (auto checked = validate(job_.options); !checked) return checked;
    if (auto checked = check_result_columns(job_, flags_); !checked) return checked;
    return first_ ? dry_run(job_, flags_, std::move(*first_)) : result<void>{};
}

}  // namespace

boost::system::result<batch_job, failure> prepare(batch_flags const& flags, service_flags const& service,
                                                  environment const& look_up) {
    run_identity run;
    auto prompt = read_prompt(flags, run);
    if (!prompt) return failure{std::move(prompt).error(), bad_usage};
    return job_preparation{flags, service, look_up, *std::move(prompt), std::move(run)}.run();
}

}  // namespace coax::cli
