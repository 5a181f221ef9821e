#pragma once

#include <coax/core/error.hpp>
#include <coax/http/transport.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>

namespace coax::http::detail {

/// The limits of an exchange, as in `exchange_limits`.
enum class limit : unsigned char { none, connect, first_byte, idle, total };

[[nodiscard]] std::string_view to_string(limit which) noexcept;

/// The stages of an exchange. They decide what an error of the socket means to the caller.
enum class stage : unsigned char { connecting, handshaking, sending, waiting, receiving };

/// The limits, each at most ten years, so that adding one to the time does not overflow.
[[nodiscard]] exchange_limits clamped(exchange_limits limits) noexcept;

/// `errc::timeout` naming the limit.
[[nodiscard]] error limit_passed(limit which, std::chrono::milliseconds length, origin const& to);

/// The error for what the socket, TLS or the HTTP parser reported.
[[nodiscard]] error transport_error(stage reached, boost::system::error_code cause, origin const& to);

/// Whether it is this alert of TLS (RFC 8446, section 6), by which the peer ended the connection.
[[nodiscard]] bool is_alert(boost::system::error_code cause, int description) noexcept;
/// Whether the peer's alert says that it wants a certificate from the client, or another one.
[[nodiscard]] bool refuses_client_certificate(boost::system::error_code cause) noexcept;
[[nodiscard]] error client_certificate_missing(boost::system::error_code cause, origin const& to);
[[nodiscard]] error queue_is_full(std::size_t most, origin const& to);
[[nodiscard]] error tls_on_a_plain_connection(origin const& to);
/// The connection ended before a byte of the response.
[[nodiscard]] error ended_unanswered(boost::system::error_code cause, origin const& to);
/// The response's coding is wrong or unknown. Asked for again the same would come, at the same price.
[[nodiscard]] error not_decoded(std::string_view coding, boost::system::error_code cause, origin const& to);
[[nodiscard]] error body_too_large(std::size_t limit, origin const& to);
[[nodiscard]] error cancelled(origin const& to);
[[nodiscard]] error closed(origin const& to);

}  // namespace coax::http::detail
