#include "batch/service_run.hpp"

#include <coax/batch/service_batches.hpp>

#include <algorithm>
#include <utility>

namespace coax {
namespace detail {
namespace {

/// Each outcome is there already, and is its record's own.
batch_options options_of_arrivals(batch_options options) {
    options.concurrency = 1;
    options.failures_are_final = true;
    options.max_failures = 0;
    options.max_failure_rate = 1;
    options.until = {};
    options.ordered = false;
    options.window = 0;
    return options;
}

/// The records that have no line yet.
stream<batch_record> undone_records(stream<batch_record> all, service_run const& run) {
    return generate([all = std::move(all), &run]() mutable -> asio::awaitable<std::optional<batch_record>> {
        for (;;) {
            auto record = co_await all.next();
            if (record && run.is_done(record->index)) continue;
            co_return record;
        }
    });
}

batch_summary joined(batch_summary first, batch_summary const& rest) {
    first.ok += rest.ok;
    first.failed += rest.failed;
    for (auto const& [code, count] : rest.failures) {
        auto const at = std::ranges::find(first.failures, code, &failure_count::code);
        if (at != first.failures.end())
            at->count += count;
        else
            first.failures.push_back({code, count});
    }
    first.unfinished += rest.unfinished;
    first.remaining = rest.remaining;
    first.attempts += rest.attempts;
    first.retries += rest.retries;
    first.equal += rest.equal;
    first.usage += rest.usage;
    first.elapsed += rest.elapsed;
    first.stopped = rest.stopped;
    first.ended_by = rest.ended_by;
    return first;
}

}  // namespace
}  // namespace detail

result<void> validate(service_batch_options const& options) {
    if (options.ledger.empty()) return invalid_argument("ledger", "must name a file");
    if (options.max_rounds < 1 || options.max_rounds > 100)
        return invalid_argument("max_rounds", "must be in [1, 100]");
    if (options.max_bytes == 0) return invalid_argument("max_bytes", "must be > 0");
    if (options.most_at_once < 1 || options.most_at_once > 1'000)
        return invalid_argument("most_at_once", "must be in [1, 1'000]");
    if (options.first_interval.count() <= 0) return invalid_argument("first_interval", "must be > 0");
    if (options.longest_interval < options.first_interval || options.longest_interval > std::chrono::hours{1})
        return invalid_argument("longest_interval", "must be in [first_interval, 1 h]");
    if (options.max_failed_looks < 0) return invalid_argument("max_failed_looks", "must be >= 0");
    return {};
}

asio::awaitable<batch_summary> run_service_batches(record_batch batch, std::shared_ptr<batch_journal> journal,
                                                   client llm, service_batch_questions questions,
                                                   service_batch_options options, batch_options running) {
    value_or_throw(validate(options));
    value_or_throw(validate(running));
    if (service_batches{llm}.limits().requests == 0)
        throw_error(invalid_argument("service", "it has no batches of its own"));
    auto ledger = value_or_throw(detail::batch_ledger::open(options.ledger));
    detail::service_run run{batch, *journal, llm, questions, options, running, std::move(ledger)};
    co_await run.resume();
    auto summary = co_await run_batch<std::string>(
        generate([&run] { return run.next(); }),
        [](detail::arrived_record const& record) -> asio::awaitable<batch_output<std::string>> {
            co_return value_or_throw(result<batch_output<std::string>>{record.outcome});
        },
        [&run](batch_result<std::string> outcome) { return run.write(std::move(outcome)); },
        detail::options_of_arrivals(running));
    run.end();
    bool const goes_live = options.unfinished == unfinished_rows::live && !summary.ended_by && !summary.stopped;
    if (!goes_live || running.stop.requested()) co_return summary;
    auto live = batch;
    live.open = [&batch, &run]() -> result<stream<batch_record>> {
        auto all = batch.open();
        if (!all) return std::move(all).error();
        return detail::undone_records(*std::move(all), run);
    };
    if (running.total) running.total = *running.total - std::min(*running.total, summary.done());
    auto const rest = co_await run_records(std::move(live), std::move(journal), std::move(running));
    co_return detail::joined(std::move(summary), rest);
}

}  // namespace coax
