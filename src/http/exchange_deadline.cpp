#include "http/exchange_deadline.hpp"

#include <algorithm>

namespace coax::http::detail {

using std::chrono::milliseconds;

exchange_deadline::exchange_deadline(asio::any_io_executor const& executor, exchange_limits const& limits,
                                     origin const& to)
    : limits_{limits},
      to_{to},
      timer_{executor, [](void* self) { static_cast<exchange_deadline*>(self)->expired(); }, this} {
    if (limits_.total > milliseconds{0}) total_deadline_ = timer_.now() + limits_.total;
}

void exchange_deadline::start(limit which) {
    step_ = which;
    auto const wanted = length(which);
    set(which, wanted > milliseconds{0} ? timer_.now() + wanted : never);
}

bool exchange_deadline::resume() {
    if (step_ == limit::first_byte && length(step_) <= milliseconds{0})
        start(limit::idle);
    else
        set(current_, deadline_);
    if (timer_.now() >= deadline_) passed_ = current_;
    return passed_ == limit::none;
}

void exchange_deadline::begin_connecting() {
    connect_deadline_ = limits_.connect > milliseconds{0} ? timer_.now() + limits_.connect : never;
    set(limit::none, never);
}

void exchange_deadline::set(limit which, clock::time_point deadline) {
    current_ = which;
    deadline_ = deadline;
    if (connect_deadline_ <= deadline_) current_ = limit::connect, deadline_ = connect_deadline_;
    if (total_deadline_ <= deadline_) current_ = limit::total, deadline_ = total_deadline_;
    if (deadline_ >= armed_for_) return;
    armed_for_ = deadline_;
    timer_.arm(deadline_);
}

void exchange_deadline::expired() {
    armed_for_ = never;
    if (deadline_ == never) return;
    if (timer_.now() < deadline_) {
        armed_for_ = deadline_;
        return timer_.arm(deadline_);
    }
    // A pause of the reader is not the peer's: only `total` runs on while nobody waits.
    if (waiting_ == nullptr && current_ != limit::total) return;
    passed_ = current_;
    if (waiting_ != nullptr) interrupt_(waiting_);
}

void exchange_deadline::interrupts(socket& waiting) noexcept {
    waiting_ = &waiting;
    interrupt_ = [](void* it) {
        boost::system::error_code ignored;
        static_cast<socket*>(it)->cancel(ignored);
    };
}

void exchange_deadline::interrupts(coax::detail::suspended& waiting) noexcept {
    waiting_ = &waiting;
    interrupt_ = [](void* it) { static_cast<coax::detail::suspended*>(it)->wake(); };
}

void exchange_deadline::interrupts(coax::detail::nursery& waiting) noexcept {
    waiting_ = &waiting;
    interrupt_ = [](void* it) { static_cast<coax::detail::nursery*>(it)->cancel(); };
}

std::optional<error> exchange_deadline::stopped(asio::cancellation_state const& caller) {
    waiting_ = nullptr;
    if (caller.cancelled() != asio::cancellation_type::none) return cancelled(to_);
    if (passed_ == limit::none) return std::nullopt;
    return limit_passed(passed_, length(passed_), to_);
}

milliseconds exchange_deadline::length(limit which) const noexcept {
    switch (which) {
        case limit::connect: return limits_.connect;
        case limit::first_byte: return limits_.first_byte;
        case limit::idle: return limits_.idle;
        case limit::total: return limits_.total;
        case limit::none: break;
    }
    return milliseconds{0};
}

}  // namespace coax::http::detail
