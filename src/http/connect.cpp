#include "http/connect.hpp"

#include "http/connect_first.hpp"
#include "http/response_parser.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

namespace coax::http::detail {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t most_session_origins = 1'024;  // then the memory of sessions starts anew
constexpr std::size_t most_tunnel_head_bytes = 8U << 10U;

/// Says of a limit that passed what it cut short.
error while_doing(std::string const& what, error why) {
    if (why.code == errc::timeout) why.message += " while " + what;
    return why;
}

}  // namespace

connector::connector(asio::any_io_executor executor, http_options const& options, resolver& names)
    : executor_{executor},
      options_{options},
      names_{names},
      handshakes_{options.max_handshakes},
      identity_{options.client_certificate} {}

asio::awaitable<result<std::unique_ptr<connection>>> connector::connect(origin const& to, exchange_deadline& limits,
                                                                        bool http2) {
    auto const via = proxy_for(options_, to);
    if (!via) co_return via.error();
    auto made = std::make_unique<connection>(executor_);

    limits.begin_connecting();
    result<void> outcome;
    if (*via)
        outcome = co_await connect_tcp(*made, (*via)->host, (*via)->port, to, limits);
    else
        outcome = co_await connect_tcp(*made, to.host, to.port, to, limits);
    if (outcome && *via) outcome = co_await open_tunnel(*made, **via, to, limits);
    if (outcome && to.tls) outcome = co_await handshake(*made, to, limits, http2);
    limits.end_connecting();
    if (!outcome) co_return std::move(outcome).error();
    made->set_usable(true);
    co_return made;
}

asio::awaitable<result<void>> connector::connect_tcp(connection& made, std::string host, std::uint16_t port,
                                                     origin const& to, exchange_deadline& limits) {
    auto const endpoints = co_await find_endpoints(host, port, limits, to);
    if (!endpoints) co_return while_doing("looking up " + host, endpoints.error());
    std::vector<asio::ip::address> losers;
    limits.start(limit::none);
    auto socket = co_await connect_first(*endpoints, limits, to, losers);
    error_code failure;
    if (socket) made.adopt(std::move(*socket), failure);
    if (socket && !failure) {
        for (auto const& each : losers) names_.demote(each, limits.now());
        co_return result<void>{};
    }
    names_.forget(host);
    auto why = socket ? transport_error(stage::connecting, failure, to) : std::move(socket).error();
    std::string const whom = (host == to.host ? "" : "the proxy at ") + to_string(*endpoints);
    if (why.code == errc::connect_failed) why.message = "cannot connect to " + whom;
    co_return while_doing("connecting to " + whom, std::move(why));
}

/// The addresses to try, in order. An address literal needs no look-up.
asio::awaitable<result<std::vector<tcp::endpoint>>> connector::find_endpoints(std::string host, std::uint16_t port,
                                                                              exchange_deadline& limits,
                                                                              origin const& to) {
    error_code ec;
    if (auto const address = asio::ip::make_address(host, ec); !ec) co_return std::vector{tcp::endpoint{address, port}};
    auto const found = co_await names_.look_up(host, limits, to);
    if (!found) co_return found.error();
    std::vector<tcp::endpoint> endpoints;
    for (auto const& each : interleave_families(*found)) endpoints.emplace_back(each, port);
    co_return endpoints;
}

asio::awaitable<result<void>> connector::open_tunnel(connection& made, proxy const& via, origin const& to,
                                                     exchange_deadline& limits) {
    auto const refused = [&](std::string message, error_code cause = {}) {
        return error{
            .code = errc::connect_failed, .message = std::move(message), .where = coax::to_string(to), .cause = cause};
    };
    auto const request = connect_request(via, to);
    std::string_view head = request.reveal();
    std::string_view no_body;
    response_parser parser{{.header_bytes = most_tunnel_head_bytes, .body_bytes = 1, .bodiless = true}};
    while (!parser.is_header_done()) {
        error_code ec;
        if (!head.empty())
            (void)made.write(head, no_body, ec);
        else if (made.read(ec) > 0)
            made.consume(parser.put(asio::buffer(made.status_line_completed()), ec));
        if (ec == boost::beast::http::error::need_more) continue;
        if (ec == asio::error::would_block) {
            co_await limits.wait(made.socket(), made.wanted());
            if (auto why = limits.stopped(co_await asio::this_coro::cancellation_state))
                co_return while_doing("waiting for the proxy", std::move(*why));
        } else if (ec) {
            co_return refused("the proxy gave no answer to CONNECT", ec);
        }
    }
    if (parser.status_code() / 100 != 2)
        co_return refused("the proxy answered " + std::to_string(parser.status_code()) + " to CONNECT");
    if (!made.input().empty()) co_return refused("the proxy spoke before TLS began");
    co_return result<void>{};
}

asio::awaitable<result<void>> connector::handshake(connection& made, origin const& to, exchange_deadline& limits,
                                                   bool http2) {
    auto const trusted = context();
    if (!trusted) co_return trusted.error();
    auto const is_other = identity_.refresh();
    if (!is_other) co_return is_other.error();
    if (*is_other) sessions_.clear();  // one that is resumed keeps the certificate that began it
    auto const admitted = co_await admit_handshake(limits);
    if (!admitted) co_return admitted.error();

    auto& tls = made.start_tls(**trusted, sessions_of(to), to.host);
    tls.identify_as(identity_);
    if (http2) tls.offer_http2();
    for (;;) {
        error_code ec;
        tls.handshake(ec);
        if (!ec) co_return result<void>{};
        if (ec != asio::error::would_block) co_return tls.handshake_error(ec, to);
        co_await limits.wait(made.socket(), tls.wanted());
        if (auto why = limits.stopped(co_await asio::this_coro::cancellation_state))
            co_return while_doing("agreeing on TLS", std::move(*why));
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
