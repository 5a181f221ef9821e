#include <coax/batch/batch.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace coax {

namespace {

error wrong_option(std::string name, std::string message) {
    return {.code = errc::invalid_argument, .message = std::move(message), .where = std::move(name)};
}

std::string seconds_text(std::chrono::milliseconds span) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.1f", static_cast<double>(span.count()) / 1000.0);
    return text.data();
}

void count_failure(std::vector<failure_count>& counts, errc code) {
    auto at = std::ranges::lower_bound(counts, code, {}, &failure_count::code);
    if (at == counts.end() || at->code != code) at = counts.insert(at, {code});
    ++at->count;
}

}  // namespace

batch_stop::batch_stop() : requested_{std::make_shared<std::atomic<bool>>(false)} {}

void batch_stop::request() const noexcept { requested_->store(true); }

bool batch_stop::requested() const noexcept { return requested_->load(); }

std::optional<error> validate(batch_options const& options) {
    if (options.concurrency < 1 || options.concurrency > 65'535)
        return wrong_option("concurrency", "must be in [1, 65535]");
    if (options.progress_interval.count() <= 0) return wrong_option("progress_interval", "must be > 0");
    return std::nullopt;
}

bool ends_batch(error const& why, bool any_succeeded) noexcept {
    switch (why.code) {
        case errc::authentication:
        case errc::quota_exhausted:
        case errc::tls_failed:
        case errc::cancelled:
        case errc::closed: return true;
        case errc::connect_failed:
        case errc::not_found: return !any_succeeded;
        default: return false;
    }
}

namespace detail {

result<chat_request> request_of(std::string prompt) { return to_request(std::move(prompt)); }
result<chat_request> request_of(chat_request request) { return request; }
result<chat_request> request_of(result<chat_request> request) { return request; }

/// The counts of one batch and the decisions that follow from them.
struct batch_state {
    batch_options options;
    batch_summary summary{};
    std::uint64_t in_flight{0};
    bool no_more{false};  ///< The source is at its end, or the batch was ended.
    clock const* time{nullptr};
    clock::time_point begun{};
    rate_estimator rate{{}};
    coax::detail::nursery* group{nullptr};

    [[nodiscard]] bool stopping() const noexcept { return no_more || options.stop.requested(); }
    void count(batch_outcome step);
    void stop_at_bound() noexcept;
    [[nodiscard]] batch_progress progress();
};

batch_verdict batch_context::judge(error const& why) const noexcept {
    if (!ends_batch(why, state_.summary.ok > 0)) return batch_verdict::hand_over;
    // What is cut off because the batch is ending anyway is undone, and no news.
    bool const cut_off = why.code == errc::cancelled || why.code == errc::closed;
    bool const ending = state_.summary.ended_by || (cut_off && state_.options.stop.requested());
    return ending ? batch_verdict::give_up : batch_verdict::end_batch;
}

void batch_state::count(batch_outcome step) {
    using end_t = batch_outcome::end_t;
    summary.attempts += static_cast<std::uint64_t>(std::max(step.attempts, 0));
    if (step.attempts > 1) summary.retries += static_cast<std::uint64_t>(step.attempts - 1);
    summary.usage += step.usage;
    switch (step.end) {
        case end_t::no_record: no_more = true; break;
        case end_t::ok: ++summary.ok; break;
        case end_t::failed:
            ++summary.failed;
            count_failure(summary.failures, step.why->code);
            stop_at_bound();
            break;
        case end_t::given_up: ++summary.unfinished; break;
        case end_t::fatal:
        case end_t::broken:
            ++summary.unfinished;
            no_more = true;
            if (!summary.ended_by) summary.ended_by = std::move(step.why);
            // What is in flight cannot be handed over any more.
            if (step.end == end_t::broken) group->cancel();
            break;
    }
}

void batch_state::stop_at_bound() noexcept {
    if (options.max_failures == 0 || summary.failed < options.max_failures || no_more) return;
    no_more = true;
    summary.stopped = true;
}

batch_progress batch_state::progress() {
    auto const now = time->now();
    rate.add(now, summary.done());
    batch_progress told{.done = summary.done(),
                        .failed = summary.failed,
                        .in_flight = in_flight,
                        .total = options.total,
                        .retries = summary.retries,
                        .usage = summary.usage,
                        .elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begun)};
    told.records_per_second = rate.per_second(now);
    if (told.total) told.remaining = rate.time_for(*told.total - std::min(*told.total, told.done), now);
    return told;
}

namespace {

/// Works off records one after another until there are none or the batch ends.
asio::awaitable<void> work_off(batch_state& state, batch_task& line) {
    // A coroutine that Asio has spawned may not be cancelled before its first suspension, and a worker may cancel all.
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    while (!state.stopping()) {
        ++state.in_flight;
        auto step = co_await as_result(line.next(batch_context{state}));
        --state.in_flight;
        // Only source and sink can throw here.
        if (!step) step = batch_outcome{.end = batch_outcome::end_t::broken, .why = std::move(step).error()};
        state.count(std::move(*step));
    }
}

asio::awaitable<void> tell_progress(batch_state& state) {
    for (;;) {
        co_await sleep_for(state.options.progress_interval);
        state.options.on_progress(state.progress());
    }
}

/// The workers; the last one to leave ends the telling of progress.
asio::awaitable<void> work_to_end(batch_state& state, batch_task& line, std::size_t& workers) {
    co_await as_result(work_off(state, line));
    if (--workers == 0) state.group->cancel();
}

}  // namespace

asio::awaitable<batch_summary> run_line(batch_task& line, batch_options options) {
    if (auto why = validate(options)) throw_error(std::move(*why));
    auto const executor = co_await asio::this_coro::executor;
    auto const& time = clock_of(executor);
    batch_state state{
        .options = std::move(options), .time = &time, .begun = time.now(), .rate = rate_estimator{time.now()}};

    auto workers = state.options.concurrency;
    if (state.options.total) workers = std::max<std::size_t>(1, std::min<std::uint64_t>(workers, *state.options.total));
    auto const& tell = state.options.on_progress;
    coax::detail::nursery group;
    state.group = &group;
    for (auto left = workers; left > 0; --left) group.add(work_to_end(state, line, workers));
    if (tell) group.add(tell_progress(state));
    co_await group.run(coax::detail::on_failure::carry_on);

    auto& summary = state.summary;
    summary.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(time.now() - state.begun);
    if (state.options.total) summary.remaining = *state.options.total - std::min(*state.options.total, summary.done());
    summary.stopped = summary.stopped || (state.options.stop.requested() && summary.remaining != 0U);
    if (tell) tell(state.progress());
    co_return std::move(summary);
}

asio::awaitable<batch_answer<std::string>> ask_text(client llm, chat_request request) {
    auto answer = co_await llm.chat(std::move(request));
    check_usable(answer).value();
    co_return batch_answer<std::string>{std::move(answer.text), answer.usage, answer.attempts};
}

}  // namespace detail

