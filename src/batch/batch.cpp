#include "batch/stop_rule.hpp"
#include "runtime/internal/sleep.hpp"
#include "runtime/internal/suspended.hpp"
#include "telemetry/internal/observation.hpp"
#include "telemetry/internal/span_executor.hpp"

#include <coax/batch/batch.hpp>
#include <coax/tasks/when_any.hpp>

#include <algorithm>

namespace coax {

namespace {

void count_failure(std::vector<failure_count>& counts, errc code) {
    auto at = std::ranges::lower_bound(counts, code, {}, &failure_count::code);
    if (at == counts.end() || at->code != code) at = counts.insert(at, {code});
    ++at->count;
}

}  // namespace

batch_stop::batch_stop() : requested_{std::make_shared<std::atomic<bool>>(false)} {}

void batch_stop::request() const noexcept { requested_->store(true); }

bool batch_stop::requested() const noexcept { return requested_->load(); }

result<void> validate(batch_options const& options) {
    if (options.concurrency < 1 || options.concurrency > 65'535)
        return invalid_argument("concurrency", "must be in [1, 65535]");
    if (options.progress_interval.count() <= 0) return invalid_argument("progress_interval", "must be > 0");
    if (options.max_pause.count() < 0 || options.max_pause > std::chrono::hours{24 * 30})
        return invalid_argument("max_pause", "must be in [0, 30 days]");
    if (!(options.max_failure_rate >= 0 && options.max_failure_rate <= 1))
        return invalid_argument("max_failure_rate", "must be in [0, 1]");
    if (options.failure_window < 1 || options.failure_window > 1'000'000)
        return invalid_argument("failure_window", "must be in [1, 1'000'000]");
    if (options.window != 0 && (options.window < options.concurrency || options.window > 10'000'000))
        return invalid_argument("window", "must be 0 or in [concurrency, 10'000'000]");
    return {};
}

namespace detail {

class record_observation : public telemetry::detail::observation {
public:
    using observation::observation;
};

struct batch_run::state {
    batch_options options;
    stop_rule rule{options.alike_failures, options.max_pause};
    batch_summary summary{};
    std::uint64_t taken{0};
    std::uint64_t in_flight{0};
    bool source_ended{false};
    bool ending{false};          ///< By `max_failures`.
    std::size_t places{0};       ///< Records that the source gave.
    std::size_t places_left{0};  ///< Of these, those whose turn at the sink is over.
    failure_share share{options.failure_window};
    std::optional<error> limit{};  ///< The time or the share of failures that ends the batch.
    suspended* waiting{nullptr};   ///< Who waits for the next record to begin.
    clock const* time{&clock::real()};
    clock::time_point begun{};
    rate_estimator rate{{}};
    std::unique_ptr<telemetry::detail::observation> seen{};  ///< Null: nobody observes.
    batch_details counted{};                                 ///< For those who do.
    asio::any_io_executor where{};                           ///< The batch's; empty: nobody observes.

    [[nodiscard]] bool stopping() const noexcept;
    /// Ends the batch once its time is over.
    void look_at_time();
    void look_at_share(error const& failure);
    /// Those that wait for their turn at the sink are as many as may be.
    [[nodiscard]] bool is_full() const noexcept;
    /// What can be done now; none: something must happen first.
    [[nodiscard]] std::optional<batch_turn> turn_now(std::size_t again);
    /// Waits for the end of a record's work, or `when`.
    asio::awaitable<void> wait(clock::time_point when);
    [[nodiscard]] bool holds_back(error const& why, std::uint64_t begun_after);
    [[nodiscard]] std::chrono::milliseconds elapsed() const;
    [[nodiscard]] batch_progress progress();
    asio::awaitable<void> report_progress();
    asio::awaitable<void> run(asio::awaitable<pipeline_progress> work);
    void end(result<void> ended);
    /// Tells observers that the batch begins, and that it ends.
    void observe(asio::any_io_executor const& executor);
    void end_observation() noexcept;
};

bool batch_run::state::stopping() const noexcept {
    return ending || limit || rule.ended_by() || options.stop.requested();
}

void batch_run::state::look_at_time() {
    if (options.until == std::chrono::system_clock::time_point{} || limit || time->system_now() < options.until) return;
    limit = error{.code = errc::timeout, .message = "the time until which the batch may run is over"};
}

void batch_run::state::look_at_share(error const& failure) {
    if (limit || !share.exceeds(options.max_failure_rate)) return;
    limit = failure;
    limit->message += "; " + std::to_string(share.count()) + " of the last " + std::to_string(share.window()) +
                      " records failed, which is more than max_failure_rate";
}

bool batch_run::state::is_full() const noexcept {
    auto const window = options.window == 0 ? 4 * options.concurrency : options.window;
    return options.ordered && places - places_left >= window;
}

std::optional<batch_turn> batch_run::state::turn_now(std::size_t again) {
    look_at_time();
    if (stopping()) return batch_turn::stop;
    if (rule.settles()) return batch_turn::settle;
    if (time->now() < rule.paused_until() || (rule.in_trouble() && in_flight > 0)) return std::nullopt;
    if (again > 0) return batch_turn::again;
    if (rule.in_trouble() && rule.held() > 0) return batch_turn::probe;
    if (!source_ended && !is_full()) return batch_turn::fresh;
    if (in_flight > 0) return std::nullopt;
    if (rule.held() == 0) return batch_turn::stop;
    rule.exhausted();
    return turn_now(again);
}

/// In short pieces: `batch_stop` may come from a signal handler, which can wake nobody.
asio::awaitable<void> batch_run::state::wait(clock::time_point when) {
    constexpr std::chrono::milliseconds piece{200};
    suspended node{co_await asio::this_coro::executor, "the batch's next record"};
    waiting = &node;
    co_await suspend_until(node, std::min(when, node.now() + piece));
    waiting = nullptr;
    if (node.how() == suspended::end::cancelled) throw_error({.code = errc::cancelled});
}

/// Whether the failure is not, or not yet, the record's own.
bool batch_run::state::holds_back(error const& why, std::uint64_t begun_after) {
    // What is cut off because the batch is stopped is undone, and no reason.
    bool const cut_off = why.code == errc::cancelled || why.code == errc::closed;
    if (cut_off && options.stop.requested()) return true;
    if (options.failures_are_final || !rule.failed(why, begun_after, *time)) return false;
    if (options.max_failures > 0 && summary.failed + rule.held() >= options.max_failures) rule.settle();
    return true;
}

std::chrono::milliseconds batch_run::state::elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time->now() - begun);
}

batch_progress batch_run::state::progress() {
    auto const now = time->now();
    rate.add(now, summary.done());
    batch_progress current{.done = summary.done(),
                           .failed = summary.failed,
                           .in_flight = in_flight,
                           .total = options.total,
                           .retries = summary.retries,
                           .usage = summary.usage,
                           .elapsed = elapsed(),
                           .records_per_second = rate.per_second(now)};
    if (rule.paused_until() > now)
        current.paused_for = std::chrono::ceil<std::chrono::milliseconds>(rule.paused_until() - now);
    if (current.total) current.remaining = rate.time_for(*current.total - std::min(*current.total, current.done), now);
    return current;
}

asio::awaitable<void> batch_run::state::report_progress() {
    for (;;) {
        co_await sleep_for(to_duration(options.progress_interval));
        options.on_progress(progress());
    }
}

asio::awaitable<void> batch_run::state::run(asio::awaitable<pipeline_progress> work) {
    if (options.on_progress)
        co_await when_any(std::move(work), report_progress());
    else
        co_await std::move(work);
}

/// Takes stock once all work is gone.
void batch_run::state::end(result<void> ended) {
    in_flight = 0;
    if (rule.ended_by() || limit) summary.ended_by = rule.ended_by() ? rule.ended_by() : limit;
    // A failure of source or sink cancels the records in flight: then it is the reason, and not that they were.
    if (!ended && (!summary.ended_by || summary.ended_by->code == errc::cancelled))
        summary.ended_by = std::move(ended).error();
    summary.elapsed = elapsed();
    summary.unfinished = taken - summary.done();
    if (options.total) summary.remaining = *options.total - std::min(*options.total, summary.done());
    summary.stopped = summary.stopped || (options.stop.requested() && summary.remaining != 0U);
    if (!options.on_progress) return;
    auto reported = [&]() -> result<void> {
        try {
            options.on_progress(progress());
            return {};
        } catch (...) {
            return to_error(std::current_exception());
        }
    }();
    if (!reported && !summary.ended_by) summary.ended_by = std::move(reported).error();
}

void batch_run::state::observe(asio::any_io_executor const& executor) {
    if (!options.telemetry) return;
    where = executor;
    seen = std::make_unique<telemetry::detail::observation>(*options.telemetry, operation_kind::batch, *time);
    seen->facts.name = options.name;
    seen->begin(telemetry::detail::span_of(where).get());
}

void batch_run::state::end_observation() noexcept {
    if (!seen) return;
    counted = {.ok = summary.ok, .failed = summary.failed, .unfinished = summary.unfinished};
    seen->facts.batch = &counted;
    seen->end(summary.ended_by ? &*summary.ended_by : nullptr);
}

asio::any_io_executor batch_run::executor_for(observed_record const& record) const {
    return telemetry::detail::executor_in(state_->where, {*record->span(), *state_->options.telemetry});
}

observed_record batch_run::observe(std::string_view key) const {
    if (!state_->seen) return {};
    auto record =
        std::make_unique<record_observation>(*state_->options.telemetry, operation_kind::record, *state_->time);
    record->facts.name = key;
    record->facts.link = state_->seen->span().get();
    record->begin(nullptr);
    return record;
}

void batch_run::end(observed_record const& record, error const* failure) noexcept {
    if (record) record->end(failure);
}

batch_run::batch_run(batch_options options) {
    validate(options).value();
    state_ = std::make_unique<state>(state{.options = std::move(options)});
}

std::optional<batch_turn> batch_run::turn_now(std::size_t again) { return state_->turn_now(again); }

asio::awaitable<batch_turn> batch_run::turn(std::size_t const& again) {
    auto& all = *state_;
    for (;;) {
        if (auto const turn = all.turn_now(again)) co_return *turn;
        auto const until = all.rule.paused_until();
        co_await all.wait(until > all.time->now() ? until : clock::time_point::max());
    }
}

void batch_run::source_ended() noexcept { state_->source_ended = true; }

bool batch_run::settles() const noexcept { return !state_->stopping() && state_->rule.settles(); }

bool batch_run::settle_first(error const& why, int rounds) noexcept { return state_->rule.settle_first(why, rounds); }

void batch_run::take_first() noexcept { state_->rule.take_first(); }

batch_begin batch_run::begin(int rounds) noexcept {
    if (rounds == 0) ++state_->taken;
    ++state_->in_flight;
    return {state_->time->now(), state_->rule.begin()};
}

std::chrono::milliseconds batch_run::elapsed_since(batch_begin const& begun) const noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(state_->time->now() - begun.at);
}

