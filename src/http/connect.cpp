#include "http/connect.hpp"

#include "http/response_parser.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

namespace coax::http::detail {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr auto to_tuple = asio::as_tuple(asio::deferred);

constexpr std::size_t most_session_origins = 1'024;  // then the memory of sessions starts anew
constexpr std::size_t most_tunnel_head_bytes = 8U << 10U;

}  // namespace

connector::connector(asio::any_io_executor executor, http_options const& options)
    : executor_{executor}, options_{options}, names_{executor}, handshakes_{options.max_handshakes} {}

result<void> connector::prepare() {
    if (!options_.https_proxy.empty()) {
        auto parsed = parse_proxy(options_.https_proxy);
        if (!parsed) return parsed.error();
        proxy_ = std::move(*parsed);
    }
    if (!options_.ca_file.empty() || !options_.ca_pem.empty())
        if (auto made = context(); !made) return made.error();
    return {};
}

asio::awaitable<result<std::unique_ptr<connection>>> connector::connect(origin const& to, exchange_deadline& limits) {
    auto made = std::make_unique<connection>(executor_);
    bool const tunnelled = to.tls && proxy_ && !bypasses_proxy(options_.no_proxy, to);

    limits.begin_connecting();
    result<void> outcome;
    if (tunnelled)
        outcome = co_await connect_tcp(*made, proxy_->host, proxy_->port, to, limits);
    else
        outcome = co_await connect_tcp(*made, to.host, to.port, to, limits);
    if (outcome && tunnelled) outcome = co_await open_tunnel(*made, to, limits);
    if (outcome && to.tls) outcome = co_await handshake(*made, to, limits);
    limits.end_connecting();
    if (!outcome) co_return std::move(outcome).error();
    made->set_usable(true);
    co_return made;
}

/// Tries the addresses in the resolver's order (RFC 6724), each with its share of the time that is left.
asio::awaitable<result<void>> connector::connect_tcp(connection& made, std::string host, std::uint16_t port,
                                                     origin const& to, exchange_deadline& limits) {
    auto const endpoints = co_await names_.look_up(host, port, limits, to);
    if (!endpoints) co_return endpoints.error();
    auto& socket = made.socket();
    error_code failure;
    for (std::size_t i = 0; i < endpoints->size(); ++i) {
        limits.interrupts(socket);
        limits.start_attempt(endpoints->size() - i);
        std::tie(failure) = co_await socket.async_connect((*endpoints)[i], to_tuple);
        if (auto why = limits.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
        if (limits.take_attempt_passed()) failure = asio::error::timed_out;
        if (!failure) made.configure(failure);
        if (!failure) break;
        error_code ignored;
        socket.close(ignored);
    }
    limits.start(limit::none);
    if (!failure) co_return result<void>{};
    names_.forget(host);
    co_return transport_error(stage::connecting, failure, to);
}

asio::awaitable<result<void>> connector::open_tunnel(connection& made, origin const& to, exchange_deadline& limits) {
    auto const refused = [&](std::string message, error_code cause = {}) {
        return error{
            .code = errc::connect_failed, .message = std::move(message), .where = coax::to_string(to), .cause = cause};
    };
    auto const request = connect_request(*proxy_, to);
    std::string_view head = request.reveal();
    std::string_view no_body;
    response_parser parser{{.header_bytes = most_tunnel_head_bytes, .body_bytes = 1, .bodiless = true}};
    while (!parser.is_header_done()) {
        error_code ec;
        if (!head.empty())
            (void)made.write(head, no_body, ec);
        else if (made.read(ec) > 0)
            made.consume(parser.put(asio::buffer(made.input()), ec));
        if (ec == boost::beast::http::error::need_more) continue;
        if (ec == asio::error::would_block) {
            co_await limits.wait(made.socket(), made.wanted());
            if (auto why = limits.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
        } else if (ec) {
            co_return refused("the proxy gave no answer to CONNECT", ec);
        }
    }
    if (parser.status_code() / 100 != 2)
        co_return refused("the proxy answered " + std::to_string(parser.status_code()) + " to CONNECT");
    if (!made.input().empty()) co_return refused("the proxy spoke before TLS began");
    co_return result<void>{};
}

asio::awaitable<result<void>> connector::handshake(connection& made, origin const& to, exchange_deadline& limits) {
    auto const trusted = context();
    if (!trusted) co_return trusted.error();
    auto const admitted = co_await admit_handshake(limits);
    if (!admitted) co_return admitted.error();

    auto& tls = made.start_tls(**trusted, sessions_of(to), to.host);
    for (;;) {
        error_code ec;
        tls.handshake(ec);
        if (!ec) co_return result<void>{};
        if (ec != asio::error::would_block) co_return tls.handshake_error(ec, to);
        co_await limits.wait(made.socket(), tls.wanted());
        if (auto why = limits.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
    }
}

asio::awaitable<result<permit>> connector::admit_handshake(exchange_deadline& limits) {
    if (auto at_once = handshakes_.try_acquire()) co_return std::move(*at_once);
    co_return co_await limits.run(handshakes_.acquire());
}

result<tls_context*> connector::context() {
    if (context_ == nullptr) {
        auto made = tls_context::shared(options_.ca_file, options_.ca_pem);
        if (!made) return made.error();
        context_ = std::move(*made);
    }
    return context_.get();
}

std::shared_ptr<tls_sessions> connector::sessions_of(origin const& to) {
    if (sessions_.size() >= most_session_origins && !sessions_.contains(to)) sessions_.clear();
    auto& of_origin = sessions_[to];
    if (of_origin == nullptr) of_origin = std::make_shared<tls_sessions>();
    return of_origin;
}

}  // namespace coax::http::detail
