#include "policy/rate_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace coax::policy::detail {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds minute{std::chrono::minutes{1}};
constexpr std::chrono::milliseconds day{std::chrono::hours{24}};

/// Rounding may leave a full request a hair short of one: a wait of nothing but rounding is none.
constexpr double hair = 1e-6;

/// About three years: what a debt can cost at most, so that no sum of time points overflows.
constexpr double longest_wait = 1e17;

constexpr double most_per_minute = 1e12;

/// Until those under way have ended, which wakes whoever waits for it.
constexpr std::chrono::hours until_one_ends{24};

limit_report requests_of(rate_limit_status const& status) noexcept {
    return {status.limit_requests, status.remaining_requests, status.reset_requests};
}

limit_report tokens_of(rate_limit_status const& status) noexcept {
    return {status.limit_tokens, status.remaining_tokens, status.reset_tokens};
}

double nanoseconds_between(clock::time_point from, clock::time_point to) noexcept {
    return static_cast<double>(std::chrono::duration_cast<nanoseconds>(to - from).count());
}

}  // namespace

std::optional<std::int64_t> reported_rate::per_minute(limit_report const& said) noexcept {
    if (!said.limit || *said.limit <= 0) return std::nullopt;
    longest_reset_ = std::max(longest_reset_, said.reset.value_or(minute.zero()));
    auto const used = *said.limit - std::max<std::int64_t>(said.remaining.value_or(*said.limit), 0);
    bool const telling = !configured_ && said.reset && used > 0 && used >= *said.limit / 4;
    if (!telling) return said.limit;
    auto const limit = static_cast<double>(*said.limit);
    auto const whole_after = static_cast<double>(said.reset->count()) * limit / static_cast<double>(used);
    auto const period = std::max({whole_after, static_cast<double>(longest_reset_.count()), 1.0});
    auto const in_a_minute = static_cast<double>(minute.count()) / period;
    return in_a_minute > 2.0 ? static_cast<std::int64_t>(std::min(limit * in_a_minute, most_per_minute)) : *said.limit;
}

refill::refill(std::int64_t count, std::chrono::milliseconds period, std::chrono::milliseconds burst) noexcept
    : count_{count},
      period_{period},
      burst_{burst},
      per_nanosecond_{static_cast<double>(count) / static_cast<double>(nanoseconds{period}.count())},
      capacity_{std::max(1.0, per_nanosecond_ * static_cast<double>(nanoseconds{burst}.count()))},
      level_{capacity_} {}

double refill::level(clock::time_point now) const noexcept {
    if (now <= updated_) return level_;
    return std::min(capacity_, level_ + per_nanosecond_ * nanoseconds_between(updated_, now));
}

clock::duration refill::wait_for(double amount, clock::time_point now) const noexcept {
    if (!limited()) return clock::duration::zero();
    auto const missing = std::min(amount, capacity_) - level(now);
    if (missing <= hair) return clock::duration::zero();
    return nanoseconds{static_cast<std::int64_t>(std::min(std::ceil(missing / per_nanosecond_), longest_wait))};
}

void refill::take(double amount, clock::time_point now) noexcept {
    if (!limited()) return;
    level_ = std::min(capacity_, level(now) - amount);
    updated_ = std::max(updated_, now);
}

void refill::lower_to(double remaining, clock::time_point now) noexcept {
    auto const excess = level(now) - std::max(remaining, 0.0);
    if (excess > 0) take(excess, now);
}

void refill::set(double remaining, clock::time_point now) noexcept { take(level(now) - std::max(remaining, 0.0), now); }

void refill::set_rate(std::int64_t count, clock::time_point now) noexcept {
    if (count == count_) return;
    auto const before = level(now);
    auto const was_limited = limited();
    auto const updated = std::max(updated_, now);
    *this = refill{count, period_, burst_};
    if (was_limited) level_ = std::min(level_, before);
    updated_ = updated;
}

rate_bucket::rate_bucket(rate_limiter_options const& options) noexcept
    : requests_{options.requests_per_minute, minute, options.burst},
      tokens_{options.tokens_per_minute, minute, options.burst},
      day_requests_{options.requests_per_day, day, day},
      day_tokens_{options.tokens_per_day, day, day},
      reported_requests_{options.requests_per_minute > 0},
      reported_tokens_{options.tokens_per_minute > 0},
      learns_window_{options.server_limits != server_limits::off},
      even_spacing_{options.even_spacing} {
    set_spacing();
}

void rate_bucket::set_spacing() noexcept {
    bool const spaced = even_spacing_ && requests_.limited();
    spacing_ = spaced ? nanoseconds{minute} / requests_.count() : clock::duration::zero();
}

bool rate_bucket::unlimited(clock::time_point now) const noexcept {
    bool const limited = requests_.limited() || tokens_.limited() || day_requests_.limited() || day_tokens_.limited();
    return !limited && !window_.on() && paused_until_ <= now;
}

clock::duration rate_bucket::wait_for(std::int64_t tokens, clock::time_point now) const noexcept {
    auto const until = [now](clock::time_point when) { return when > now ? when - now : clock::duration::zero(); };
    auto const amount = static_cast<double>(tokens);
    if (window_.full(requests_out_)) return until_one_ends;
    return std::max({requests_.wait_for(1.0, now), tokens_.wait_for(amount, now), day_requests_.wait_for(1.0, now),
                     day_tokens_.wait_for(amount, now), until(next_slot_), until(paused_until_)});
}

