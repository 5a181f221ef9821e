#pragma once

#include <coax/batch/progress.hpp>
#include <coax/batch/records.hpp>
#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/client/client.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/tasks/pipeline.hpp>
#include <coax/tasks/stream.hpp>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coax {

/// The handle that ends a batch early; copies share one state.
/// Thread safety: from any thread, and from a signal handler.
class batch_stop {
public:
    batch_stop();

    /// Nothing new is begun from now on; what is in flight is finished and handed over.
    void request() const noexcept;
    [[nodiscard]] bool requested() const noexcept;

private:
    core::detail::shared_opaque<std::atomic<bool>> requested_;
};

/// How a batch is run.
struct batch_options {
    /// Records in work at once; no more are read ahead. Range: [1, 65535]. The client's `max_concurrency` bounds it
    /// too.
    std::size_t concurrency{64};
    /// Failed records after which nothing new is begun. 0: failures never stop the batch.
    std::uint64_t max_failures{0};
    /// How many records there are, for the progress. Nothing: not known.
    std::optional<std::uint64_t> total{};
    /// Ends the batch early.
    batch_stop stop{};
    /// Called with the progress on the batch's executor, regularly and once at the end. Must not throw. May be empty.
    std::function<void(batch_progress const&)> on_progress{};
    /// Time between two calls of `on_progress`. Must be > 0.
    std::chrono::milliseconds progress_interval{500};
};

[[nodiscard]] result<void> validate(batch_options const& options);

/// One record's outcome, as a sink gets it.
template <class T>
struct batch_result {
    std::uint64_t index{0};
    std::string key{};
    result<T> value{T{}};
    coax::usage usage{};                   ///< What was billed, for a failed record too as far as known.
    int attempts{0};                       ///< Requests sent for it; 0: none.
    std::chrono::milliseconds latency{0};  ///< Waits included.
};

/// What the work on one record gives.
template <class T>
struct batch_output {
    T value{};
    coax::usage usage{};
    int attempts{1};
};

/// How many records failed in one way.
struct failure_count {
    errc code{};
    std::uint64_t count{0};

    [[nodiscard]] bool operator==(failure_count const& other) const;
};

/// What a batch did.
struct batch_summary {
    std::uint64_t ok{0};
    std::uint64_t failed{0};
    std::vector<failure_count> failures{};  ///< In the order of `errc`.
    std::uint64_t unfinished{0};            ///< Begun, but given up when the batch was ended: not handed to the sink.
    std::optional<std::uint64_t> remaining{};  ///< Records without an outcome; nothing: the total is unknown.
    std::uint64_t attempts{0};                 ///< Requests sent.
    std::uint64_t retries{0};                  ///< Of these, after a failure.
    std::uint64_t reasks{0};                   ///< Of these, because a response did not have the wanted form.
    coax::usage usage{};
    std::chrono::milliseconds elapsed{0};
    bool stopped{false};              ///< By `batch_stop` or `max_failures`.
    std::optional<error> ended_by{};  ///< Why the batch ended early; see `run_batch`.

    [[nodiscard]] std::uint64_t done() const noexcept { return ok + failed; }
};

/// For people, on a few lines: records, failures by kind, retries, tokens, time.
[[nodiscard]] std::string to_string(batch_summary const& summary);

/// Whether a record's failure ends the whole batch, because every other record would meet it too: a wrong key, used-up
/// credit, an untrusted certificate, a closed client and a cancellation always; no connection and an unknown model
/// while no record has succeeded.
[[nodiscard]] bool ends_batch(error const& why, bool any_succeeded) noexcept;

namespace detail {

/// The counts of one batch and the decisions that follow from them.
class batch_run {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit batch_run(batch_options options);

    /// Whether no further record is to be begun.
    [[nodiscard]] bool stopping() const noexcept;
    /// Counts a record that was taken from the source. @returns The time.
    clock::time_point begin() noexcept;
    [[nodiscard]] std::chrono::milliseconds elapsed_since(clock::time_point begun) const noexcept;
    /// Counts the work on a record, which `failure` ended unless it is null.
    /// @returns Whether the outcome goes to the sink: not when the failure ends the batch, or came of its end.
    [[nodiscard]] bool finish(usage const& used, int attempts, error const* failure);
    /// Counts an outcome that the sink has taken; nothing: a success.
    void count(std::optional<errc> failure);

    [[nodiscard]] pipeline_options to_pipeline_options() const;
    /// Runs the pipeline that calls the above, and reports the progress beside it.
    asio::awaitable<batch_summary> run(asio::awaitable<pipeline_progress> work);

    struct state;

private:
    core::detail::opaque<state> state_;
};

/// Source, work and sink of a batch as a `pipeline` takes them.
template <class T, class R, class Work, class Sink>
struct batch_stages {
    batch_run run;
    stream<R> source;
    Work work;
    Sink sink;

    /// The pipeline's source.
    asio::awaitable<std::optional<R>> next() {
        if (run.stopping()) source.close();
        return source.next();
    }

