#include "policy/breaker_rule.hpp"
#include "policy/checked.hpp"

#include <coax/core/result.hpp>

#include <algorithm>
#include <mutex>

namespace coax {
namespace policy::detail {

breaker_rule::breaker_rule(circuit_breaker_options options) : options_{std::move(options)} {}

std::optional<std::uint64_t> breaker_rule::enter(clock::time_point now) noexcept {
    if (state_ == circuit_state::open && now >= open_until_) {
        state_ = circuit_state::half_open;
        ++generation_;
        trials_out_ = trials_good_ = 0;
    }
    if (state_ == circuit_state::open) return std::nullopt;
    if (state_ == circuit_state::half_open) {
        if (trials_out_ + trials_good_ >= options_.trials) return std::nullopt;
        ++trials_out_;
    }
    return generation_;
}

void breaker_rule::leave(std::uint64_t generation, verdict how, clock::time_point now) noexcept {
    if (generation != generation_) return;
    if (state_ == circuit_state::half_open) {
        --trials_out_;
        if (how == verdict::failure) return open(now);
        if (how == verdict::success && ++trials_good_ >= options_.trials) close();
        return;
    }
    if (how == verdict::nothing) return;
    count(how == verdict::failure, now);
    if (too_many_failures(now)) open(now);
}

circuit_state breaker_rule::state(clock::time_point now) const noexcept {
    return state_ == circuit_state::open && now >= open_until_ ? circuit_state::half_open : state_;
}

clock::duration breaker_rule::wait(clock::time_point now) const noexcept {
    if (state_ != circuit_state::open || now >= open_until_) return clock::duration::zero();
    return open_until_ - now;
}

breaker_rule::verdict breaker_rule::judge(error const& why) const {
    if (why.code == errc::cancelled) return verdict::nothing;
    bool const failure = options_.is_failure ? options_.is_failure(why) : is_retryable(why);
    return failure ? verdict::failure : verdict::success;
}

std::int64_t breaker_rule::slice_number(clock::time_point now) const noexcept {
    auto const length = clock::duration{options_.window} / static_cast<int>(slice_count);
    return now.time_since_epoch() / length;
}

void breaker_rule::count(bool failed, clock::time_point now) noexcept {
    auto const number = slice_number(now);
    auto& place = slices_[static_cast<std::size_t>(number) % slice_count];
    if (place.number != number) place = {.number = number};
    ++place.calls;
    if (failed) ++place.failures;
}

bool breaker_rule::too_many_failures(clock::time_point now) const noexcept {
    auto const oldest = slice_number(now) - static_cast<std::int64_t>(slice_count) + 1;
    int calls = 0;
    int failures = 0;
    for (auto const& one : slices_) {
        if (one.number < oldest) continue;
        calls += one.calls;
        failures += one.failures;
    }
    return calls >= options_.minimum_calls && failures >= options_.failure_rate * calls;
}

void breaker_rule::open(clock::time_point now) noexcept {
    state_ = circuit_state::open;
    open_until_ = now + options_.open_for;
    ++generation_;
}

void breaker_rule::close() noexcept {
    state_ = circuit_state::closed;
    slices_ = {};
    ++generation_;
}

struct breaker_state {
    explicit breaker_state(circuit_breaker_options options) : rule{std::move(options)} {}

    void leave(std::uint64_t generation, breaker_rule::verdict how, asio::any_io_executor const& executor) noexcept {
        std::lock_guard const lock{mutex};
        rule.leave(generation, how, now(executor));
    }

    std::mutex mutex{};
    breaker_rule rule;
};

}  // namespace policy::detail

namespace {

error turned_away(clock::duration wait) {
    error why{.code = errc::overloaded,
              .message = "the circuit breaker is open: too many calls have failed",
              .where = "circuit_breaker"};
    if (wait > clock::duration::zero()) why.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
    return why;
}

}  // namespace

result<void> validate(circuit_breaker_options const& options) {
    using std::chrono::milliseconds;
    if (!(options.failure_rate > 0.0 && options.failure_rate <= 1.0))
        return invalid_argument("failure_rate", "must be in (0, 1]");
    if (options.minimum_calls < 1 || options.minimum_calls > 1'000'000)
        return invalid_argument("minimum_calls", "must be in [1, 1000000]");
    if (options.window < milliseconds{10} || options.window > std::chrono::hours{1})
        return invalid_argument("window", "must be in [10 ms, 1 h]");
    if (options.open_for <= milliseconds{0} || options.open_for > std::chrono::hours{1})
        return invalid_argument("open_for", "must be in (0, 1 h]");
    if (options.trials < 1 || options.trials > 1'000) return invalid_argument("trials", "must be in [1, 1000]");
    return {};
}

breaker_pass::~breaker_pass() {
    if (state_) state_->leave(generation_, policy::detail::breaker_rule::verdict::nothing, executor_);
}

void breaker_pass::succeeded() noexcept {
    if (auto const state = std::move(state_))
        state->leave(generation_, policy::detail::breaker_rule::verdict::success, executor_);
}

void breaker_pass::failed(error const& why) {
    if (!state_) return;
    auto const verdict = state_->rule.judge(why);  // after an exception from here it leaves without one
    if (auto const state = std::move(state_)) state->leave(generation_, verdict, executor_);
}

circuit_breaker::circuit_breaker(circuit_breaker_options options)
    : state_{std::make_shared<policy::detail::breaker_state>(policy::detail::checked(std::move(options)))} {}

result<breaker_pass> circuit_breaker::enter(asio::any_io_executor const& executor) {
    auto const current = now(executor);
    std::lock_guard const lock{state_->mutex};
    if (auto const generation = state_->rule.enter(current)) return breaker_pass{state_, *generation, executor};
    return turned_away(state_->rule.wait(current));
}

circuit_state circuit_breaker::state(clock::time_point now) const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->rule.state(now);
}

}  // namespace coax
