#pragma once

#include <coax/core/result.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace coax {

/// How the client's response cache treats one request, where it has one (`client_options::response_cache`). Nothing of
/// it is sent. The service's own prompt cache is another thing: `chat_request::cache_prefix`.
struct cache_control {
    /// The cache is neither asked nor filled, and no equal request shares the call.
    bool bypass{false};
    /// The cache is not asked, and what it has is replaced by the response.
    bool refresh{false};
    /// A kept response that is older is not used. Zero: of any age. Must not be negative.
    std::chrono::milliseconds max_age{0};
    /// How long the response is kept. Zero: as `response_cache_options::ttl` says. Must not be negative.
    std::chrono::milliseconds ttl{0};
    /// Names under which the response can be invalidated, besides those of the client: 1 to 256 bytes each, 64 at most.
    std::vector<std::string> tags{};
    /// Kept and used although `temperature` is above 0, where every call would give another response.
    bool sampled{false};

    [[nodiscard]] bool operator==(cache_control const& other) const;
};

/// Errors: `errc::invalid_argument`; `where` is the field, such as "response_cache.ttl".
[[nodiscard]] result<void> validate(cache_control const& wanted);

}  // namespace coax
