#include "runtime/internal/idle_runner.hpp"

#include <utility>

namespace coax::detail {
namespace {

/// In one context; each takes some hundred bytes.
constexpr std::size_t most_idle_runners = 64;

}  // namespace

void idle_runners::keep(idle_runner& one, continuation rest) {
    auto const lock = timers_.acquire_lock();
    if (timers_.closed() || count_ == most_idle_runners) return;  // `rest` unwinds
    one.rest = std::move(rest);
    one.next = std::exchange(first_, &one);
    ++count_;
    timers_.insert_at_tick(*this, one.executor);
}

idle_runner* idle_runners::take(asio::any_io_executor const& executor) noexcept {
    auto const lock = timers_.acquire_lock();
    for (auto** at = &first_; *at != nullptr; at = &(*at)->next) {
        if ((*at)->executor != executor) continue;
        --count_;
        return std::exchange(*at, (*at)->next);
    }
    return nullptr;
}

void idle_runners::unwind_all() noexcept {
    auto lock = timers_.acquire_lock();
    expire(lock);
}

void idle_runners::expire(std::unique_lock<std::mutex>& lock) noexcept {
    auto* first = std::exchange(first_, nullptr);
    count_ = 0;
    lock.unlock();
    while (first != nullptr) {
        auto* const one = std::exchange(first, first->next);
        auto const unwound = std::move(one->rest);
    }
}

}  // namespace coax::detail
