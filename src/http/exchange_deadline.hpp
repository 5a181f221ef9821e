#pragma once

#include "http/errors.hpp"
#include "http/wait_point.hpp"
#include "runtime/internal/deadline_timer.hpp"

#include <coax/http/transport.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <optional>

namespace coax::http::detail {

/// Watches the limits of one exchange: when one passes it interrupts whatever the exchange waits in and remembers
/// which. One entry in the context's timer queue for the whole exchange, moved only when a nearer limit comes.
class exchange_deadline {
public:
    exchange_deadline(asio::any_io_executor const& executor, exchange_limits const& limits, origin const& to);
    exchange_deadline(exchange_deadline const&) = delete;
    exchange_deadline& operator=(exchange_deadline const&) = delete;

    /// From here on this limit counts, besides those around it. `none`: only those.
    void start(limit which);
    /// Name look-up to handshake: the connect limit counts around whatever else does.
    void begin_connecting();
    void end_connecting() noexcept { connect_deadline_ = never; }
    /// One of `left` addresses gets its share of the time to connect. `take_attempt_passed` tells whether it ran out.
    void start_attempt(std::size_t left);
    [[nodiscard]] bool take_attempt_passed() noexcept;

    /// Where the exchange is about to suspend: what a limit interrupts.
    void at(asio::ip::tcp::socket& socket) noexcept { socket_ = &socket, point_ = nullptr; }
    void at(wait_point& point) noexcept { point_ = &point, socket_ = nullptr; }
    void nowhere() noexcept { socket_ = nullptr, point_ = nullptr; }

    /// After every suspension: the caller's cancellation or the limit that passed, if any.
    [[nodiscard]] std::optional<error> stopped(asio::cancellation_state const& caller) const;

    [[nodiscard]] clock::time_point now() const noexcept { return timer_.now(); }

private:
    static constexpr clock::time_point never = clock::time_point::max();

    void set(limit which, clock::time_point deadline);
    void expired();
    [[nodiscard]] std::chrono::milliseconds length(limit which) const noexcept;

    exchange_limits const& limits_;
    origin const& to_;
    asio::ip::tcp::socket* socket_{nullptr};
    wait_point* point_{nullptr};
    clock::time_point total_deadline_{never};
    clock::time_point connect_deadline_{never};
    clock::time_point deadline_{never};
    clock::time_point armed_for_{never};  // never later than deadline_
    limit current_{limit::none};
    limit passed_{limit::none};
    coax::detail::deadline_timer timer_;
};

}  // namespace coax::http::detail
