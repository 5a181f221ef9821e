#pragma once

#include "http/http2_link.hpp"
#include "http/http2_rules.hpp"
#include "http/transport_state.hpp"
#include "runtime/internal/suspended.hpp"
#include "sync/internal/wait_queue.hpp"

#include <coax/http/http_transport.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace coax::http::detail {

class http2_dial;

/// A request that waits for a place on a connection. Leaves the queue when destroyed, and gives back a place that it
/// was promised.
struct http2_waiter final : sync::detail::wait_queue_hook<http2_waiter>, coax::detail::suspended {
    http2_waiter(asio::any_io_executor const& executor, http2_pool& of)
        : suspended{executor, "http_transport"}, pool{of} {}
    http2_waiter(http2_waiter const&) = delete;
    http2_waiter& operator=(http2_waiter const&) = delete;
    ~http2_waiter() override;

    http2_pool& pool;
    http2_host* at{nullptr};
    std::shared_ptr<http2_link> promised{};  ///< With a place for it.
    std::optional<error> failure{};          ///< Why there is no connection.
};

/// What there is of one origin.
struct http2_host {
    origin to;
    std::vector<std::shared_ptr<http2_link>> links{};
    sync::detail::wait_queue<http2_waiter> waiting{};
    std::vector<http2_dial*> dials{};
    exchange_limits limits{};           ///< Of the request that came last.
    clock::time_point no_more_until{};  ///< No further connection before.
};

/// The connections of a transport that speak HTTP/2. Each has a slot of the transport's `connection_pool`, whose bounds
/// hold for both kinds. Requests wait for a place on a connection first come, first served; what is opened, and when,
/// is `wanted_connections`.
/// Thread safety: on the transport's executor only.
class http2_pool {
public:
    /// @param home  Owns this one.
    explicit http2_pool(transport_state& home) : home_{home} {}
    http2_pool(http2_pool const&) = delete;
    http2_pool& operator=(http2_pool const&) = delete;

    [[nodiscard]] bool uses_http1(origin const& to) const;
    /// A link with a place that is promised to the caller; null: wait.
    [[nodiscard]] std::shared_ptr<http2_link> find(origin const& to, exchange_limits const& limits);
    void enqueue(origin const& to, exchange_limits const& limits, http2_waiter& who);
    void leave(http2_waiter& who);
    [[nodiscard]] bool full() const noexcept { return waiting_ >= home_.options.max_waiting; }

    // What links tell.
    void serve(http2_host& at);
    void gone(http2_link& link, http2_host& at);
    void violated(http2_host& at) { avoid(at.to); }
    void troubled(http2_host& at) { hosts_.troubled(at.to, now()); }
    /// Whether a request over HTTP/1.1 waits for a slot.
    [[nodiscard]] bool wants_room() const noexcept { return closed_ || home_.connections.waiting() > 0; }
    // What requests tell.
    void avoid(origin const& to);
    void troubled(origin const& to) { hosts_.troubled(to, now()); }

    // What dials tell.
    void opened(http2_dial& by, std::unique_ptr<connection> made, lease slot);
    void failed(http2_dial& by, error const& why);

    /// Closes connections that are idle: all, or those that are too old. @returns Whether there was one.
    bool close_idle(bool only_old);
    /// Closes what is idle, and what is not after its requests; who waits ends with `errc::closed`.
    void close();
    /// The execution context has ended.
    void drop_all();

    [[nodiscard]] std::size_t idle() const noexcept;
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }
    [[nodiscard]] http_options const& options() const noexcept { return home_.options; }
    [[nodiscard]] asio::any_io_executor const& executor() const noexcept { return home_.executor; }
    [[nodiscard]] clock::time_point now() const noexcept;

private:
    [[nodiscard]] http2_host& host_of(origin const& to);
    [[nodiscard]] bool has_old(origin const& to, clock::time_point current) const;
    [[nodiscard]] std::shared_ptr<http2_link> least_busy(http2_host& at);
    void open_more(http2_host& at);
    void end_waiting(http2_host& at, std::optional<error> const& why);
    void erase_if_unused(http2_host& at);
    void forget(http2_dial& by);

    transport_state& home_;
    std::unordered_map<origin, http2_host, origin_hash> origins_;
    http2_hosts hosts_;
    clock::time_point next_sweep_{};
    std::size_t waiting_{0};
    bool closed_{false};
};

}  // namespace coax::http::detail
