#include "runtime/internal/context_service.hpp"

#include "runtime/internal/sleep.hpp"

#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string_view>
#include <utility>

namespace coax::detail {
namespace {

/// Of idle coroutines that one context keeps; some hundred bytes each.
constexpr std::size_t most_idlers = 64;

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;

/// The mixing step of SplitMix64.
constexpr std::uint64_t mixed(std::uint64_t bits) noexcept {
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebULL;
    return bits ^ (bits >> 31U);
}

std::uint64_t fresh_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

/// An executor that does not keep its context at work by merely being stored.
asio::any_io_executor untracked(asio::any_io_executor const& executor) {
    return asio::prefer(executor, asio::execution::outstanding_work.untracked);
}

}  // namespace

// ---- parked

suspended::suspended(asio::any_io_executor const& executor, char const* what)
    : service_{&context_service::of(executor)}, what_{what} {}

void suspended::wake() noexcept { service_->wake(*this, end::woken); }

void suspended::cancel(asio::cancellation_type) noexcept { service_->wake(*this, end::cancelled); }

void suspended::expire(std::unique_lock<std::mutex>&) noexcept { service_->release(*this, end::due); }

// ---- context_service

context_service::context_service(asio::execution_context& context)
    : service{context}, time_{std::shared_ptr<clock const>{}, &clock::real()}, chance_{fresh_seed()} {}

context_service::~context_service() = default;

context_service& context_service::of(asio::any_io_executor const& executor) {
    return asio::use_service<context_service>(asio::query(executor, asio::execution::context));
}

double context_service::chance() noexcept {
    auto const count = chance_.fetch_add(golden, std::memory_order_relaxed) + golden;
    return static_cast<double>(mixed(count) >> 11U) * 0x1p-53;
}

void context_service::use(std::shared_ptr<virtual_clock> time, std::uint64_t seed) {
    time_ = time;
    virtual_time_ = std::move(time);
    chance_ = golden + seed;
    tie_seed_ = seed;
}

bool context_service::advance() {
    lock_type lock{mutex_};
    if (heap_.empty()) return false;
    virtual_time_->advance_to(heap_.front()->deadline_);
    expire_due(lock);
    return true;
}

void context_service::shutdown() noexcept {
    lock_type lock{mutex_};
    closed_ = true;
    ticking_ = false;
    ++tick_generation_;
    tick_.reset();
    for (auto* node : heap_) node->position_ = timer_node::nowhere;
    heap_.clear();
    auto* const idle = release_idlers();
    lock.unlock();
    unwind(idle);
    lock.lock();
    while (first_parked_ != nullptr) {
        auto& node = *first_parked_;
        unlink(node);
        auto rest = std::move(node.rest_);
        lock.unlock();
        {
            auto const unwound = std::move(rest);
        }
        lock.lock();
    }
}

// ---- the timer queue: a binary heap of pointers, each node knowing its place

void context_service::arm(timer_node& node, clock::time_point deadline, asio::any_io_executor const& executor) {
    lock_type const lock{mutex_};
    if (closed_) return;
    insert(node, deadline, executor);
}

void context_service::disarm(timer_node& node) noexcept {
    lock_type const lock{mutex_};
    remove(node);
}

bool context_service::armed(timer_node const& node) noexcept {
    lock_type const lock{mutex_};
    return node.position_ != timer_node::nowhere;
}

std::uint64_t context_service::tick_count() noexcept {
    lock_type const lock{mutex_};
    return tick_generation_;
}

void context_service::insert(timer_node& node, clock::time_point deadline, asio::any_io_executor const& executor) {
    remove(node);
    node.deadline_ = deadline;
    node.sequence_ = sequence_++;
    node.tie_ = tie_seed_ == 0 ? node.sequence_ : mixed(node.sequence_ * golden ^ tie_seed_);
    heap_.push_back(&node);
    node.position_ = heap_.size() - 1;
    sift_up(node.position_);
    ensure_tick(deadline, executor);
}

void context_service::remove(timer_node& node) noexcept {
    auto const at = std::exchange(node.position_, timer_node::nowhere);
    if (at == timer_node::nowhere) return;
    auto* const last = heap_.back();
    heap_.pop_back();
    if (last == &node) return;
    place(at, last);
    sift_up(at);
    sift_down(last->position_);
}

bool context_service::before(timer_node const& a, timer_node const& b) noexcept {
    return a.deadline_ != b.deadline_ ? a.deadline_ < b.deadline_ : a.tie_ < b.tie_;
}

void context_service::place(std::size_t at, timer_node* node) noexcept {
    heap_[at] = node;
    node->position_ = at;
}

void context_service::sift_up(std::size_t at) noexcept {
    auto* const node = heap_[at];
    for (; at > 0; at = (at - 1) / 2) {
        auto* const parent = heap_[(at - 1) / 2];
        if (!before(*node, *parent)) break;
        place(at, parent);
    }
    place(at, node);
}

void context_service::sift_down(std::size_t at) noexcept {
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

// ---- the one timer behind the queue

void context_service::ensure_tick(clock::time_point deadline, asio::any_io_executor const& executor) {
    if (virtual_time_) return;
    if (ticking_ && tick_at_ <= deadline) return;
    if (!tick_) tick_.emplace(untracked(executor));
    start_tick(deadline);
}

void context_service::start_tick(clock::time_point at) {
    tick_at_ = std::min(at, now() + tick);
    ticking_ = true;
    tick_->expires_at(tick_at_);
    tick_->async_wait([this, generation = ++tick_generation_](boost::system::error_code) { on_tick(generation); });
}

void context_service::on_tick(std::uint64_t generation) {
    lock_type lock{mutex_};
    if (generation != tick_generation_ || closed_) return;  // replaced by an earlier one
    ticking_ = false;
    auto* const unwanted = release_idlers();
    expire_due(lock);
    if (!closed_ && !ticking_ && !heap_.empty()) start_tick(heap_.front()->deadline_);
    lock.unlock();
    unwind(unwanted);
}

void context_service::expire_due(lock_type& lock) {
    auto const current = now();
    auto const newest = sequence_;  // what is armed from here on may wait for the next turn
    while (!heap_.empty() && heap_.front()->deadline_ <= current && heap_.front()->sequence_ < newest) {
        auto* const node = heap_.front();
        remove(*node);
        node->expire(lock);
        if (!lock.owns_lock()) lock.lock();
    }
}

// ---- parked coroutines

void context_service::park(suspended& node, continuation rest, std::optional<clock::time_point> deadline) {
    lock_type const lock{mutex_};
    if (closed_) return;  // `rest` unwinds
    node.rest_ = std::move(rest);
    node.parked_ = true;
    node.previous_ = nullptr;
    node.next_ = first_parked_;
    if (first_parked_ != nullptr) first_parked_->previous_ = &node;
    first_parked_ = &node;
    if (deadline) insert(node, *deadline, node.executor_);
}

void context_service::set_deadline(suspended& node, clock::time_point deadline) {
    lock_type const lock{mutex_};
    if (node.parked_) insert(node, deadline, node.executor_);
}

void context_service::wake(suspended& node, suspended::end how) noexcept {
    lock_type const lock{mutex_};
    if (node.parked_) release(node, how);
}

void context_service::unlink(suspended& node) noexcept {
    node.parked_ = false;
    (node.previous_ != nullptr ? node.previous_->next_ : first_parked_) = node.next_;
    if (node.next_ != nullptr) node.next_->previous_ = node.previous_;
}

continuation context_service::detach(suspended& node, suspended::end how) noexcept {
    unlink(node);
    remove(node);
    node.how_ = how;
    return std::move(node.rest_);
}

void context_service::release(suspended& node, suspended::end how) noexcept {
    auto rest = detach(node, how);
    // Out of the frame first: once posted it may run, and die, on another thread.
    auto const executor = std::move(node.executor_);
    asio::post(executor, std::move(rest));
}

continuation context_service::take(suspended& node) noexcept {
    lock_type const lock{mutex_};
    return node.parked_ ? detach(node, suspended::end::woken) : continuation{};
}

std::string context_service::waits() {
    std::map<std::string_view, std::size_t> counts;
    {
        lock_type const lock{mutex_};
        for (auto const* node = first_parked_; node != nullptr; node = node->next_)
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

// ---- idle coroutines

void context_service::keep(idle_runner& one, continuation rest) {
    lock_type const lock{mutex_};
    if (closed_ || idler_count_ == most_idlers) return;  // `rest` unwinds
    one.rest = std::move(rest);
    one.next = std::exchange(first_idler_, &one);
    ++idler_count_;
    if (!ticking_) ensure_tick(clock::time_point::max(), one.executor);
}

idle_runner* context_service::take_idler(asio::any_io_executor const& executor) noexcept {
    lock_type const lock{mutex_};
    for (auto** at = &first_idler_; *at != nullptr; at = &(*at)->next) {
        if ((*at)->executor != executor) continue;
        --idler_count_;
        return std::exchange(*at, (*at)->next);
    }
    return nullptr;
}

idle_runner* context_service::release_idlers() noexcept {
    idler_count_ = 0;
    return std::exchange(first_idler_, nullptr);
}

void context_service::unwind(idle_runner* first) noexcept {
    while (first != nullptr) {
        auto* const one = std::exchange(first, first->next);
        auto const unwound = std::move(one->rest);
    }
}

// ---- deadline_timer

struct deadline_timer::alive {
    std::atomic<std::uint64_t> armed_count{0};
};

deadline_timer::deadline_timer(asio::any_io_executor executor, callback on_expiry, void* argument)
    : executor_{untracked(executor)},
      service_{&context_service::of(executor)},
      on_expiry_{on_expiry},
      argument_{argument} {
    // The queue's own turn runs where a plain io_context executor would run the callback; anything else needs a hop.
    if (executor_.target<asio::io_context::executor_type>() == nullptr) alive_ = std::make_shared<alive>();
}

deadline_timer::~deadline_timer() { cancel(); }

void deadline_timer::arm(clock::time_point deadline) {
    cancel();
    service_->arm(*this, deadline, executor_);
}

void deadline_timer::arm_after(clock::duration wait) { arm(later(now(), wait)); }

void deadline_timer::cancel() noexcept {
    service_->disarm(*this);
    if (alive_) ++alive_->armed_count;  // after leaving the queue, so that no posted expiry carries the new count
}

bool deadline_timer::armed() const noexcept { return service_->armed(*this); }

clock::time_point deadline_timer::now() const noexcept { return service_->now(); }

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
