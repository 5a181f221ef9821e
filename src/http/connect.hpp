#pragma once

#include "http/connection.hpp"
#include "http/exchange_deadline.hpp"
#include "http/pool.hpp"
#include "http/proxy.hpp"
#include "http/resolver.hpp"

#include <coax/http/http_transport.hpp>
#include <coax/sync/async_semaphore.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace coax::http::detail {

/// Makes connections: name, address, proxy, TLS.
class connector {
public:
    /// @param options  Must outlive it. Its proxy, certificate authorities and client certificate are read when a
    /// request needs them.
    connector(asio::any_io_executor executor, http_options const& options, resolver& names = resolver::system());

    /// @param to, limits  Must outlive the operation.
    /// @param http2  Offers it.
    asio::awaitable<result<std::unique_ptr<connection>>> connect(origin const& to, exchange_deadline& limits,
                                                                 bool http2 = false);

private:
    asio::awaitable<result<void>> connect_tcp(connection& made, std::string host, std::uint16_t port, origin const& to,
                                              exchange_deadline& limits);
    asio::awaitable<result<std::vector<asio::ip::tcp::endpoint>>> find_endpoints(std::string host, std::uint16_t port,
                                                                                 exchange_deadline& limits,
                                                                                 origin const& to);
    asio::awaitable<result<void>> open_tunnel(connection& made, proxy const& via, origin const& to,
                                              exchange_deadline& limits);
    asio::awaitable<result<void>> handshake(connection& made, origin const& to, exchange_deadline& limits, bool http2);
    asio::awaitable<result<permit>> admit_handshake(exchange_deadline& limits);

    [[nodiscard]] result<tls_context*> context();
    [[nodiscard]] std::shared_ptr<tls_sessions> sessions_of(origin const& to);

    asio::any_io_executor executor_;
    http_options const& options_;
    resolver& names_;
    async_semaphore handshakes_;
    std::shared_ptr<tls_context> context_;
    client_identity identity_;
    std::unordered_map<origin, std::shared_ptr<tls_sessions>, origin_hash> sessions_;
};

}  // namespace coax::http::detail
