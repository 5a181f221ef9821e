#include "http/exchange.hpp"

#include "http/content_decoder.hpp"
#include "http/errors.hpp"
#include "http/request_head.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

namespace coax::http::detail {
namespace {

using boost::system::error_code;

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
    if (!is_ready(found))
        if (auto got = co_await get_connection(std::move(found)); !got) co_return std::move(got).error();
    auto attempted = co_await attempt();
    if (attempted || !may_send_again(attempted.error())) co_return attempted;
    co_return co_await attempt_again();
}

asio::awaitable<result<http_response>> exchange::run(std::unique_ptr<exchange> self) {
    auto& all = *self;
    if (auto valid = check_request(all.request_); !valid) co_return std::move(valid).error();
    if (all.home_->connections.closed()) co_return closed(all.request_.to);
    auto found = all.acquire_slot();
    if (!all.is_ready(found))
        if (auto got = co_await all.get_connection(std::move(found)); !got) co_return std::move(got).error();
    auto attempted = all.start_attempt();
    if (attempted && all.sends_on()) attempted = co_await all.send_rest();
    if (attempted && all.received_) attempted = all.parse();
    while (attempted && !all.complete()) {
        if (auto got = all.receive_now()) {
            attempted = *std::move(got);
            continue;
        }
        co_await all.wait();
        attempted = all.may_go_on(co_await asio::this_coro::cancellation_state);
    }
    if (!attempted && all.may_send_again(attempted.error())) {
        attempted = co_await all.attempt_again();
        while (attempted && !all.complete()) attempted = co_await all.receive(all.early_body_);
    }
    if (!attempted) co_return std::move(attempted).error();
    auto& response = *all.parser_;
    co_return http_response{
        .status = response.status_code(), .headers = std::move(response.headers()), .body = std::move(all.early_body_)};
}

/// On a fresh connection.
asio::awaitable<result<void>> exchange::attempt_again() {
    note_closed();
    ++home_->counted.replaced;
    if (written_ && !send_failure_ && !lease_.get()->was_refused()) ++home_->resent;
    if (auto made = co_await open_connection(true); !made) co_return std::move(made).error();
    co_return co_await attempt();
}

/// One sending on the connection held, up to the head of the response.
asio::awaitable<result<void>> exchange::attempt() {
    auto got = start_attempt();
    if (got && sends_on()) got = co_await send_rest();
    if (got && received_) got = parse();
    while (got && !header_done()) got = co_await receive(early_body_);
    if (got || !has_head()) co_return got;
    early_failure_ = std::make_unique<error>(std::move(got).error());  // told after the body that came before it
    co_return result<void>{};
}

/// Sends what the socket takes at once.
result<void> exchange::start_attempt() {
    written_ = response_began_ = received_ = false;
    interim_responses_ = 0;
    send_failure_ = {};
    early_body_.clear();
    early_failure_.reset();
    parser_.reset();
    auto& text = lease_.get()->head();
    write_head(request_, text);
    head_left_ = text;
    body_left_ = request_.body;
    return send_now();
}

/// Writes what the socket takes of the rest, and takes that off it.
result<void> exchange::send_now() {
    while (!send_failure_ && sends_on()) {
        error_code ec;
        written_ |= lease_.get()->write(head_left_, body_left_, ec) > 0;
        if (!ec) continue;
        if (ec == asio::error::would_block || ec == asio::error::try_again) return {};
        // The server may have responded and closed before it read all: the response counts, if it is there.
        if (!written_) return transport_error(stage::sending, lease_.get()->why_ended(ec), request_.to);
        send_failure_ = ec;
    }
    let_go_of_request();
    wait_first_ = !send_failure_;
    return {};
}

/// Goes on when the socket takes more.
asio::awaitable<result<void>> exchange::send_rest() {
    result<void> sent;
    while (sent && sends_on()) {
        sent = co_await wait_to_send();
        if (sent) sent = send_now();
    }
    co_return sent;
}

/// What is sent is not kept through the wait for the response, unless it may be sent again.
void exchange::let_go_of_request() {
    head_left_ = body_left_ = {};
    lease_.get()->sent();
    if (reused_) return;
    (void)std::exchange(request_.body, {});  // an assignment alone would keep the memory
    (void)std::exchange(request_.headers, {});
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
    if (parser_ != nullptr) parser_->body_to(body);
    if (same_limit_ && !deadline_.resume()) co_return may_go_on(co_await asio::this_coro::cancellation_state);
    for (;;) {
        if (auto got = receive_now()) co_return *std::move(got);
        co_await wait();
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
    parser_ = std::make_unique<response_parser>(response_parser::limits{.header_bytes = home_->options.max_header_bytes,
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
    if (parser_ == nullptr) start_parser();
    if (!parser_->is_header_done() && speaks_tls(link)) return tls_on_a_plain_connection(request_.to);
    parser_->expect(link.input().size());
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
    if (send_failure_ && !received_ && !refuses_client_certificate(cause))
        return transport_error(stage::sending, send_failure_, request_.to);
    if (parser_ == nullptr || !parser_->got_some()) return ended_unanswered(cause, request_.to);
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
