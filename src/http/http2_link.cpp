#include "http/http2_link.hpp"

#include "http/errors.hpp"
#include "http/http2_pool.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace coax::http::detail {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t most_unwritten = 64U << 10U;  // beyond it frames stay in the session
constexpr int most_reads_at_once = 16;              // then others have their turn
constexpr std::chrono::seconds longest_unused{5};   // of a connection that no request came for, at least

http2_session::limits session_limits(http_options const& options) {
    return {.header_bytes = options.max_header_bytes,
            .stream_window = stream_window(options.http2_buffer_bytes, options.max_streams_per_connection)};
}

error broken(http2_breakdown const& how, origin const& to) {
    return {.code = errc::protocol_error,
            .message = "the server does not keep to HTTP/2: " + how.reason,
            .where = coax::to_string(to)};
}

}  // namespace

http2_link::http2_link(http2_pool& pool, http2_host& of, std::unique_ptr<connection> made, lease slot)
    : pool_{&pool},
      of_{&of},
      connection_{std::move(made)},
      slot_{std::move(slot)},
      session_{session_limits(pool.options())},
      keepalive_{pool.options().ping_time, pool.options().ping_timeout, pool.now()},
      opened_{pool.now()},
      idle_since_{opened_},
      why_{http::detail::closed(of.to)} {
    timer_.emplace(pool.executor(), [](void* self) { static_cast<http2_link*>(self)->check_peer(); }, this);
}

http2_link::~http2_link() = default;

std::int32_t http2_link::submit(http_request const& request, http2_receiver& to) {
    if (closed()) return 0;
    auto const self = shared_from_this();
    bool const was_idle = session_.stream_count() == 0;
    auto const stream = session_.submit(request, to);
    used_ = true;
    if (was_idle) keepalive_.heard(pool_->now());
    flush();
    settle();
    return stream;
}

void http2_link::abandon(std::int32_t stream) {
    if (closed()) return;
    auto const self = shared_from_this();
    session_.abandon(stream);
    if (!resets_.spend(pool_->now())) retired_ = true;
    flush();
    settle();
}

void http2_link::consumed(std::int32_t stream, std::size_t bytes) {
    if (closed() || bytes == 0) return;
    auto const self = shared_from_this();
    session_.consumed(stream, bytes);
    flush();
    settle();
}

void http2_link::give_back() {
    take_promised();
    auto const self = shared_from_this();
    settle();
}

void http2_link::catch_up() {
    if (!closed() && !reading_) go_on();
}

std::size_t http2_link::room(clock::time_point now) const {
    if (closed() || retired_ || !session_.takes_requests() || is_old(now)) return 0;
    // Until the server says how many it allows, one.
    auto const allowed = session_.is_agreed() ? session_.max_streams() : 1;
    auto const most = std::min(allowed, pool_->options().max_streams_per_connection);
    return most - std::min(most, busy());
}

bool http2_link::is_old(clock::time_point now) const {
    auto const& options = pool_->options();
    if (!used_) return now - opened_ > std::max<clock::duration>(options.idle_time, longest_unused);
    return (options.life_time > options.life_time.zero() && now - opened_ > options.life_time) ||
           (busy() == 0 && now - idle_since_ > options.idle_time);
}

void http2_link::retire() {
    retired_ = true;
    if (idle()) close(http::detail::closed(of_->to));
}

/// Whatever it was that happened: reads, answers, and waits for more.
void http2_link::go_on() {
    auto const self = shared_from_this();
    read_all();
    flush();
    settle();
}

void http2_link::read_all() {
    more_to_read_ = false;
    for (int reads = 0; !closed(); ++reads) {
        if (reads == most_reads_at_once) {
            more_to_read_ = true;
            return;
        }
        error_code ec;
        if (connection_->read(ec) > 0) {
            keepalive_.heard(pool_->now());
            session_.receive(connection_->input());
            connection_->consume(connection_->input().size());
            if (session_.breakdown()) return;
        } else if (ec == asio::error::would_block || ec == asio::error::try_again) {
            write_wanted_ = connection_->wanted() == tcp::socket::wait_write;
            return;
        } else if (ec) {
            return lost(ec);
        }
    }
}

