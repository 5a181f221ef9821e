#pragma once

#include <coax/client/toolbox.hpp>
#include <coax/config/configuration.hpp>
#include <coax/core/result.hpp>
#include <coax/mcp/session.hpp>

#include <string>
#include <vector>

namespace coax::cli {

/// The MCP servers that flags and configuration name.
/// @param flags  Each an address, or a command as for a shell.
/// Errors: `errc::invalid_argument`, `where` is "--mcp" or the setting.
[[nodiscard]] result<std::vector<mcp::session_options>> mcp_options(std::vector<std::string> const& flags,
                                                                    configuration const& set);

/// The servers whose tools a chat may use. What they write to standard error goes to the log, if there is one.
class mcp_servers {
public:
    mcp_servers(asio::any_io_executor executor, std::vector<mcp::session_options> options, configuration const& set);

    [[nodiscard]] bool empty() const noexcept { return sessions_.empty(); }
    /// The tools of all; says which cannot be used. @throws As `mcp::session::connect`.
    asio::awaitable<toolbox> tools();
    /// Ends all.
    asio::awaitable<void> close();

private:
    std::vector<mcp::session> sessions_{};
};

}  // namespace coax::cli
