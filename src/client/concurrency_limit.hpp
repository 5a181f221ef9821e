#pragma once

#include <coax/client/options.hpp>
#include <coax/policy/adaptive_limit.hpp>
#include <coax/sync/async_semaphore.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace coax::detail {

/// One attempt's place among those that may be under way at once. Given back when it dies.
/// Thread safety: one thread at a time.
class concurrency_permit {
public:
    concurrency_permit() noexcept = default;
    explicit concurrency_permit(permit fixed) noexcept : fixed_{std::move(fixed)} {}
    explicit concurrency_permit(adaptive_permit adaptive) noexcept : adaptive_{std::move(adaptive)} {}

    /// The request is sent: only from now on does time count as the service's.
    void begin() noexcept { adaptive_.begin(); }
    /// Tells how the attempt ended and gives the place back.
    template <class T>
    void finish(result<T> const& outcome) noexcept {
        adaptive_.finish(outcome);
        fixed_.reset();
    }

private:
    permit fixed_{};
    adaptive_permit adaptive_{};
};

/// As many places as `max_concurrency` says, or as `adaptive` finds out.
/// Thread safety: may be used from any thread.
class concurrency_limit {
public:
    explicit concurrency_limit(policy_options const& options);

    /// Takes a place now, where that needs no look at the clock and nobody waits.
    [[nodiscard]] std::optional<concurrency_permit> try_acquire();
    /// Waits for a place, behind all who asked before.
    /// @throws coax::exception  `errc::closed`, `errc::cancelled`.
    asio::awaitable<concurrency_permit> acquire();

    void close() noexcept;
    [[nodiscard]] std::size_t limit() const noexcept;

private:
    async_semaphore fixed_;
    std::optional<adaptive_limit> adaptive_{};
};

}  // namespace coax::detail
