#include "runtime/internal/suspended.hpp"

#include "runtime/internal/context_service.hpp"

#include <boost/asio/post.hpp>

#include <map>
#include <string_view>
#include <utility>

namespace coax::detail {

suspended::suspended(asio::any_io_executor const& executor, char const* what)
    : context_{&context_service::of(executor)}, what_{what} {}

clock::time_point suspended::now() const noexcept { return context_->time.now(); }

void suspended::hold(continuation rest, std::optional<clock::time_point> deadline) {
    auto& timers = context_->timers;
    auto const lock = timers.acquire_lock();
    if (timers.closed()) return;  // `rest` unwinds
    rest_ = std::move(rest);
    held_ = true;
    context_->waiting.add(*this);
    if (deadline) timers.insert(*this, *deadline, executor_);
}

void suspended::set_deadline(clock::time_point deadline) {
    auto const lock = context_->timers.acquire_lock();
    if (held_) context_->timers.insert(*this, deadline, executor_);
}

void suspended::resume(end how) noexcept {
    auto const lock = context_->timers.acquire_lock();
    if (held_) post_rest(how);
}

continuation suspended::take() noexcept {
    auto const lock = context_->timers.acquire_lock();
    return held_ ? detach(end::woken) : continuation{};
}

void suspended::cancel(asio::cancellation_type) noexcept { resume(end::cancelled); }

void suspended::expire(std::unique_lock<std::mutex>&) noexcept { post_rest(end::due); }

continuation suspended::detach(end how) noexcept {
    context_->waiting.remove(*this);
    context_->timers.remove(*this);
    how_ = how;
    return std::move(rest_);
}

void suspended::post_rest(end how) noexcept {
    auto rest = detach(how);
    // Out of the frame first: once posted it may run, and die, on another thread.
    auto const executor = std::move(executor_);
    asio::post(executor, std::move(rest));
}

void suspended_list::add(suspended& node) noexcept {
    node.previous_ = nullptr;
    node.next_ = first_;
    if (first_ != nullptr) first_->previous_ = &node;
    first_ = &node;
}

void suspended_list::remove(suspended& node) noexcept {
    node.held_ = false;
    (node.previous_ != nullptr ? node.previous_->next_ : first_) = node.next_;
    if (node.next_ != nullptr) node.next_->previous_ = node.previous_;
}

void suspended_list::unwind_all() noexcept {
    auto lock = timers_.acquire_lock();
    while (first_ != nullptr) {
        auto& node = *first_;
        remove(node);
        auto rest = std::move(node.rest_);
        lock.unlock();
        {
            auto const unwound = std::move(rest);
        }
        lock.lock();
    }
}

std::string suspended_list::waits() {
    std::map<std::string_view, std::size_t> counts;
    {
        auto const lock = timers_.acquire_lock();
        for (auto const* node = first_; node != nullptr; node = node->next_)
            if (node->what_ != nullptr) ++counts[node->what_];
    }
    std::string text;
    for (auto const& [what, count] : counts) {
        if (!text.empty()) text += ", ";
        text += std::to_string(count);
        text += " on ";
        text += what;
    }
    return text;
}

}  // namespace coax::detail
