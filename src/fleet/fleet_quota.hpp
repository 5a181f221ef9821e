#pragma once

#include "fleet/outbox.hpp"
#include "fleet/queue_state.hpp"

#include <coax/fleet/fleet_quota.hpp>
#include <coax/policy/rate_limiter.hpp>
#include <coax/sync/async_mutex.hpp>
#include <coax/sync/async_semaphore.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace coax::fleet::detail {

/// The share of a worker while Redis is away.
struct own_share {
    own_share(fleet_limits const& limits, std::int64_t among);

    std::int64_t workers;  ///< Among whom the limits are shared.
    rate_limiter rates;
    async_semaphore places;
};

/// What Redis says of a request.
struct quota_turn {
    enum class answer { taken, wait, never } how{answer::wait};
    std::chrono::milliseconds wait{0};
    std::int64_t workers{1};
    std::int64_t spent_nanos{0};
};

/// What a request has taken: in Redis, or of the worker's own share.
struct quota_taken {
    std::string id{};
    std::unique_ptr<quota_lease> share{};  ///< Null: in Redis.
};

/// The quota of a job, on the queue's thread.
class quota_core : public std::enable_shared_from_this<quota_core> {
public:
    quota_core(queue_state& on, fleet_limits limits, fleet_quota_options options);

    /// What the following functions need runs on the queue's executor.
    [[nodiscard]] asio::any_io_executor executor() const { return on_.link.executor(); }
    asio::awaitable<result<quota_taken>> reserve(quota_demand demand);
    void settle(std::string const& id, quota_demand demand, quota_outcome came);
    asio::awaitable<void> flushed(std::chrono::milliseconds within);

private:
    /// Signs of life begin with the first request, and end with the queue.
    void start();
    static asio::awaitable<void> keep(std::shared_ptr<quota_core> self);
    static asio::awaitable<void> send(std::shared_ptr<quota_core> self);
    asio::awaitable<result<quota_turn>> ask(std::string id, quota_demand demand);
    asio::awaitable<result<quota_taken>> take_share(quota_demand demand);
    [[nodiscard]] error exhausted(quota_turn const& turn, quota_demand demand) const;

    queue_state& on_;  ///< Ends what runs here.
    fleet_limits const limits_;
    fleet_quota_options const options_;
    std::string const member_;
    outbox outbox_;
    async_mutex turn_{};  ///< One request at a time asks, so that the first one is served first.
    std::set<std::string, std::less<>> leases_{};
    std::uint64_t count_{0};
    std::int64_t workers_{1};  ///< That were there when Redis was last.
    std::shared_ptr<own_share> share_{};
    bool started_{false};
};

}  // namespace coax::fleet::detail
