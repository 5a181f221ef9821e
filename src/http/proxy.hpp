#pragma once

#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/http_transport.hpp>
#include <coax/http/message.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::http::detail {

/// Where CONNECT goes, and the credentials for it.
struct proxy {
    std::string host{};
    std::uint16_t port{80};
    secret authorization{};  ///< The value of Proxy-Authorization; empty: none.
};

/// Reads "[http://][user:password@]host[:port]". `errc::invalid_argument`; its message repeats nothing of the text but
/// the scheme.
[[nodiscard]] result<proxy> parse_proxy(secret const& url);

/// Whether `to` is reached directly. An entry is "*", a name (which covers the names below it), ".suffix" or "*.suffix"
/// (only those below it), an address or a network such as 10.0.0.0/8; each may end in ":port".
[[nodiscard]] bool bypasses_proxy(std::vector<std::string> const& no_proxy, origin const& to);

/// The proxy through which `to` is reached, if it is not reached directly.
[[nodiscard]] result<std::optional<proxy>> proxy_for(http_options const& options, origin const& to);

/// The entries of a comma-separated NO_PROXY.
[[nodiscard]] std::vector<std::string> split_no_proxy(std::string_view text);

/// The request that asks a proxy for a tunnel.
[[nodiscard]] secret connect_request(proxy const& via, origin const& to);

}  // namespace coax::http::detail