std::chrono::system_clock::time_point batch_run::system_now() const noexcept { return state_->time->system_now(); }

bool batch_run::finish(batch_begin const& begun, usage const& used, int attempts, error const* failure) {
    auto& summary = state_->summary;
    --state_->in_flight;
    summary.attempts += static_cast<std::uint64_t>(std::max(attempts, 0));
    summary.retries += static_cast<std::uint64_t>(std::max(attempts - 1, 0));
    summary.usage += used;
    bool const held = failure != nullptr && state_->holds_back(*failure, begun.after_failures);
    if (failure == nullptr) state_->rule.succeeded(begun.after_failures);
    if (state_->waiting != nullptr) state_->waiting->wake();
    return !held;
}

void batch_run::count(std::optional<error> const& failure, bool equal) {
    auto& summary = state_->summary;
    if (equal) ++summary.equal;
    state_->share.add(failure.has_value());
    if (!failure) {
        ++summary.ok;
        return;
    }
    ++summary.failed;
    count_failure(summary.failures, failure->code);
    state_->look_at_share(*failure);
    auto const most = state_->options.max_failures;
    if (most == 0 || summary.failed < most || state_->ending) return;
    state_->ending = summary.stopped = true;
}

bool batch_run::ordered() const noexcept { return state_->options.ordered; }

std::size_t batch_run::take_place() noexcept { return state_->places++; }

void batch_run::leave_place() noexcept {
    ++state_->places_left;
    if (state_->waiting != nullptr) state_->waiting->wake();
}

pipeline_options batch_run::to_pipeline_options() const {
    auto const& options = state_->options;
    std::uint64_t const most = options.concurrency;
    auto const useful = std::clamp<std::uint64_t>(options.total.value_or(most), 1, most);
    return {.concurrency = static_cast<std::size_t>(useful), .ordered = false};
}

asio::awaitable<batch_summary> batch_run::run(asio::awaitable<pipeline_progress> work) {
    auto& all = *state_;
    all.time = &clock_of(co_await asio::this_coro::executor);
    all.begun = all.time->now();
    all.rate = rate_estimator{all.begun};
    all.observe(co_await asio::this_coro::executor);
    all.end(co_await as_result(all.run(std::move(work))));
    all.end_observation();
    co_return std::move(all.summary);
}

}  // namespace detail

}  // namespace coax
