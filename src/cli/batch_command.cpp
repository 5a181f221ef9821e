#include "cli/batch_job.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"

#include <coax/bind/read.hpp>
#include <coax/client/output_format.hpp>
#include <coax/json/value.hpp>
#include <coax/runtime/runtime.hpp>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <unistd.h>
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
    "Interrupted or crashed, run the same command with --resume: what FILE has is not asked again.\n"
    "The service is chosen by --provider, --model, --base-url and so on (coax --help), or by the environment; keys "
    "come\n"
    "from the environment only.\n\n";

/// The first Ctrl-C lets the records in flight finish, the second one aborts.
class interrupt_watch {
public:
    interrupt_watch(asio::any_io_executor const& executor, client llm, batch_stop stop, progress_display& display)
        : signals_{executor, SIGINT, SIGTERM}, llm_{std::move(llm)}, stop_{std::move(stop)}, display_{display} {
        wait();
    }
    [[nodiscard]] bool interrupted() const noexcept { return seen_ > 0; }

private:
    void wait() {
        signals_.async_wait([this](boost::system::error_code failure, int) {
            if (!failure) on_signal();
        });
    }
    void on_signal() {
        display_.finish();
        if (++seen_ > 1) {
            // Every finished line is with the operating system already: nothing is left to save.
            print_note("aborted; --resume goes on");
            ::_exit(interrupted_code);
        }
        print_note("stopping: what is in flight is finished and written; Ctrl-C again aborts");
        stop_.request();
        llm_.close();
        wait();
    }

    static constexpr int interrupted_code = cli::interrupted;
    asio::signal_set signals_;
    client llm_;
    batch_stop stop_;
    progress_display& display_;
    int seen_{0};
};

/// Asks for one record. The output is the text of the response, or the JSON in it where the format has a schema.
asio::awaitable<batch_output<std::string>> ask(client llm, output_format format, chat_request request) {
    bool const is_json = format.schema != nullptr;
    auto response = co_await llm.parse(std::move(request), std::move(format));
    if (is_json)
        if (auto value = json::read<json_value>(response.text, {.leniency = llm.options().output.leniency}))
            response.text = value->text();
    co_return batch_output<std::string>{std::move(response.text), response.usage, response.attempts};
}

/// Asks for every record that the output lacks.
batch_summary run_job(batch_job const& job, batch_flags const& flags, jsonl_writer& out, std::uint64_t undone,
                      bool& was_interrupted) {
    auto records = value_or_throw(read_records(flags.input, job.records));
    runtime rt;
    client llm{rt.executor(), job.options};
    batch_stop const stop;
    progress_display display{flags.quiet,
                             std::chrono::milliseconds{static_cast<std::int64_t>(flags.progress_every * 1000.0)}};
    interrupt_watch const watch{rt.executor(), llm, stop, display};
    auto const format = job.schema ? output_format::of(*job.schema, job.options.output.leniency) : output_format{};

    auto undone_records = generate([&]() -> asio::awaitable<std::optional<batch_record>> {
        for (;;) {
            auto record = co_await records.next();
            if (!record || !out.finished().contains(record->index)) co_return record;
        }
    });
    auto const work = [&](batch_record const& record) {
        auto request = value_or_throw(request_for(job, flags.input, record));
        return ask(llm, format, std::move(request));
    };
    auto const write = [&](batch_result<std::string> outcome) {
        return out.write(to_json_line(outcome, job.schema ? output_kind::json : output_kind::text));
    };
    batch_options options{
        .concurrency = flags.concurrency, .max_failures = flags.max_failures, .total = undone, .stop = stop};
    options.on_progress = [&](batch_progress const& progress) { display.show(progress); };
    options.progress_interval = display.interval();

    auto const before = llm.statistics();
    auto summary = rt.run(run_batch<std::string>(std::move(undone_records), work, write, std::move(options)));
    add_statistics(summary, before, llm.statistics());
    display.finish();
    was_interrupted = watch.interrupted();
    return summary;
}