clock::duration rate_bucket::wait_behind(std::size_t others, std::int64_t tokens,
                                         clock::time_point now) const noexcept {
    auto const wait = wait_for(tokens, now);
    if (others == 0) return wait;
    auto const count = static_cast<double>(others);
    auto const in_minutes =
        std::max(requests_.limited() ? count / static_cast<double>(requests_.count()) : 0.0,
                 tokens_.limited() ? count * static_cast<double>(tokens) / static_cast<double>(tokens_.count()) : 0.0);
    auto const behind = std::min(in_minutes * static_cast<double>(nanoseconds{minute}.count()), longest_wait);
    return std::max(wait, clock::duration{1}) + nanoseconds{static_cast<std::int64_t>(behind)};
}

void rate_bucket::charge(double requests, double tokens, clock::time_point now) noexcept {
    requests_.take(requests, now);
    tokens_.take(tokens, now);
    day_requests_.take(requests, now);
    day_tokens_.take(tokens, now);
}

void rate_bucket::take(std::int64_t tokens, clock::time_point now) noexcept {
    charge(1.0, static_cast<double>(tokens), now);
    ++requests_out_;
    tokens_out_ += tokens;
    taken_.requests += 1.0;
    taken_.tokens += static_cast<double>(tokens);
    if (spacing_ > clock::duration::zero()) next_slot_ = now + spacing_;
}

void rate_bucket::give_back(std::int64_t tokens, clock::time_point now) noexcept {
    charge(-1.0, -static_cast<double>(tokens), now);
    --requests_out_;
    tokens_out_ -= tokens;
    window_.failed();
}

void rate_bucket::settle(std::int64_t reserved, std::int64_t actual, clock::time_point now, request_end how) noexcept {
    charge(0.0, static_cast<double>(actual) - static_cast<double>(reserved), now);
    --requests_out_;
    tokens_out_ -= reserved;
    switch (how) {
        case request_end::served: return window_.served(requests_out_);
        case request_end::told_to_wait: return learns_window_ ? window_.refused(requests_out_) : window_.failed();
        case request_end::other: return window_.failed();
    }
}

void rate_bucket::refuse_uncounted() noexcept {
    if (learns_window_ && !window_.on()) window_.refused(requests_out_);
}

void rate_bucket::pause_until(clock::time_point when) noexcept { paused_until_ = std::max(paused_until_, when); }

void rate_bucket::lower_to(rate_limit_status const& status, clock::time_point now) noexcept {
    lower_to(requests_, reported_requests_, requests_of(status), now);
    lower_to(tokens_, reported_tokens_, tokens_of(status), now);
    set_spacing();
}

void rate_bucket::lower_to(refill& bucket, reported_rate& rate, limit_report const& said,
                           clock::time_point now) noexcept {
    if (auto const allowed = rate.per_minute(said); allowed && (!rate.configured() || *allowed < bucket.count()))
        bucket.set_rate(*allowed, now);
    if (!said.remaining) return;
    if (bucket.limited())
        bucket.lower_to(static_cast<double>(*said.remaining), now);
    else if (*said.remaining <= 0 && said.reset)
        pause_until(now + std::min(*said.reset, day));
}

void rate_bucket::change_clock(clock::time_point before, clock::time_point now) noexcept {
    for (auto* const each : {&requests_, &tokens_, &day_requests_, &day_tokens_}) each->shift(now - before);
    for (auto* const each : {&next_slot_, &paused_until_})
        if (*each > before) *each = now + (*each - before);
}

quota_mark rate_bucket::mark(clock::time_point now) const noexcept {
    return {.requests = requests_.level(now) + taken_.requests + lowered_.requests,
            .tokens = tokens_.level(now) + taken_.tokens + lowered_.tokens};
}

void rate_bucket::learn(rate_limit_status const& status, quota_mark then, bool up, clock::time_point now) noexcept {
    learn(requests_, reported_requests_, requests_of(status), then.requests, up, requests_out_, taken_.requests,
          lowered_.requests, now);
    learn(tokens_, reported_tokens_, tokens_of(status), then.tokens, up, tokens_out_, taken_.tokens, lowered_.tokens,
          now);
    set_spacing();
}

void rate_bucket::learn(refill& bucket, reported_rate& rate, limit_report const& said, double then, bool up,
                        std::int64_t out, double sum, double& lowered, clock::time_point now) noexcept {
    bool const known = bucket.limited();
    up = up || !rate.configured();
    if (auto const allowed = rate.per_minute(said); allowed && (up || *allowed < bucket.count())) {
        auto const before = bucket.level(now);
        bucket.set_rate(*allowed, now);
        if (known) lowered += std::max(0.0, before - bucket.level(now));
    }
    if (!said.remaining || !bucket.limited()) return;
    auto const remaining = static_cast<double>(*said.remaining);
    if (!known) return bucket.lower_to(remaining, now);
    // `then` holds the level after the request's own share was taken. Since then `sum` has grown by what others took,
    // who may have come before it, and `lowered` by what other reports have corrected. The service rounds down.
    auto const expected = then - lowered;
    auto const excess = expected - sum - (remaining + 1.0);
    auto const shortage = remaining - (expected - sum) - static_cast<double>(out);
    if (excess > 0) {
        bucket.take(excess, now);
        lowered += excess;
    } else if (up && shortage > 0) {
        bucket.take(-shortage, now);
        lowered -= shortage;
    }
}

}  // namespace coax::policy::detail
