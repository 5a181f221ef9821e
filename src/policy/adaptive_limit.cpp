#include "policy/checked.hpp"
#include "policy/limit_rule.hpp"
#include "runtime/internal/context_service.hpp"

#include <coax/policy/adaptive_limit.hpp>

#include <mutex>

namespace coax {
namespace policy::detail {

struct adaptive_state {
    explicit adaptive_state(adaptive_limit_options const& options) : rule{options}, permits{options.initial} {}

    void adopt_clock(asio::any_io_executor const& executor) {
        std::lock_guard const lock{mutex};
        if (!time) time = coax::detail::context_service::of(executor).time.time();
    }

    /// Only ever after a permit, so that there is a clock.
    void note(load_signal signal, clock::time_point began) noexcept {
        std::lock_guard const lock{mutex};
        auto const before = rule.limit();
        rule.note(signal, began, time->now(), permits.in_use());
        if (rule.limit() != before) permits.resize(rule.limit());
    }

    std::mutex mutex{};
    limit_rule rule;
    std::shared_ptr<clock const> time{};
    async_semaphore permits;  ///< Locked behind `mutex`.
};

}  // namespace policy::detail

load_signal load_signal_of(error const& why) noexcept {
    switch (why.code) {
        case errc::rate_limited:
        case errc::overloaded:
        case errc::timeout: return load_signal::overload;
        default: return load_signal::none;
    }
}

result<void> validate(adaptive_limit_options const& options) {
    if (options.minimum < 1) return invalid_argument("minimum", "must be at least 1");
    if (options.maximum < options.minimum || options.maximum > 1'000'000)
        return invalid_argument("maximum", "must be in [minimum, 1000000]");
    if (options.initial < options.minimum || options.initial > options.maximum)
        return invalid_argument("initial", "must be in [minimum, maximum]");
    if (!(options.growth > 0.0 && options.growth <= 100.0)) return invalid_argument("growth", "must be in (0, 100]");
    if (!(options.backoff > 0.0 && options.backoff < 1.0)) return invalid_argument("backoff", "must be in (0, 1)");
    if (!(options.tolerance >= 1.0 && options.tolerance <= 10.0))
        return invalid_argument("tolerance", "must be in [1, 10]");
    return {};
}

void adaptive_permit::begin() noexcept {
    if (permit_) since_ = state_->time->now();
}

void adaptive_permit::finish(load_signal signal) noexcept {
    if (!permit_) return;
    state_->note(signal, since_);
    permit_.reset();
    state_.reset();
}

adaptive_limit::adaptive_limit(adaptive_limit_options options)
    : state_{std::make_shared<policy::detail::adaptive_state>(policy::detail::checked(options))} {}

adaptive_limit::~adaptive_limit() { close(); }

asio::awaitable<adaptive_permit> adaptive_limit::acquire() {
    auto const state = state_;
    state->adopt_clock(co_await asio::this_coro::executor);
    auto held = co_await state->permits.acquire();
    co_return adaptive_permit{state, std::move(held), state->time->now()};
}

void adaptive_limit::close() noexcept { state_->permits.close(); }

std::size_t adaptive_limit::limit() const noexcept { return state_->permits.capacity(); }

std::size_t adaptive_limit::in_use() const noexcept { return state_->permits.in_use(); }

std::size_t adaptive_limit::waiting() const noexcept { return state_->permits.waiting(); }

}  // namespace coax
