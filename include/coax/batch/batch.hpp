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

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
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
    /// Told of the progress on the batch's executor, regularly and once at the end. Must not throw. Empty: nobody is
    /// told.
    std::function<void(batch_progress const&)> on_progress{};
    /// Time between two calls of `on_progress`. Must be > 0.
    std::chrono::milliseconds progress_interval{500};
};

/// The first thing wrong with `options`; none: they are valid.
[[nodiscard]] std::optional<error> validate(batch_options const& options);

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
struct batch_answer {
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

/// What a batch came to.
struct batch_summary {
    std::uint64_t ok{0};
    std::uint64_t failed{0};
    std::vector<failure_count> failures{};  ///< In the order of `errc`.
    std::uint64_t unfinished{0};            ///< Begun, but given up when the batch was ended: not handed to the sink.
    std::optional<std::uint64_t> remaining{};  ///< Records without an outcome; nothing: the total is not known.
    std::uint64_t attempts{0};                 ///< Requests sent.
    std::uint64_t retries{0};                  ///< Of these, after a failure.
    std::uint64_t reasks{0};                   ///< Of these, because an answer did not have the wanted form.
    coax::usage usage{};
    std::chrono::milliseconds elapsed{0};
    bool stopped{false};              ///< By `batch_stop` or `max_failures`.
    std::optional<error> ended_by{};  ///< What ended the batch before its end; see `run_batch`.

    [[nodiscard]] std::uint64_t done() const noexcept { return ok + failed; }
};

/// For people, on a few lines: records, failures by kind, retries, tokens, time.
[[nodiscard]] std::string to_string(batch_summary const& summary);

/// Whether a record's failure ends the whole batch, because every other record would meet it too: a wrong key, used-up
/// credit, an untrusted certificate, a closed client and a cancellation always; no connection and an unknown model
/// while no record has succeeded.
[[nodiscard]] bool ends_batch(error const& why, bool any_succeeded) noexcept;

namespace detail {

struct batch_state;

/// What is to become of a failed record.
enum class batch_verdict { hand_over, give_up, end_batch };

/// What the templates below know of the batch they run in.
class batch_context {
public:
    explicit batch_context(batch_state& state) noexcept : state_{state} {}
    [[nodiscard]] batch_verdict judge(error const& why) const noexcept;

private:
    batch_state& state_;
};

/// How the work on one record ended.
struct batch_outcome {
    enum class end_t {
        no_record,
        ok,
        failed,
        given_up,  ///< The batch is ending: no outcome.
        fatal,     ///< Every record would fail with this: the batch ends with what is in flight.
        broken,    ///< Source or sink failed: the batch ends now.
    };
    end_t end{end_t::no_record};
    std::optional<error> why{};  ///< Of every end but the first two.
    coax::usage usage{};
    int attempts{0};
};

/// Source, work and sink without their types.
class batch_task {
public:
    batch_task() = default;
    batch_task(batch_task const&) = delete;
    batch_task& operator=(batch_task const&) = delete;
    virtual ~batch_task() = default;
    /// Takes a record before it first suspends, works on it and hands its outcome over.
    virtual asio::awaitable<batch_outcome> next(batch_context gate) = 0;
};

asio::awaitable<batch_summary> run_line(batch_task& line, batch_options options);

template <class T, class Source, class Work, class Sink>
class typed_batch_line final : public batch_task {
public:
    typed_batch_line(Source source, Work work, Sink sink)
        : source_{std::move(source)}, work_{std::move(work)}, sink_{std::move(sink)} {}

    asio::awaitable<batch_outcome> next(batch_context gate) override {
        using end_t = batch_outcome::end_t;
        auto taken = source_();
        if (!taken) co_return batch_outcome{.end = end_t::broken, .why = std::move(taken).error()};
        if (!*taken) co_return batch_outcome{};
        auto const record = std::move(**taken);

        auto const executor = co_await asio::this_coro::executor;
        auto const& time = clock_of(executor);
        auto const begun = time.now();
        result<batch_answer<T>> answer{batch_answer<T>{}};
        std::optional<error> problem{};
        if constexpr (requires { record.problem; }) problem = record.problem;
        if (problem)
            answer = std::move(*problem);
        else
            answer = co_await as_result(work_on(record));

        batch_outcome step{.end = answer ? end_t::ok : end_t::failed};
        batch_result<T> outcome{.index = record.index, .key = record.key};
        outcome.latency = std::chrono::duration_cast<std::chrono::milliseconds>(time.now() - begun);
        if (answer) {
            step.usage = outcome.usage = answer->usage;
            step.attempts = outcome.attempts = answer->attempts;
            outcome.value = std::move(answer->value);
        } else {
            step.why = answer.error();
            step.attempts = outcome.attempts = step.why->attempts;
            step.usage =
                outcome.usage = {.input_tokens = step.why->input_tokens, .output_tokens = step.why->output_tokens};
            auto const verdict = gate.judge(*step.why);
            if (verdict != batch_verdict::hand_over) {
                step.end = verdict == batch_verdict::give_up ? end_t::given_up : end_t::fatal;
                co_return step;
            }
            outcome.value = std::move(answer).error();
        }
        if (auto written = sink_(std::move(outcome)); !written) {
            step.end = end_t::broken;
            step.why = std::move(written).error();
        }
        co_return step;
    }

private:
    /// Makes what `work_` throws before its first suspension a failure like any other.
    template <class R>
    asio::awaitable<batch_answer<T>> work_on(R const& record) {
        co_return co_await work_(record);
    }

