#include "runtime/internal/suspended.hpp"
#include "sync/internal/wait_queue.hpp"

#include <coax/core/error.hpp>
#include <coax/sync/channel.hpp>

namespace coax::sync::detail {
namespace {

[[noreturn]] void throw_closed() { throw_error({.code = errc::closed, .message = "the channel was closed"}); }

}  // namespace

struct channel_waiter;

/// A ring of values with those who wait on both sides. At rest: senders wait only while it is full, receivers only
/// while every value in it is promised.
struct channel_queues {
    channel_queues(channel_core& whole, std::size_t size) : core{whole}, capacity{size} {}

    [[nodiscard]] std::size_t unpromised() const noexcept { return count - promised; }
    [[nodiscard]] bool full() const noexcept { return count == capacity; }

    void put(void* value) noexcept {
        core.put((first + count) % capacity, value);
        ++count;
    }
    void take(void* place) noexcept {
        core.take(first, place);
        first = (first + 1) % capacity;
        --count;
    }
    void serve() noexcept;

    channel_core& core;
    std::size_t const capacity;
    std::mutex mutex{};
    std::size_t first{0};
    std::size_t count{0};
    std::size_t promised{0};  ///< Values for receivers that are woken but have not run yet.
    bool closed{false};
    wait_queue<channel_waiter> senders{};
    wait_queue<channel_waiter> receivers{};
};

/// Lives in the frame of `send` or `receive`, whose caller keeps the core alive. Guarded by the channel's lock.
struct channel_waiter final : coax::detail::suspended, wait_queue_hook<channel_waiter> {
    enum class verdict { waits, served, refused };

    channel_waiter(asio::any_io_executor const& executor, std::shared_ptr<channel_queues> both,
                   wait_queue<channel_waiter>& where, void* what)
        : suspended{executor, "channel"}, queues{std::move(both)}, line{&where}, value{what} {}
    channel_waiter(channel_waiter const&) = delete;
    channel_waiter& operator=(channel_waiter const&) = delete;
    ~channel_waiter() override {
        std::lock_guard const lock{queues->mutex};
        if (queued()) line->remove(*this);
        if (promised()) give_back();
    }

    [[nodiscard]] bool promised() const noexcept { return fate == verdict::served && line == &queues->receivers; }

    void enqueue(coax::detail::continuation rest) {
        auto const alive = queues;  // once held the frame may be gone before the lock is free
        std::lock_guard const lock{alive->mutex};
        line->push_back(*this);
        hold(std::move(rest));
        alive->serve();
    }

    void give_back() noexcept {
        fate = verdict::waits;
        --queues->promised;
        queues->serve();
    }

    /// After resumption: how it ended; a receiver takes what was promised.
    [[nodiscard]] verdict settle() noexcept {
        std::lock_guard const lock{queues->mutex};
        if (queued()) line->remove(*this);
        auto const ended = fate;
        if (promised()) {
            queues->take(value);
            give_back();
        }
        return ended;
    }

    std::shared_ptr<channel_queues> queues;
    wait_queue<channel_waiter>* line;
    void* value;
    verdict fate{verdict::waits};
};

void channel_queues::serve() noexcept {
    while (!senders.empty() && !full() && !closed) {
        auto& one = senders.pop_front();
        put(one.value);
        one.fate = channel_waiter::verdict::served;
        one.wake();
    }
    while (!receivers.empty() && unpromised() != 0) {
        auto& one = receivers.pop_front();
        ++promised;
        one.fate = channel_waiter::verdict::served;
        one.wake();
    }
    auto const refuse = [](channel_waiter& one) {
        one.fate = channel_waiter::verdict::refused;
        one.wake();
        return true;
    };
    if (closed) {
        senders.remove_if(refuse);
        receivers.remove_if(refuse);
    }
}

channel_core::channel_core(std::size_t capacity) {
    if (capacity < 1 || capacity > 1'000'000) throw_error(invalid_argument("capacity", "must be in [1, 1'000'000]"));
    queues_ = std::make_shared<channel_queues>(*this, capacity);
}

channel_core::~channel_core() = default;

channel_core::outcome channel_core::try_send(void* value) {
    std::lock_guard const lock{queues_->mutex};
    if (queues_->closed) return outcome::closed;
    if (queues_->full()) return outcome::full;
    queues_->put(value);
    queues_->serve();
    return outcome::moved;
}

asio::awaitable<void> channel_core::send(void* value) {
    auto const at_once = try_send(value);
    if (at_once == outcome::moved) co_return;
    if (at_once == outcome::closed) throw_closed();
    channel_waiter node{co_await asio::this_coro::executor, queues_, queues_->senders, value};
    co_await suspend(node, [&node](coax::detail::continuation rest) { node.enqueue(std::move(rest)); });
    auto const ended = node.settle();
    if (ended == channel_waiter::verdict::served) co_return;
    if (ended == channel_waiter::verdict::refused) throw_closed();
    throw_error({.code = errc::cancelled, .message = "cancelled while waiting for room in a channel"});
}

channel_core::outcome channel_core::try_receive(void* place) {
    std::lock_guard const lock{queues_->mutex};
    if (queues_->unpromised() == 0) return queues_->closed ? outcome::closed : outcome::empty;
    queues_->take(place);
    queues_->serve();
    return outcome::moved;
}

asio::awaitable<void> channel_core::receive(void* place) {
    auto const at_once = try_receive(place);
    if (at_once != outcome::empty) co_return;
    channel_waiter node{co_await asio::this_coro::executor, queues_, queues_->receivers, place};
    co_await suspend(node, [&node](coax::detail::continuation rest) { node.enqueue(std::move(rest)); });
    if (node.settle() == channel_waiter::verdict::waits)
        throw_error({.code = errc::cancelled, .message = "cancelled while waiting for a channel"});
}

void channel_core::close() noexcept {
    std::lock_guard const lock{queues_->mutex};
    queues_->closed = true;
    queues_->serve();
}

std::size_t channel_core::capacity() const noexcept { return queues_->capacity; }

std::size_t channel_core::size() const noexcept {
    std::lock_guard const lock{queues_->mutex};
    return queues_->count;
}

std::size_t channel_core::senders() const noexcept {
    std::lock_guard const lock{queues_->mutex};
    return queues_->senders.size();
}

std::size_t channel_core::receivers() const noexcept {
    std::lock_guard const lock{queues_->mutex};
    return queues_->receivers.size();
}

bool channel_core::closed() const noexcept {
    std::lock_guard const lock{queues_->mutex};
    return queues_->closed;
}

}  // namespace coax::sync::detail