    /// Works on one record. Nothing: its outcome is not for the sink.
    asio::awaitable<std::optional<batch_result<T>>> process(R record) {
        auto const begun = run.begin();
        result<batch_output<T>> output{batch_output<T>{}};
        try {
            if constexpr (requires { record.problem; })
                if (record.problem) throw_error(*record.problem);
            output = co_await work(std::as_const(record));
        } catch (...) {
            output = to_error(std::current_exception());
        }
        auto outcome = to_outcome(record, std::move(output));
        outcome.latency = run.elapsed_since(begun);
        auto const* const failure = outcome.value ? nullptr : &outcome.value.error();
        if (!run.finish(outcome.usage, outcome.attempts, failure)) co_return std::nullopt;
        co_return outcome;
    }

    result<void> hand_over(result<std::optional<batch_result<T>>> processed) {
        if (!processed) return std::move(processed).error();
        if (!*processed) return {};
        auto& outcome = **processed;
        auto const failure = outcome.value ? std::nullopt : std::optional{outcome.value.error().code};
        result<void> taken = sink(std::move(outcome));
        if (taken) run.count(failure);
        return taken;
    }

private:
    static batch_result<T> to_outcome(R const& record, result<batch_output<T>> output) {
        batch_result<T> outcome{.index = record.index, .key = record.key};
        if (output) {
            outcome.value = std::move(output->value);
            outcome.usage = output->usage;
            outcome.attempts = output->attempts;
        } else {
            auto const& why = output.error();
            outcome.usage = {.input_tokens = why.input_tokens, .output_tokens = why.output_tokens};
            outcome.attempts = why.attempts;
            outcome.value = std::move(output).error();
        }
        return outcome;
    }
};

/// A template over the request, so that a file that asks for no batch compiles no request.
template <class T, chat_input Request>
asio::awaitable<batch_output<T>> ask(client llm, Request request) {
    if constexpr (std::same_as<T, std::string>) {
        auto response = co_await llm.parse(std::move(request), output_format{});
        co_return batch_output<T>{std::move(response.text), response.usage, response.attempts};
    } else {
        auto read = co_await llm.template parse_response<T>(std::move(request));
        co_return batch_output<T>{std::move(read.value), read.response.usage, read.response.attempts};
    }
}

/// @param made  A prompt, a request or a result of one, whose error is thrown.
template <class Made>
[[nodiscard]] chat_request request_of(Made made) {
    if constexpr (std::same_as<Made, result<chat_request>>)
        return value_or_throw(std::move(made));
    else if constexpr (std::same_as<Made, chat_request>)
        return made;
    else
        return to_request(std::string{std::move(made)});
}

}  // namespace detail

/// Works through records, at most `concurrency` at once, and hands each outcome over as soon as it is there: a
/// `pipeline` that keeps neither records nor outcomes, so memory does not grow with their number.
///
/// @param source  R has members `index` and `key`, and may have a `problem`: such a record fails with that error
/// without
///                being worked on.
/// @param work    `(R const&) -> awaitable<batch_output<T>>`; what it throws is that record's failure, no other's.
/// @param sink    `(batch_result<T>) -> result<void>`, called in order of completion. Its error ends the batch, and
/// what
///                is in flight is then cancelled. T must be default-constructible.
/// @returns What happened. The batch ends early, with the reason in `ended_by`, when source or sink fail, and when a
///          record's failure would be every record's (`ends_batch`); that record and what `batch_stop` leaves undone
///          are not handed to the sink, so that they can be done later.
/// @throws coax::exception  `errc::invalid_argument`: an option.
/// Cancellation: `terminal`; passed on to the work, which is waited for; `ended_by` is then `errc::cancelled`.
/// Thread safety: source, work and sink are called on the caller's executor, which must run one handler at a time.
template <class T, class R, class Work, class Sink>
asio::awaitable<batch_summary> run_batch(stream<R> source, Work work, Sink sink, batch_options options = {}) {
    detail::batch_stages<T, R, Work, Sink> stages{detail::batch_run{std::move(options)}, std::move(source),
                                                  std::move(work), std::move(sink)};
    auto process = [&stages](R record) { return stages.process(std::move(record)); };
    auto hand_over = [&stages](std::size_t, auto processed) { return stages.hand_over(std::move(processed)); };
    co_return co_await stages.run.run(
        pipeline(stages, stages.run.to_pipeline_options(), std::move(process), std::move(hand_over)));
}

/// The statistics of a client between two moments, put into a summary: requests, retries, re-asks, and all tokens,
/// those of failed records among them.
void add_statistics(batch_summary& summary, client_statistics const& before, client_statistics const& after);

/// Asks a model about each record, for a response in the form of `T` (`std::string`: its text, which fails where it was
/// refused, filtered or cut short).
///
/// @param to_request  `(R const&)` to a prompt, a `chat_request` or a `result<chat_request>`.
/// The other parameters, the result and the rest: as `run_batch`. The summary counts all that `llm` did meanwhile.
template <class T, class R, class ToRequest, class Sink>
asio::awaitable<batch_summary> batch(client llm, stream<R> source, ToRequest to_request, Sink sink,
                                     batch_options options = {}) {
    auto const before = llm.statistics();
    auto work = [llm, to_request = std::move(to_request)](R const& record) {
        return detail::ask<T>(llm, detail::request_of(to_request(record)));
    };
    auto summary = co_await run_batch<T>(std::move(source), std::move(work), std::move(sink), std::move(options));
    add_statistics(summary, before, llm.statistics());
    co_return summary;
}

}  // namespace coax
