#include "fleet/worker_run.hpp"

#include <coax/runtime/on_executor.hpp>
#include <coax/tasks/stream.hpp>
#include <coax/tasks/when_any.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <unistd.h>
#include <utility>

namespace coax {
namespace fleet::detail {
namespace {

using namespace std::chrono_literals;

/// Between two tries of a service that was there before.
constexpr clock::duration outage_wait = 5s;

std::string own_name() {
    char host[65] = "host";
    ::gethostname(host, sizeof host - 1);
    std::random_device random;
    return std::string{host} + '-' + std::to_string(::getpid()) + '-' + std::to_string(random() % 1'000'000);
}

void add_round(batch_summary& sum, batch_summary const& round) {
    sum.ok += round.ok;
    sum.failed += round.failed;
    for (auto const& each : round.failures) {
        auto at = std::ranges::lower_bound(sum.failures, each.code, {}, &failure_count::code);
        if (at == sum.failures.end() || at->code != each.code) at = sum.failures.insert(at, {each.code});
        at->count += each.count;
    }
    sum.attempts += round.attempts;
    sum.retries += round.retries;
    sum.usage += round.usage;
    sum.elapsed += round.elapsed;
    sum.stopped = round.stopped;
}

// These run on the queue's thread; the queue outlives them, and who waits for them keeps it alive.

asio::awaitable<result<void>> join_queue(std::shared_ptr<row_leases> leases) { co_return co_await leases->join(); }
asio::awaitable<result<rows_taken>> take_rows(std::shared_ptr<row_leases> leases, std::size_t count) {
    co_return co_await leases->take(count);
}
asio::awaitable<void> keep_rows(std::shared_ptr<row_leases> leases) { co_await leases->keep(); }
asio::awaitable<void> send_results(std::shared_ptr<row_leases> leases) { co_await leases->send_results(); }
asio::awaitable<void> leave_queue(std::shared_ptr<row_leases> leases, std::optional<error> why,
                                  std::chrono::milliseconds within) {
    co_await leases->leave(std::move(why), within);
}

row_outcome to_row_outcome(batch_result<std::string> const& outcome) {
    if (!outcome.value) return outcome.value.error();
    return batch_output<std::string>{.value = *outcome.value, .usage = outcome.usage, .attempts = outcome.attempts};
}

}  // namespace

worker_run::worker_run(std::shared_ptr<queue_state> on, queue_job const& job, row_work work, worker_options options)
    : on_{std::move(on)},
      work_{std::move(work)},
      options_{std::move(options)},
      leases_{std::make_shared<row_leases>(on_->link, on_->options, options_.name.empty() ? own_name() : options_.name,
                                           job.identity)},
      report_{options_.batch.on_progress} {
    auto& batch = options_.batch;
    batch.ordered = false;
    batch.total.reset();
    batch.max_failures = 0;
    if (report_) batch.on_progress = [this](batch_progress const& now) { report(now); };
}

asio::awaitable<worker_summary> worker_run::run() {
    auto const there = on_->link.executor();
    value_or_throw(co_await on_executor(there, join_queue(leases_)));
    auto const ended = co_await as_result(
        when_any(rounds(), on_executor(there, keep_rows(leases_)), on_executor(there, send_results(leases_))));
    // Who is cancelled leaves in good order, too.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    release_rest();
    if (!ended && !done_.rows.ended_by) done_.rows.ended_by = ended.error();
    co_await leave();
    if (done_.rows.ended_by && done_.rows.ended_by->code == errc::cancelled && !is_stopped())
        throw_error(*done_.rows.ended_by);
    co_return std::move(done_);
}

asio::awaitable<void> worker_run::leave() {
    auto const there = on_->link.executor();
    auto const& why = done_.rows.ended_by;
    bool const says_why = why && why->code != errc::cancelled && why->code != errc::closed;
    auto leaving = leave_queue(leases_, says_why ? why : std::nullopt, options_.drain_timeout);
    (void)co_await as_result(
        when_any(on_executor(there, std::move(leaving)), on_executor(there, send_results(leases_))));
    done_.taken_over = leases_->taken_over();
    done_.repeated = leases_->repeated();
}

asio::awaitable<void> worker_run::rounds() {
    heard_ = succeeded_ = now(co_await asio::this_coro::executor);
    for (;;) {
        auto running = run_batch<std::string>(
            generate([this] { return next(); }), [this](leased_row const& row) { return work(row); },
            [this](batch_result<std::string> const& outcome) { return store(outcome); }, options_.batch);
        auto const round = co_await std::move(running);
        add_round(done_.rows, round);
        if (co_await is_last(round)) co_return;
    }
}

asio::awaitable<std::optional<leased_row>> worker_run::next() {
    while (ready_.empty()) {
        if (is_stopped()) co_return std::nullopt;
        auto const most = options_.batch.concurrency;
        auto const free = most > begun_.size() ? most - begun_.size() : std::size_t{1};
        auto taken = co_await as_result(on_executor(on_->link.executor(), take_rows(leases_, free)));
        if (!taken && !is_away(taken.error())) throw_error(std::move(taken).error());
        if (!taken) {
            co_await sleep_for(on_->options.retry_interval);
            continue;
        }
        is_over_ = taken->is_over;
        if (is_over_) co_return std::nullopt;
        std::ranges::move(taken->rows, std::back_inserter(ready_));
        auto const time = now(co_await asio::this_coro::executor);
        if (!ready_.empty() || !begun_.empty()) heard_ = time;
        if (!ready_.empty()) break;
        if (begun_.size() > working_) co_return std::nullopt;  // these cannot be settled while others are waited for
        is_idle_ = options_.until_idle.count() > 0 && time - heard_ >= options_.until_idle;
        if (is_idle_) co_return std::nullopt;
    }
    auto row = std::move(ready_.front());
    ready_.pop_front();
    begun_.emplace(row.index, leased_row{.index = row.index, .key = row.key, .entry = row.entry});
    co_return row;
}

asio::awaitable<batch_output<std::string>> worker_run::work(leased_row const& row) {
    struct counted {
        std::size_t& count;
        ~counted() { --count; }
    };
    ++working_;
    counted const one{working_};
    co_return co_await work_(row.payload);
}

result<void> worker_run::store(batch_result<std::string> const& outcome) {
    auto const found = begun_.extract(outcome.index);
    if (outcome.value) succeeded_ = heard_ = clock::real().now();
    asio::post(on_->link.executor(),
               [leases = leases_, row = found.mapped(), came = to_row_outcome(outcome)] { leases->store(row, came); });
    return {};
}

asio::awaitable<bool> worker_run::is_last(batch_summary const& round) {
    release_rest();
    if (is_stopped() || is_over_ || is_idle_) {
        done_.job_finished = is_over_ && !is_stopped();
        if (!is_stopped()) done_.rows.ended_by = round.ended_by;
        co_return true;
    }
    if (!round.ended_by) co_return false;
    if (co_await waits_for_service(*round.ended_by)) co_return false;
    done_.rows.ended_by = round.ended_by;
    co_return true;
}

/// A service that was there before may come back; each round of a batch begins without that knowledge.
asio::awaitable<bool> worker_run::waits_for_service(error const& why) {
    auto const scope = scope_of(why);
    bool const may_pass = scope == failure_scope::outage || scope == failure_scope::limit;
    auto const time = now(co_await asio::this_coro::executor);
    if (!may_pass || done_.rows.ok == 0 || time - succeeded_ > options_.batch.max_pause) co_return false;
    for (int i = 0; i < 25 && !is_stopped(); ++i) co_await sleep_for(outage_wait / 25);
    co_return true;
}

/// What was taken and has no outcome goes back at once.
void worker_run::release_rest() {
    std::vector<std::string> entries;
    entries.reserve(ready_.size() + begun_.size());
    for (auto const& row : ready_) entries.push_back(row.entry);
    for (auto const& [index, row] : begun_) entries.push_back(row.entry);
    ready_.clear();
    begun_.clear();
    asio::post(on_->link.executor(), [leases = leases_, entries = std::move(entries)] { leases->release(entries); });
}

void worker_run::report(batch_progress now) {
    now.done += done_.rows.done();
    now.failed += done_.rows.failed;
    now.retries += done_.rows.retries;
    now.usage += done_.rows.usage;
    now.elapsed += done_.rows.elapsed;
    report_(now);
}

}  // namespace fleet::detail

asio::awaitable<worker_summary> run_worker(work_queue queue, queue_job job, row_work work, worker_options options) {
    value_or_throw(validate(options.batch));
    std::shared_ptr<fleet::detail::queue_state> const on = queue.state().shared_from_this();
    fleet::detail::worker_run worker{on, job, std::move(work), std::move(options)};
    co_return co_await worker.run();
}

}  // namespace coax
