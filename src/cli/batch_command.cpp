#include "cli/ask_record.hpp"
#include "cli/batch_report.hpp"
#include "cli/batch_run.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/number_flag.hpp"
#include "cli/queued_batch.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <utility>

namespace coax::cli {

namespace {

constexpr char batch_help[] =
    "INPUT is JSONL (one object a line), CSV or TSV with a header, several files or patterns, compressed or not. "
    "PROMPT is "
    "a\n"
    "file or a text with {{field}} for the record's fields, {{a.b}} for fields of fields and {{record}} for all of it; "
    "a\n"
    "first line \"system:\" begins a system message, a line \"---\" ends it. SCHEMA is a file with a JSON Schema, or "
    "one "
    "of\n"
    "sentiment, summary, yes_no, keywords; without it answers are plain text. FILE.jsonl gets one JSON line a record, "
    "with\n"
    "its index and key, as soon as the record is done, in any order:\n"
    "  {\"index\":0,\"key\":\"a\",\"status\":\"ok\",\"output\":...,\"usage\":{...},\"attempts\":1,\"latency_ms\":900}\n"
    "  {\"index\":1,\"key\":\"b\",\"status\":\"error\",\"error\":{\"code\":\"refused\",\"message\":...},...}\n"
    "With --decide the properties of a schema are questions. An output is the answers:\n"
    "  {\"value\":{\"spam\":false},\"measured\":true,\n"
    "   \"probabilities\":{\"spam\":{\"true\":0.03,\"false\":0.97}}}\n"
    "FILE.csv, FILE.tsv and those in .gz or .zst are tables: the input's columns as they came, those of the answers, "
    "and "
    "what\n"
    "became of each record, in the input's order. The lines are then in FILE.csv.journal.jsonl, and the table is made "
    "of "
    "them\n"
    "once all records are done.\n"
    "Interrupted or crashed, run the same command with --resume: what FILE has is not asked again. Each line has a\n"
    "checksum and digests of prompt, model, schema, service, parameters and what was sent, so that --resume mixes no\n"
    "answers. Rows for which the same is sent are asked once; their lines name the row that was asked (\"same_as\").\n"
    "The service is chosen by --provider, --model, --base-url and so on (coax --help), or by the environment; keys "
    "come\n"
    "from the environment only.\n\n";

answer_form form_of(batch_job const& job) {
    return {
        .schema = job.schema, .decide = job.decide, .any_json = job.any_json, .leniency = job.options.output.leniency};
}

service_batch_questions questions_of(batch_job const& job, answer_form const& form) {
    return {.request = [&job](batch_record const& record) -> result<chat_request> {
                auto request = request_for(job, record);
                if (!request) return request;
                if (auto added = add_file(job, record, *request); !added) return added.error();
                return request;
            },
            .format = format_of(form),
            .output = [&form](chat_response const& response) { return output_of(form, response); }};
}

int run_batch_command(batch_flags flags, service_flags const& service) {
    if (auto chosen = choose_output(flags); !chosen) return print_error(chosen.error()), bad_usage;
    auto const job = prepare(flags, service, process_environment);
    if (!job) {
        print_error(job.error().why);
        return job.error().exit_code;
    }
    if (!job->schema_note.empty() && !flags.quiet)
        print_note("the service does not enforce the schema, answers are checked here: " + job->schema_note);
    if (auto checked = check_batch_report(*job, flags); !checked) return print_error(checked.error()), bad_usage;
    auto const form = form_of(*job);
    auto const kind = form.is_json() ? output_kind::json : output_kind::text;
    if (job->is_queued) return write_batch_report(*job, flags, run_queued_batch(*job, flags, service, kind));
    auto const make_work = [&](client llm) -> record_work {
        return [&, llm](batch_record const& record) { return ask_record(form, llm, request_with_file(*job, record)); };
    };
    auto const code = run_to_output(*job, flags, kind, {.work = make_work, .questions = questions_of(*job, form)});
    return write_batch_report(*job, flags, code);
}

void add_flags(CLI::App& command, batch_flags& flags) {
    add_input(command, flags.input, flags.table,
              "Files with the records, JSONL, CSV or TSV, also .gz and .zst; * and ? are understood; - reads standard "
              "input");
    command.add_option("--prompt", flags.prompt, "Prompt template: a file or the text")->required();
    command.add_option("--out", flags.out, "Output file; - writes standard output, which cannot be resumed")
        ->required();
    command.add_option("--schema", flags.schema, "Form of the answers: a file or a built-in name");
    command.add_flag("--json-answers", flags.json,
                     "Answers are JSON of any form: what does not parse is asked for again, as with a schema");
    command.add_option("--system", flags.system, "System message for every record");
    command.add_option("--file-field", flags.file_field,
                       "Field with the path or address of an image, PDF, text or sound that the record is about");
    command.add_option("--key", flags.key_field, "Field that names a record; default: id, else the index");
    add_number(command, "--limit", flags.limit, number_range{std::uint64_t{0}}, "First records only; 0: all");
    command.add_flag(
        "--allow-bad-lines", flags.allow_bad_lines,
        "A line that is no record, or lacks a field of the prompt, is a failed record; else it stops everything");
    command.add_flag("--allow-duplicate-keys", flags.table.allow_duplicate_keys,
                     "Records may have the same key; else that stops everything");
    command.add_flag("--quiet", flags.quiet, "No progress and no summary");
}

/// The flags that take numbers.
void add_number_flags(CLI::App& command, batch_flags& flags) {
    constexpr number_range<std::int64_t> count{0};
    constexpr number_range seconds{0.0, 1e6};
    add_number(command, "--concurrency", flags.concurrency, number_range{1, 65'535}, "Records in work at once")
        ->default_str("64");
    command.add_flag("--adaptive", flags.adaptive,
                     "Find out how many requests at once the service bears, up to --concurrency");
    add_number(command, "--rpm", flags.rpm, count, "Requests a minute; 0: no limit");
    add_number(command, "--tpm", flags.tpm, count, "Tokens a minute; 0: no limit");
    command.add_flag("--even-spacing", flags.even_spacing, "Spread requests evenly over the minute");
    add_number(command, "--retries", flags.retries, number_range{0, 999}, "Times a failed request is sent again")
        ->default_str("5");
    add_number(command, "--max-reasks", flags.max_reasks, number_range{0, 10},
               "Times an answer that does not fit the schema is asked for again")
        ->default_str("2");
    command.add_flag("--relax-schema", flags.relax_schema,
                     "Send a schema that the service cannot enforce all the same; answers are checked here");
    add_number(command, "--timeout", flags.timeout, seconds, "Seconds for a record, retries included; 0: no limit");
    add_number(command, "--max-failures", flags.max_failures, number_range{std::uint64_t{0}},
               "Begin nothing new after so many failed records; 0: go on");
    add_number(
        command, "--max-alike", flags.max_alike, number_range{std::uint64_t{0}},
        "Records that fail alike, one after another, after which the batch ends or waits for the service; 0: go on")
        ->default_str("10");
    add_number(command, "--max-pause", flags.max_pause, number_range{0.0, 2'592'000.0},
               "Seconds to wait for a service that is limited or down, before the batch ends")
        ->default_str("120");
    command.add_flag("--no-resend", flags.no_resend,
                     "Never send a request again that the service may have worked on: a lost connection, a timeout");
    add_cost_flags(command, flags);
    add_number(command, "--temperature", flags.temperature, number_range{0.0, 2.0}, "Sampling temperature");
    add_number(command, "--max-tokens", flags.max_tokens, number_range<std::int64_t>{1}, "Most tokens of an answer");
}

}  // namespace

void add_batch_flags(CLI::App& command, batch_flags& flags) {
    add_flags(command, flags);
    add_number_flags(command, flags);
    add_journal_flags(command, flags.journal);
    add_cache_flags(command, flags.cache);
    add_progress_flags(command, flags.progress);
    add_report_flags(command, flags.report);
    add_via_flags(command, flags.via);
}

void add_batch_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("batch", "Ask about every record of a table or JSONL file");
    auto flags = std::make_shared<batch_flags>();
    add_batch_flags(*command, *flags);
    add_decide_flags(*command, flags->decide);
    add_coordinator_flags(*command, flags->queue);
    command->add_flag("--json", flags->as_json, "Print the summary as a JSON object to standard output");
    add_result_flags(*command, flags->results);
    command->footer(std::string{batch_help} + exit_code_help);
    command->callback(
        [flags, &service, &chosen] { chosen = [flags, &service] { return run_batch_command(*flags, service); }; });
}

}  // namespace coax::cli
