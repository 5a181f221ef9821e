#include "policy/checked.hpp"
#include "policy/rate_limiter_state.hpp"

#include <coax/core/result.hpp>
#include <coax/policy/rate_limiter.hpp>

#include <algorithm>

namespace coax {
namespace {

using verdict = policy::detail::rate_limiter_waiter::verdict;

/// No sum of such overflows.
constexpr std::int64_t most_tokens = 1'000'000'000'000;

std::int64_t checked_estimate(std::int64_t tokens) {
    if (tokens < 0) throw_error(invalid_argument("estimated_tokens", "must not be negative"));
    return std::min(tokens, most_tokens);
}

bool states_limits(rate_limit_status const& status) noexcept {
    return status.limit_requests || status.remaining_requests || status.limit_tokens || status.remaining_tokens;
}

/// Whether the service had no room for a request, and did not say what its limits are.
bool told_to_wait(error const& why) noexcept {
    return why.code == errc::rate_limited && why.retry_after && !states_limits(why.rate_limits);
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

void reservation::end(std::int64_t actual_tokens, policy::detail::request_end how) noexcept {
    if (!std::exchange(held_, false)) return;
    auto const state = std::move(state_);
    if (!state) return;
    std::lock_guard const lock{state->mutex};
    state->bucket.settle(tokens_, actual_tokens, state->now(), how);
    state->reschedule();
}

void reservation::settle(std::int64_t actual_tokens) noexcept {
    end(actual_tokens, policy::detail::request_end::served);
}

void reservation::settle(error const& why) noexcept {
    using policy::detail::request_end;
    auto const how = told_to_wait(why) ? request_end::told_to_wait : request_end::other;
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
        case errc::context_too_long: return end(0, how);
        default: return end(tokens_, how);
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
    auto taken = take(estimated_tokens, true);
    if (!taken) return std::nullopt;
    return taken;
}

reservation rate_limiter::take(std::int64_t estimated_tokens, bool before_any_clock) {
    estimated_tokens = checked_estimate(estimated_tokens);
    if (state_->wide_open) return reservation{{}, estimated_tokens};
    std::lock_guard const lock{state_->mutex};
    bool const may = !state_->closed && state_->queue.empty() && (before_any_clock || state_->has_time);
    if (!may || !state_->take_now(estimated_tokens)) return {};
    return reservation{state_, estimated_tokens, state_->mark()};
}

clock::duration rate_limiter::wait_for(std::int64_t estimated_tokens) const noexcept {
    if (state_->wide_open) return clock::duration::zero();
    std::lock_guard const lock{state_->mutex};
    return state_->bucket.wait_behind(state_->queue.size(), estimated_tokens, state_->now());
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
    if (!of.state_ && told_to_wait(why)) state_->refuse_uncounted();
    if (billed > 0)
        of.end(billed, policy::detail::request_end::other);
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
