#include "http/tls.hpp"

#include "http/errors.hpp"
#include "http/system_authorities.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <new>
#include <sys/socket.h>
#include <utility>

namespace coax::http::detail {
namespace {

namespace asio = boost::asio;

/// Where an SSL keeps the tls_sessions of its origin. Index 0 is Asio's.
int sessions_index() {
    static int const index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int on_new_session(SSL* ssl, SSL_SESSION* session) {
    // A copy: OpenSSL marks the original unusable when its connection ends without the peer's close_notify.
    if (auto* sessions = static_cast<tls_sessions*>(SSL_get_ex_data(ssl, sessions_index())))
        if (auto* copy = SSL_SESSION_dup(session)) sessions->add(copy);
    return 0;
}

error not_pem(std::string where) {
    return {.code = errc::tls_failed,
            .message = "no certificate in PEM form",
            .where = std::move(where),
            .cause = openssl_error()};
}

/// Adds every certificate of the text; false when there is none or one cannot be read.
bool add_certificates(SSL_CTX* context, std::string const& pem) {
    auto const text = pem_reader(pem);
    int count = 0;
    while (x509_ptr const certificate{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)}) {
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) != 1) return false;
        ++count;
    }
    bool const at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (at_end && count > 0) ERR_clear_error();
    return at_end && count > 0;
}

error cannot_start() { return {.code = errc::tls_failed, .message = "OpenSSL cannot start", .cause = openssl_error()}; }

result<void> add_authorities(SSL_CTX* context, std::string const& ca_file, std::string const& ca_pem) {
    ERR_clear_error();
    if (!ca_file.empty() && SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
        bool const unreadable =
            ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_SYS || ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_BIO;
        if (!unreadable) return not_pem(ca_file);
        return error{.code = errc::io_failed,
                     .message = "cannot read the file of certificate authorities that ca_file or SSL_CERT_FILE names",
                     .where = ca_file,
                     .cause = openssl_error()};
    }
    if (!ca_pem.empty() && !add_certificates(context, ca_pem)) return not_pem("ca_pem");
    return {};
}

bool is_address(std::string const& host) {
    boost::system::error_code ec;
    (void)asio::ip::make_address(host, ec);
    return !ec;
}

bool is_from_unknown_authority(long verdict) noexcept {
    return verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           verdict == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

char const* certificate_problem(long verdict) noexcept {
    switch (verdict) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH: return "the server's certificate is for another host";
        case X509_V_ERR_CERT_HAS_EXPIRED: return "the server's certificate has expired";
        case X509_V_ERR_CERT_NOT_YET_VALID: return "the server's certificate is not valid yet";
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return "the server's certificate comes from an unknown authority";
        default: return nullptr;
    }
}

/// A handshake that failed for another reason than the certificate. It may go well the next time: a peer that is
/// overloaded or restarts answers with an alert, too.
error handshake_failed(boost::system::error_code cause, origin const& to) {
    auto out = transport_error(stage::handshaking, cause, to);
    if (out.code == errc::tls_failed || cause.category() != asio::error::get_ssl_category()) return out;
    auto const reason = ERR_GET_REASON(static_cast<unsigned long>(cause.value()));
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)
        out.message = "the server does not speak TLS on this port: its address may begin with http://";
    else if (reason >= SSL_AD_REASON_OFFSET)
        out.message = "the server refused the TLS handshake";
    else
        out.message = "no TLS connection could be agreed on";
    return out;
}

}  // namespace

result<std::shared_ptr<tls_context>> tls_context::shared(std::string const& ca_file, std::string const& ca_pem) {
    static std::mutex lock;
    static std::map<std::pair<std::string, std::string>, std::weak_ptr<tls_context>> known;

    std::lock_guard const guard{lock};
    std::erase_if(known, [](auto const& each) { return each.second.expired(); });
    auto& place = known[{ca_file, ca_pem}];
    if (auto context = place.lock()) return context;
    auto made = make(ca_file, ca_pem);
    if (made) place = *made;
    return made;
}

result<void> tls_context::check(std::string const& ca_file, std::string const& ca_pem) {
    ERR_clear_error();
    std::unique_ptr<SSL_CTX, deleter<SSL_CTX_free>> const context{SSL_CTX_new(TLS_client_method())};
    return context ? add_authorities(context.get(), ca_file, ca_pem) : cannot_start();
}

result<std::shared_ptr<tls_context>> tls_context::make(std::string const& ca_file, std::string const& ca_pem) {
    ERR_clear_error();
    auto out = std::make_shared<tls_context>();
    out->context_.reset(SSL_CTX_new(TLS_client_method()));
    auto* const context = out->context_.get();
    if (context == nullptr) return cannot_start();

    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_new_session);
    constexpr unsigned char http11[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context, http11, sizeof http11 - 1);

    SSL_CTX_set_default_verify_paths(context);  // a machine without authorities of its own may still have ours
    if (auto const& known = authorities_of_this_machine(); !known.file.empty())
        (void)SSL_CTX_load_verify_file(context, known.file.c_str());
    if (auto added = add_authorities(context, ca_file, ca_pem); !added) return added.error();
    return out;
}

void tls_sessions::add(SSL_SESSION* copy) {
    if (sessions_.size() >= most_sessions) sessions_.erase(sessions_.begin());
    sessions_.emplace_back(copy);
}

void tls_sessions::resume(SSL* ssl) {
    if (sessions_.empty()) return;
    SSL_set_session(ssl, sessions_.back().get());
    sessions_.pop_back();
}

