#pragma once

#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/client_certificate.hpp>
#include <coax/http/message.hpp>

#include <string>
#include <string_view>

namespace coax::cache::detail {

/// Which server, and as whom.
struct redis_address {
    origin to{};
    std::string user{};  ///< Empty: the default user.
    secret password{};   ///< Empty: none is asked for.
    int database{0};
    std::string ca_file{};  ///< The files of TLS that the address names.
    tls_client_certificate client_certificate{};
};

/// Whether a text begins as one.
[[nodiscard]] bool is_redis_url(secret const& text);

/// Errors: `errc::invalid_argument`, which never repeats the text.
[[nodiscard]] result<redis_address> parse_redis_url(secret const& url);

/// "redis://host:port", for errors.
[[nodiscard]] std::string to_string(redis_address const& address);

}  // namespace coax::cache::detail
