#include "runtime/internal/suspended.hpp"
#include "sync/internal/wait_queue.hpp"

#include <coax/core/result.hpp>
#include <coax/sync/async_semaphore.hpp>

#include <algorithm>
#include <string>

namespace coax {
namespace sync::detail {

struct semaphore_waiter;

struct semaphore_state {
    std::mutex mutex{};
    std::size_t capacity{0};
    std::size_t in_use{0};
    std::size_t high_water{0};
    std::size_t waiting_high_water{0};
    char const* name{nullptr};
    bool closed{false};
    wait_queue<semaphore_waiter> queue{};

    [[nodiscard]] bool fits(std::size_t count) const noexcept {
        return count <= capacity && in_use <= capacity - count;
    }
    /// Why `count` can never be had; none: it can.
    [[nodiscard]] std::optional<errc> refusal(std::size_t count) const noexcept {
        if (closed) return errc::closed;
        if (count > capacity) return errc::invalid_argument;
        return std::nullopt;
    }
    [[nodiscard]] bool take_now(std::size_t count) noexcept {
        if (!queue.empty() || !fits(count)) return false;
        take(count);
        return true;
    }
    void take(std::size_t count) noexcept {
        in_use += count;
        high_water = std::max(high_water, in_use);
    }
    void enqueue(semaphore_waiter& one) noexcept;
    void give_back(std::size_t count) noexcept {
        in_use -= count;
        serve();
    }
    void serve() noexcept;
    void refuse_all() noexcept;
};

/// Lives in the frame of `acquire`. All members are guarded by the semaphore's lock.
struct semaphore_waiter final : coax::detail::suspended, wait_queue_hook<semaphore_waiter> {
    semaphore_waiter(asio::any_io_executor const& executor, std::shared_ptr<semaphore_state> semaphore,
                     std::size_t count)
        : suspended{executor, semaphore->name}, state{std::move(semaphore)}, wanted{count} {}
    semaphore_waiter(semaphore_waiter const&) = delete;
    semaphore_waiter& operator=(semaphore_waiter const&) = delete;
    ~semaphore_waiter() override {
        std::lock_guard const lock{state->mutex};
        if (queued()) {
            state->queue.remove(*this);
            state->serve();  // who stood behind may fit
        }
        if (granted) state->give_back(wanted);
    }

    void enqueue(coax::detail::continuation rest) {
        auto const alive = state;  // once held the frame may be gone before the lock is free
        std::lock_guard const lock{alive->mutex};
        refused = alive->refusal(wanted);
        granted = !refused && alive->take_now(wanted);
        bool const settled = refused || granted;
        if (!settled) alive->enqueue(*this);
        hold(std::move(rest));
        if (settled) wake();
    }

    /// After resumption: why there is no permit; none: it is the caller's now.
    [[nodiscard]] std::optional<errc> claim() noexcept {
        std::lock_guard const lock{state->mutex};
        if (std::exchange(granted, false)) return std::nullopt;
        return refused.value_or(
            errc::cancelled);  // read under the lock: still in the queue, it may be refused just now
    }

    std::shared_ptr<semaphore_state> state;
    std::size_t wanted;
    bool granted{false};
    std::optional<errc> refused{};
};

void semaphore_state::enqueue(semaphore_waiter& one) noexcept {
    queue.push_back(one);
    waiting_high_water = std::max(waiting_high_water, queue.size());
}

void semaphore_state::serve() noexcept {
    while (!queue.empty() && fits(queue.front().wanted)) {
        auto& first = queue.pop_front();
        take(first.wanted);
        first.granted = true;
        first.wake();
    }
}

void semaphore_state::refuse_all() noexcept {
    queue.remove_if([this](semaphore_waiter& one) {
        one.refused = refusal(one.wanted);
        if (one.refused) one.wake();
        return one.refused.has_value();
    });
}

}  // namespace sync::detail

namespace {

[[noreturn]] void throw_refusal(errc code, std::size_t count) {
    if (code == errc::closed) throw_error({.code = code, .message = "the semaphore was closed"});
    if (code == errc::cancelled) throw_error({.code = code, .message = "cancelled while waiting for a semaphore"});
    throw_error(invalid_argument("count", "more than the semaphore's capacity: " + std::to_string(count)));
}

}  // namespace

void permit::reset() noexcept {
    auto const state = std::move(state_);
    auto const count = std::exchange(count_, 0);
    if (count == 0) return;
    std::lock_guard const lock{state->mutex};
    state->give_back(count);
}

async_semaphore::async_semaphore(std::size_t capacity) : async_semaphore{capacity, "async_semaphore"} {}

async_semaphore::async_semaphore(std::size_t capacity, char const* name)
    : state_{std::make_shared<sync::detail::semaphore_state>()} {
    state_->capacity = capacity;
    state_->name = name;
}

async_semaphore::~async_semaphore() { close(); }

asio::awaitable<permit> async_semaphore::acquire(std::size_t count) {
    auto const state = state_;
    if (count == 0) co_return permit{};
    {
        std::lock_guard const lock{state->mutex};
        if (auto const refused = state->refusal(count)) throw_refusal(*refused, count);
        if (state->take_now(count)) co_return permit{state, count};
    }
    sync::detail::semaphore_waiter node{co_await asio::this_coro::executor, state, count};
    co_await coax::detail::suspend(node, [&node](coax::detail::continuation rest) { node.enqueue(std::move(rest)); });
    auto const refused = node.claim();
    if (!refused) co_return permit{state, count};
    throw_refusal(*refused, count);
}

std::optional<permit> async_semaphore::try_acquire(std::size_t count) {
    if (count == 0) return permit{};
    std::lock_guard const lock{state_->mutex};
    if (state_->closed || !state_->take_now(count)) return std::nullopt;
    return permit{state_, count};
}

void async_semaphore::resize(std::size_t capacity) {
    std::lock_guard const lock{state_->mutex};
    state_->capacity = capacity;
    state_->refuse_all();
    state_->serve();
}

void async_semaphore::close() noexcept {
    std::lock_guard const lock{state_->mutex};
    state_->closed = true;
    state_->refuse_all();
}

std::size_t async_semaphore::capacity() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->capacity;
}

std::size_t async_semaphore::available() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->capacity - std::min(state_->capacity, state_->in_use);
}

std::size_t async_semaphore::in_use() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->in_use;
}

std::size_t async_semaphore::waiting() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->queue.size();
}

bool async_semaphore::closed() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->closed;
}

semaphore_stats async_semaphore::stats() const noexcept {
    std::lock_guard const lock{state_->mutex};
    auto const& now = *state_;
    return {.capacity = now.capacity,
            .available = now.capacity - std::min(now.capacity, now.in_use),
            .in_use = now.in_use,
            .waiting = now.queue.size(),
            .high_water = now.high_water,
            .waiting_high_water = now.waiting_high_water};
}

}  // namespace coax
