#include "batch/internal/embedding_groups.hpp"
#include "cli/batch_run.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/number_flag.hpp"
#include "cli/queued_batch.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coax::cli {

namespace {

constexpr char embed_help[] =
    "INPUT is JSONL, CSV or TSV; of each record TEXT makes the text: a template with {{field}}. With --lines\n"
    "each line is a text. FILE gets one JSON line a text as soon as its vector is there, in any order:\n"
    "  {\"index\":0,\"key\":\"a\",\"status\":\"ok\",\"output\":[0.1,...],\"usage\":{...},\"attempts\":1,...}\n"
    "Texts are sent several in a request; one that the service refuses fails alone. Interrupted or crashed, run the\n"
    "same command with --resume: what FILE has is not asked again. With --queue workers on any machines\n"
    "(coax worker) ask for the vectors, as those of coax batch.\n"
    "The model is that of --model, else of COAX_EMBEDDING_MODEL or COAX_MODEL.\n\n";

struct embed_flags {
    batch_flags batch{.prompt = "{{text}}", .embeds = true};
    std::optional<std::size_t> requests{};  ///< At once.
};

constexpr std::size_t usual_requests = 8;

/// The text of a record. @throws coax::exception  A field is missing.
std::string text_of(batch_job const& job, batch_record const& record) {
    return value_or_throw(request_for(job, record)).messages.back().text;
}

int run_embed(embed_flags flags, service_flags const& service) {
    auto const texts = flags.batch.texts_per_request;
    flags.batch.concurrency = texts * flags.requests.value_or(usual_requests);
    if (auto chosen = choose_output(flags.batch); !chosen) return print_error(chosen.error()), bad_usage;
    auto const job = prepare(flags.batch, service, process_environment);
    if (!job) {
        print_error(job.error().why);
        return job.error().exit_code;
    }
    if (job->is_queued) {
        flags.batch.concurrency = flags.requests;  // of all workers together
        return run_queued_batch(*job, flags.batch, service, output_kind::json);
    }
    auto const make_work = [&](client llm) -> record_work {
        embedding_request form{.dimensions = flags.batch.dimensions};
        auto groups = std::make_shared<coax::detail::embedding_groups>(std::move(llm), std::move(form), texts);
        return [&job, groups](batch_record const& record) { return groups->embed(text_of(*job, record)); };
    };
    return run_to_output(*job, flags.batch, output_kind::json, {.work = make_work});
}

void add_flags(CLI::App& command, embed_flags& flags) {
    auto& batch = flags.batch;
    constexpr number_range<std::int64_t> count{0};
    add_input(command, batch.input, batch.table,
              "Files with the records, JSONL, CSV or TSV, also .gz and .zst; * and ? are understood; - reads standard "
              "input");
    command.add_option("--out", batch.out, "Output file; - writes standard output, which cannot be resumed")
        ->required();
    command.add_option("--text", batch.prompt, "Template of a record's text")->default_str("{{text}}");
    command.add_flag("--lines", batch.lines, "INPUT is plain text: each line that is not empty is a text");
    command.add_option("--key", batch.key_field, "Field that names a record; default: id, else the index");
    add_number(command, "--limit", batch.limit, number_range{std::uint64_t{0}}, "First records only; 0: all");
    add_number(command, "--dimensions", batch.dimensions, number_range<std::int64_t>{1},
               "Length of the vectors, where the model can choose");
    add_number(command, "--texts-per-request", batch.texts_per_request, number_range<std::size_t>{1, 2'048},
               "Texts of one request")
        ->default_str("128");
    add_number(command, "--concurrency", flags.requests, number_range<std::size_t>{1, 31}, "Requests at once")
        ->default_str("8");
    add_number(command, "--rpm", batch.rpm, count, "Requests a minute; 0: no limit");
    add_cost_flags(command, batch);
    add_number(command, "--tpm", batch.tpm, count, "Tokens a minute; 0: no limit");
    add_number(command, "--retries", batch.retries, number_range{0, 999}, "Times a failed request is sent again")
        ->default_str("5");
    command.add_flag("--allow-bad-lines", batch.allow_bad_lines,
                     "A line that is no record, or lacks a field of the text, is a failed record");
    command.add_flag("--allow-duplicate-keys", batch.table.allow_duplicate_keys,
                     "Records may have the same key; else that stops everything");
    command.add_flag("--quiet", batch.quiet, "No progress and no summary");
    command.add_flag("--json", batch.as_json, "Print the summary as a JSON object to standard output");
}

}  // namespace

void add_embed_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("embed", "Turn every text of a file into a vector");
    auto flags = std::make_shared<embed_flags>();
    add_flags(*command, *flags);
    add_journal_flags(*command, flags->batch.journal);
    add_coordinator_flags(*command, flags->batch.queue);
    add_result_flags(*command, flags->batch.results);
    command->footer(std::string{embed_help} + exit_code_help);
    command->callback(
        [flags, &service, &chosen] { chosen = [flags, &service] { return run_embed(*flags, service); }; });
}

}  // namespace coax::cli
