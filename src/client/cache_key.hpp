#pragma once

#include <coax/http/message.hpp>

#include <string>
#include <string_view>

namespace coax::detail {

/// A request as the response cache sees it.
struct cache_key {
    std::string text{};   ///< 64 hexadecimal digits; empty: not known.
    bool sampled{false};  ///< Its temperature is above 0.
};

/// The key of a request: a SHA-256 over a version, the service, the address, header fields and body, with members
/// sorted and numbers in one form. Left out is who asks: credentials and tracing in header fields and query, and the
/// body's `user`, `safety_identifier`, `metadata` and prompt cache keys. Whether it streams is no difference.
/// @param kept_raw  The response holds the body as it came.
[[nodiscard]] cache_key key_of(std::string_view service, http_request const& request, bool kept_raw);

}  // namespace coax::detail
