#pragma once

#include "mcp/link.hpp"

#include <optional>

/// Which version of the protocol a server speaks. Source: reference mcp.md, "Era detection".
namespace coax::mcp::detail {

/// What the response to `server/discover` says: they agree, or cannot (`errc::not_found`); none: it does not know the
/// newer protocol.
[[nodiscard]] std::optional<result<agreement>> judge_discovery(reply const& response);

/// What the response to `initialize` says. Errors: `errc::not_found`, `errc::protocol_error`.
[[nodiscard]] result<agreement> judge_greeting(reply const& response);

/// A failure in the server's words.
/// @param what  What failed: "the call".
[[nodiscard]] error refusal(errc code, std::string const& what, rpc_failure const& why);

}  // namespace coax::mcp::detail