    Source source_;
    Work work_;
    Sink sink_;
};

/// An answer's text; one that was refused, filtered or cut short is an error.
asio::awaitable<batch_answer<std::string>> ask_text(client llm, chat_request request);

template <class T>
asio::awaitable<batch_answer<T>> ask(client llm, chat_request request) {
    if constexpr (std::same_as<T, std::string>) {
        co_return co_await ask_text(std::move(llm), std::move(request));
    } else {
        auto answer = co_await llm.template parse_response<T>(std::move(request));
        co_return batch_answer<T>{std::move(answer.value), answer.response.usage, answer.response.attempts};
    }
}

[[nodiscard]] result<chat_request> request_of(std::string prompt);
[[nodiscard]] result<chat_request> request_of(chat_request request);
[[nodiscard]] result<chat_request> request_of(result<chat_request> request);

}  // namespace detail

/// Works off records, at most `concurrency` at once, and hands each outcome over as soon as it is there: neither
/// records nor outcomes are kept, so memory does not grow with their number.
///
/// @param source  `() -> result<std::optional<R>>`, called again until it returns nothing. R has members `index` and
/// `key`,
///                and may have a `problem`: such a record fails with that error without being worked on.
/// @param work    `(R const&) -> awaitable<batch_answer<T>>`; what it throws is that record's failure, no other's.
/// @param sink    `(batch_result<T>) -> result<void>`, called in order of completion. Its error ends the batch, and
/// what is
///                in flight is then cancelled. T must be default-constructible.
/// @returns What happened. The batch ends early, with the reason in `ended_by`, when source or sink fail, and when a
///          record's failure would be every record's (`ends_batch`); that record and what `batch_stop` leaves undone
///          are not handed to the sink, so that they can be done later.
/// @throws coax::exception  `errc::invalid_argument`: an option.
/// Cancellation: `terminal`; passed on to the work, which is waited for; `ended_by` is then `errc::cancelled`.
/// Thread safety: source, work and sink are called on the caller's executor, which must run one handler at a time.
template <class T, class Source, class Work, class Sink>
asio::awaitable<batch_summary> run_batch(Source source, Work work, Sink sink, batch_options options = {}) {
    detail::typed_batch_line<T, Source, Work, Sink> line{std::move(source), std::move(work), std::move(sink)};
    co_return co_await detail::run_line(line, std::move(options));
}

/// The statistics of a client between two moments, put into a summary: requests, retries, re-asks, and all tokens,
/// those of failed records among them.
void add_statistics(batch_summary& summary, client_statistics const& before, client_statistics const& after);

/// Asks a model about each record, for an answer in the form of `T` (`std::string`: its text, which fails where it was
/// refused, filtered or cut short).
///
/// @param to_request  `(R const&)` to a prompt, a `chat_request` or a `result<chat_request>`.
/// The other parameters, the result and the rest: as `run_batch`. The summary counts all that `llm` did meanwhile.
template <class T, class Source, class ToRequest, class Sink>
asio::awaitable<batch_summary> batch(client llm, Source source, ToRequest to_request, Sink sink,
                                     batch_options options = {}) {
    auto const before = llm.statistics();
    // Lives in run_batch's frame for as long as any coroutine made by it.
    auto work = [llm, to_request = std::move(to_request)](auto const& record) -> asio::awaitable<batch_answer<T>> {
        return detail::ask<T>(llm, value_or_throw(detail::request_of(to_request(record))));
    };
    auto summary = co_await run_batch<T>(std::move(source), std::move(work), std::move(sink), std::move(options));
    add_statistics(summary, before, llm.statistics());
    co_return summary;
}

}  // namespace coax
