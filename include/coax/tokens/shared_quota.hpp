#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/tokens/usd.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace coax {

/// What one request takes of a quota.
struct quota_demand {
    std::int64_t tokens{0};  ///< Estimated.
    usd cost{};              ///< At most.
};

/// What it came to.
struct quota_outcome {
    bool sent{true};                     ///< Otherwise the request counts for nothing.
    std::int64_t tokens{0};              ///< Used.
    usd cost{};                          ///< Spent.
    std::chrono::milliseconds pause{0};  ///< For which the service wants no further request; 0: none.
};

/// What one request has taken. Given back by `settle`, which is called once.
/// Thread safety: one thread at a time.
class quota_lease {
public:
    quota_lease() = default;
    quota_lease(quota_lease const&) = delete;
    quota_lease& operator=(quota_lease const&) = delete;
    virtual ~quota_lease() = default;

    virtual void settle(quota_outcome came) noexcept = 0;
};

/// A quota that clients in several processes share: `token_options::shared`. Each attempt takes of it before it is
/// sent, innermost of all policies, and settles by what the response tells; retries, hedges and re-asks take anew.
/// Thread safety: may be used from any thread.
class shared_quota {
public:
    shared_quota() = default;
    shared_quota(shared_quota const&) = delete;
    shared_quota& operator=(shared_quota const&) = delete;
    virtual ~shared_quota() = default;

    /// Waits until the request may be sent.
    /// @throws coax::exception  `errc::quota_exhausted`: what may be spent is spent; `errc::connect_failed`: where the
    ///                          quota is kept cannot be reached, and without it nothing may be spent;
    ///                          `errc::cancelled`, `errc::closed`.
    /// Cancellation: every type; nothing is taken.
    virtual asio::awaitable<std::unique_ptr<quota_lease>> reserve(quota_demand demand) = 0;
};

}  // namespace coax
