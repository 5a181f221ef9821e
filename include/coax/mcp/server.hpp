#pragma once

#include <coax/client/toolbox.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/runtime/asio.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace coax::mcp {

namespace detail {
class server_core;
}

/// What a server says of itself, and its bounds.
struct server_options {
    std::string name{"coax"};
    std::string program_version{};
    /// How its tools are meant to be used; for the client's model. Empty: nothing is said.
    std::string instructions{};
    /// The longest message that is read. Range: [1 KiB, 1 GiB].
    std::size_t max_message_bytes{std::size_t{16} << 20U};
    /// Calls at once; a further one is refused. Range: [1, 10'000].
    std::size_t max_calls{64};
};

/// Errors: `errc::invalid_argument`; `where` is the option.
[[nodiscard]] result<void> validate(server_options const& options);

/// A server of the Model Context Protocol: the tools of a toolbox, for whoever speaks version 2026-07-28 or one of
/// those from 2024-11-05 to 2025-11-25. What fails in a tool is told to the client's model.
///
///     coax::mcp::server const server{tools, {.name = "orders"}};
///     co_await server.serve_stdio();
///
/// Thread safety: all members from any thread, as far as the tools are. Copies are the same server.
class server {
public:
    /// @throws coax::exception  `errc::invalid_argument`.
    explicit server(toolbox tools, server_options options = {});

    /// Answers what comes over standard input, a line a message, on standard output, until that ends; then the calls
    /// under way are cancelled. Nothing else may write to standard output.
    /// @throws coax::exception  `errc::io_failed`: one of the two cannot be used any more;
    /// `errc::too_large`: a line is too long; `errc::cancelled`.
    /// Cancellation: `terminal`; calls under way are cancelled.
    asio::awaitable<void> serve_stdio() const;

    /// Answers one message, for a transport of your own.
    /// @returns The response; empty: it needs none. `notifications/cancelled` is for the transport: it cancels this.
    asio::awaitable<std::string> answer(std::string message) const;

private:
    core::detail::shared_opaque<detail::server_core> impl_;
};

}  // namespace coax::mcp
