#include "http/errors.hpp"

#include "http/content_decoder.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace coax::http::detail {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

constexpr std::chrono::milliseconds longest_limit{std::chrono::hours{24 * 365 * 10}};

/// From TLS 1.3 on they come after the handshake, in place of a response.
constexpr std::array certificate_alerts{
    SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
    SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN,     SSL_AD_UNKNOWN_CA,
    SSL_AD_ACCESS_DENIED,       SSL_AD_DECRYPT_ERROR,           SSL_AD_CERTIFICATE_REQUIRED};

bool is_parser_error(boost::system::error_code const& cause) {
    return cause.category() == make_error_code(beast_http::error::end_of_stream).category();
}

error at(origin const& to, errc code, std::string message, boost::system::error_code cause = {}) {
    return {.code = code, .message = std::move(message), .where = coax::to_string(to), .cause = cause};
}

error parsing_failed(boost::system::error_code cause, origin const& to) {
    if (cause == beast_http::error::body_limit)
        return at(to, errc::too_large, "the response's body is larger than its limit", cause);
    if (cause == beast_http::error::header_limit)
        return at(to, errc::too_large, "the response's head is larger than its limit", cause);
    if (cause == beast_http::error::partial_message)
        return at(to, errc::connection_lost, "the connection ended in the middle of the response", cause);
    return at(to, errc::protocol_error, "the response is not HTTP/1.1", cause);
}

}  // namespace

std::string_view to_string(limit which) noexcept {
    switch (which) {
        case limit::connect: return "connect";
        case limit::first_byte: return "first_byte";
        case limit::idle: return "idle";
        case limit::total: return "total";
        case limit::none: break;
    }
    return "no";
}

exchange_limits clamped(exchange_limits limits) noexcept {
    for (auto* each : {&limits.connect, &limits.first_byte, &limits.idle, &limits.total})
        *each = std::min(*each, longest_limit);
    return limits;
}

error limit_passed(limit which, std::chrono::milliseconds length, origin const& to) {
    return at(to, errc::timeout,
              "the " + std::string{to_string(which)} + " limit of " + std::to_string(length.count()) + " ms passed");
}

bool is_alert(boost::system::error_code cause, int description) noexcept {
    return cause.category() == asio::error::get_ssl_category() &&
           ERR_GET_REASON(static_cast<unsigned long>(cause.value())) == SSL_AD_REASON_OFFSET + description;
}

bool refuses_client_certificate(boost::system::error_code cause) noexcept {
    return std::ranges::any_of(certificate_alerts, [&](int alert) { return is_alert(cause, alert); });
}

error client_certificate_missing(boost::system::error_code cause, origin const& to) {
    return at(to, errc::tls_failed, "the server asks for a client certificate, and none is set (client_certificate)",
              cause);
}

error transport_error(stage reached, boost::system::error_code cause, origin const& to) {
    if (is_parser_error(cause)) return parsing_failed(cause, to);
    if (is_alert(cause, SSL_AD_CERTIFICATE_REQUIRED)) return client_certificate_missing(cause, to);
    if (refuses_client_certificate(cause))
        return at(to, errc::tls_failed, "the server does not accept the client certificate (client_certificate)",
                  cause);
    switch (reached) {
        case stage::connecting: return at(to, errc::connect_failed, "cannot connect", cause);
        case stage::handshaking:
            return at(to, errc::connect_failed, "the connection ended during the TLS handshake", cause);
        case stage::sending:
            return at(to, errc::connection_lost, "the connection ended while the request was sent", cause);
        case stage::waiting:
            return at(to, errc::connection_lost, "the connection ended before the response began", cause);
        case stage::receiving: break;
    }
    return at(to, errc::connection_lost, "the connection ended in the middle of the response", cause);
}

error body_too_large(std::size_t limit, origin const& to) {
    return at(to, errc::too_large, "the response's body is larger than " + std::to_string(limit) + " bytes");
}

error cancelled(origin const& to) { return at(to, errc::cancelled, "the caller cancelled"); }

error closed(origin const& to) { return at(to, errc::closed, "the transport is closed"); }

error queue_is_full(std::size_t most, origin const& to) {
    return {.code = errc::too_large,
            .message = std::to_string(most) + " requests wait for a connection already",
            .where = coax::to_string(to)};
}

error tls_on_a_plain_connection(origin const& to) {
    return {.code = errc::protocol_error,
            .message = "the server speaks TLS on this port: its address begins with https://",
            .where = coax::to_string(to)};
}

error ended_unanswered(boost::system::error_code cause, origin const& to) {
    auto out = transport_error(stage::waiting, cause, to);
    if (!to.tls && (to.port == 443 || to.port == 8443))
        out.message += "; a server that speaks TLS on this port has an address that begins with https://";
    return out;
}

error not_decoded(std::string_view coding, boost::system::error_code cause, origin const& to) {
    return {.code = errc::protocol_error,
            .message = "cannot decode the response, whose Content-Encoding is " + std::string{coding.substr(0, 40)} +
                       ": coax asks for " + std::string{accepted_codings},
            .where = coax::to_string(to),
            .should_retry = false,
            .cause = cause};
}

}  // namespace coax::http::detail
