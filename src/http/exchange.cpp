#include "http/exchange.hpp"

#include "http/content_decoder.hpp"
#include "http/dial.hpp"
#include "http/errors.hpp"
#include "http/request_head.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

namespace coax::http::detail {
namespace {

using boost::system::error_code;

constexpr std::chrono::seconds sweep_interval{1};
constexpr int most_interim_responses = 16;  // each gives the first byte its full time again

/// Whether more than interim responses came.
bool answers(std::string_view input) {
    constexpr std::string_view interim{"HTTP/1.1 1"};
    constexpr std::string_view end_of_head{"\r\n\r\n"};
    while (input.starts_with(interim) && input.find(end_of_head) != std::string_view::npos)
        input.remove_prefix(input.find(end_of_head) + end_of_head.size());
    return !interim.starts_with(input.substr(0, interim.size()));
}

/// Whether a TLS record came where a response was to begin.
bool speaks_tls(connection const& link) {
    auto const text = link.input();
    return !link.is_tls() && text.size() > 1 && (text[0] == '\x15' || text[0] == '\x16') && text[1] == '\x03';
}

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

exchange::exchange(std::shared_ptr<transport_state> home, http_request request, exchange_limits limits, bool streamed)
    : home_{std::move(home)},
      request_{std::move(request)},
      limits_{clamped(limits)},
      deadline_{home_->executor, limits_, request_.to},
      lease_{home_},
      streamed_{streamed} {}

asio::awaitable<result<void>> exchange::begin() {
    if (auto valid = check_request(request_); !valid) co_return valid;
    if (home_->connections.closed()) co_return closed(request_.to);
    auto found = acquire_slot();
    bool const ready = found.what == connection_pool::verdict::reuse && take_slot(*found.at, std::move(found.reuse));
    if (!ready)
        if (auto got = co_await get_connection(std::move(found)); !got) co_return std::move(got).error();

    auto attempted = co_await attempt();
    if (attempted || !may_send_again(attempted.error())) co_return attempted;
    note_closed();
    ++home_->counted.replaced;
    if (written_ && !send_failure_ && !lease_.get()->was_refused()) ++home_->resent;
    if (auto made = co_await open_connection(true); !made) co_return std::move(made).error();
    co_return co_await attempt();
}

connection_pool::decision exchange::acquire_slot() {
    auto const now = deadline_.now();
    if (now >= home_->next_sweep) {
        home_->connections.sweep(now);
        home_->next_sweep = now + sweep_interval;
    }
    return home_->connections.acquire(request_.to, now);
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

/// One sending on the connection held, up to the head of the response.
asio::awaitable<result<void>> exchange::attempt() {
    written_ = response_began_ = received_ = false;
    interim_responses_ = 0;
    send_failure_ = {};
    early_body_.clear();
    early_failure_.reset();
    start_parser();
    auto& link = *lease_.get();
    write_head(request_, link.head());
    std::string_view head = link.head();
    std::string_view body = request_.body;
    for (;;) {
        auto const sent = send_now(head, body);
        if (!sent) co_return sent.error();
        if (*sent) break;
        if (auto waited = co_await wait_to_send(); !waited) co_return waited;
    }
    wait_first_ = !send_failure_;
    result<void> got;
    if (received_) got = parse();
    while (got && !parser_->is_header_done()) got = co_await receive(early_body_);
    if (got || !has_head()) co_return got;
    early_failure_ = std::make_unique<error>(std::move(got).error());  // told after the body that came before it
    co_return result<void>{};
}

/// Writes what the socket takes of the rest, and takes that off it. False: it has to wait before it can take more.
result<bool> exchange::send_now(std::string_view& head, std::string_view& body) {
    while (!send_failure_ && (!head.empty() || !body.empty())) {
        error_code ec;
        written_ |= lease_.get()->write(head, body, ec) > 0;
        if (!ec) continue;
        if (ec == asio::error::would_block || ec == asio::error::try_again) return false;
        // The server may have responded and closed before it read all: the response counts, if it is there.
        if (!written_) return transport_error(stage::sending, ec, request_.to);
        send_failure_ = ec;
    }
    return true;
}

/// Waits until more can be written. The server may respond before it has read all, and read no more: then the sending
/// ends (RFC 9110, section 7.5).
asio::awaitable<result<void>> exchange::wait_to_send() {
    struct watch {
        bool readable{false};
        bool over{false};
    };
    auto& link = *lease_.get();
    auto const reading = std::make_shared<watch>();
    link.socket().async_wait(asio::ip::tcp::socket::wait_read, [reading, &link](error_code ec) {
        if (ec || reading->over) return;
        reading->readable = true;
        link.socket().cancel(ec);
    });
    deadline_.start(limit::idle);
    co_await deadline_.wait(link.socket(), link.wanted());
    reading->over = true;
    error_code ignored;
    link.socket().cancel(ignored);
    if (auto why = deadline_.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
    if (reading->readable) read_while_sending();
    co_return result<void>{};
}

/// Sets `send_failure_` when there is no use in sending more.
void exchange::read_while_sending() {
    auto& link = *lease_.get();
    error_code ec;
    received_ |= link.read(ec) > 0;
    bool const waits = ec == asio::error::would_block || ec == asio::error::try_again;
    if (ec && !waits) send_failure_ = ec;
    if (answers(link.input())) send_failure_ = asio::error::connection_aborted;
}

asio::awaitable<result<void>> exchange::receive(std::string& body) {
    if (early_failure_ != nullptr) co_return *early_failure_;
    auto& link = *lease_.get();
    parser_->body_to(body);
    if (same_limit_ && !deadline_.resume()) co_return may_go_on(co_await asio::this_coro::cancellation_state);
    for (;;) {
        if (auto got = receive_now()) co_return *std::move(got);
        if (!same_limit_) deadline_.start(response_began_ ? limit::idle : limit::first_byte);
        co_await deadline_.wait(link.socket(), link.wanted());
        if (auto going = may_go_on(co_await asio::this_coro::cancellation_state); !going) co_return going;
    }
}

/// Reads once and parses what came. Nothing: it has to be waited for.
std::optional<result<void>> exchange::receive_now() {
    error_code ec = asio::error::would_block;
    if (!std::exchange(wait_first_, false)) (void)lease_.get()->read(ec);
    if (!ec) {
        received_ = true;
        return parse();
    }
    if (ec != asio::error::would_block && ec != asio::error::try_again) return parse_end(ec);
    if (send_failure_ && !received_) return transport_error(stage::sending, send_failure_, request_.to);
    return std::nullopt;
}

/// After a wait for the response. The error: why it is over.
result<void> exchange::may_go_on(asio::cancellation_state const& caller) {
    if (auto why = deadline_.stopped(caller)) return failed(*std::move(why));
    return {};
}

void exchange::start_parser() {
    parser_.emplace(response_parser::limits{.header_bytes = home_->options.max_header_bytes,
                                            .body_bytes = limits_.max_body_bytes,
                                            .bodiless = request_.method == "HEAD"});
    parser_->body_to(early_body_);
}

bool exchange::may_send_again(error const& why) const {
    bool const unseen = !written_ || send_failure_;
    return reused_ && !received_ && (request_.repeatable || unseen) && why.code == errc::connection_lost;
}

error exchange::failed(error why) const {
    if (has_head()) why.http_status = parser_->status_code();
    return why;
}

result<void> exchange::parse() {
    auto& link = *lease_.get();
    response_began_ = true;
    if (!parser_->is_header_done() && speaks_tls(link)) return tls_on_a_plain_connection(request_.to);
    while (!parser_->is_done() && link.input().size() >= parser_->least_input()) {
        error_code ec;
        auto const input = parser_->is_header_done() ? link.input() : link.status_line_completed();
        link.consume(parser_->put(asio::buffer(input), ec));
        if (ec == boost::beast::http::error::need_more) break;
        if (ec) return parse_failed(ec);
        if (parser_->is_done() && parser_->status_code() < 200)
            if (auto taken = take_interim(); !taken) return taken;
    }
    if (link.input().size() > home_->options.max_header_bytes && !parser_->is_done())
        return parse_failed(boost::beast::http::make_error_code(boost::beast::http::error::header_limit));
    if (parser_->is_done()) finish();
    return {};
}

error exchange::parse_failed(error_code cause) const {
    if (cause == boost::beast::http::error::body_limit)
        return failed(body_too_large(limits_.max_body_bytes, request_.to));
    if (is_coding_error(cause))
        return failed(not_decoded(parser_->headers().find("content-encoding"), cause, request_.to));
    return failed(transport_error(stage::receiving, cause, request_.to));
}

/// An interim response (RFC 9110, section 15.2): the final one is still to come.
result<void> exchange::take_interim() {
    bool const switched = parser_->status_code() == 101;
    if (switched || ++interim_responses_ > most_interim_responses)
        return error{
            .code = errc::protocol_error,
            .message = switched ? "the server switched protocols unasked" : "the server sends no final response",
            .where = coax::to_string(request_.to)};
    start_parser();
    response_began_ = !lease_.get()->input().empty();
    return {};
}

/// The connection ended, orderly or not.
result<void> exchange::parse_end(error_code cause) {
    if (send_failure_ && !received_) return transport_error(stage::sending, send_failure_, request_.to);
    if (!parser_->got_some()) return ended_unanswered(cause, request_.to);
    if (cause != asio::error::eof) return failed(transport_error(stage::receiving, cause, request_.to));
    error_code ec;
    parser_->put_eof(ec);
    if (ec) return parse_failed(ec);
    finish();
    return {};
}

void exchange::finish() {
    auto& link = *lease_.get();
    auto const now = deadline_.now();
    link.set_streamed(streamed_);
    bool const kept = parser_->keep_alive() && link.input().empty() && !send_failure_;
    lease_.release(kept && !(streamed_ && home_->closes_after_streams(request_.to, now)), now);
}

}  // namespace coax::http::detail
