#include "http/exchange.hpp"

#include "http/request_head.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

namespace coax::http::detail {
namespace {

using boost::system::error_code;

constexpr auto to_tuple = asio::as_tuple(asio::deferred);

constexpr std::chrono::seconds sweep_interval{1};
constexpr int most_interim_answers = 16;  // each gives the first byte its full time again

error line_is_full(std::size_t most, origin const& to) {
    return {.code = errc::too_large,
            .message = std::to_string(most) + " requests wait for a connection already",
            .where = coax::to_string(to)};
}

}  // namespace

void lease::end(bool fit, clock::time_point now) {
    auto* const at = std::exchange(at_, nullptr);
    if (at == nullptr) return;
    auto& connections = home_->connections;
    if (fit) return home_->wake(connections.put_back(*at, std::move(kept_), now));
    if (kept_.connection != nullptr) kept_.connection->spoil();
    kept_.connection.reset();
    home_->wake(connections.drop(*at));
}

exchange::exchange(std::shared_ptr<transport_state> home, http_request request, exchange_limits limits)
    : home_{std::move(home)},
      request_{std::move(request)},
      limits_{bounded(limits)},
      watch_{home_->executor, limits_, request_.to},
      lease_{home_} {}

asio::awaitable<result<void>> exchange::begin() {
    if (auto wrong = check_request(request_)) co_return std::move(*wrong);
    if (home_->connections.closed()) co_return closed(request_.to);
    auto found = ask_pool();
    bool const ready = found.what == connection_pool::verdict::reuse && take(*found.at, std::move(found.reuse));
    if (!ready)
        if (auto got = co_await obtain(std::move(found)); !got) co_return std::move(got).error();

    auto answered = co_await attempt();
    if (answered || !may_send_again(answered.error())) co_return answered;
    ++home_->counted.replaced;
    if (auto made = co_await open_connection(); !made) co_return std::move(made).error();
    co_return co_await attempt();
}

connection_pool::decision exchange::ask_pool() {
    auto const now = watch_.now();
    if (now >= home_->next_sweep) {
        home_->connections.sweep(now);
        home_->next_sweep = now + sweep_interval;
    }
    return home_->connections.acquire(request_.to, now);
}

/// Takes the slot. True: its connection is there and still good.
bool exchange::take(connection_pool::host& at, connection_pool::kept found) {
    lease_.take(at, std::move(found));
    if (lease_.get() == nullptr) return false;
    reused_ = !lease_.get()->is_stale();
    ++(reused_ ? home_->counted.reused : home_->counted.replaced);
    return reused_;
}

/// What is left to do after `found` until a connection is there.
asio::awaitable<result<void>> exchange::obtain(connection_pool::decision found) {
    switch (found.what) {
        case connection_pool::verdict::full: co_return line_is_full(home_->options.max_waiting, request_.to);
        case connection_pool::verdict::open: (void)take(*found.at, {}); break;
        case connection_pool::verdict::reuse: break;  // taken, and found closed
        case connection_pool::verdict::wait:
            if (auto granted = co_await stand_in_line(*found.at); !granted) co_return granted;
            if (reused_) co_return result<void>{};
            break;
    }
    co_return co_await open_connection();
}

asio::awaitable<result<void>> exchange::stand_in_line(connection_pool::host& at) {
    request_in_line place{home_->executor, home_->connections};
    home_->connections.enter(at, place);
    watch_.start(limit::none);
    watch_.at(place.point);
    co_await place.point.sleep();
    watch_.nowhere();
    auto why = watch_.stopped(co_await asio::this_coro::cancellation_state);
    if (place.granted && !why) {
        (void)take(*place.at, std::move(place.reuse));
    } else if (place.granted) {  // too late: passed on untouched
        lease_.take(*place.at, std::move(place.reuse));
        lease_.end(lease_.get() != nullptr, watch_.now());
    }
    if (why) co_return std::move(*why);
    if (!place.granted) co_return closed(request_.to);
    co_return result<void>{};
}

asio::awaitable<result<void>> exchange::open_connection() {
    reused_ = false;
    lease_.close();
    auto made = co_await home_->connect.connect(request_.to, watch_);
    if (!made) co_return std::move(made).error();
    ++home_->counted.opened;
    lease_.replace(std::move(*made), watch_.now());
    co_return result<void>{};
}

/// One sending on the connection held, up to the head of the answer.
asio::awaitable<result<void>> exchange::attempt() {
    written_ = answer_began_ = false;
    interim_answers_ = 0;
    send_failure_ = {};
    write_head(request_, lease_.get()->head());
    if (auto sent = co_await send(); !sent) co_return sent;
    expecting_ = !send_failure_;
    early_body_.clear();
    expect_answer();
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
            // The server may have answered and closed before it read all: the answer counts, if it is there.
            if (!written_) co_return transport_error(stage::sending, ec, request_.to);
            send_failure_ = ec;
            break;
        }
        watch_.at(link.socket());
        watch_.start(limit::idle);
        co_await link.socket().async_wait(link.wanted(), to_tuple);
        watch_.nowhere();
        if (auto why = watch_.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
    }
    co_return result<void>{};
}

asio::awaitable<result<void>> exchange::receive(std::string& body) {
    auto& link = *lease_.get();
    parser_->body_to(body);
    for (;;) {
        error_code ec = asio::error::would_block;
        if (!expecting_) (void)link.read(ec);
        if (!ec) {
            answer_began_ = true;
            co_return parse();
        }
        if (ec != asio::error::would_block && ec != asio::error::try_again) co_return parse_end(ec);
        if (send_failure_) co_return transport_error(stage::sending, send_failure_, request_.to);
        expecting_ = false;
        watch_.at(link.socket());
        watch_.start(answer_began_ ? limit::idle : limit::first_byte);
        co_await link.socket().async_wait(link.wanted(), to_tuple);
        watch_.nowhere();
        if (auto why = watch_.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
    }
}

void exchange::expect_answer() {
    parser_.emplace(response_parser::limits{.header_bytes = home_->options.max_header_bytes,
                                            .body_bytes = limits_.max_body_bytes,
                                            .bodiless = request_.method == "HEAD"});
    parser_->body_to(early_body_);
}

bool exchange::may_send_again(error const& why) const {
    return reused_ && !answer_began_ && why.code == errc::connection_lost &&
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

/// An answer that is not the answer (RFC 9110, section 15.2): the real one is still to come.
result<void> exchange::take_interim() {
    bool const switched = parser_->status_code() == 101;
    if (switched || ++interim_answers_ > most_interim_answers)
        return error{.code = errc::protocol_error,
                     .message = switched ? "the server switched protocols unasked" : "the server sends no final answer",
                     .where = coax::to_string(request_.to)};
    expect_answer();
    answer_began_ = !lease_.get()->input().empty();
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
    watch_.nowhere();
    lease_.end(parser_->keep_alive() && lease_.get()->input().empty() && !send_failure_, watch_.now());
}

}  // namespace coax::http::detail
