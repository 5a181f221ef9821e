#include "cli/batch_job.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/interrupt_watch.hpp"
#include "cli/number_flag.hpp"

#include <coax/bind/read.hpp>
#include <coax/client/output_format.hpp>
#include <coax/json/value.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/when_any.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace coax::cli {

namespace {

constexpr char batch_help[] =
    "INPUT is a JSONL file: one object a line. PROMPT is a file or a text with {{field}} for the record's fields, "
    "{{a.b}}\n"
    "for fields of fields and {{record}} for all of it; a first line \"system:\" begins a system message, a line "
    "\"---\"\n"
    "ends it. SCHEMA is a file with a JSON Schema, or one of sentiment, summary, yes_no, keywords; without it answers "
    "are\n"
    "plain text. FILE gets one JSON line a record, with its index and key, as soon as the record is done, in any "
    "order:\n"
    "  {\"index\":0,\"key\":\"a\",\"status\":\"ok\",\"output\":...,\"usage\":{...},\"attempts\":1,\"latency_ms\":900}\n"
    "  {\"index\":1,\"key\":\"b\",\"status\":\"error\",\"error\":{\"code\":\"refused\",\"message\":...},...}\n"
    "Interrupted or crashed, run the same command with --resume: what FILE has is not asked again. Each line has an "
    "\"origin\":\n"
    "digests of prompt, model, schema, service, parameters and record, so that --resume mixes no answers.\n"
    "The service is chosen by --provider, --model, --base-url and so on (coax --help), or by the environment; keys "
    "come\n"
    "from the environment only.\n\n";

/// The way of a record from the input to the output.
struct record_steps {
    batch_job const& job;
    jsonl_writer& out;
    client llm;
    std::unordered_map<std::uint64_t, line_facts> facts{};  ///< Of the records in work.

    /// The next record that the output lacks.
    asio::awaitable<std::optional<batch_record>> next(stream<batch_record>& records) {
        for (;;) {
            auto record = co_await records.next();
            if (record && out.finished().contains(record->index)) continue;
            if (record) facts.emplace(record->index, facts_of(job, *record));
            co_return record;
        }
    }

    /// Asks for one record. The output is the text of the response, or the JSON in it where there is a schema.
    asio::awaitable<batch_output<std::string>> ask(batch_record const& record) const {
        auto const leniency = job.options.output.leniency;
        auto format = job.schema ? output_format::of(*job.schema, leniency) : output_format{};
        auto request = value_or_throw(request_for(job, record));
        auto response = co_await llm.parse(std::move(request), std::move(format));
        if (job.schema)
            if (auto value = json::read<json_value>(response.text, {.leniency = leniency}))
                response.text = value->text();
        co_return batch_output<std::string>{std::move(response.text), response.usage, response.attempts};
    }

    result<void> write(batch_result<std::string> const& outcome) {
        auto const of_record = facts.extract(outcome.index);
        auto const form = job.schema ? output_kind::json : output_kind::text;
        return out.write(to_json_line(outcome, form, of_record.mapped()));
    }
};

/// Ends when the user wants the end and no request is under way: all that is left then waits for its next attempt.
/// @param over  How many requests are over.
asio::awaitable<void> until_idle(client llm, batch_stop stop, std::uint64_t const& over) {
    using namespace std::chrono_literals;
    for (int idle = 0; idle < 2;) {  // between two looks a response that has come is written
        co_await sleep_for(100ms);
        idle = stop.requested() && llm.statistics().attempts == over ? idle + 1 : 0;
    }
}

asio::awaitable<void> store(asio::awaitable<batch_summary> work, batch_summary& summary) {
    summary = co_await std::move(work);
}

std::chrono::milliseconds from_seconds(double seconds) {
    return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000.0)};
}

batch_options options_of(batch_flags const& flags, std::uint64_t undone, batch_stop stop, progress_display& display) {
    return {.concurrency = flags.concurrency,
            .max_failures = flags.max_failures,
            .alike_failures = flags.max_alike,
            .max_pause = from_seconds(flags.max_pause),
            .total = undone,
            .stop = std::move(stop),
            .on_progress = [&display](batch_progress const& progress) { display.show(progress); },
            .progress_interval = display.interval()};
}

/// Asks for every record that the output lacks.
batch_summary run_job(batch_job const& job, batch_flags const& flags, jsonl_writer& out, std::uint64_t undone,
                      bool& was_interrupted) {
    auto records = value_or_throw(read_records(job.input, job.records));
    runtime rt;
    std::uint64_t over = 0;
    auto counting = job.options;
    counting.hooks.on_attempt = [&over](attempt_event const&) { ++over; };
    client const llm{rt.executor(), std::move(counting)};
    batch_stop const stop;
    progress_display display{flags.quiet, from_seconds(flags.progress_every)};
    interrupt_watch const watch{llm, stop, display};

    record_steps steps{.job = job, .out = out, .llm = llm};
    auto const ask = [&](batch_record const& record) { return steps.ask(record); };
    auto const write = [&](batch_result<std::string> const& outcome) { return steps.write(outcome); };
    auto const before = llm.statistics();
    batch_summary summary;
    auto running = run_batch<std::string>(generate([&] { return steps.next(records); }), ask, write,
                                          options_of(flags, undone, stop, display));
    rt.run(when_any(store(std::move(running), summary), until_idle(llm, stop, over)));
    add_statistics(summary, before, llm.statistics());
    display.finish();
    was_interrupted = watch.interrupted();
    if (was_interrupted && summary.ended_by && summary.ended_by->code == errc::cancelled) {  // by until_idle
        summary.ended_by.reset();
        summary.stopped = true;
    }
    return summary;
}

