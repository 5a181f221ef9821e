#pragma once

#include <coax/core/error.hpp>
#include <coax/http/transport.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>

namespace coax::http::detail {

/// Which limit of an exchange passed; the names of `exchange_limits`. An attempt is one address of several.
enum class limit : unsigned char { none, attempt, connect, first_byte, idle, total };

[[nodiscard]] std::string_view to_string(limit which) noexcept;

/// How far an exchange had come: decides what an error of the socket means to the caller.
enum class stage : unsigned char { connecting, handshaking, sending, waiting, receiving };

/// The same limits, none so long that adding it to the time would overflow: ten years are as good as none.
[[nodiscard]] exchange_limits bounded(exchange_limits limits) noexcept;

/// `errc::timeout` naming the limit.
[[nodiscard]] error limit_passed(limit which, std::chrono::milliseconds length, origin const& to);

/// What the socket, TLS or the HTTP parser reported, as the caller can act on it.
[[nodiscard]] error transport_error(stage at, boost::system::error_code cause, origin const& to);

[[nodiscard]] error body_too_large(std::size_t limit, origin const& to);
[[nodiscard]] error cancelled(origin const& to);
[[nodiscard]] error closed(origin const& to);

}  // namespace coax::http::detail
