#include "http/exchange.hpp"

#include "http/request_head.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

namespace coax::http::detail {
namespace {

using boost::system::error_code;

constexpr std::chrono::seconds sweep_interval{1};
constexpr int most_interim_responses = 16;  // each gives the first byte its full time again

error queue_is_full(std::size_t most, origin const& to) {
    return {.code = errc::too_large,
            .message = std::to_string(most) + " requests wait for a connection already",
            .where = coax::to_string(to)};
}

}  // namespace

void lease::release(bool reusable, clock::time_point now) {
    auto* const at = std::exchange(at_, nullptr);
    if (at == nullptr) return;
    auto& connections = home_->connections;
    if (reusable) return home_->wake(connections.give_back(*at, std::move(pooled_), now));
    if (pooled_.connection != nullptr) pooled_.connection->set_usable(false);
    pooled_.connection.reset();
    home_->wake(connections.discard(*at));
}

exchange::exchange(std::shared_ptr<transport_state> home, http_request request, exchange_limits limits)
    : home_{std::move(home)},
      request_{std::move(request)},
      limits_{clamped(limits)},
      deadline_{home_->executor, limits_, request_.to},
      lease_{home_} {}

asio::awaitable<result<void>> exchange::begin() {
    if (auto valid = check_request(request_); !valid) co_return valid;
    if (home_->connections.closed()) co_return closed(request_.to);
    auto found = acquire_slot();
    bool const ready = found.what == connection_pool::verdict::reuse && take_slot(*found.at, std::move(found.reuse));
    if (!ready)
        if (auto got = co_await get_connection(std::move(found)); !got) co_return std::move(got).error();

    auto attempted = co_await attempt();
    if (attempted || !may_send_again(attempted.error())) co_return attempted;
    ++home_->counted.replaced;
    if (auto made = co_await open_connection(); !made) co_return std::move(made).error();
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
    return reused_;
}

/// Does what is left after `found` until there is a connection.
asio::awaitable<result<void>> exchange::get_connection(connection_pool::decision found) {
    switch (found.what) {
        case connection_pool::verdict::full: co_return queue_is_full(home_->options.max_waiting, request_.to);
        case connection_pool::verdict::open: (void)take_slot(*found.at, {}); break;
        case connection_pool::verdict::reuse: break;  // taken, and found closed
        case connection_pool::verdict::wait:
            if (auto granted = co_await wait_for_slot(*found.at); !granted) co_return granted;
            if (reused_) co_return result<void>{};
            break;
    }
    co_return co_await open_connection();
}

asio::awaitable<result<void>> exchange::wait_for_slot(connection_pool::host& at) {
    queued_request place{home_->executor, home_->connections};
    home_->connections.enqueue(at, place);
    deadline_.start(limit::none);
    deadline_.interrupts(place);
    co_await coax::detail::suspend_until(place, std::nullopt);
    auto why = deadline_.stopped(co_await asio::this_coro::cancellation_state);
    if (place.granted && !why) {
        (void)take_slot(*place.at, std::move(place.reuse));
    } else if (place.granted) {  // too late: passed on untouched
        lease_.take(*place.at, std::move(place.reuse));
        lease_.release(lease_.get() != nullptr, deadline_.now());
    }
    if (why) co_return std::move(*why);
    if (!place.granted) co_return closed(request_.to);
    co_return result<void>{};
}

asio::awaitable<result<void>> exchange::open_connection() {
    reused_ = false;
    lease_.close();
    auto made = co_await home_->connect.connect(request_.to, deadline_);
    if (!made) co_return std::move(made).error();
    ++home_->counted.opened;
    lease_.replace(std::move(*made), deadline_.now());
    co_return result<void>{};
}

/// One sending on the connection held, up to the head of the response.
asio::awaitable<result<void>> exchange::attempt() {
    written_ = response_began_ = false;
    interim_responses_ = 0;
    send_failure_ = {};
    write_head(request_, lease_.get()->head());
    if (auto sent = co_await send(); !sent) co_return sent;
    wait_first_ = !send_failure_;
    early_body_.clear();
    start_parser();
    while (!parser_->is_header_done())
        if (auto got = co_await receive(early_body_); !got) co_return got;
    co_return result<void>{};
}

asio::awaitable<result<void>> exchange::send() {
    auto& link = *lease_.get();
    std::string_view head = link.head();
    std::string_view body = request_.body;
    while (!head.empty() || !body.empty()) {
        error_code ec;
        written_ |= link.write(head, body, ec) > 0;
        if (!ec) continue;
        if (ec != asio::error::would_block && ec != asio::error::try_again) {
            // The server may have responded and closed before it read all: the response counts, if it is there.
            if (!written_) co_return transport_error(stage::sending, ec, request_.to);
            send_failure_ = ec;
            break;
        }
        deadline_.start(limit::idle);
        co_await deadline_.wait(link.socket(), link.wanted());
        if (auto why = deadline_.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
    }
    co_return result<void>{};
}

asio::awaitable<result<void>> exchange::receive(std::string& body) {
    auto& link = *lease_.get();
    parser_->body_to(body);
    for (;;) {
        error_code ec = asio::error::would_block;
        if (!wait_first_) (void)link.read(ec);
        if (!ec) {
            response_began_ = true;
            co_return parse();
        }
        if (ec != asio::error::would_block && ec != asio::error::try_again) co_return parse_end(ec);
        if (send_failure_) co_return transport_error(stage::sending, send_failure_, request_.to);
        wait_first_ = false;
        deadline_.start(response_began_ ? limit::idle : limit::first_byte);
        co_await deadline_.wait(link.socket(), link.wanted());
        if (auto why = deadline_.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
    }
}

void exchange::start_parser() {
    parser_.emplace(response_parser::limits{.header_bytes = home_->options.max_header_bytes,
                                            .body_bytes = limits_.max_body_bytes,
                                            .bodiless = request_.method == "HEAD"});
    parser_->body_to(early_body_);
}

bool exchange::may_send_again(error const& why) const {
    return reused_ && !response_began_ && why.code == errc::connection_lost &&
           (!written_ || is_idempotent(request_.method));
}

result<void> exchange::parse() {
    auto& link = *lease_.get();
    while (!parser_->is_done() && link.input().size() >= parser_->least_input()) {
        error_code ec;
        link.consume(parser_->put(asio::buffer(link.input()), ec));
        if (ec == boost::beast::http::error::need_more) break;
        if (ec == boost::beast::http::error::body_limit) return body_too_large(limits_.max_body_bytes, request_.to);
        if (ec) return transport_error(stage::receiving, ec, request_.to);
        if (parser_->is_done() && parser_->status_code() < 200)
            if (auto taken = take_interim(); !taken) return taken;
    }
    if (link.input().size() > home_->options.max_header_bytes && !parser_->is_done())
        return transport_error(stage::receiving,
                               boost::beast::http::make_error_code(boost::beast::http::error::header_limit),
                               request_.to);
    if (parser_->is_done()) finish();
    return {};
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
    if (send_failure_) return transport_error(stage::sending, send_failure_, request_.to);
    if (!parser_->got_some()) return transport_error(stage::waiting, cause, request_.to);
    if (cause != asio::error::eof) return transport_error(stage::receiving, cause, request_.to);
    error_code ec;
    parser_->put_eof(ec);
    if (ec) return transport_error(stage::receiving, ec, request_.to);
    finish();
    return {};
}

void exchange::finish() {
    lease_.release(parser_->keep_alive() && lease_.get()->input().empty() && !send_failure_, deadline_.now());
}

}  // namespace coax::http::detail
