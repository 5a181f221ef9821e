#pragma once

#include "http/connect.hpp"
#include "http/connection.hpp"
#include "http/pool.hpp"
#include "runtime/internal/suspended.hpp"
#include "sync/internal/wait_queue.hpp"

#include <coax/http/http_transport.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace coax::http::detail {

using connection_pool = pool<connection>;

class dial;
class http2_pool;

/// A request that waits for a connection. Leaves the queue when destroyed.
struct queued_request final : connection_pool::waiter, coax::detail::suspended {
    queued_request(asio::any_io_executor const& executor, connection_pool& of)
        : suspended{executor, "http_transport"}, pool{of} {}
    queued_request(queued_request const&) = delete;
    queued_request& operator=(queued_request const&) = delete;
    ~queued_request() override { pool.leave(*this); }

    /// It has another connection than the one that `making` makes for it.
    void take_other();

    connection_pool& pool;
    dial* making{nullptr};
};

/// What all exchanges of one transport share.
struct transport_state : std::enable_shared_from_this<transport_state> {
    transport_state(asio::any_io_executor where, http_options with)
        : executor{std::move(where)}, options{std::move(with)}, connections{options}, connect{executor, options} {}

    /// Wakes the request that a slot went to, if there is one.
    static void wake(connection_pool::waiter* granted) {
        if (granted != nullptr) static_cast<queued_request*>(granted)->take_other();
    }

    /// A connection was found closed that served a moment ago. Where that was a stream, the origin's connections are
    /// not kept after one for a while.
    void found_closed(origin const& to, connection const& dead, clock::duration idle, clock::time_point now);
    [[nodiscard]] bool closes_after_streams(origin const& to, clock::time_point now);

    asio::any_io_executor executor;
    http_options options;
    connection_pool connections;
    connector connect;
    pool_statistics counted{};
    std::atomic<std::uint64_t> resent{0};
    clock::time_point next_sweep{};
    std::unordered_set<dial*> dials{};  // under way
    std::vector<dial*> left_dials{};    // of these, without a request
    std::size_t dials_begun{0};         // of these; the others are in turn
    sync::detail::wait_queue<dial> dials_to_begin{};
    bool begins_dials{false};
    std::shared_ptr<http2_pool> http2{};  // null: only HTTP/1.1 is spoken

private:
    std::unordered_map<origin, clock::time_point, origin_hash> close_after_streams_{};
};

/// One connection's slot in the pool while someone has it. Gives it back, whatever happens.
class lease {
public:
    explicit lease(std::shared_ptr<transport_state> home) : home_{std::move(home)} {}
    /// The other one keeps its home and has no slot any more.
    lease(lease&& other) noexcept
        : home_{other.home_},  // NOLINT(performance-move-constructor-init): on purpose
          at_{std::exchange(other.at_, nullptr)},
          pooled_{std::move(other.pooled_)} {}
    lease& operator=(lease&& other) noexcept {
        at_ = std::exchange(other.at_, nullptr);
        pooled_ = std::move(other.pooled_);
        return *this;
    }
    ~lease() { release(false, {}); }

    void take(connection_pool::host& at, connection_pool::pooled found) {
        at_ = &at;
        pooled_ = std::move(found);
    }
    void replace(std::unique_ptr<connection> made, clock::time_point now) {
        pooled_.connection = std::move(made);
        pooled_.opened = now;
    }
    void close() noexcept { pooled_.connection.reset(); }

    [[nodiscard]] connection* get() const noexcept { return pooled_.connection.get(); }
    [[nodiscard]] connection_pool::host* at() const noexcept { return at_; }
    [[nodiscard]] clock::time_point idle_since() const noexcept { return pooled_.idle_since; }

    void release(bool reusable, clock::time_point now);

private:
    std::shared_ptr<transport_state> home_;
    connection_pool::host* at_{nullptr};
    connection_pool::pooled pooled_{};
};

}  // namespace coax::http::detail
