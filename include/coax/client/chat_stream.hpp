#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>

namespace coax {

/// A response that is still being written. Holds one of the client's permits until its end or its destruction.
/// Destroying it early closes the connection; what was produced by then is billed.
/// Thread safety: one coroutine at a time, on any executor.
/// Lifetime: may outlive neither the client nor its executor.
class chat_stream {
public:
    class state;

    explicit chat_stream(core::detail::opaque<state> begun);
    chat_stream(chat_stream&&) noexcept;
    chat_stream& operator=(chat_stream&&) noexcept;
    ~chat_stream();

    /// Waits for the next piece of the response; nothing at its end.
    /// @throws coax::exception  `errc::connection_lost`, `errc::timeout`, `errc::too_large`, `errc::protocol_error`,
    ///         `errc::cancelled`, or the service's own mid-stream error. A stream that threw is over.
    /// Cancellation: `terminal`; the connection is closed.
    boost::asio::awaitable<std::optional<chat_delta>> next();

    /// Reads what is left and returns the whole response: all text, tool calls, usage and finish reason.
    /// @throws coax::exception  As `next`.
    boost::asio::awaitable<chat_response> finish();

private:
    core::detail::opaque<state> state_;
};

}  // namespace coax
