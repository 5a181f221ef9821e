#pragma once

#include "http/exchange_deadline.hpp"
#include "http/transport_state.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <memory>
#include <optional>

namespace coax::http::detail {

/// A connection that is being made, in a slot of its own, for a request that may be served by another one meanwhile:
/// then this one goes on for the next request that needs one, or joins the pool. So no more are made than there are
/// requests. Thread safety: on the transport's executor only.
class dial : public std::enable_shared_from_this<dial>, public sync::detail::wait_queue_hook<dial> {
public:
    /// @param slot  Without a connection.
    /// @param waits  Is woken when the dial is over, unless it was granted another connection before.
    dial(std::shared_ptr<transport_state> home, lease slot, origin to, exchange_limits limits, queued_request& waits);
    dial(dial const&) = delete;
    dial& operator=(dial const&) = delete;
    ~dial();

    /// One that goes on without a request; null: none.
    [[nodiscard]] static std::shared_ptr<dial> left_for(transport_state& home, origin const& to);
    /// From now on it is that request's.
    void serve(queued_request& waits) noexcept;

    /// At once, or in turn, when fewer are under way: what only connecting needs is in memory for a few of many.
    void start();
    [[nodiscard]] bool over() const noexcept { return over_; }
    /// After the end: moves the slot and its connection into `to`, or says why there is none.
    [[nodiscard]] result<void> take(lease& to);

    /// That request has another connection: goes on without it, if it has a limit.
    void leave(queued_request const& served) noexcept;
    /// The request, or the transport, wants no connection any more. The slot is free at once.
    void cancel();
    /// Cancels it if its request has left.
    void cancel_if_left();

    asio::cancellation_signal signal{};  ///< These three are for `spawn`.
    std::exception_ptr failure{};
    void ended(bool lost) noexcept;

private:
    void begin();
    static void begin_next(transport_state& home);
    static asio::awaitable<void> run(std::shared_ptr<dial> self);
    void finish(result<std::unique_ptr<connection>> made);

    std::shared_ptr<transport_state> home_;
    lease slot_;
    origin to_;
    exchange_limits limits_;
    exchange_deadline deadline_;
    queued_request* waits_;
    std::optional<error> why_{};
    bool over_{false};
};

}  // namespace coax::http::detail