/// Prints the summary to standard error.
void report(batch_summary const& summary, finished_records const& finished, batch_flags const& flags) {
    if (!flags.quiet && (summary.done() > 0 || !summary.ended_by)) {
        auto text = to_string(summary);
        if (finished.size() > 0)
            text += "before    " + std::to_string(finished.size()) + " done by earlier runs, " +
                    std::to_string(finished.failed()) + " of them failed\n";
        std::fwrite(text.data(), 1, text.size(), stderr);
    }
    if (summary.ended_by) print_error(*summary.ended_by);
    if (summary.remaining.value_or(0) > 0 && summary.done() + finished.size() > 0)
        print_note(std::to_string(*summary.remaining) + " records remain" +
                   (reads_once(flags.out) ? "" : "; --resume goes on with them"));
}

/// Opens the output and checks that it was made from this input in this way.
result<jsonl_writer> open_output(batch_job const& job, batch_flags const& flags, std::uint64_t& undone) {
    auto out = jsonl_writer::open(
        flags.out,
        {.resume = flags.resume, .drop_failures = flags.retry_failed, .origin = job.origin, .mix = flags.mix});
    if (!out) {
        auto why = std::move(out).error();
        if (why.code == errc::invalid_argument && why.where != flags.out)
            why.message += " (--mix keeps its responses all the same)";
        return why;
    }
    auto const count = count_undone(job, out->finished(), out->dropped());
    if (!count) return count.error();
    undone = *count;
    if (auto const old = out->finished().known_by_key(); old > 0 && !flags.quiet)
        print_note(std::to_string(old) + " lines of " + flags.out +
                   " are known by their keys only: whether their records have changed was not checked");
    return out;
}

int run_batch_command(batch_flags const& flags, service_flags const& service) {
    auto const fail = [](error const& why, int code) {
        print_error(why);
        return code;
    };
    auto const job = prepare(flags, service, process_environment);
    if (!job) return fail(job.error().why, job.error().exit_code);
    std::uint64_t undone = 0;
    auto out = open_output(*job, flags, undone);
    if (!out) return fail(out.error(), bad_usage);
    raise_file_limit();

    bool was_interrupted = false;
    auto const failed_before = out->finished().failed();
    auto summary = run_job(*job, flags, *out, undone, was_interrupted);
    if (summary.remaining.value_or(0) > 0) out->discard_if_unused();
    auto const closed = out->close();
    if (!closed && !summary.ended_by) summary.ended_by = closed.error();
    report(summary, out->finished(), flags);
    return exit_code_of(summary, was_interrupted, failed_before);
}

void add_flags(CLI::App& command, batch_flags& flags) {
    command.add_option("INPUT", flags.input, "JSONL file with the records; - reads standard input")->required();
    command.add_option("--prompt", flags.prompt, "Prompt template: a file or the text")->required();
    command.add_option("--out", flags.out, "Output file; - writes standard output, which cannot be resumed")
        ->required();
    command.add_option("--schema", flags.schema, "Form of the answers: a file or a built-in name");
    command.add_option("--system", flags.system, "System message for every record");
    command.add_option("--key", flags.key_field, "Field that names a record; default: id, else the index");
    add_number(command, "--limit", flags.limit, number_range{std::uint64_t{0}}, "First records only; 0: all");
    command.add_flag(
        "--allow-bad-lines", flags.allow_bad_lines,
        "A line that is no record, or lacks a field of the prompt, is a failed record; else it stops everything");
    command.add_flag("--resume", flags.resume, "Go on with the output of an earlier run");
    command.add_flag("--retry-failed", flags.retry_failed, "With --resume: do its failed records again");
    command.add_flag("--mix", flags.mix,
                     "With --resume: go on with an output of another prompt, model, schema, service or parameters");
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
    add_number(command, "--temperature", flags.temperature, number_range{0.0, 2.0}, "Sampling temperature");
    add_number(command, "--max-tokens", flags.max_tokens, number_range<std::int64_t>{1}, "Most tokens of an answer");
    add_number(command, "--progress-every", flags.progress_every, number_range{0.001, 1e6},
               "Seconds between progress lines where there is no terminal")
        ->default_str("10");
}

}  // namespace

void add_batch_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("batch", "Ask about every record of a JSONL file");
    auto flags = std::make_shared<batch_flags>();
    add_flags(*command, *flags);
    add_number_flags(*command, *flags);
    command->footer(std::string{batch_help} + exit_code_help);
    command->callback(
        [flags, &service, &chosen] { chosen = [flags, &service] { return run_batch_command(*flags, service); }; });
}

}  // namespace coax::cli
