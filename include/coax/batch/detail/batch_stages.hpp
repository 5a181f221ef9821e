#pragma once

#include <coax/batch/options.hpp>
#include <coax/batch/outcome.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/runtime/on_executor.hpp>
#include <coax/tasks/pipeline.hpp>
#include <coax/tasks/stream.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::detail {

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

/// The work on one record, as observers are told of it; null where there are none.
class record_observation;
using observed_record = core::detail::opaque<record_observation>;

/// The counts of one batch and the decisions that follow from them.
class batch_run {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit batch_run(batch_options options);

    /// What can be done now; none: something must happen first.
    /// @param again  How many are to be tried again.
    [[nodiscard]] std::optional<batch_turn> turn_now(std::size_t again);
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
    /// By the calendar.
    [[nodiscard]] std::chrono::system_clock::time_point system_now() const noexcept;
    /// Counts the work on a record, which `failure` ended unless it is null.
    /// @returns Whether the outcome goes to the sink; otherwise it is held back, last.
    [[nodiscard]] bool finish(batch_begin const& begun, usage const& used, int attempts, error const* failure);
    /// Tells observers of the work on a record. @param key  Outlives it.
    [[nodiscard]] observed_record observe(std::string_view key) const;
    /// Where the work on it runs, as a part of it.
    [[nodiscard]] asio::any_io_executor executor_for(observed_record const& record) const;
    static void end(observed_record const& record, error const* failure) noexcept;
    /// Counts an outcome that the sink has taken.
    /// @param equal  It is the answer of another record.
    void count(std::optional<error> const& failure, bool equal);
    [[nodiscard]] bool ordered() const noexcept;
    /// Counts a record that the source gave. @returns Its place.
    [[nodiscard]] std::size_t take_place() noexcept;
    /// Counts a record whose turn it was at the sink.
    void leave_place() noexcept;

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
        std::size_t place{0};  ///< In the source.
        int rounds{0};         ///< Tries before.
    };
    /// One whose outcome is there.
    struct done_item {
        std::size_t place;
        batch_result<T> outcome;
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
    std::deque<std::optional<batch_result<T>>> early{};  ///< Outcomes that wait for their turn at the sink, by place.
    std::size_t first_place{0};                          ///< Of `early`.
    bool sink_failed{false};

    /// The pipeline's source, where a fresh record is to be had at once: as it mostly is.
    std::optional<item> try_next(asio::any_io_executor const& caller) {
        if (run.turn_now(retried_count) != batch_turn::fresh) return std::nullopt;
        auto fresh = source.try_next(caller);
        if (!fresh) return std::nullopt;
        return item{std::move(*fresh), run.take_place()};
    }

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
            if (fresh) co_return item{std::move(*fresh), run.take_place()};
            if (turn == batch_turn::stop) co_return std::nullopt;
            run.source_ended();
        }
    }

    /// Works on one record. Nothing: its outcome is not for the sink, or not yet.
    asio::awaitable<std::optional<done_item>> process(item one) {
        auto const& record = one.record;
        auto const begun = run.begin(one.rounds);
        auto const seen = run.observe(record.key);
        result<batch_output<T>> output{batch_output<T>{}};
        try {
            if constexpr (requires { record.problem; })
                if (record.problem) throw_error(*record.problem);
            auto working = work(std::as_const(record));
            if (seen) working = on_executor(run.executor_for(seen), std::move(working));
            output = co_await std::move(working);
        } catch (...) {
            output = to_error(std::current_exception());
        }
        auto outcome = to_outcome(record, std::move(output));
        outcome.latency = run.elapsed_since(begun);
        outcome.finished_at = run.system_now();
        auto const* const failure = outcome.value ? nullptr : &outcome.value.error();
        batch_run::end(seen, failure);
        if (run.finish(begun, outcome.usage, outcome.attempts, failure))
            co_return done_item{one.place, std::move(outcome)};
        held_back.push_back({std::move(one), std::move(outcome)});
        co_return std::nullopt;
    }

    result<void> hand_over(result<std::optional<done_item>> processed) {
        if (!processed) return std::move(processed).error();
        if (!*processed) return {};
        return hand_over(**std::move(processed));
    }

    result<void> hand_over(done_item done) {
        if (!run.ordered()) return give(std::move(done.outcome));
        auto const at = done.place - first_place;
        if (at >= early.size()) early.resize(at + 1);
        early[at].emplace(std::move(done.outcome));
        while (!early.empty() && early.front()) {
            auto one = std::move(*early.front());
            early.pop_front();
            ++first_place;
            run.leave_place();
            if (auto given = give(std::move(one)); !given) return given;
        }
        return {};
    }

    /// Then hands over what waited for others, which will not come any more.
    asio::awaitable<pipeline_progress> with_rest(asio::awaitable<pipeline_progress> running) {
        auto ended = co_await as_result(std::move(running));
        for (auto& one : early)
            if (one && !sink_failed) give(std::move(*one)).value();
        co_return std::move(ended).value();
    }

private:
    result<void> give(batch_result<T> outcome) {
        auto const failure = outcome.value ? std::nullopt : std::optional{outcome.value.error()};
        bool const equal = outcome.same_as.has_value();
        result<void> taken = sink(std::move(outcome));
        sink_failed = !taken;
        if (taken) run.count(failure, equal);
        return taken;
    }

    /// Each that is known to be its record's own failure is handed over, or that record is tried again.
    void settle() {
        auto next = held_back.begin();
        for (; run.settles(); ++next) {
            if (run.settle_first(next->outcome.value.error(), next->of.rounds))
                retried.push_back({std::move(next->of.record), next->of.place, next->of.rounds + 1});
            else
                hand_over(done_item{next->of.place, std::move(next->outcome)}).value();
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
            outcome.same_as = output->same_as;
            outcome.tier = output->tier;
        } else {
            auto const& why = output.error();
            outcome.usage = {.input_tokens = why.input_tokens, .output_tokens = why.output_tokens};
            outcome.attempts = why.attempts;
            outcome.value = std::move(output).error();
        }
        return outcome;
    }
};

}  // namespace coax::detail