void add_statistics(batch_summary& summary, client_statistics const& before, client_statistics const& after) {
    summary.attempts = after.attempts - before.attempts;
    summary.retries = after.retries - before.retries;
    summary.reasks = after.reasks - before.reasks;
    summary.usage = {.input_tokens = after.usage.input_tokens - before.usage.input_tokens,
                     .output_tokens = after.usage.output_tokens - before.usage.output_tokens,
                     .cached_input_tokens = after.usage.cached_input_tokens - before.usage.cached_input_tokens,
                     .cache_write_tokens = after.usage.cache_write_tokens - before.usage.cache_write_tokens,
                     .reasoning_tokens = after.usage.reasoning_tokens - before.usage.reasoning_tokens};
}

bool failure_count::operator==(failure_count const& other) const = default;

std::string to_string(batch_summary const& summary) {
    auto const count = [](auto number) { return std::to_string(number); };
    std::string text = "records   " + count(summary.done()) + " done, " + count(summary.ok) + " ok, " +
                       count(summary.failed) + " failed";
    if (summary.remaining && *summary.remaining > 0) text += ", " + count(*summary.remaining) + " remain";
    text += '\n';
    if (!summary.failures.empty()) {
        text += "failures  ";
        std::string_view separator{};
        for (auto const& [code, number] : summary.failures) {
            text.append(separator).append(to_string(code)).append(" ").append(count(number));
            separator = ", ";
        }
        text += '\n';
    }
    text += "requests  " + count(summary.attempts) + " sent, " + count(summary.retries) + " retries, " +
            count(summary.reasks) + " re-asks\n";
    text += "tokens    " + count(summary.usage.input_tokens) + " in, " + count(summary.usage.output_tokens) + " out\n";
    auto const seconds = static_cast<double>(summary.elapsed.count()) / 1000.0;
    std::array<char, 48> rate{};
    std::snprintf(rate.data(), rate.size(), "%.1f", seconds > 0 ? static_cast<double>(summary.done()) / seconds : 0.0);
    text += "time      " + seconds_text(summary.elapsed) + " s, " + rate.data() + " records/s\n";
    return text;
}

}  // namespace coax
