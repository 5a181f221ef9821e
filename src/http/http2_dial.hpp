#pragma once

#include "http/exchange_deadline.hpp"
#include "http/http2_pool.hpp"
#include "http/transport_state.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <memory>

namespace coax::http::detail {

/// A connection in the making for the requests of one origin. One that turns out to speak HTTP/1.1 goes to the
/// transport's other pool. Thread safety: on the transport's executor only.
class http2_dial : public std::enable_shared_from_this<http2_dial> {
public:
    /// @param pool, at  They stay until the dial is over.
    /// @param patient  Waits for a slot, if there is none.
    http2_dial(std::shared_ptr<transport_state> home, http2_pool& pool, http2_host& at, bool patient);
    http2_dial(http2_dial const&) = delete;
    http2_dial& operator=(http2_dial const&) = delete;

    void start();
    /// Nobody waits for it any more: ends it, unless its limit will.
    void cancel_if_unbounded();
    [[nodiscard]] http2_host& at() const noexcept { return at_; }

    asio::cancellation_signal signal{};  ///< These three are for `spawn`.
    std::exception_ptr failure{};
    void ended(bool lost) noexcept;

private:
    static asio::awaitable<void> run(std::shared_ptr<http2_dial> self);
    asio::awaitable<result<void>> take_slot();
    asio::awaitable<result<void>> wait_for_slot(connection_pool::host& in);
    void finish(std::unique_ptr<connection> made);
    void fail(error const& why);

    std::shared_ptr<transport_state> home_;
    http2_pool* pool_;  // null: it is over
    http2_host& at_;
    origin to_;
    exchange_limits limits_;
    exchange_deadline deadline_;
    lease slot_;
    bool patient_;
};

}  // namespace coax::http::detail
