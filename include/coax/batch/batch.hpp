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
    /// Failed records after which nothing new is begun. 0: no number of failures stops the batch.
    std::uint64_t max_failures{0};
    /// Records that fail alike, with no success between, after which the others would fail so too: the batch ends, or
    /// pauses where the service is in trouble (`failure_scope`). Twice as many once a record has succeeded; at most 3,
    /// or 6, where the service refuses the caller. 0: each failure is that record's own.
    std::uint64_t alike_failures{10};
    /// Longest time without a success for which the batch waits for a service that has a limit or is in trouble; a
    /// longer wait that it asks for ends the batch at once. Range: [0, 30 days].
    std::chrono::milliseconds max_pause{120'000};
    /// How many records there are, for the progress. Nothing: not known.
    std::optional<std::uint64_t> total{};
    /// Ends the batch early.
    batch_stop stop{};
    /// Called with the progress on the batch's executor, regularly and once at the end. Empty: nothing. An exception
    /// ends the batch.
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
    std::uint64_t resent{0};                   ///< Besides `attempts`; see `client_statistics::resent`.
    coax::usage usage{};
    std::chrono::milliseconds elapsed{0};
    bool stopped{false};              ///< By `batch_stop` or `max_failures`.
    std::optional<error> ended_by{};  ///< Why the batch ended early; see `run_batch`. Its `retry_after`, if there is
                                      ///< one, tells when it can go on.

    [[nodiscard]] std::uint64_t done() const noexcept { return ok + failed; }
};

/// For people, on a few lines: records, failures by kind, retries, tokens, time.
[[nodiscard]] std::string to_string(batch_summary const& summary);

/// What a record's failure says of the others.
enum class failure_scope {
    record,  ///< Nothing.
    shared,  ///< They may meet it too: refused as wrong, without right, not found. So many alike end the batch.
    outage,  ///< The service or the way to it is in trouble. So many make the batch pause: one record at a time tries
             ///< again until one succeeds, then all that failed so; no success within `max_pause` ends it. Before any
             ///< success so many end it at once, and one where no connection can be made.
    limit,   ///< Too many requests or tokens: the batch pauses as the service asks, and tries the record again.
    batch,   ///< They will meet it: used-up credit, a key that the service calls expired or revoked, a closed client, a
             ///< cancellation. The batch ends at once.
};

[[nodiscard]] failure_scope scope_of(error const& why);

namespace detail {

/// What whoever asks for the next record is to do.
enum class batch_turn {
    stop,    ///< There is none.
    fresh,   ///< Take one from the source.
    again,   ///< Take one of those that are tried again.
    probe,   ///< Take the first of those held back.
    settle,  ///< Hand over those held back, or try them again.
};

/// When a record was begun.
struct batch_begin {
    clock::time_point at;
    std::uint64_t after_failures;  ///< That many had been held back before.
};

/// The counts of one batch and the decisions that follow from them.
class batch_run {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit batch_run(batch_options options);

    /// Waits until another record may begin, or the batch is over.
    /// @param again  How many are to be tried again.
    [[nodiscard]] asio::awaitable<batch_turn> turn(std::size_t const& again);
    /// The source has no more.
    void source_ended() noexcept;

    /// Whose failure the first of those held back is is known.
    [[nodiscard]] bool settles() const noexcept;
    /// Takes the first of those held back. @returns Whether its record is tried again, and not handed over.
    [[nodiscard]] bool settle_first(error const& why, int rounds) noexcept;
    /// Takes the first of those held back, to be tried again.
    void take_first() noexcept;

