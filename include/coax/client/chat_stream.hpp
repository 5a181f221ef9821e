#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/tasks/stream.hpp>

#include <boost/asio/awaitable.hpp>

namespace coax {

/// A response that is still being written: its deltas, then its end. Holds one of the client's permits until its end or
/// its destruction. Destroying it early closes the connection; what was produced by then is billed.
///
/// `next` throws `errc::connection_lost`, `errc::timeout`, `errc::too_large`, `errc::protocol_error`,
/// `errc::cancelled`, or the service's own mid-stream error; a cancellation (`terminal`) closes the connection. Thread
/// safety: one coroutine at a time, on any executor. Lifetime: may outlive neither the client's executor nor a runtime
/// that the client is on.
class chat_stream : public stream<chat_delta> {
public:
    class state;

    explicit chat_stream(core::detail::shared_opaque<state> begun);

    /// Reads what is left and returns the whole response: all text, tool calls, usage and finish reason.
    /// @throws coax::exception  As `next`.
    boost::asio::awaitable<chat_response> finish();

private:
    friend class background_stream;
    core::detail::shared_opaque<state> state_;
};

}  // namespace coax
