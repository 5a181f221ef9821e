#pragma once

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace coax {

/// The time and size limits of one exchange. A limit that passes ends it with `errc::timeout` naming the limit.
struct exchange_limits {
    /// Name look-up, connecting, proxy and TLS handshake together. Zero: no limit of its own.
    std::chrono::milliseconds connect{5'000};
    /// From the request's last byte to the response's first, for a client's stream to its first token. Zero: none. The
    /// services' own clients use ten minutes.
    std::chrono::milliseconds first_byte{600'000};
    /// Between two pieces of the response, for a client's stream between two tokens; or of a request that the peer is
    /// slow to take. Zero: none. A pause of whoever reads a stream does not count.
    std::chrono::milliseconds idle{120'000};
    /// The whole exchange, waiting for a connection and body included. Zero: none.
    std::chrono::milliseconds total{0};
    /// Largest response body that is read, coded or decoded; more is `errc::too_large`. For a stream it bounds the sum.
    /// Must be > 0.
    std::size_t max_body_bytes{64U << 20U};
};

/// A response whose head has arrived and whose body comes piece by piece.
/// Destroying it before the end closes the connection; after the end the connection goes back to the pool.
/// Thread safety: one coroutine at a time, on the executor that opened it.
class streaming_response {
public:
    virtual ~streaming_response() = default;

    [[nodiscard]] virtual int status() const noexcept = 0;
    [[nodiscard]] virtual header_list const& headers() const noexcept = 0;

    /// Waits for the next piece. Empty: the body is complete. The view lives until the next call.
    /// Errors: `errc::timeout`, `errc::connection_lost`, `errc::protocol_error`, `errc::too_large`, `errc::cancelled`.
    virtual boost::asio::awaitable<result<std::string_view>> read() = 0;

    /// Of what came so far, nothing new was of use: the next `read` goes on with the limit that runs (`first_byte` from
    /// the request on, `idle` from the last piece that was of use) instead of beginning it anew. So a reader that looks
    /// for tokens bounds the wait for them, whatever keeps the connection warm. Default: every piece is of use.
    virtual void keep_waiting() noexcept {}
};

/// One request over one connection. Implementations: `http_transport` and, for tests, `memory_transport`.
/// Thread safety: all calls on one executor that runs one handler at a time.
/// Cancellation: `terminal` at any point; the connection is closed, never reused. It returns `errc::cancelled`.
class transport {
public:
    virtual ~transport() = default;

    /// Sends and waits for the whole response, whatever its status: a 500 is a response, not an error.
    /// Errors: `errc::connect_failed`, `errc::tls_failed`, `errc::timeout`, `errc::connection_lost`,
    /// `errc::protocol_error`, `errc::too_large`, `errc::cancelled`, `errc::closed`.
    virtual boost::asio::awaitable<result<http_response>> send(http_request request, exchange_limits limits) = 0;

    /// Sends and waits for the head of the response only. Errors: as `send`.
    virtual boost::asio::awaitable<result<std::unique_ptr<streaming_response>>> open(http_request request,
                                                                                     exchange_limits limits) = 0;

    /// Requests that were sent twice without the caller noticing: a kept connection was lost before any byte of the
    /// response, and the server may have received the first sending. From any thread.
    [[nodiscard]] virtual std::uint64_t resent() const noexcept { return 0; }
};

}  // namespace coax
