#include "http/connect.hpp"

#include "http/response_parser.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

namespace coax::http::detail {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr auto to_tuple = asio::as_tuple(asio::deferred);

constexpr std::chrono::seconds names_kept{30};       // resolvers do not tell how long a name is good
constexpr std::size_t most_names = 1'024;            // then the cache starts anew
constexpr std::size_t most_session_origins = 1'024;  // likewise
constexpr std::size_t most_tunnel_head_bytes = 8U << 10U;

}  // namespace

struct name_cache::entry {
    std::vector<asio::ip::address> addresses;
    error_code failure;
    bool done{false};
    clock::time_point asked;
    wait_line line;
};

name_cache::name_cache(asio::any_io_executor executor) : executor_{std::move(executor)}, resolver_{executor_} {}

std::shared_ptr<name_cache::entry> name_cache::find(std::string const& host, clock::time_point now) {
    if (auto const found = known_.find(host); found != known_.end()) {
        auto const& known = *found->second;
        if (!known.done || (!known.failure && now - known.asked < names_kept)) return found->second;
    }
    if (known_.size() >= most_names) known_.clear();
    auto made = std::make_shared<entry>();
    made->asked = now;
    known_[host] = made;
    resolver_.async_resolve(host, std::string{},
                            asio::bind_executor(executor_, [made](error_code ec, tcp::resolver::results_type found) {
                                for (auto const& each : found) made->addresses.push_back(each.endpoint().address());
                                made->failure = ec;
                                made->done = true;
                                made->line.wake_all();
                            }));
    return made;
}

asio::awaitable<result<std::vector<tcp::endpoint>>> name_cache::look_up(std::string host, std::uint16_t port,
                                                                        exchange_deadline& limits, origin const& to) {
    error_code ec;
    if (auto const address = asio::ip::make_address(host, ec); !ec) co_return std::vector{tcp::endpoint{address, port}};

    auto const known = find(host, limits.now());
    if (!known->done) {
        wait_point point{executor_};
        wait_line::place const place{known->line, point};
        limits.at(point);
        co_await point.sleep();
        limits.nowhere();
        if (auto why = limits.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
    }
    if (!known->done || known->failure || known->addresses.empty())
        co_return error{.code = errc::connect_failed,
                        .message = "cannot find the address of " + host,
                        .where = coax::to_string(to),
                        .cause = known->failure};
    std::vector<tcp::endpoint> endpoints;
    for (auto const& address : known->addresses) endpoints.emplace_back(address, port);
    co_return endpoints;
}

asio::awaitable<result<handshake_limit::pass>> handshake_limit::enter(exchange_deadline& limits) {
    if (free_ == 0) {
        wait_point point{co_await asio::this_coro::executor};
        wait_line::place const place{line_, point};
        while (free_ == 0) {
            limits.at(point);
            co_await point.sleep();
            limits.nowhere();
            if (auto why = limits.stopped(co_await asio::this_coro::cancellation_state)) {
                if (free_ > 0) line_.wake_all();  // the wake may have been meant for another
                co_return std::move(*why);
            }
        }
    }
    --free_;
    if (free_ > 0) line_.wake_first();  // two places came free before the first sleeper ran
    co_return pass{*this};
}

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
        outcome = co_await reach(*made, proxy_->host, proxy_->port, to, limits);
    else
        outcome = co_await reach(*made, to.host, to.port, to, limits);
    if (outcome && tunnelled) outcome = co_await tunnel(*made, to, limits);
    if (outcome && to.tls) outcome = co_await secure(*made, to, limits);
    limits.nowhere();
    limits.end_connecting();
    if (!outcome) co_return std::move(outcome).error();
    made->open();
    co_return made;
}

/// Tries the addresses in the resolver's order (RFC 6724), each with its share of the time that is left.
asio::awaitable<result<void>> connector::reach(connection& made, std::string host, std::uint16_t port, origin const& to,
                                               exchange_deadline& limits) {
    auto const endpoints = co_await names_.look_up(host, port, limits, to);
    if (!endpoints) co_return endpoints.error();
    auto& socket = made.socket();
    error_code failure;
    for (std::size_t i = 0; i < endpoints->size(); ++i) {
        limits.at(socket);
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

asio::awaitable<result<void>> connector::tunnel(connection& made, origin const& to, exchange_deadline& limits) {
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
            limits.at(made.socket());
            co_await made.socket().async_wait(made.wanted(), to_tuple);
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

asio::awaitable<result<void>> connector::secure(connection& made, origin const& to, exchange_deadline& limits) {
    auto const trusted = context();
    if (!trusted) co_return trusted.error();
    auto const pass = co_await handshakes_.enter(limits);
    if (!pass) co_return pass.error();

    auto& tls = made.start_tls(**trusted, sessions_of(to), to.host);
    for (;;) {
        error_code ec;
        tls.handshake(ec);
        if (!ec) co_return result<void>{};
        if (ec != asio::error::would_block) co_return tls.why(ec, to);
        limits.at(made.socket());
        co_await made.socket().async_wait(tls.wanted(), to_tuple);
        if (auto why = limits.stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
    }
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
