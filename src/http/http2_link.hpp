#pragma once

#include "http/connection.hpp"
#include "http/http2_rules.hpp"
#include "http/http2_session.hpp"
#include "http/transport_state.hpp"
#include "runtime/internal/deadline_timer.hpp"

#include <coax/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace coax::http::detail {

class http2_pool;
struct http2_host;

/// One connection that speaks HTTP/2: a session and the socket that serves it. What its streams wait for are their
/// receivers' matters; reading depends on none of them.
///
/// It has no coroutine. While streams are open it waits for the socket and, by its timer, for a peer that is gone;
/// while there are none it waits for nothing, so that it keeps no context at work, and what came meanwhile is read when
/// it is used again. Thread safety: on the transport's executor only.
class http2_link : public std::enable_shared_from_this<http2_link> {
public:
    /// @param of, pool  Outlive the link, or `close` it.
    http2_link(http2_pool& pool, http2_host& of, std::unique_ptr<connection> made, lease slot);
    http2_link(http2_link const&) = delete;
    http2_link& operator=(http2_link const&) = delete;
    ~http2_link();

    /// Sends what a connection begins with.
    void start() { go_on(); }

    /// @returns The stream; 0: the link is of no use any more. `to` may have heard of its end then, or before this
    /// returns.
    [[nodiscard]] std::int32_t submit(http_request const& request, http2_receiver& to);
    void abandon(std::int32_t stream);
    void consumed(std::int32_t stream, std::size_t bytes);

    /// Reads what came while nothing was waited for.
    void catch_up();
    /// How many more requests it takes now.
    [[nodiscard]] std::size_t room(clock::time_point now) const;
    /// Streams, those included that were promised.
    [[nodiscard]] std::size_t busy() const noexcept { return session_.stream_count() + promised_; }
    [[nodiscard]] bool idle() const noexcept { return !closed() && busy() == 0; }
    [[nodiscard]] bool is_old(clock::time_point now) const;
    [[nodiscard]] std::size_t max_streams() const noexcept { return session_.max_streams(); }

    /// Keeps a place for a request that comes in a moment: it is taken before `submit`, or given back.
    void promise() noexcept { ++promised_; }
    void take_promised() noexcept { --promised_; }
    void give_back();

    /// Takes no more requests, and closes when those under way have ended.
    void retire();
    void close(error why);
    [[nodiscard]] bool closed() const noexcept { return connection_ == nullptr; }
    /// Why it closed.
    [[nodiscard]] error const& why() const noexcept { return why_; }

private:
    void go_on();
    void read_all();
    void flush();
    void settle();
    void watch();
    void rest();
    void wait_for(connection* on, bool writing);
    void lost(boost::system::error_code cause);
    void check_peer();

    http2_pool* pool_;
    http2_host* of_;
    std::unique_ptr<connection> connection_;
    lease slot_;
    http2_session session_;
    http2_keepalive keepalive_;
    http2_reset_budget resets_;
    std::optional<coax::detail::deadline_timer> timer_;
    std::string out_;
    std::size_t written_{0};
    std::size_t promised_{0};
    clock::time_point opened_;
    clock::time_point idle_since_;
    clock::time_point armed_for_{};  // the timer
    error why_;
    bool reading_{false};
    bool writing_{false};
    bool more_to_read_{false};
    bool write_wanted_{false};
    bool retired_{false};
    bool used_{false};
};

}  // namespace coax::http::detail
