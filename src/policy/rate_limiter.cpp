#include "policy/checked.hpp"
#include "policy/rate_bucket.hpp"
#include "runtime/internal/context_service.hpp"
#include "runtime/internal/sleep.hpp"
#include "sync/internal/wait_queue.hpp"

#include <coax/core/result.hpp>
#include <coax/policy/rate_limiter.hpp>

#include <algorithm>
#include <atomic>

namespace coax {
namespace policy::detail {

struct rate_limiter_waiter;

struct rate_limiter_state {
    explicit rate_limiter_state(rate_limiter_options const& wanted) : options{wanted}, bucket{wanted} {}

    [[nodiscard]] clock::time_point now() const noexcept { return time->now(); }

    /// Takes over the clock of the first coroutine that asks. What was told before, by the real one, counts on from
    /// where it is.
    void adopt_clock(asio::any_io_executor const& executor) {
        if (std::exchange(has_time, true)) return;
        auto const before = now();
        time = coax::detail::context_service::of(executor).time.time();
        if (time.get() != &clock::real()) bucket.change_clock(before, now());
        bucket.pause_until(early_pause);
    }

    /// Whether requests may pass uncounted. One that follows the service counts all.
    [[nodiscard]] bool may_be_open(clock::time_point current) const noexcept {
        return has_time && !closed && options.server_limits != server_limits::follow && bucket.unlimited(current);
    }

    /// Whether a report tells something that is wanted.
    [[nodiscard]] bool learns_from(rate_limit_status const& status) const noexcept {
        return options.server_limits != server_limits::off &&
               (status.limit_requests || status.remaining_requests || status.limit_tokens || status.remaining_tokens);
    }

    /// After what may have set a rate.
    void rates_changed() noexcept {
        counts_tokens = counts_tokens || bucket.tokens_per_minute() != 0;
        wide_open = false;  // the next one looks
        reschedule();
    }

    [[nodiscard]] bool take_now(std::int64_t tokens) noexcept {
        auto const current = now();
        if (!has_time && early_pause != clock::time_point::min()) return false;  // by which clock, nobody knows yet
        if (bucket.wait_for(tokens, current) > clock::duration::zero()) return false;
        bucket.take(tokens, current);
        wide_open = may_be_open(current);
        return true;
    }

    /// What a granted reservation remembers.
    [[nodiscard]] quota_mark mark() const noexcept { return bucket.mark(now()); }

    void pause_until(clock::time_point when) noexcept {
        if (has_time)
            bucket.pause_until(when);
        else
            early_pause = std::max(early_pause, when);
        wide_open = false;
        reschedule();
    }

    void pause_for(clock::duration wait) noexcept {
        bucket.pause_until(coax::detail::later(now(), wait));
        wide_open = false;
        reschedule();
    }

    /// After any change: the first in the queue looks again when its turn has come.
    void reschedule() noexcept;

    rate_limiter_options const options;
    std::mutex mutex{};
    rate_bucket bucket;
    std::shared_ptr<clock const> time{std::shared_ptr<clock const>{}, &clock::real()};
    bool has_time{false};
    clock::time_point early_pause{clock::time_point::min()};  ///< Set before there was a clock, on the one to come.
    bool closed{false};
    sync::detail::wait_queue<rate_limiter_waiter> queue{};
    /// Nothing limits anything: requests pass without the lock. Not before there is a clock, for a pause to come.
    std::atomic<bool> wide_open{false};
    /// There is a limit of tokens, given or learnt.
    std::atomic<bool> counts_tokens{options.tokens_per_minute != 0 || options.tokens_per_day != 0 ||
                                    options.server_limits == server_limits::follow};
};

/// Lives in the frame of `reserve`. All members are guarded by the limiter's lock.
struct rate_limiter_waiter final : coax::detail::suspended, sync::detail::wait_queue_hook<rate_limiter_waiter> {
    enum class verdict { wait, granted, closed, too_many };

    rate_limiter_waiter(asio::any_io_executor const& executor, std::shared_ptr<rate_limiter_state> limiter,
                        std::int64_t count)
        : suspended{executor}, state{std::move(limiter)}, tokens{count} {}
    rate_limiter_waiter(rate_limiter_waiter const&) = delete;
    rate_limiter_waiter& operator=(rate_limiter_waiter const&) = delete;
    ~rate_limiter_waiter() override {
        std::lock_guard const lock{state->mutex};
        leave();
        if (given == verdict::granted) state->bucket.give_back(tokens, state->now());
        state->reschedule();
    }

