#pragma once

#include "runtime/internal/suspended.hpp"
#include "sync/internal/wait_queue.hpp"

#include <coax/tokens/spending_limit.hpp>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace coax::tokens::detail {

struct spending_waiter;

/// Whether money can be had.
enum class money { now, later, never };

struct spending_state {
    std::mutex mutex{};
    usd most{};
    usd spent{};
    usd reserved{};
    model_table facts{};
    std::vector<model_spending> models{};
    sync::detail::wait_queue<spending_waiter> queue{};

    /// Only what was spent stays so: what is reserved may come back.
    [[nodiscard]] money look(usd amount) const noexcept {
        if (spent + amount > most) return money::never;
        return spent + reserved + amount > most ? money::later : money::now;
    }
    [[nodiscard]] money take(usd amount) noexcept {
        auto const found = look(amount);
        if (found == money::now && !queue.empty()) return money::later;
        if (found == money::now) reserved += amount;
        return found;
    }
    void settle(usd amount, usd cost) noexcept {
        reserved -= amount;
        spent += cost;
        serve();
    }
    /// Wakes those whose turn has come, and those who wait for nothing.
    void serve() noexcept;
};

/// Lives in the frame of `reserve`. All members are guarded by the limit's lock.
struct spending_waiter final : coax::detail::suspended, sync::detail::wait_queue_hook<spending_waiter> {
    spending_waiter(asio::any_io_executor const& executor, std::shared_ptr<spending_state> limit, usd amount)
        : suspended{executor, "spending_limit"}, state{std::move(limit)}, wanted{amount} {}
    spending_waiter(spending_waiter const&) = delete;
    spending_waiter& operator=(spending_waiter const&) = delete;
    ~spending_waiter() override {
        std::lock_guard const lock{state->mutex};
        if (queued()) {
            state->queue.remove(*this);
            state->serve();  // who stood behind may fit
        }
        if (found == money::now) state->settle(wanted, {});
    }

    void enqueue(coax::detail::continuation rest) {
        auto const alive = state;  // once held the frame may be gone before the lock is free
        std::lock_guard const lock{alive->mutex};
        found = alive->take(wanted);
        bool const settled = found != money::later;
        if (!settled) alive->queue.push_back(*this);
        hold(std::move(rest));
        if (settled) wake();
    }

    /// After resumption: what was found; the money is the caller's then. `later`: it was cancelled.
    [[nodiscard]] money claim() noexcept {
        std::lock_guard const lock{state->mutex};
        return std::exchange(found, money::later);
    }

    std::shared_ptr<spending_state> state;
    usd wanted;
    money found{money::later};
};

inline void spending_state::serve() noexcept {
    while (!queue.empty()) {
        auto const found = look(queue.front().wanted);
        if (found == money::later) return;
        auto& first = queue.pop_front();
        if (found == money::now) reserved += first.wanted;
        first.found = found;
        first.wake();
    }
}

}  // namespace coax::tokens::detail
