#include "cli/commands.hpp"
#include "cli/compared_lines.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/number_flag.hpp"
#include "cli/setting_flags.hpp"
#include "cli/table_flags.hpp"
#include "cli/telemetry_export.hpp"

#include <coax/batch/records.hpp>
#include <coax/chat/prompt_template.hpp>
#include <coax/client/compare.hpp>
#include <coax/json/writer.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/map.hpp>

#include <CLI/CLI.hpp>

#include <array>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::cli {

namespace {

struct compare_flags {
    std::string text{};
    std::string input{};
    table_flags table{};
    std::string key_field{};
    std::string prompt{};
    std::string system{};
    std::string expected{};  ///< Of a file: the field of the right answer; of one question: the answer.
    std::string answer{"text"};
    std::string out{};
    std::vector<std::string> columns{};  ///< Of a table; empty: all.
    std::string facts{};
    std::vector<std::string> models{};
    std::vector<std::string> services{};
    std::uint64_t limit{0};
    std::size_t concurrency{4};
    std::optional<double> temperature{};
    std::optional<std::int64_t> max_tokens{};
    std::optional<double> timeout{};
    bool as_json{false};
};

/// Everything that is known before the first request.
struct compare_job {
    std::vector<client_options> clients{};
    chat_request request{};  ///< With what all questions share.
    compare_options how{};
    std::optional<prompt_template> prompt{};    ///< Of a file.
    std::optional<prompt_template> expected{};  ///< Of a file: gives the right answer.
    table_input table{};
    coax::detail::file_handle copy{};  ///< Of an input that can be read once only.
    record_options records{};
    bool as_json{false};
};

result<void> add_client(compare_job& job, compare_flags const& flags, service_flags const& service) {
    setting_flags stated;
    stated.add("request.temperature", flags.temperature, "--temperature")
        .add("request.max_output_tokens", flags.max_tokens, "--max-tokens")
        .add_seconds("policies.timeout", flags.timeout, "--timeout");
    auto set = resolve_all(service, process_environment, {.flags = std::move(stated).take()});
    if (!set) return std::move(set).error();
    job.request = std::move(set->request);
    job.clients.push_back(std::move(set->client));
    return {};
}

result<void> add_clients(compare_job& job, compare_flags const& flags, service_flags const& service) {
    for (auto const& model : flags.models) {
        auto own = service;
        own.model = model;
        if (auto added = add_client(job, flags, own); !added) return added;
    }
    for (auto const& name : flags.services) {
        auto own = service;
        own.service = name;
        own.model.clear();
        if (auto added = add_client(job, flags, own); !added) return added;
    }
    if (job.clients.empty()) return invalid_argument("--models", "which models? name them, or services by --with");
    return {};
}

/// A template, or the text itself.
result<prompt_template> read_question_template(std::string const& prompt) {
    bool const is_file = file_exists(prompt);
    auto const text = is_file ? read_file(prompt) : result<std::string>{prompt};
    if (!text) return text.error();
    return prompt_template::parse(*text, is_file ? prompt : "--prompt");
}

/// What the record makes of a question.
result<chat_request> compared_question(compare_job const& job, batch_record const& record) {
    if (record.problem) return *record.problem;
    auto asked = job.prompt->render(record.fields);
    if (!asked) return std::move(asked).error();
    auto request = job.request;
    if (!asked->system.empty()) request.messages.push_back(system(std::move(asked->system)));
    request.messages.push_back(user(std::move(asked->user)));
    return request;
}

result<compare_options> options_for_record(compare_job const& job, batch_record const& record) {
    auto options = job.how;
    if (!job.expected) return options;
    auto expected = job.expected->render(record.fields);
    if (!expected) return std::move(expected).error();
    options.expected = std::move(expected->user);
    if (answer_in(options.expected, options.answer).empty())
        return invalid_argument("--expected", "holds no answer: \"" + options.expected + '"');
    return options;
}

/// Finds the table that the input is, copies what cannot be read twice, and checks its columns.
result<void> open_compared(compare_job& job, compare_flags const& flags) {
    auto found = find_input(flags.input, flags.table);
    if (!found) return std::move(found).error();
    job.table = *std::move(found);
    if (reads_once(flags.input)) {
        auto copy = copy_to_temporary(flags.input);
        if (!copy) return std::move(copy).error();
        job.copy = *std::move(copy);
        job.table.paths = {path_of(job.copy)};
        job.table.options.name = flags.input;
    }
    if (auto learned = learn_columns(job.table); !learned) return learned;
    std::array<std::pair<std::string_view, std::string_view>, 2> const fields{
        {{"--key", flags.key_field}, {"--expected", flags.expected}}};
    return check_columns(job.table, *job.prompt, fields);
}

/// Reads the whole file once, before anything is sent.
result<void> prepare_file(compare_job& job, compare_flags const& flags) {
    if (flags.prompt.empty()) return invalid_argument("--prompt", "must be given with --input");
    auto prompt = read_question_template(flags.prompt);
    if (!prompt) return std::move(prompt).error();
    job.prompt = *std::move(prompt);
    if (!flags.expected.empty()) {
        auto expected = prompt_template::parse("{{" + flags.expected + "}}", "--expected");
        if (!expected) return std::move(expected).error();
        job.expected = *std::move(expected);
    }
    if (auto found = open_compared(job, flags); !found) return found;
    job.records = {.key_field = flags.key_field, .limit = flags.limit, .name = flags.input};
    auto const check = [&job](batch_record const& record) -> result<void> {
        if (auto question = compared_question(job, record); !question) return std::move(question).error();
        if (auto options = options_for_record(job, record); !options) return std::move(options).error();
        return {};
    };
    auto rows = job.table.open();
    if (!rows) return std::move(rows).error();
    auto const count = check_records(*std::move(rows), job.records, check);
    return count ? result<void>{} : result<void>{count.error()};
}

result<compare_job> prepare_comparison(compare_flags const& flags, service_flags const& service) {
    if (flags.text.empty() == flags.input.empty())
        return invalid_argument("--input", "one of it and a question must be given");
    compare_job job;
    job.as_json = flags.as_json;
    if (flags.answer == "number") job.how.answer = compared_answer::last_number;
    if (!flags.facts.empty()) {
        auto facts = model_table::load(flags.facts);
        if (!facts) return std::move(facts).error();
        job.how.facts = *std::move(facts);
    }
    if (auto added = add_clients(job, flags, service); !added) return std::move(added).error();
    if (!flags.system.empty()) job.request.messages.push_back(system(flags.system));
    if (!flags.input.empty()) {
        auto prepared = prepare_file(job, flags);
        return prepared ? result<compare_job>{std::move(job)} : result<compare_job>{std::move(prepared).error()};
    }
    job.how.expected = flags.expected;
    job.request.messages.push_back(user(flags.text));
    return job;
}

/// One model's response in full.
std::string paragraph(compared_response const& row, std::size_t others) {
    auto text = "== " + row.model + "  ";
    if (!row.response) return text + "failed: " + error_text(row.response.error()) + "\n\n";
    text += std::to_string(row.latency.count()) + " ms  " + std::to_string(row.usage.total_tokens()) + " tokens";
    if (row.cost) text += "  $" + to_string(*row.cost);
    if (row.correct) text += *row.correct ? "  right" : "  wrong";
    if (others > 0) text += "  agrees with " + std::to_string(row.agreeing) + " of " + std::to_string(others);
    return text + "\n" + row.response->text + "\n\n";
}

asio::awaitable<comparison> ask_once(compare_job const& job, std::vector<client> models, compared_output& lines) {
    auto const rows = co_await compare(models, job.request, job.how);
    for (auto const& row : rows)
        print_answer(job.as_json ? compared_line(nullptr, row) : paragraph(row, rows.size() - 1));
    lines.write(nullptr, rows);
    comparison all;
    all.add(rows, !job.how.expected.empty());
    co_return all;
}

asio::awaitable<comparison> ask_all(compare_job const& job, std::vector<client> models, compared_output& lines,
                                    std::size_t concurrency) {
    comparison all;
    auto const ask = [&](batch_record record) -> asio::awaitable<void> {
        auto request = value_or_throw(compared_question(job, record));
        auto options = value_or_throw(options_for_record(job, record));
        auto const rows = co_await compare(models, std::move(request), std::move(options));
        lines.write(&record, rows);
        all.add(rows, job.expected.has_value());
    };
    auto rows = value_or_throw(job.table.open());
    auto records = value_or_throw(read_records(std::move(rows), job.records));
    co_await for_each(std::move(records), {.concurrency = concurrency, .stop_on_error = true}, ask);
    co_return all;
}

/// A line for each model.
std::string scores_as_json(std::vector<model_score> const& scores) {
    std::string text;
    for (auto const& score : scores) {
        json::writer out{text.empty() ? text : text += '\n'};
        out.begin_object().member("model", std::string_view{score.model}).member("asked", score.asked);
        out.member("failed", score.failed).member("judged", score.judged).member("correct", score.correct);
        if (auto const share = score.accuracy()) out.member("accuracy", *share);
        if (auto const share = score.agreement()) out.member("agreement", *share);
        out.member("input_tokens", score.usage.input_tokens).member("output_tokens", score.usage.output_tokens);
        if (score.cost) out.member("cost_usd", std::string_view{to_string(*score.cost)});
        out.member("mean_latency_ms", score.mean_latency().count()).end_object();
    }
    return text + '\n';
}

int run_compare(compare_flags const& flags, service_flags const& service) {
    auto job = prepare_comparison(flags, service);
    if (!job) return print_error(job.error()), resolve_exit_code(job.error());
    compared_output lines{flags.out, flags.columns};
    runtime rt;
    std::list<telemetry_export> exported;
    std::vector<client> models;
    for (auto& options : job->clients) {
        exported.emplace_back(options, process_environment);
        models.emplace_back(rt.executor(), std::move(options));
    }
    auto const all = rt.run(job->prompt ? ask_all(*job, std::move(models), lines, flags.concurrency)
                                        : ask_once(*job, std::move(models), lines));
    if (auto const made = lines.finish(); !made) return print_error(made.error()), could_not_go_on;
    if (!flags.as_json)
        print_answer(to_table(all.scores()));
    else if (job->prompt)
        print_answer(scores_as_json(all.scores()));
    bool const failed = std::ranges::any_of(all.scores(), [](model_score const& one) { return one.failed > 0; });
    return failed ? some_failed : all_ok;
}

void add_compare_flags(CLI::App& command, compare_flags& flags) {
    command.add_option("TEXT", flags.text, "One question; otherwise --input");
    command.add_option("--models", flags.models, "Models of the service");
    command.add_option("--with", flags.services, "Services of the configuration, each with its own model");
    command.add_option_function<std::vector<std::string>>(
        "--input",
        [&flags](std::vector<std::string> const& all) {
            flags.input = all.front();
            flags.table.more_inputs.assign(all.begin() + 1, all.end());
        },
        "Files with the questions, JSONL, CSV, TSV, Parquet or Arrow, also .gz and .zst; * and ? are understood; - "
        "reads standard input");
    add_table_flags(command, flags.table);
    command.add_option("--key", flags.key_field, "Field that names a record; default: id, else the index");
    command.add_option("--prompt", flags.prompt, "Prompt template of a record: a file or the text");
    command.add_option("--system", flags.system, "System message");
    command.add_option("--expected", flags.expected, "The right answer; with --input the field that has it");
    command.add_option("--answer", flags.answer, "What is compared: the whole text, or the last number in it")
        ->check(CLI::IsMember({"text", "number"}))
        ->capture_default_str();
    command.add_option("--out", flags.out,
                       "File that gets a JSON object for each question and model; of FILE.csv, .tsv, .parquet and "
                       ".arrow a row, once all are there");
    command.add_option("--columns", flags.columns, "Columns of that table, in this order; default: all")
        ->delimiter(',');
    command.add_flag("--json", flags.as_json,
                     "Print a JSON object for each model: of one question its answer, of a file its score");
    command.add_option("--facts", flags.facts, "File with prices of models, besides those built in");
    add_number(command, "--limit", flags.limit, number_range{std::uint64_t{0}}, "First records only; 0: all");
    add_number(command, "--concurrency", flags.concurrency, number_range{1, 65'535}, "Questions in work at once")
        ->default_str("4");
    add_number(command, "--temperature", flags.temperature, number_range{0.0, 2.0}, "Sampling temperature");
    add_number(command, "--max-tokens", flags.max_tokens, number_range{std::int64_t{1}}, "Most tokens of an answer");
    add_number(command, "--timeout", flags.timeout, number_range{0.0, 1e6},
               "Seconds for an answer, retries included; 0: no limit");
}

}  // namespace

void add_compare_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("compare", "Ask several models the same, side by side");
    auto flags = std::make_shared<compare_flags>();
    add_compare_flags(*command, *flags);
    command->callback(
        [flags, &service, &chosen] { chosen = [flags, &service] { return run_compare(*flags, service); }; });
}

}  // namespace coax::cli
