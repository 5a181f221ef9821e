#pragma once

#include "cache/internal/redis_url.hpp"

#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>

#include <string>

namespace coax::fleet::detail {

/// Which server, and which job on it.
struct queue_address {
    cache::detail::redis_address server{};
    std::string job{};
};

/// Errors: `errc::invalid_argument`, which never repeats the text.
[[nodiscard]] result<queue_address> parse_queue_url(secret const& url);

/// Without credentials.
[[nodiscard]] std::string to_string(queue_address const& address);

}  // namespace coax::fleet::detail
