#include "http/http2_dial.hpp"

#include "http/errors.hpp"
#include "runtime/internal/spawn.hpp"

#include <coax/runtime/as_result.hpp>

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace coax::http::detail {
namespace {

/// What limits a request besides is the request's.
exchange_limits connect_limit_of(exchange_limits limits) {
    limits.total = std::chrono::milliseconds{0};
    return limits;
}

error not_offered(origin const& to) {
    return {.code = errc::protocol_error,
            .message = "the server does not offer HTTP/2, which http2 = on asks for: automatic falls back to HTTP/1.1",
            .where = coax::to_string(to),
            .should_retry = false};
}

}  // namespace

http2_dial::http2_dial(std::shared_ptr<transport_state> home, http2_pool& pool, http2_host& at, bool patient)
    : home_{std::move(home)},
      pool_{&pool},
      at_{at},
      to_{at.to},
      limits_{connect_limit_of(at.limits)},
      deadline_{home_->executor, limits_, to_},
      slot_{home_},
      patient_{patient} {}

void http2_dial::start() { coax::detail::spawn(home_->executor, run(shared_from_this()), shared_from_this()); }

asio::awaitable<void> http2_dial::run(std::shared_ptr<http2_dial> self) {
    auto const slot = co_await self->take_slot();
    if (!slot) co_return self->fail(slot.error());
    auto made = co_await self->home_->connect.connect(self->to_, self->deadline_, true);
    if (!made) co_return self->fail(made.error());
    self->finish(std::move(*made));
}

asio::awaitable<result<void>> http2_dial::take_slot() {
    auto found = home_->connections.acquire(to_, deadline_.now());
    if (found.what == connection_pool::verdict::wait && home_->http2->close_idle(false))
        found = home_->connections.acquire(to_, deadline_.now());
    switch (found.what) {
        case connection_pool::verdict::full: co_return queue_is_full(home_->options.max_waiting, to_);
        case connection_pool::verdict::wait:
            if (!patient_) co_return queue_is_full(0, to_);
            co_return co_await wait_for_slot(*found.at);
        case connection_pool::verdict::reuse:
        case connection_pool::verdict::open: break;
    }
    slot_.take(*found.at, std::move(found.reuse));
    slot_.close();  // one of HTTP/1.1: its slot is enough
    co_return result<void>{};
}

asio::awaitable<result<void>> http2_dial::wait_for_slot(connection_pool::host& in) {
    queued_request place{home_->executor, home_->connections};
    home_->connections.enqueue(in, place);
    co_await coax::detail::suspend_until(place, std::nullopt);
    bool const is_cancelled =
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
    if (!place.granted) co_return is_cancelled ? cancelled(to_) : closed(to_);
    slot_.take(*place.at, std::move(place.reuse));
    slot_.close();
    if (is_cancelled) slot_.release(false, {});
    if (is_cancelled) co_return cancelled(to_);
    co_return result<void>{};
}

void http2_dial::finish(std::unique_ptr<connection> made) {
    if (pool_ == nullptr) return;  // cancelled
    auto& pool = *std::exchange(pool_, nullptr);
    ++home_->counted.opened;
    if (made->speaks_http2()) return pool.opened(*this, std::move(made), std::move(slot_));
    if (home_->options.http2 == http2_mode::on) return pool.failed(*this, not_offered(to_));
    slot_.replace(std::move(made), deadline_.now());
    slot_.release(true, deadline_.now());
    pool.avoid(to_);
    pool.failed(*this, closed(to_));
}

void http2_dial::fail(error const& why) {
    slot_.release(false, {});
    if (pool_ == nullptr) return;
    std::exchange(pool_, nullptr)->failed(*this, why);
}

/// `failure`: an exception, such as of memory. `lost`: the context died.
void http2_dial::ended(bool lost) noexcept {
    if (pool_ != nullptr) fail(failure && !lost ? to_error(failure) : closed(to_));
}

void http2_dial::cancel_if_unbounded() {
    if (pool_ == nullptr || (slot_.at() != nullptr && limits_.connect.count() > 0)) return;
    auto const self = shared_from_this();
    slot_.release(false, {});
    std::exchange(pool_, nullptr)->failed(*this, cancelled(to_));
    signal.emit(asio::cancellation_type::terminal);
}

}  // namespace coax::http::detail