/// Prints the summary to standard error.
void report(batch_summary const& summary, finished_records const& finished, bool quiet) {
    if (!quiet && (summary.done() > 0 || !summary.ended_by)) {
        auto text = to_string(summary);
        if (finished.size() > 0)
            text += "before    " + std::to_string(finished.size()) + " done by earlier runs, " +
                    std::to_string(finished.failed()) + " of them failed\n";
        std::fwrite(text.data(), 1, text.size(), stderr);
    }
    if (summary.ended_by) print_error(*summary.ended_by);
    if (summary.remaining.value_or(0) > 0 && summary.done() + finished.size() > 0)
        print_note(std::to_string(*summary.remaining) + " records remain; --resume goes on with them");
}

/// Opens the output and checks that it was made from this input.
result<jsonl_writer> open_output(batch_job const& job, batch_flags const& flags, bool drop_failures,
                                 std::uint64_t& undone) {
    auto out = jsonl_writer::open(flags.out, {.resume = flags.resume, .drop_failures = drop_failures});
    if (!out) return out;
    auto const count = count_undone(flags.input, job.records, out->finished());
    if (!count) return count.error();
    undone = *count;
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
    auto out = open_output(*job, flags, false, undone);
    if (out && flags.retry_failed) {
        out = error{};  // closed: the failed records are taken out only now that the output is known to fit the input
        out = open_output(*job, flags, true, undone);
    }
    if (!out) return fail(out.error(), bad_usage);
    raise_file_limit();

    bool was_interrupted = false;
    auto const failed_before = out->finished().failed();
    auto summary = run_job(*job, flags, *out, undone, was_interrupted);
    auto const closed = out->close();
    if (!closed && !summary.ended_by) summary.ended_by = closed.error();
    report(summary, out->finished(), flags.quiet);
    return exit_code_of(summary, was_interrupted, failed_before);
}

void add_flags(CLI::App& command, batch_flags& flags) {
    command.add_option("INPUT", flags.input, "JSONL file with the records")->required();
    command.add_option("--prompt", flags.prompt, "Prompt template: a file or the text")->required();
    command.add_option("--out", flags.out, "Output file")->required();
    command.add_option("--schema", flags.schema, "Form of the answers: a file or a built-in name");
    command.add_option("--system", flags.system, "System message for every record");
    command.add_option("--key", flags.key_field, "Field that names a record; default: id, else the index");
    command.add_option("--limit", flags.limit, "First records only; 0: all")->check(CLI::NonNegativeNumber);
    command.add_flag(
        "--allow-bad-lines", flags.allow_bad_lines,
        "A line that is no record, or lacks a field of the prompt, is a failed record; else it stops everything");
    command.add_flag("--resume", flags.resume, "Go on with the output of an earlier run");
    command.add_flag("--retry-failed", flags.retry_failed, "With --resume: do its failed records again");

    command.add_option("--concurrency", flags.concurrency, "Records in work at once")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command.add_flag("--adaptive", flags.adaptive,
                     "Find out how many requests at once the service bears, up to --concurrency");
    command.add_option("--rpm", flags.rpm, "Requests a minute; 0: no limit");
    command.add_option("--tpm", flags.tpm, "Tokens a minute; 0: no limit");
    command.add_flag("--even-spacing", flags.even_spacing, "Spread requests evenly over the minute");
    command.add_option("--retries", flags.retries, "Times a failed request is sent again")->capture_default_str();
    command
        .add_option("--max-reasks", flags.max_reasks, "Times an answer that does not fit the schema is asked for again")
        ->capture_default_str();
    command.add_option("--timeout", flags.timeout, "Seconds for a record, retries included; 0: no limit");
    command
        .add_option("--max-failures", flags.max_failures, "Begin nothing new after so many failed records; 0: go on")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--temperature", flags.temperature, "Sampling temperature");
    command.add_option("--max-tokens", flags.max_tokens, "Most tokens of an answer");

    command
        .add_option("--progress-every", flags.progress_every,
                    "Seconds between progress lines where there is no terminal")
        ->capture_default_str();
    command.add_flag("--quiet", flags.quiet, "No progress and no summary");
}

}  // namespace

void add_batch_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("batch", "Ask about every record of a JSONL file");
    auto flags = std::make_shared<batch_flags>();
    add_flags(*command, *flags);
    command->footer(std::string{batch_help} + exit_code_help);
    command->callback(
        [flags, &service, &chosen] { chosen = [flags, &service] { return run_batch_command(*flags, service); }; });
}

}  // namespace coax::cli
