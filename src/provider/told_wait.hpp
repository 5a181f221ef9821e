#pragma once

#include <coax/http/message.hpp>

#include <chrono>
#include <optional>
#include <string_view>

/// How long a refusal says to wait, where it has no Retry-After.
namespace coax::detail {

/// The wait in the words of a service: "Please try again in 2.192s", "retry after 45 seconds", "in 6m0s". None for
/// zero.
[[nodiscard]] std::optional<std::chrono::milliseconds> wait_in_words(std::string_view message);

/// The longest wait until a limit resets of which nothing remains, from `x-ratelimit-…`, `anthropic-ratelimit-…` or a
/// bare `x-ratelimit-reset` or `ratelimit-reset`: a duration, seconds, a Unix time in seconds or milliseconds, or a
/// date.
[[nodiscard]] std::optional<std::chrono::milliseconds> wait_for_reset(header_list const& headers,
                                                                      std::chrono::system_clock::time_point now);

/// Whether the request alone exceeds what is allowed in a minute: "Request too large … Limit 30000, Requested 53412".
[[nodiscard]] bool exceeds_limit_alone(std::string_view message);

}  // namespace coax::detail