void http2_link::flush() {
    while (!closed()) {
        if (written_ >= most_unwritten) out_.erase(0, std::exchange(written_, 0));
        session_.send(out_, written_ + most_unwritten);
        if (written_ == out_.size()) {
            out_ = {};
            written_ = 0;
            return;
        }
        std::string_view left{out_};
        left.remove_prefix(written_);
        std::string_view no_body;
        error_code ec;
        written_ += connection_->write(left, no_body, ec);
        if (ec == asio::error::would_block || ec == asio::error::try_again) {
            write_wanted_ |= connection_->wanted() == tcp::socket::wait_write;
            return;
        }
        if (ec) return lost(ec);
    }
}

/// After a step: is it of use still, is somebody waiting for the room that came free?
void http2_link::settle() {
    if (closed()) return;
    if (auto const& how = session_.breakdown()) {
        pool_->violated(*of_);
        return close(broken(*how, of_->to));
    }
    bool const is_done = retired_ || !session_.takes_requests();
    if (busy() == 0 && is_done) return close(http::detail::closed(of_->to));
    pool_->serve(*of_);
    if (closed()) return;
    if (session_.stream_count() > 0 || !out_.empty()) return watch();
    rest();
}

void http2_link::watch() {
    if (!std::exchange(reading_, true)) {
        if (more_to_read_)
            asio::post(pool_->executor(), [self = shared_from_this()] {
                self->reading_ = false;
                if (!self->closed()) self->go_on();
            });
        else
            wait_for(connection_.get(), false);
    }
    if (std::exchange(write_wanted_, false) && !std::exchange(writing_, true)) wait_for(connection_.get(), true);
    // An answer may have moved it to an earlier time.
    if (!timer_->armed() || keepalive_.due() < armed_for_) timer_->arm(armed_for_ = keepalive_.due());
}

void http2_link::wait_for(connection* on, bool writing) {
    on->socket().async_wait(writing ? tcp::socket::wait_write : tcp::socket::wait_read,
                            [self = shared_from_this(), writing](error_code) {
                                (writing ? self->writing_ : self->reading_) = false;
                                if (!self->closed()) self->go_on();
                            });
}

/// Nothing is under way: waits for nothing.
void http2_link::rest() {
    timer_->cancel();
    idle_since_ = pool_->now();
    if (idle() && pool_->wants_room()) return close(http::detail::closed(of_->to));
    error_code ignored;
    if (reading_ || writing_) connection_->socket().cancel(ignored);
}

void http2_link::check_peer() {
    if (closed() || session_.stream_count() == 0) return;
    auto const self = shared_from_this();
    switch (keepalive_.decide(pool_->now())) {
        case http2_keepalive::step::wait: break;
        case http2_keepalive::step::ping:
            session_.ping();
            flush();
            break;
        case http2_keepalive::step::dead:
            pool_->troubled(*of_);
            return close({.code = errc::connection_lost,
                          .message = "the server answers no more, a PING of HTTP/2 either",
                          .where = coax::to_string(of_->to)});
    }
    if (closed()) return;
    timer_->arm(armed_for_ = keepalive_.due());
    settle();
}

void http2_link::lost(error_code cause) {
    if (!session_.is_agreed()) pool_->troubled(*of_);
    auto why = transport_error(stage::receiving, cause, of_->to);
    why.message = "the HTTP/2 connection ended before the whole response was there";
    if (auto const told = session_.told_to_go(); told && *told != http2_code::no_error)
        why.message += ", for the reason " + std::string{to_string(*told)};
    close(std::move(why));
}

void http2_link::close(error why) {
    if (closed()) return;
    auto const self = shared_from_this();
    why_ = std::move(why);
    timer_->cancel();
    if (session_.stream_count() == 0 && !session_.breakdown()) {
        session_.go_away();
        session_.send(out_, most_unwritten);
    }
    std::string_view left{out_};
    left.remove_prefix(written_);
    std::string_view no_body;
    error_code ignored;
    if (!left.empty()) (void)connection_->write(left, no_body, ignored);  // the goodbye, as far as that goes at once
    connection_.reset();
    session_.end_all();
    timer_.reset();
    slot_.release(false, {});
    pool_->gone(*this, *of_);
}

}  // namespace coax::http::detail
