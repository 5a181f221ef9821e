#include "http/dial.hpp"
#include "http/errors.hpp"
#include "http/exchange.hpp"
#include "http/http2_pool.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

/// How an exchange comes to its connection: one from the pool, one of its own, or one that another request left.
namespace coax::http::detail {
namespace {

constexpr std::chrono::seconds sweep_interval{1};

/// Leaves a dial to itself when the request is gone, however it ends.
struct dial_scope {
    dial_scope(dial& of, queued_request const& by) : making{of}, waits{by} {}
    dial_scope(dial_scope const&) = delete;
    dial_scope& operator=(dial_scope const&) = delete;
    ~dial_scope() { making.leave(waits); }

    dial& making;
    queued_request const& waits;
};

}  // namespace

connection_pool::decision exchange::acquire_slot() {
    auto const now = deadline_.now();
    if (now >= home_->next_sweep) {
        home_->connections.sweep(now);
        home_->next_sweep = now + sweep_interval;
    }
    auto found = home_->connections.acquire(request_.to, now);
    // An idle connection of HTTP/2 has a slot too.
    if (found.what == connection_pool::verdict::wait && home_->http2 && home_->http2->close_idle(false))
        found = home_->connections.acquire(request_.to, now);
    return found;
}

/// Takes the slot. True: it comes with a connection that is still good.
bool exchange::take_slot(connection_pool::host& at, connection_pool::pooled found) {
    lease_.take(at, std::move(found));
    if (lease_.get() == nullptr) return false;
    reused_ = !lease_.get()->is_stale();
    ++(reused_ ? home_->counted.reused : home_->counted.replaced);
    if (!reused_) note_closed();
    return reused_;
}

/// Takes what a request was granted; when it is not `wanted` any more, it is passed on untouched.
bool exchange::take_granted(queued_request& place, bool wanted) {
    if (wanted) return take_slot(*place.at, std::move(place.reuse));
    lease_.take(*place.at, std::move(place.reuse));
    lease_.release(lease_.get() != nullptr, deadline_.now());
    return false;
}

void exchange::note_closed() {
    auto const now = deadline_.now();
    home_->found_closed(request_.to, *lease_.get(), now - lease_.idle_since(), now);
}

/// Does what is left after `found` until there is a connection.
asio::awaitable<result<void>> exchange::get_connection(connection_pool::decision found) {
    for (;;) {
        switch (found.what) {
            case connection_pool::verdict::full: co_return queue_is_full(home_->options.max_waiting, request_.to);
            case connection_pool::verdict::open: (void)take_slot(*found.at, {}); break;
            case connection_pool::verdict::reuse: break;  // taken, and found closed
            case connection_pool::verdict::wait:
                if (auto granted = co_await wait_for_slot(*found.at); !granted) co_return granted;
                if (reused_) co_return result<void>{};
                break;
        }
        auto const ready = co_await open_connection(false);
        if (!ready) co_return ready.error();
        if (*ready) co_return result<void>{};
        found = acquire_slot();
        if (found.what == connection_pool::verdict::reuse && take_slot(*found.at, std::move(found.reuse)))
            co_return result<void>{};
    }
}

asio::awaitable<result<void>> exchange::wait_for_slot(connection_pool::host& at) {
    queued_request place{home_->executor, home_->connections};
    home_->connections.enqueue(at, place);
    deadline_.start(limit::none);
    deadline_.interrupts(place);
    co_await coax::detail::suspend_until(place, std::nullopt);
    auto why = deadline_.stopped(co_await asio::this_coro::cancellation_state);
    if (place.granted) (void)take_granted(place, !why);
    if (why) co_return std::move(*why);
    if (!place.granted) co_return closed(request_.to);
    co_return result<void>{};
}

/// Makes a connection in the slot held, or in that of a request that found another one, or takes one that another
/// request gives back first.
/// @param fresh  No other one will do.
/// @returns Whether there is one; false: the slot is gone, look again.
asio::awaitable<result<bool>> exchange::open_connection(bool fresh) {
    reused_ = false;
    lease_.close();
    auto& host = *lease_.at();
    queued_request place{home_->executor, home_->connections};
    auto const left = fresh ? nullptr : dial::left_for(*home_, request_.to);
    auto const making = left ? left : std::make_shared<dial>(home_, std::move(lease_), request_.to, limits_, place);
    dial_scope const scope{*making, place};
    if (!fresh) home_->connections.enqueue_opening(host, place);
    if (left) {
        left->serve(place);
        lease_.release(false, {});
    } else {
        making->start();
    }
    std::optional<error> why;
    if (!making->over()) {
        deadline_.start(limit::none);
        deadline_.interrupts(place);
        co_await coax::detail::suspend_until(place, std::nullopt);
        why = deadline_.stopped(co_await asio::this_coro::cancellation_state);
    }
    if (why) making->cancel();
    if (place.granted) {
        if (take_granted(place, !why)) co_return true;
        lease_.release(false, {});
    }
    if (why) co_return std::move(*why);
    if (place.granted) co_return false;
    auto taken = making->take(lease_);
    if (taken) co_return true;
    if (left) co_return false;  // its limit began earlier than ours
    co_return std::move(taken).error();
}

}  // namespace coax::http::detail
