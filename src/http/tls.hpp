#pragma once

#include "http/client_identity.hpp"
#include "http/openssl.hpp"

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace coax::http::detail {

/// The trusted certificate authorities and the TLS settings. Making one costs 20 to 33 ms (the system's authorities),
/// so equal settings share one in the process.
class tls_context {
public:
    /// `errc::io_failed` (CA file) or `errc::tls_failed` (not PEM). Thread safety: from any thread.
    [[nodiscard]] static result<std::shared_ptr<tls_context>> shared(std::string const& ca_file,
                                                                     std::string const& ca_pem);
    /// Reads the authorities that are given besides the system's, with the same errors.
    [[nodiscard]] static result<void> check(std::string const& ca_file, std::string const& ca_pem);

    [[nodiscard]] SSL_CTX* native() const noexcept { return context_.get(); }

private:
    [[nodiscard]] static result<std::shared_ptr<tls_context>> make(std::string const& ca_file,
                                                                   std::string const& ca_pem);

    std::unique_ptr<SSL_CTX, deleter<SSL_CTX_free>> context_;
};

/// Sessions of one origin that may be resumed, each once. The newest is used first.
/// Source: RFC 8446, appendix C.4 (a ticket is used once).
class tls_sessions {
public:
    void add(SSL_SESSION* copy);
    /// Makes `ssl` resume the newest, if there is one.
    void resume(SSL* ssl);

private:
    static constexpr std::size_t most_sessions = 8;
    std::vector<std::unique_ptr<SSL_SESSION, deleter<SSL_SESSION_free>>> sessions_;
};

/// Whether the peer answered with a reset to what was written to an ended connection.
[[nodiscard]] bool has_pending_error(boost::asio::ip::tcp::socket& socket);

/// TLS on a non-blocking socket, without a thread, timer or wait of its own. Every step either goes on or returns
/// `would_block`; then wait for `wanted()` on the socket.
class tls_stream {
public:
    using wait_type = boost::asio::ip::tcp::socket::wait_type;

    /// The name is always verified, and sent when it is not an address.
    /// @param socket, sessions  Must outlive the stream.
    tls_stream(tls_context const& context, std::shared_ptr<tls_sessions> sessions, boost::asio::ip::tcp::socket& socket,
               std::string const& host);
    tls_stream(tls_stream const&) = delete;
    tls_stream& operator=(tls_stream const&) = delete;
    ~tls_stream();

    /// Before the handshake: offers HTTP/2, besides HTTP/1.1.
    void offer_http2();
    /// Before the handshake: the certificate to show where the server asks for one.
    void identify_as(client_identity const& who);
    /// After it: whether the peer has chosen HTTP/2.
    [[nodiscard]] bool speaks_http2() const noexcept;

    void handshake(boost::system::error_code& ec);
    std::size_t read(boost::asio::mutable_buffer into, boost::system::error_code& ec);
    std::size_t write(boost::asio::const_buffer from, boost::system::error_code& ec);
    /// Sends close_notify as far as that goes without waiting.
    void shut_down() noexcept;

    [[nodiscard]] wait_type wanted() const noexcept { return wanted_; }
    /// Whether the peer had closed before what was written last came. Of a stream that ended.
    [[nodiscard]] bool was_refused() const noexcept { return refused_; }

    /// The error of a failed handshake, in terms of the certificate where that was the reason.
    [[nodiscard]] error handshake_error(boost::system::error_code cause, origin const& to) const;

private:
    /// Translates the return value of an SSL function.
    void to_error_code(int returned, boost::system::error_code& ec);

    static int on_certificate_request(SSL* ssl, void* self);
    static int bio_read(BIO* bio, char* data, int size);
    static int bio_write(BIO* bio, char const* data, int size);
    static long bio_control(BIO* bio, int command, long number, void* pointer);
    static BIO_METHOD* bio_method();

    boost::asio::ip::tcp::socket& socket_;
    std::shared_ptr<tls_sessions> sessions_;
    std::unique_ptr<SSL, deleter<SSL_free>> ssl_;
    boost::system::error_code socket_error_;
    bool refused_{false};
    bool certificate_requested_{false};
    bool has_certificate_{false};
    wait_type wanted_{boost::asio::ip::tcp::socket::wait_read};
};

}  // namespace coax::http::detail
