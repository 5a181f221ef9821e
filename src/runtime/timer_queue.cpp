#include "runtime/internal/timer_queue.hpp"

#include <boost/asio/execution.hpp>
#include <boost/asio/prefer.hpp>

#include <algorithm>
#include <utility>

namespace coax::detail {

asio::any_io_executor untracked(asio::any_io_executor const& executor) {
    return asio::prefer(executor, asio::execution::outstanding_work.untracked);
}

void timer_queue::arm(timer_node& node, clock::time_point deadline, asio::any_io_executor const& executor) {
    lock_type const lock{mutex_};
    if (!closed_) insert(node, deadline, executor);
}

void timer_queue::disarm(timer_node& node) noexcept {
    lock_type const lock{mutex_};
    remove(node);
}

bool timer_queue::armed(timer_node const& node) noexcept {
    lock_type const lock{mutex_};
    return node.position_ != timer_node::not_queued;
}

bool timer_queue::advance() {
    lock_type lock{mutex_};
    if (heap_.empty()) return false;
    time_.virtual_time()->advance_to(heap_.front()->deadline_);
    expire_due(lock);
    return true;
}

void timer_queue::close() noexcept {
    lock_type const lock{mutex_};
    closed_ = true;
    ticking_ = false;
    ++tick_generation_;
    tick_timer_.reset();
    for (auto* node : heap_) node->position_ = timer_node::not_queued;
    heap_.clear();
}

std::uint64_t timer_queue::tick_count() noexcept {
    lock_type const lock{mutex_};
    return tick_generation_;
}

// ---- the heap

void timer_queue::insert(timer_node& node, clock::time_point deadline, asio::any_io_executor const& executor) {
    remove(node);
    node.deadline_ = deadline;
    node.sequence_ = sequence_++;
    node.tie_breaker_ = time_.tie_breaker(node.sequence_);
    heap_.push_back(&node);
    node.position_ = heap_.size() - 1;
    sift_up(node.position_);
    ensure_tick(deadline, executor);
}

void timer_queue::insert_at_tick(timer_node& node, asio::any_io_executor const& executor) {
    if (time_.virtual_time() != nullptr || node.position_ != timer_node::not_queued) return;
    insert(node, ticking_ ? tick_at_ : now() + tick, executor);
}

void timer_queue::remove(timer_node& node) noexcept {
    auto const at = std::exchange(node.position_, timer_node::not_queued);
    if (at == timer_node::not_queued) return;
    auto* const last = heap_.back();
    heap_.pop_back();
    if (last == &node) return;
    place(at, last);
    sift_up(at);
    sift_down(last->position_);
}

bool timer_queue::before(timer_node const& a, timer_node const& b) noexcept {
    return a.deadline_ != b.deadline_ ? a.deadline_ < b.deadline_ : a.tie_breaker_ < b.tie_breaker_;
}

void timer_queue::place(std::size_t at, timer_node* node) noexcept {
    heap_[at] = node;
    node->position_ = at;
}

void timer_queue::sift_up(std::size_t at) noexcept {
    auto* const node = heap_[at];
    for (; at > 0; at = (at - 1) / 2) {
        auto* const parent = heap_[(at - 1) / 2];
        if (!before(*node, *parent)) break;
        place(at, parent);
    }
    place(at, node);
}

void timer_queue::sift_down(std::size_t at) noexcept {
    auto* const node = heap_[at];
    for (;;) {
        auto child = 2 * at + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
        if (!before(*heap_[child], *node)) break;
        place(at, heap_[child]);
        at = child;
    }
    place(at, node);
}

// ---- the one timer behind the heap

void timer_queue::ensure_tick(clock::time_point deadline, asio::any_io_executor const& executor) {
    if (time_.virtual_time() != nullptr) return;
    if (ticking_ && tick_at_ <= deadline) return;
    if (!tick_timer_) tick_timer_.emplace(untracked(executor));
    start_tick(deadline);
}

void timer_queue::start_tick(clock::time_point at) {
    tick_at_ = std::min(at, now() + tick);
    ticking_ = true;
    tick_timer_->expires_at(tick_at_);
    tick_timer_->async_wait(
        [this, generation = ++tick_generation_](boost::system::error_code) { on_tick(generation); });
}

void timer_queue::on_tick(std::uint64_t generation) {
    lock_type lock{mutex_};
    if (generation != tick_generation_ || closed_) return;  // replaced by an earlier one
    ticking_ = false;
    expire_due(lock);
    if (!closed_ && !ticking_ && !heap_.empty()) start_tick(heap_.front()->deadline_);
}

void timer_queue::expire_due(lock_type& lock) {
    auto const current = now();
    auto const newest = sequence_;  // what is armed from here on may wait for the next turn
    while (!heap_.empty() && heap_.front()->deadline_ <= current && heap_.front()->sequence_ < newest) {
        auto* const node = heap_.front();
        remove(*node);
        node->expire(lock);
        if (!lock.owns_lock()) lock.lock();
    }
}

}  // namespace coax::detail
