#include "http/errors.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <string>

namespace coax::http::detail {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

constexpr std::chrono::milliseconds longest_limit{std::chrono::hours{24 * 365 * 10}};

bool is_parser_error(boost::system::error_code const& cause) {
    return cause.category() == make_error_code(beast_http::error::end_of_stream).category();
}

error connecting_failed(boost::system::error_code cause, origin const& to) {
    return {.code = errc::connect_failed, .message = "cannot connect", .where = coax::to_string(to), .cause = cause};
}

error handshake_failed(boost::system::error_code cause, origin const& to) {
    return {.code = errc::connect_failed,
            .message = "the connection ended during the TLS handshake",
            .where = coax::to_string(to),
            .cause = cause};
}

error parsing_failed(boost::system::error_code cause, origin const& to) {
    if (cause == beast_http::error::body_limit || cause == beast_http::error::header_limit)
        return {.code = errc::too_large,
                .message = cause == beast_http::error::body_limit ? "the answer's body is larger than its limit"
                                                                  : "the answer's head is larger than its limit",
                .where = coax::to_string(to),
                .cause = cause};
    if (cause == beast_http::error::partial_message)
        return {.code = errc::connection_lost,
                .message = "the connection ended in the middle of the answer",
                .where = coax::to_string(to),
                .cause = cause};
    return {.code = errc::protocol_error,
            .message = "the answer is not HTTP/1.1",
            .where = coax::to_string(to),
            .cause = cause};
}

}  // namespace

std::string_view to_string(limit which) noexcept {
    switch (which) {
        case limit::connect: return "connect";
        case limit::first_byte: return "first_byte";
        case limit::idle: return "idle";
        case limit::total: return "total";
        case limit::none:
        case limit::attempt: break;
    }
    return "no";
}

exchange_limits bounded(exchange_limits limits) noexcept {
    for (auto* each : {&limits.connect, &limits.first_byte, &limits.idle, &limits.total})
        *each = std::min(*each, longest_limit);
    return limits;
}

error limit_passed(limit which, std::chrono::milliseconds length, origin const& to) {
    return {.code = errc::timeout,
            .message =
                "the " + std::string{to_string(which)} + " limit of " + std::to_string(length.count()) + " ms passed",
            .where = coax::to_string(to)};
}

error transport_error(stage at, boost::system::error_code cause, origin const& to) {
    if (is_parser_error(cause)) return parsing_failed(cause, to);
    switch (at) {
        case stage::connecting: return connecting_failed(cause, to);
        case stage::handshaking: return handshake_failed(cause, to);
        case stage::sending:
            return {.code = errc::connection_lost,
                    .message = "the connection ended while the request was sent",
                    .where = coax::to_string(to),
                    .cause = cause};
        case stage::waiting:
            return {.code = errc::connection_lost,
                    .message = "the connection ended before the answer began",
                    .where = coax::to_string(to),
                    .cause = cause};
        case stage::receiving: break;
    }
    return {.code = errc::connection_lost,
            .message = "the connection ended in the middle of the answer",
            .where = coax::to_string(to),
            .cause = cause};
}

error body_too_large(std::size_t limit, origin const& to) {
    return {.code = errc::too_large,
            .message = "the answer's body is larger than " + std::to_string(limit) + " bytes",
            .where = coax::to_string(to)};
}

error cancelled(origin const& to) {
    return {.code = errc::cancelled, .message = "the caller cancelled", .where = coax::to_string(to)};
}

error closed(origin const& to) {
    return {.code = errc::closed, .message = "the transport is closed", .where = coax::to_string(to)};
}

}  // namespace coax::http::detail