    /// Takes the quota if this is the first in line and it is there.
    verdict look() noexcept {
        if (state->closed) return verdict::closed;
        bool const first = queued() ? &state->queue.front() == this : state->queue.empty();
        if (first && state->take_now(tokens)) {
            mark = state->mark();
            return verdict::granted;
        }
        if (!queued() && state->queue.size() >= state->options.max_waiting) return verdict::too_many;
        return verdict::wait;
    }

    void leave() noexcept {
        if (queued()) state->queue.remove(*this);
    }

    /// One wait: until the quota is taken, or something has changed.
    void wait(coax::detail::continuation rest) {
        auto const alive = state;  // once held the frame may be gone before the lock is free
        std::lock_guard const lock{alive->mutex};
        given = look();
        hold(std::move(rest));
        if (given == verdict::wait) {
            if (!queued()) alive->queue.push_back(*this);
        } else {
            leave();
            wake();
        }
        alive->reschedule();
    }

    /// After resumption: what has come of it; what was granted is now the caller's.
    [[nodiscard]] verdict claim() noexcept {
        std::lock_guard const lock{state->mutex};
        if (given == verdict::wait && how() != end::cancelled) given = look();
        if (given != verdict::wait) {
            leave();
            state->reschedule();
        }
        return std::exchange(given, verdict::wait);
    }

