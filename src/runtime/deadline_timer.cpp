#include "runtime/internal/deadline_timer.hpp"

#include "runtime/internal/context_service.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <cstdint>

namespace coax::detail {

struct deadline_timer::alive {
    std::atomic<std::uint64_t> armed_count{0};
};

deadline_timer::deadline_timer(asio::any_io_executor executor, callback on_expiry, void* argument)
    : executor_{untracked(executor)},
      timers_{context_service::of(executor).timers},
      on_expiry_{on_expiry},
      argument_{argument} {
    // The queue's own turn runs where a plain io_context executor would run the callback; anything else needs a hop.
    if (executor_.target<asio::io_context::executor_type>() == nullptr) alive_ = std::make_shared<alive>();
}

deadline_timer::~deadline_timer() { cancel(); }

void deadline_timer::arm(clock::time_point deadline) {
    cancel();
    timers_.arm(*this, deadline, executor_);
}

void deadline_timer::cancel() noexcept {
    timers_.disarm(*this);
    if (alive_) ++alive_->armed_count;  // after leaving the queue, so that no posted expiry carries the new count
}

void deadline_timer::expire(std::unique_lock<std::mutex>& lock) noexcept {
    if (!alive_) {
        auto const call = on_expiry_;
        auto* const argument = argument_;
        lock.unlock();
        call(argument);
        return;
    }
    asio::post(executor_, [this, held = std::weak_ptr{alive_}, count = alive_->armed_count.load()] {
        if (auto const there = held.lock(); there && there->armed_count == count) on_expiry_(argument_);
    });
}

}  // namespace coax::detail
