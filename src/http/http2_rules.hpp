#pragma once

#include "http/pool.hpp"

#include <coax/http/message.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <cstddef>
#include <unordered_map>

/// What is decided about HTTP/2 without waiting.
namespace coax::http::detail {

/// How many connections an origin gets for so many requests, under way and waiting. From a few requests on there are
/// two, so that one that stalls does not hold up all.
[[nodiscard]] std::size_t wanted_connections(std::size_t requests, std::size_t streams_per_connection) noexcept;

/// How much of one response may be under way or not yet taken, so that all streams of a connection together keep to
/// `buffer_bytes`.
[[nodiscard]] std::size_t stream_window(std::size_t buffer_bytes, std::size_t streams) noexcept;

/// Finds a peer that is gone: after a silence it is asked for a sign of life, and whatever comes is one.
class http2_keepalive {
public:
    enum class step : unsigned char { wait, ping, dead };

    http2_keepalive(clock::duration silence, clock::duration patience, clock::time_point now) noexcept
        : silence_{silence}, patience_{patience}, heard_{now} {}

    void heard(clock::time_point now) noexcept { heard_ = now, asked_ = false; }
    /// What is to be done at this moment.
    [[nodiscard]] step decide(clock::time_point now) noexcept;
    /// When to decide next.
    [[nodiscard]] clock::time_point due() const noexcept { return asked_ ? asked_at_ + patience_ : heard_ + silence_; }

private:
    clock::duration silence_;
    clock::duration patience_;
    clock::time_point heard_;
    clock::time_point asked_at_{};
    bool asked_{false};
};

/// Resets that a connection may still send: servers take many of them for an attack and end the connection (as
/// ENHANCE_YOUR_CALM), so one that has sent too many is replaced before.
class http2_reset_budget {
public:
    /// @returns Whether the connection is still good for more requests.
    [[nodiscard]] bool spend(clock::time_point now) noexcept;

private:
    double left_{most};
    clock::time_point at_{};

    static constexpr double most = 200;
    static constexpr double per_second = 20;
};

/// Which origins are served over HTTP/1.1 for a while: those that do not offer HTTP/2, ask for HTTP/1.1, or do not keep
/// to HTTP/2.
class http2_hosts {
public:
    [[nodiscard]] bool uses_http1(origin const& to, clock::time_point now) const;

    /// It does not offer HTTP/2, asks for HTTP/1.1, or sent what is not HTTP/2.
    void avoid(origin const& to, clock::time_point now);
    /// Something went wrong that may be an accident: the third time within ten minutes is none.
    void troubled(origin const& to, clock::time_point now);

private:
    struct record {
        clock::time_point http1_until{};
        clock::time_point first_trouble{};
        int troubles{0};
    };

    record& record_of(origin const& to);

    std::unordered_map<origin, record, origin_hash> records_;
};

}  // namespace coax::http::detail
