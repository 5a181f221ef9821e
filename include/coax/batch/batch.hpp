#pragma once

#include <coax/batch/detail/batch_stages.hpp>
#include <coax/batch/options.hpp>
#include <coax/batch/outcome.hpp>
#include <coax/batch/records.hpp>
#include <coax/chat/request.hpp>
#include <coax/client/client.hpp>
#include <coax/core/result.hpp>
#include <coax/tasks/pipeline.hpp>
#include <coax/tasks/stream.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <utility>

namespace coax {

namespace detail {

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

/// Marks the requests of a batch for the service's prompt cache. Copies share what they have seen.
class prefix_marks {
public:
    explicit prefix_marks(batch_options const& options);

    /// The request, marked as `batch_options::mark_shared_prefix` says.
    [[nodiscard]] chat_request operator()(chat_request request) const;

    struct state;

private:
    core::detail::shared_opaque<state> state_;
};

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
        stages.with_rest(pipeline(stages, stages.run.to_pipeline_options(), std::move(process), std::move(hand_over))));
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
    if (!options.telemetry) options.telemetry = llm.options().telemetry;
    auto work = [llm, mark = detail::prefix_marks{options}, to_request = std::move(to_request)](R const& record) {
        return detail::ask<T>(llm, mark(detail::request_of(to_request(record))));
    };
    auto summary = co_await run_batch<T>(std::move(source), std::move(work), std::move(sink), std::move(options));
    add_statistics(summary, before, llm.statistics());
    co_return summary;
}

}  // namespace coax