tls_stream::tls_stream(tls_context const& context, std::shared_ptr<tls_sessions> sessions,
                       asio::ip::tcp::socket& socket, std::string const& host)
    : socket_{socket}, sessions_{std::move(sessions)}, ssl_{SSL_new(context.native())} {
    auto* const ssl = ssl_.get();
    BIO* const bio = BIO_new(bio_method());
    if (ssl == nullptr || bio == nullptr) throw std::bad_alloc{};
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_connect_state(ssl);

    bool verifying = false;
    if (is_address(host)) {
        verifying = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
    } else {
        std::string name = host;
        if (name.ends_with('.')) name.pop_back();
        // A common name is no host's name (RFC 9110, section 4.3.4).
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        verifying = SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
    }
    if (!verifying) throw std::bad_alloc{};  // the only way these fail
    if (sessions_ != nullptr) {
        SSL_set_ex_data(ssl, sessions_index(), sessions_.get());
        sessions_->resume(ssl);
    }
}

tls_stream::~tls_stream() = default;

bool has_pending_error(asio::ip::tcp::socket& socket) {
    int pending = 0;
    socklen_t size = sizeof pending;
    return ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &pending, &size) == 0 && pending != 0;
}

void tls_stream::offer_http2() {
    constexpr unsigned char both[] = "\x02h2\x08http/1.1";
    if (SSL_set_alpn_protos(ssl_.get(), both, sizeof both - 1) != 0) throw std::bad_alloc{};
}

bool tls_stream::speaks_http2() const noexcept {
    unsigned char const* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
    return size == 2 && chosen[0] == 'h' && chosen[1] == '2';
}

int tls_stream::on_certificate_request(SSL*, void* self) {
    static_cast<tls_stream*>(self)->certificate_requested_ = true;
    return 1;
}

void tls_stream::identify_as(client_identity const& who) {
    who.attach_to(ssl_.get());
    has_certificate_ = !who.empty();
    SSL_set_cert_cb(ssl_.get(), on_certificate_request, this);
}

void tls_stream::handshake(boost::system::error_code& ec) {
    ERR_clear_error();
    to_error_code(SSL_do_handshake(ssl_.get()), ec);
}

std::size_t tls_stream::read(asio::mutable_buffer into, boost::system::error_code& ec) {
    ERR_clear_error();
    std::size_t got = 0;
    to_error_code(SSL_read_ex(ssl_.get(), into.data(), into.size(), &got), ec);
    return got;
}

std::size_t tls_stream::write(asio::const_buffer from, boost::system::error_code& ec) {
    ERR_clear_error();
    std::size_t put = 0;
    to_error_code(SSL_write_ex(ssl_.get(), from.data(), from.size(), &put), ec);
    return put;
}

void tls_stream::shut_down() noexcept {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

void tls_stream::to_error_code(int returned, boost::system::error_code& ec) {
    ec = {};
    if (returned == 1) return;
    switch (SSL_get_error(ssl_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            wanted_ = asio::ip::tcp::socket::wait_read;
            ec = asio::error::would_block;
            return;
        case SSL_ERROR_WANT_WRITE:
            wanted_ = asio::ip::tcp::socket::wait_write;
            ec = asio::error::would_block;
            return;
        case SSL_ERROR_ZERO_RETURN: ec = asio::error::eof; return;
        case SSL_ERROR_SYSCALL: ec = socket_error_ ? socket_error_ : asio::error::eof; return;
        default: break;
    }
    bool const cut = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    ec = cut ? boost::system::error_code{asio::ssl::error::stream_truncated} : openssl_error();
    ERR_clear_error();
}

error tls_stream::handshake_error(boost::system::error_code cause, origin const& to) const {
    auto const verdict = SSL_get_verify_result(ssl_.get());
    if (verdict == X509_V_OK) {
        auto out = handshake_failed(cause, to);
        // Before TLS 1.3 there is no alert for this.
        if (certificate_requested_ && !has_certificate_ && is_alert(cause, SSL_AD_HANDSHAKE_FAILURE))
            return client_certificate_missing(cause, to);
        return out;
    }
    error out{.code = errc::tls_failed, .where = coax::to_string(to), .cause = cause};
    if (auto const* problem = certificate_problem(verdict))
        out.message = is_from_unknown_authority(verdict) && !authorities_of_this_machine().found()
                          ? problem + ("; " + no_authorities_message())
                          : problem;
    else
        out.message =
            std::string{"the server's certificate was not accepted: "} + X509_verify_cert_error_string(verdict);
    return out;
}

int tls_stream::bio_read(BIO* bio, char* data, int size) {
    auto& self = *static_cast<tls_stream*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    boost::system::error_code ec;
    auto const got = self.socket_.read_some(asio::buffer(data, static_cast<std::size_t>(size)), ec);
    if (!ec) return static_cast<int>(got);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
        BIO_set_retry_read(bio);
        return -1;
    }
    self.socket_error_ = ec;
    if (ec != asio::error::eof) return -1;
    self.refused_ = has_pending_error(self.socket_);  // now: OpenSSL's own last alert is refused, too
    BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return 0;
}

int tls_stream::bio_write(BIO* bio, char const* data, int size) {
    auto& self = *static_cast<tls_stream*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    boost::system::error_code ec;
    auto const put = self.socket_.write_some(asio::buffer(data, static_cast<std::size_t>(size)), ec);
    if (!ec) return static_cast<int>(put);
    if (ec == asio::error::would_block || ec == asio::error::try_again)
        BIO_set_retry_write(bio);
    else
        self.socket_error_ = ec;
    return -1;
}

long tls_stream::bio_control(BIO* bio, int command, long, void*) {
    switch (command) {
        case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
        case BIO_CTRL_FLUSH: return 1;
        default: return 0;
    }
}

BIO_METHOD* tls_stream::bio_method() {
    static BIO_METHOD* const method = [] {
        auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "coax socket");
        if (made == nullptr) throw std::bad_alloc{};
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    return method;
}

}  // namespace coax::http::detail
