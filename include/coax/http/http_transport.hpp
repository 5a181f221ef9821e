#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/error.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/client_certificate.hpp>
#include <coax/http/transport.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace coax {

/// Whether https requests go over HTTP/2. http:// is always HTTP/1.1.
enum class http2_mode {
    off,        ///< HTTP/1.1, a connection for each request that is under way.
    automatic,  ///< HTTP/2 where the server offers it, else HTTP/1.1. A server that does not keep to HTTP/2, asks for
                ///< HTTP/1.1, or fails over it three times, is spoken to over HTTP/1.1 for ten minutes.
    on,         ///< HTTP/2; a server that does not offer it is `errc::protocol_error`.
};

/// How connections are made and kept. TLS (1.2 or newer) always verifies the certificate chain and the host name.
struct http_options {
    /// Connections to one origin, busy and idle together; further requests wait, first come first served, as long
    /// as `exchange_limits::total` lets them. Range: [1, 65535].
    std::size_t max_connections_per_host{256};
    /// Connections in all. Range: [1, 65535].
    std::size_t max_connections{1'024};
    /// Requests that may wait for a connection; one more is `errc::too_large`.
    std::size_t max_waiting{65'536};
    /// TLS handshakes at once: each costs about a millisecond of processor time and 43 KB. Range: [1, 65535].
    std::size_t max_handshakes{64};
    /// A connection unused for longer is not used again; it is closed at one of the next requests, not by a timer.
    /// Below the services' own limits (commonly 60 s or more). Zero: none is used twice.
    /// Range: [0, 365 days].
    std::chrono::milliseconds idle_time{55'000};
    /// A connection older than this is closed after its request, so that name changes are seen. Zero: no limit.
    /// Range: [0, 365 days].
    std::chrono::milliseconds life_time{3'600'000};
    /// Largest head of a response. Range: [256, 16 MiB].
    std::size_t max_header_bytes{64U << 10U};
    /// Off: what the services are known for is HTTP/1.1, which their own clients speak; over one connection of HTTP/2 a
    /// lost packet holds up all answers, and some users had answers stall. It saves connections where many answers are
    /// under way at once, and a cancelled one costs no connection.
    http2_mode http2{http2_mode::off};
    /// HTTP/2: requests at once on one connection, where the server allows as many. Range: [1, 10,000].
    std::size_t max_streams_per_connection{100};
    /// HTTP/2: most bytes that one connection keeps of streams that nobody has read yet; each may keep its part of it,
    /// at least 16 KiB and at most 1 MiB. Range: [64 KiB, 1 GiB].
    std::size_t http2_buffer_bytes{16U << 20U};
    /// HTTP/2: a connection with requests under way on which nothing came for so long is asked for a sign of life (a
    /// PING), and is given up when `ping_timeout` passes without one. Both > 0. Range: (0, 365 days].
    std::chrono::milliseconds ping_time{15'000};
    std::chrono::milliseconds ping_timeout{10'000};
    /// PEM file with certificate authorities trusted besides the system's. Empty: the system's only. Read when the
    /// first https request is made: what is wrong with it is that request's `errc::io_failed` or `errc::tls_failed`.
    std::string ca_file{};
    /// PEM text with certificate authorities trusted besides the system's. Read as `ca_file` is.
    std::string ca_pem{};
    /// What the client shows a server that asks for a certificate (mutual TLS).
    tls_client_certificate client_certificate{};
    /// "[http://][user:password@]host:port" for https origins through CONNECT; empty: none. See `proxy_from_env`. Read
    /// when a request goes through it: what is wrong with it is that request's `errc::invalid_argument`.
    secret https_proxy{};
    /// Hosts reached directly, as in NO_PROXY: "*", a name (and all below it), ".suffix" or "*.suffix" (only those
    /// below it), an address or a network such as 10.0.0.0/8; each may end in ":port".
    std::vector<std::string> no_proxy{};
};

/// `errc::invalid_argument`, naming the first option that is wrong.
[[nodiscard]] result<void> validate(http_options const& options);

/// Reads what a request to `to` needs of the options: the proxy, certificate authorities besides the system's, the
/// client's certificate and key. Errors: `errc::invalid_argument` (proxy), `errc::io_failed` or `errc::tls_failed`.
[[nodiscard]] result<void> check_for(http_options const& options, origin const& to);

/// Fills `https_proxy` and `no_proxy` from HTTPS_PROXY / https_proxy and NO_PROXY / no_proxy where they are empty.
void proxy_from_env(http_options& options);

/// The state of the connection pool at one moment.
struct pool_statistics {
    std::size_t open{0};  ///< Connections, busy and idle.
    std::size_t idle{0};
    std::size_t waiting{0};     ///< Requests that wait for a connection.
    std::uint64_t opened{0};    ///< Connections ever made.
    std::uint64_t reused{0};    ///< Requests that found a connection ready.
    std::uint64_t replaced{0};  ///< Pooled connections found dead by a request, replaced without its caller noticing.
};

/// HTTP/1.1, and HTTP/2 where `http_options::http2` says so, over TCP and TLS with a pool of kept-alive connections.
/// Redirects are responses like any other: a key never goes to another origin than the one it was given for.
///
/// A pooled connection that the server has closed is replaced without the caller noticing: it is looked at before
/// anything is written, and a request that meets the closing on its way, before any byte of a response, is sent again
/// at once on a fresh connection, once, whatever its method (RFC 9112, section 9.3.1). That loss on a fresh connection
/// is `errc::connection_lost`. Where connections end right after streams, none is kept after one. A request that waits
/// for its own connection takes one that comes free first. A host's addresses are tried side by side (RFC 8305).
/// Responses in gzip and deflate are decoded. Thread safety: one executor that runs one handler at a time (an
/// io_context run by one thread, or a strand). Lifetime: must outlive the operations begun on it; streams may outlive
/// it, but not the execution context. It may outlive that itself.
class http_transport final : public transport {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit http_transport(boost::asio::any_io_executor executor, http_options options = {});
    ~http_transport() override;

    boost::asio::awaitable<result<http_response>> send(http_request request, exchange_limits limits) override;
    boost::asio::awaitable<result<std::unique_ptr<streaming_response>>> open(http_request request,
                                                                             exchange_limits limits) override;

    [[nodiscard]] pool_statistics statistics() const;
    [[nodiscard]] std::uint64_t resent() const noexcept override;

    /// Closes idle connections now and busy ones after their request; requests that wait end with `errc::closed`.
    void close();

private:
    class impl;
    core::detail::shared_opaque<impl> impl_;
};

}  // namespace coax