    std::shared_ptr<rate_limiter_state> state;
    std::int64_t tokens;
    quota_mark mark{};
    verdict given{verdict::wait};
};

void rate_limiter_state::reschedule() noexcept {
    if (queue.empty()) return;
    auto& first = queue.front();
    auto const current = now();
    auto const wait = closed ? clock::duration::zero() : bucket.wait_for(first.tokens, current);
    first.set_deadline(current + wait);
}

}  // namespace policy::detail

namespace {

using verdict = policy::detail::rate_limiter_waiter::verdict;

/// No sum of such overflows.
constexpr std::int64_t most_tokens = 1'000'000'000'000;

std::int64_t checked_estimate(std::int64_t tokens) {
    if (tokens < 0) throw_error(invalid_argument("estimated_tokens", "must not be negative"));
    return std::min(tokens, most_tokens);
}

error refusal(verdict why) {
    switch (why) {
        case verdict::closed: return {.code = errc::closed, .message = "the rate limiter was closed"};
        case verdict::too_many:
            return {.code = errc::too_large,
                    .message = "too many are waiting for the rate limiter",
                    .where = "max_waiting"};
        default: return {.code = errc::cancelled, .message = "cancelled while waiting for the rate limiter"};
    }
}

}  // namespace

result<void> validate(rate_limiter_options const& options) {
    if (options.requests_per_minute < 0) return invalid_argument("requests_per_minute", "must not be negative");
    if (options.tokens_per_minute < 0) return invalid_argument("tokens_per_minute", "must not be negative");
    if (options.requests_per_day < 0) return invalid_argument("requests_per_day", "must not be negative");
    if (options.tokens_per_day < 0) return invalid_argument("tokens_per_day", "must not be negative");
    if (options.burst <= std::chrono::milliseconds{0} || options.burst > std::chrono::hours{1})
        return invalid_argument("burst", "must be in (0, 1 h]");
    if (options.max_waiting == 0) return invalid_argument("max_waiting", "must be greater than 0");
    return {};
}

// ---- reservation

void reservation::settle(std::int64_t actual_tokens) noexcept {
    if (!std::exchange(held_, false)) return;
    auto const state = std::move(state_);
    if (!state) return;
    std::lock_guard const lock{state->mutex};
    state->bucket.settle(tokens_, actual_tokens, state->now());
    state->reschedule();
}

void reservation::settle(error const& why) noexcept {
    switch (why.code) {
        case errc::connect_failed:
        case errc::tls_failed:
        case errc::invalid_argument:
        case errc::closed: return cancel();
        case errc::rate_limited:
        case errc::quota_exhausted:
        case errc::overloaded:
        case errc::authentication:
        case errc::not_found:
        case errc::bad_request:
        case errc::context_too_long: return settle(0);
        default: return settle(tokens_);
    }
}

void reservation::cancel() noexcept {
    if (!std::exchange(held_, false)) return;
    auto const state = std::move(state_);
    if (!state) return;
    std::lock_guard const lock{state->mutex};
    state->bucket.give_back(tokens_, state->now());
    state->reschedule();
}

// ---- rate_limiter

rate_limiter::rate_limiter(rate_limiter_options options)
    : state_{std::make_shared<policy::detail::rate_limiter_state>(policy::detail::checked(options))} {}

rate_limiter::~rate_limiter() { close(); }

asio::awaitable<reservation> rate_limiter::reserve(std::int64_t estimated_tokens) {
    estimated_tokens = checked_estimate(estimated_tokens);
    if (state_->wide_open) co_return reservation{{}, estimated_tokens};
    auto const state = state_;
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    policy::detail::rate_limiter_waiter node{executor, state, estimated_tokens};
    auto outcome = verdict::wait;
    {
        std::lock_guard const lock{state->mutex};
        state->adopt_clock(executor);
        outcome = node.look();
    }
    while (outcome == verdict::wait) {
        co_await coax::detail::suspend(node, [&node](coax::detail::continuation rest) { node.wait(std::move(rest)); });
        outcome = node.claim();
        if (outcome == verdict::wait && node.how() == coax::detail::suspended::end::cancelled) break;
    }
    if (outcome != verdict::granted) throw_error(refusal(outcome));
    co_return reservation{state, estimated_tokens, node.mark};
}

std::optional<reservation> rate_limiter::try_reserve(std::int64_t estimated_tokens) {
    estimated_tokens = checked_estimate(estimated_tokens);
    if (state_->wide_open) return reservation{{}, estimated_tokens};
    std::lock_guard const lock{state_->mutex};
    if (state_->closed || !state_->queue.empty() || !state_->take_now(estimated_tokens)) return std::nullopt;
    return reservation{state_, estimated_tokens, state_->mark()};
}

std::optional<reservation> rate_limiter::try_reserve_on_clock(std::int64_t estimated_tokens) {
    if (state_->wide_open) return reservation{{}, estimated_tokens};
    {
        std::lock_guard const lock{state_->mutex};
        if (!state_->has_time) return std::nullopt;
    }
    return try_reserve(estimated_tokens);
}

void rate_limiter::pause_for(clock::duration wait) {
    std::lock_guard const lock{state_->mutex};
    state_->pause_for(wait);
}

void rate_limiter::pause_until(clock::time_point when) {
    std::lock_guard const lock{state_->mutex};
    state_->pause_until(when);
}

void rate_limiter::lower_to(rate_limit_status const& status) {
    std::lock_guard const lock{state_->mutex};
    state_->bucket.lower_to(status, state_->now());
    state_->rates_changed();
}

void rate_limiter::learn(rate_limit_status const& status, reservation const& of) {
    auto const how = state_->options.server_limits;
    if (how == server_limits::off) return;
    if (of.state_.get() != state_.get()) return lower_to(status);  // made while nothing was limited
    std::lock_guard const lock{state_->mutex};
    state_->bucket.learn(status, of.mark_, how == server_limits::follow, state_->now());
    state_->rates_changed();
}

void rate_limiter::settle(reservation& of, std::int64_t actual_tokens, rate_limit_status const& status) {
    if (state_->learns_from(status)) learn(status, of);
    of.settle(actual_tokens);
}

void rate_limiter::settle(reservation& of, error const& why, std::chrono::milliseconds max_pause) {
    if (state_->learns_from(why.rate_limits)) learn(why.rate_limits, of);
    auto const billed = std::min(why.input_tokens, most_tokens) + std::min(why.output_tokens, most_tokens);
    if (billed > 0)
        of.settle(billed);
    else
        of.settle(why);
    if (why.code == errc::rate_limited && why.retry_after && *why.retry_after <= max_pause)
        pause_for(coax::detail::to_duration(*why.retry_after));
}

std::int64_t rate_limiter::requests_per_minute() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->bucket.requests_per_minute();
}

std::int64_t rate_limiter::tokens_per_minute() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->bucket.tokens_per_minute();
}

bool rate_limiter::counts_tokens() const noexcept { return state_->counts_tokens; }

void rate_limiter::close() noexcept {
    std::lock_guard const lock{state_->mutex};
    state_->closed = true;
    state_->wide_open = false;
    state_->queue.remove_if([](policy::detail::rate_limiter_waiter& one) {
        one.given = verdict::closed;
        one.wake();
        return true;
    });
}

std::size_t rate_limiter::waiting() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->queue.size();
}

rate_limiter_options const& rate_limiter::options() const noexcept { return state_->options; }

}  // namespace coax
