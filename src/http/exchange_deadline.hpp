#pragma once

#include "http/errors.hpp"
#include "runtime/internal/deadline_timer.hpp"
#include "runtime/internal/suspended.hpp"

#include <coax/http/transport.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/detail/nursery.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <optional>

namespace coax::http::detail {

/// The time limits of one exchange. When one passes, what the exchange waits for is interrupted. One entry in the
/// context's timer queue for the whole exchange, moved only when a nearer limit comes.
class exchange_deadline {
public:
    using socket = asio::ip::tcp::socket;

    exchange_deadline(asio::any_io_executor const& executor, exchange_limits const& limits, origin const& to);
    exchange_deadline(exchange_deadline const&) = delete;
    exchange_deadline& operator=(exchange_deadline const&) = delete;

    /// From here on this limit counts, besides `connect` while connecting and `total`. `none`: only those.
    void start(limit which);
    /// The limit that was started last goes on; in place of a `first_byte` that is none, `idle` begins. False: it has
    /// passed; `stopped` tells it.
    [[nodiscard]] bool resume();
    /// The connect limit counts from the name look-up to the end of the handshake.
    void begin_connecting();
    void end_connecting() noexcept { connect_deadline_ = never; }

    /// Before a suspension: what to interrupt. Ask `stopped` after it.
    void interrupts(socket& waiting) noexcept;
    void interrupts(coax::detail::suspended& waiting) noexcept;
    void interrupts(coax::detail::nursery& waiting) noexcept;

    /// Awaitable: suspends until the socket is ready. Ask `stopped` after it.
    auto wait(socket& on, socket::wait_type wanted) {
        interrupts(on);
        return on.async_wait(wanted, asio::as_tuple(asio::deferred));
    }

    /// After every suspension: the caller's cancellation or the limit that passed, if any.
    [[nodiscard]] std::optional<error> stopped(asio::cancellation_state const& caller);

    /// Runs `op`, which is cancelled when a limit passes.
    template <class T>
    asio::awaitable<result<T>> run(asio::awaitable<T> op) {
        std::optional<result<T>> outcome;
        coax::detail::nursery child;
        child.add(coax::detail::store(as_result(std::move(op)), outcome));
        interrupts(child);
        (void)co_await child.run(coax::detail::on_failure::carry_on);
        if (auto why = stopped(co_await asio::this_coro::cancellation_state)) co_return std::move(*why);
        co_return *std::move(outcome);
    }

    [[nodiscard]] clock::time_point now() const noexcept { return timer_.now(); }

private:
    static constexpr clock::time_point never = clock::time_point::max();

    void set(limit which, clock::time_point deadline);
    void expired();
    [[nodiscard]] std::chrono::milliseconds length(limit which) const noexcept;

    exchange_limits const& limits_;
    origin const& to_;
    void* waiting_{nullptr};  // null: the exchange is not suspended
    void (*interrupt_)(void* waiting){nullptr};
    clock::time_point total_deadline_{never};
    clock::time_point connect_deadline_{never};
    clock::time_point deadline_{never};
    clock::time_point armed_for_{never};  // never later than deadline_
    limit step_{limit::none};             // started last
    limit current_{limit::none};          // that or one that passes before it
    limit passed_{limit::none};
    coax::detail::deadline_timer timer_;
};

}  // namespace coax::http::detail
