#pragma once

#include "http/errors.hpp"

#include <coax/core/result.hpp>
#include <coax/http/transport.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/clock.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace coax::http::detail {

/// A wait, and the limit that passes before it is over.
struct bounded_wait {
    clock::duration wait;
    limit passes{limit::none};
};

[[nodiscard]] inline bounded_wait bound(clock::duration wanted, limit step, std::chrono::milliseconds step_limit,
                                        std::chrono::milliseconds total, clock::duration total_left) {
    bounded_wait plan{.wait = wanted};
    if (step_limit > std::chrono::milliseconds{0} && step_limit < plan.wait) plan = {step_limit, step};
    if (total > std::chrono::milliseconds{0} && total_left < plan.wait) plan = {total_left, limit::total};
    return plan;
}

/// The waits of one response that comes without a socket, against the limits of its exchange.
class paced_exchange {
public:
    paced_exchange(exchange_limits limits, origin to, clock::time_point begun)
        : limits_{clamped(limits)}, to_{std::move(to)}, begun_{begun} {}

    asio::awaitable<result<void>> wait(std::chrono::milliseconds delay, limit step) {
        auto const executor = co_await asio::this_coro::executor;
        bool const unlimited = step_ == limit::first_byte && limits_.first_byte <= std::chrono::milliseconds{0};
        if (!std::exchange(same_limit_, false) || unlimited) step_ = step, waited_ = std::chrono::milliseconds{0};
        auto const step_limit = step_ == limit::first_byte ? limits_.first_byte : limits_.idle;
        auto const left = step_limit > std::chrono::milliseconds{0}
                              ? std::max(step_limit - waited_, std::chrono::milliseconds{1})
                              : step_limit;
        auto const plan = bound(delay, step_, left, limits_.total, begun_ + limits_.total - now(executor));
        waited_ += delay;
        if (plan.wait > clock::duration::zero())
            if (auto slept = co_await as_result(sleep_for(plan.wait)); !slept) co_return cancelled(to_);
        if (plan.passes != limit::none)
            co_return limit_passed(plan.passes, plan.passes == step_ ? step_limit : limits_.total, to_);
        co_return result<void>{};
    }

    void keep_waiting() noexcept { same_limit_ = true; }

    [[nodiscard]] result<void> check_size(std::size_t body_bytes) const {
        if (body_bytes > limits_.max_body_bytes) return body_too_large(limits_.max_body_bytes, to_);
        return {};
    }

private:
    exchange_limits limits_;
    origin to_;
    clock::time_point begun_;
    limit step_{limit::none};              ///< The limit that counts, besides `total`.
    std::chrono::milliseconds waited_{0};  ///< Of it.
    bool same_limit_{false};
};

}  // namespace coax::http::detail
