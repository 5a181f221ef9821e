#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace coax {

/// What the headers of a service's response say about its rate limits. A member that is absent was not sent.
struct rate_limit_status {
    std::optional<std::int64_t> limit_requests{};  ///< A minute.
    std::optional<std::int64_t> remaining_requests{};
    std::optional<std::chrono::milliseconds> reset_requests{};  ///< Until the request limit is whole again.
    std::optional<std::int64_t> limit_tokens{};                 ///< A minute.
    std::optional<std::int64_t> remaining_tokens{};
    std::optional<std::chrono::milliseconds> reset_tokens{};  ///< Until the token limit is whole again.

    [[nodiscard]] bool operator==(rate_limit_status const& other) const;
};

}  // namespace coax