    /// Counts a record that is worked on. @param rounds  Tries of it before.
    [[nodiscard]] batch_begin begin(int rounds) noexcept;
    [[nodiscard]] std::chrono::milliseconds elapsed_since(batch_begin const& begun) const noexcept;
    /// Counts the work on a record, which `failure` ended unless it is null.
    /// @returns Whether the outcome goes to the sink; otherwise it is held back, last.
    [[nodiscard]] bool finish(batch_begin const& begun, usage const& used, int attempts, error const* failure);
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
    /// A record on its way.
    struct item {
        R record;
        int rounds{0};  ///< Tries before.
    };
    struct held_item {
        item of;
        batch_result<T> outcome;
    };

    batch_run run;
    stream<R> source;
    Work work;
    Sink sink;
    std::vector<held_item> held_back{};  ///< Failed, and nobody knows yet whose fault it is.
    std::vector<item> retried{};
    std::size_t retried_count{0};

    /// The pipeline's source.
    asio::awaitable<std::optional<item>> next() {
        for (;;) {
            auto const turn = co_await run.turn(retried_count);
            if (turn == batch_turn::again) co_return take_retried();
            if (turn == batch_turn::probe) co_return take_held();
            if (turn == batch_turn::settle) {
                settle();
                continue;
            }
            if (turn == batch_turn::stop) source.close();
            auto fresh = co_await source.next();
            if (fresh) co_return item{std::move(*fresh)};
            if (turn == batch_turn::stop) co_return std::nullopt;
            run.source_ended();
        }
    }

    /// Works on one record. Nothing: its outcome is not for the sink, or not yet.
    asio::awaitable<std::optional<batch_result<T>>> process(item one) {
        auto const& record = one.record;
        auto const begun = run.begin(one.rounds);
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
        if (run.finish(begun, outcome.usage, outcome.attempts, failure)) co_return outcome;
        held_back.push_back({std::move(one), std::move(outcome)});
        co_return std::nullopt;
    }

    result<void> hand_over(result<std::optional<batch_result<T>>> processed) {
        if (!processed) return std::move(processed).error();
        if (!*processed) return {};
        return hand_over(**std::move(processed));
    }

    result<void> hand_over(batch_result<T> outcome) {
        auto const failure = outcome.value ? std::nullopt : std::optional{outcome.value.error().code};
        result<void> taken = sink(std::move(outcome));
        if (taken) run.count(failure);
        return taken;
    }

private:
    /// Each that is known to be its record's own failure is handed over, or that record is tried again.
    void settle() {
        auto next = held_back.begin();
        for (; run.settles(); ++next) {
            if (run.settle_first(next->outcome.value.error(), next->of.rounds))
                retried.push_back({std::move(next->of.record), next->of.rounds + 1});
            else
                hand_over(std::move(next->outcome)).value();
        }
        held_back.erase(held_back.begin(), next);
        retried_count = retried.size();
    }

    item take_retried() {
        auto one = std::move(retried.back());
        retried.pop_back();
        retried_count = retried.size();
        return one;
    }

    item take_held() {
        auto one = std::move(held_back.front().of);
        held_back.erase(held_back.begin());
        run.take_first();
        ++one.rounds;
        return one;
    }

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
/// @returns What happened. The batch ends early, with the reason in `ended_by`, when source or sink fail, and when the
///          last records' failures would be every record's (`failure_scope`); these and what was not begun are not
///          handed to the sink, so that they can be done later.
/// @throws coax::exception  `errc::invalid_argument`: an option.
/// Cancellation: `terminal`; passed on to the work, which is waited for; `ended_by` is then `errc::cancelled`.
/// Thread safety: source, work and sink are called on the caller's executor, which must run one handler at a time.
template <class T, class R, class Work, class Sink>
asio::awaitable<batch_summary> run_batch(stream<R> source, Work work, Sink sink, batch_options options = {}) {
    detail::batch_stages<T, R, Work, Sink> stages{detail::batch_run{std::move(options)}, std::move(source),
                                                  std::move(work), std::move(sink)};
    using item = typename detail::batch_stages<T, R, Work, Sink>::item;
    auto process = [&stages](item one) { return stages.process(std::move(one)); };
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
