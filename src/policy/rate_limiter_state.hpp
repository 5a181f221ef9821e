#pragma once

#include "policy/rate_bucket.hpp"
#include "runtime/internal/context_service.hpp"
#include "runtime/internal/sleep.hpp"
#include "sync/internal/wait_queue.hpp"

#include <coax/policy/rate_limiter.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace coax::policy::detail {

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

    void refuse_uncounted() noexcept {
        std::lock_guard const lock{mutex};
        bucket.refuse_uncounted();
        wide_open = false;
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

inline void rate_limiter_state::reschedule() noexcept {
    if (queue.empty()) return;
    auto& first = queue.front();
    auto const current = now();
    auto const wait = closed ? clock::duration::zero() : bucket.wait_for(first.tokens, current);
    first.set_deadline(current + wait);
}

}  // namespace coax::policy::detail
