#pragma once

#include <coax/batch/batch.hpp>
#include <coax/batch/batch_route.hpp>
#include <coax/batch/record_batch.hpp>
#include <coax/batch/results.hpp>
#include <coax/bind/write.hpp>
#include <coax/client/client.hpp>
#include <coax/json/detail/value_access.hpp>

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

/// How `process_batch` runs.
struct process_options {
    /// The file that keeps the results, one JSON line a row, as they come; see `batch_journal`. The same batch goes on
    /// from it after whatever ended it. Empty: a temporary file, which is gone with the results.
    std::string journal{};
    resume_mode resume{resume_mode::matching};
    /// Rows that failed in an earlier run are asked again.
    bool retry_failed{false};
    /// See `record_batch::share_equal`.
    bool share_equal{true};
    batch_shard shard{};
    /// The field that names a row, for rows of one's own: see `record_options::key_field`.
    std::string key_field{};
    /// Parameters of all requests, and messages that stand before each prompt. A request that is made by a function has
    /// its own.
    chat_request request{};
    /// Tools that the model may call on its way to an answer.
    toolbox tools{};
    run_options tool_run{};
    /// The way that rows take: one request each; `via_service_batches`, `via_background`, `via_queue`. The next run
    /// with the journal may take another. A queue takes messages only: a request that a function makes has the
    /// parameters of `request`; and `batch.concurrency` is then how many rows are in the queue, or in work, at once.
    batch_route via{};
    /// Texts of one request, where vectors are wanted. Range: [1, 2048]. As many rows as four requests have are in work
    /// at least.
    std::size_t texts_per_request{128};
    /// See `record_batch::sync_interval`, `journal_options::sync_lines`.
    std::chrono::milliseconds sync_interval{1'000};
    std::uint64_t sync_lines{1'000};
    batch_options batch{};
};

[[nodiscard]] result<void> validate(process_options const& options);

namespace detail {

/// The part of `process_batch` that knows no types.
struct process_plan {
    client llm;
    std::function<result<stream<batch_record>>()> open{};
    std::function<result<chat_request>(batch_record const&)> to_request{};
    std::string prompt{};  ///< A template; empty: `to_request` makes the requests.
    std::string schema{};  ///< What the answers have to be.
    output_kind form{output_kind::json};
    bool embeds{false};
    std::function<asio::awaitable<batch_output<std::string>>(client, chat_request)> ask{};
    output_format format{};                                     ///< Of a response that is not asked for by `ask`.
    std::function<std::string(chat_response const&)> output{};  ///< What such a response gives; empty: its text.
    std::function<result<void>(batch_result<std::string> const&)> on_result{};
    process_options options{};
};

/// What is left of it: the results are in the file.
struct processed_file {
    batch_summary summary{};
    resume_counts resumed{};
    std::string path{};
    std::shared_ptr<void> owner{};  ///< Of a temporary file.
};

asio::awaitable<processed_file> process(process_plan plan);

/// The row as a record whose fields are the struct's.
[[nodiscard]] batch_record to_record(std::uint64_t index, json_value fields, std::string const& key_field);

/// JSON of any form, where nothing tells a form: what does not parse is asked for again.
[[nodiscard]] output_format any_json(json::leniency const& leniency);

template <class T>
inline constexpr bool is_vector_of_text = std::same_as<T, std::vector<float>>;

/// Asks for a `T`, and gives it as an output has it.
template <class T>
asio::awaitable<batch_output<std::string>> ask_for_text(client llm, chat_request request, toolbox tools,
                                                        run_options running) {
    bool const has_tools = !tools.entries().empty();
    if constexpr (std::same_as<T, std::string> || std::same_as<T, json_value>) {
        constexpr bool is_json = std::same_as<T, json_value>;
        auto const leniency = llm.options().output.leniency;
        auto format = is_json ? any_json(leniency) : output_format{};
        auto asking = has_tools ? llm.run(std::move(request), std::move(tools), std::move(running), std::move(format))
                                : llm.parse(std::move(request), std::move(format));
        auto response = co_await std::move(asking);
        if constexpr (is_json)
            response.text = json::read<json_value>(response.text, {.leniency = leniency}).value().text();
        co_return batch_output<std::string>{std::move(response.text), response.usage, response.attempts};
    } else {
        auto asking = has_tools ? llm.template run_response<T>(std::move(request), std::move(tools), std::move(running))
                                : llm.template parse_response<T>(std::move(request));
        auto read = co_await std::move(asking);
        co_return batch_output<std::string>{json::write(read.value), read.response.usage, read.response.attempts};
    }
}

/// Structs as records.
template <class R>
class struct_records final : public stream_source<batch_record> {
public:
    struct_records(std::shared_ptr<std::vector<R> const> rows, std::string key_field)
        : rows_{std::move(rows)}, key_field_{std::move(key_field)} {}

    std::optional<batch_record> try_next(asio::any_io_executor const&) override {
        if (next_ == rows_->size()) return std::nullopt;
        auto const index = next_++;
        std::string text;
        json::write_to(text, (*rows_)[index], {.omit_empty_optionals = false});
        return to_record(index, json::detail::value_access::make(std::move(text)), key_field_);
    }
    asio::awaitable<std::optional<batch_record>> next() override { co_return std::nullopt; }  // none is waited for

private:
    std::shared_ptr<std::vector<R> const> rows_;
    std::string key_field_;
    std::uint64_t next_{0};
};

/// Where rows come from: a list of structs, or a function that opens records.
template <class Source>
class row_source {
public:
    static constexpr bool is_records = true;
    using row = batch_record;

    row_source(Source open, std::string) : open_{std::move(open)} {}
    [[nodiscard]] result<stream<batch_record>> open() const { return open_(); }
    // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): the caller keeps the record
    [[nodiscard]] row const& row_of(batch_record const& record) const { return record; }

private:
    Source open_;
};
template <class R>
class row_source<std::vector<R>> {
public:
    static constexpr bool is_records = false;
    using row = R;

    row_source(std::vector<R> rows, std::string key_field)
        : rows_{std::make_shared<std::vector<R> const>(std::move(rows))}, key_field_{std::move(key_field)} {}
    [[nodiscard]] result<stream<batch_record>> open() const {
        return stream<batch_record>{std::make_unique<struct_records<R>>(rows_, key_field_)};
    }
    [[nodiscard]] row const& row_of(batch_record const& record) const { return (*rows_)[record.index]; }

private:
    std::shared_ptr<std::vector<R> const> rows_;
    std::string key_field_;
};

/// How a response is read that comes whole, from a batch of the service.
template <class T>
void add_response_form(process_plan& plan) {
    auto const leniency = plan.llm.options().output.leniency;
    if constexpr (std::same_as<T, json_value>) {
        plan.format = any_json(leniency);
        plan.output = [leniency](chat_response const& response) {
            return json::read<json_value>(response.text, {.leniency = leniency}).value().text();
        };
    } else if constexpr (!std::same_as<T, std::string> && !is_vector_of_text<T>) {
        plan.format = output_format::of<T>({.leniency = leniency});
        plan.output = [leniency](chat_response const& response) {
            return json::write(json::read<T>(response.text, {.leniency = leniency}).value());
        };
    }
}

template <class T>
process_plan plan_of(client llm, process_options options) {
    process_plan plan{.llm = std::move(llm)};
    add_response_form<T>(plan);
    plan.form = std::same_as<T, std::string> ? output_kind::text : output_kind::json;
    plan.embeds = is_vector_of_text<T>;
    if constexpr (std::same_as<T, json_value>)
        plan.schema = "JSON";
    else if constexpr (!std::same_as<T, std::string> && !is_vector_of_text<T>)
        plan.schema = json::codec_of<T>.schema(schema_dialect::json_schema).value_or(std::string_view{});
    if constexpr (!is_vector_of_text<T>)
        plan.ask = [tools = options.tools, running = options.tool_run](client asked, chat_request request) {
            return ask_for_text<T>(std::move(asked), std::move(request), tools, running);
        };
    plan.options = std::move(options);
    return plan;
}

/// Takes results and does nothing.
struct ignored_results {};

/// What tells a sink of a line that is written.
template <class T, class Sink>
std::function<result<void>(batch_result<std::string> const&)> teller_of(Sink sink, output_kind form) {
    return [sink = std::move(sink), form](batch_result<std::string> const& line) mutable -> result<void> {
        batch_result<json_value> one{.index = line.index, .key = line.key};
        if (!line.value)
            one.value = line.value.error();
        else
            one.value =
                json::detail::value_access::make(form == output_kind::text ? json::write(*line.value) : *line.value);
        one.usage = line.usage;
        one.attempts = line.attempts;
        one.latency = line.latency;
        one.same_as = line.same_as;
        return sink(to_result<T>(std::move(one)));
    };
}

}  // namespace detail

/// What came of a batch: the results are read from its journal.
template <class T>
class processed_batch {
public:
    explicit processed_batch(detail::processed_file file) : file_{std::move(file)} {}

    [[nodiscard]] batch_summary const& summary() const noexcept { return file_.summary; }
    /// What an earlier run had done.
    [[nodiscard]] resume_counts const& resumed() const noexcept { return file_.resumed; }
    /// All results, those of earlier runs among them, one by one in the order in which they came. Lifetime: as this.
    /// @throws coax::exception  As `read_results`.
    [[nodiscard]] stream<batch_result<T>> results() const { return read_results<T>(file_.path).value(); }
    /// All of them at once, in the order of the rows; a row that has none is not there. For batches that fit the
    /// memory.
    [[nodiscard]] std::vector<batch_result<T>> table() const {
        std::vector<batch_result<T>> rows;
        auto lines = detail::result_lines::open(file_.path).value();
        while (auto line = lines.next().value()) rows.push_back(detail::to_result<T>(*std::move(line)));
        std::ranges::sort(rows, {}, &batch_result<T>::index);
        return rows;
    }

private:
    detail::processed_file file_;
};

/// Asks a model about each row, and keeps what it answers in a journal: what is there already from an earlier run is
/// not asked again, unless the row has changed. Everything that `batch` does holds (retries, pauses, ends), and equal
/// questions are asked once.
///
///     auto const done = co_await process_batch<verdict>(llm, posts, "Judge: {{text}}", {.journal = "verdicts.jsonl"});
///
/// @tparam T       What is wanted of a row: a struct; `std::string`: text; `json_value`: JSON of any form, asked for
/// again
///                 where it does not parse; `std::vector<float>`: the vector of the prompt.
/// @param source   `std::vector<R>`, of structs that coax can write; their field `id` is their key. Or a function that
///                 opens a `result<stream<batch_record>>`, such as one that calls `read_records`: it is called for each
///                 pass over the rows, up to three times.
/// @param prompt   A template over the row's fields (`prompt_template`), or a function `(R const&)` to a prompt, a
///                 `chat_request` or a `result<chat_request>`, which is called more than once for a row.
/// @param sink     `(batch_result<T>) -> result<void>`: is told of each result as it comes, once its line is written.
/// Its
///                 error ends the batch.
/// @returns What happened, also where the batch ended early (`batch_summary::ended_by`), and the results.
/// @throws coax::exception  Before anything is sent: `errc::invalid_argument` for an option, a prompt, a journal of
///         another run or of other rows (see `batch_journal`); `errc::io_failed`.
/// Cancellation: `terminal`; `ended_by` is then `errc::cancelled`. Thread safety: as `run_batch`.
template <class T, class Source, class Prompt, class Sink = detail::ignored_results>
[[nodiscard]] asio::awaitable<processed_batch<T>> process_batch(client llm, Source source, Prompt prompt,
                                                                process_options options = {}, Sink sink = {}) {
    auto const rows = detail::row_source<Source>{std::move(source), options.key_field};
    auto plan = detail::plan_of<T>(std::move(llm), std::move(options));
    plan.open = [rows] { return rows.open(); };
    if constexpr (!std::same_as<Sink, detail::ignored_results>)
        plan.on_result = detail::teller_of<T>(std::move(sink), plan.form);
    if constexpr (std::convertible_to<Prompt, std::string>)
        plan.prompt = std::string{std::move(prompt)};
    else
        plan.to_request = [rows, prompt = std::move(prompt)](batch_record const& record) -> result<chat_request> {
            return detail::request_of(prompt(rows.row_of(record)));
        };
    co_return processed_batch<T>{co_await detail::process(std::move(plan))};
}

}  // namespace coax
