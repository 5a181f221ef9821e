#pragma once

#include "http/connection.hpp"
#include "http/exchange_deadline.hpp"
#include "http/pool.hpp"
#include "http/proxy.hpp"
#include "http/wait_point.hpp"

#include <coax/http/http_transport.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace coax::http::detail {

/// Addresses of host names, kept for a short while; requests that ask for the same name share one look-up.
class name_cache {
public:
    explicit name_cache(asio::any_io_executor executor);

    /// At least one endpoint, or why there is none. An address literal needs no look-up.
    asio::awaitable<result<std::vector<asio::ip::tcp::endpoint>>> look_up(std::string host, std::uint16_t port,
                                                                          exchange_deadline& limits, origin const& to);
    /// None of its addresses answered: ask again next time.
    void forget(std::string const& host) { known_.erase(host); }

private:
    struct entry;

    [[nodiscard]] std::shared_ptr<entry> find(std::string const& host, clock::time_point now);

    asio::any_io_executor executor_;
    asio::ip::tcp::resolver resolver_;
    std::unordered_map<std::string, std::shared_ptr<entry>> known_;
};

/// At most so many at once; the others wait in line.
class handshake_limit {
public:
    explicit handshake_limit(std::size_t places) : free_{places} {}

    class pass {
    public:
        explicit pass(handshake_limit& of) noexcept : of_{&of} {}
        pass(pass&& other) noexcept : of_{std::exchange(other.of_, nullptr)} {}
        pass& operator=(pass&&) = delete;
        ~pass() {
            if (of_ != nullptr) ++of_->free_, of_->line_.wake_first();
        }

    private:
        handshake_limit* of_;
    };

    asio::awaitable<result<pass>> enter(exchange_deadline& limits);

private:
    std::size_t free_;
    wait_line line_;
};

/// Makes connections: name, address, proxy, TLS.
class connector {
public:
    connector(asio::any_io_executor executor, http_options const& options);

    /// Reads the options' proxy and certificate authorities.
    [[nodiscard]] result<void> prepare();

    /// @param to, limits  Must outlive the operation.
    asio::awaitable<result<std::unique_ptr<connection>>> connect(origin const& to, exchange_deadline& limits);

private:
    asio::awaitable<result<void>> reach(connection& made, std::string host, std::uint16_t port, origin const& to,
                                        exchange_deadline& limits);
    asio::awaitable<result<void>> tunnel(connection& made, origin const& to, exchange_deadline& limits);
    asio::awaitable<result<void>> secure(connection& made, origin const& to, exchange_deadline& limits);

    [[nodiscard]] result<tls_context*> context();
    [[nodiscard]] std::shared_ptr<tls_sessions> sessions_of(origin const& to);

    asio::any_io_executor executor_;
    http_options const& options_;
    name_cache names_;
    handshake_limit handshakes_;
    std::optional<proxy> proxy_;
    std::shared_ptr<tls_context> context_;
    std::unordered_map<origin, std::shared_ptr<tls_sessions>, origin_hash> sessions_;
};

}  // namespace coax::http::detail
