#pragma once

#include "mcp/messages.hpp"

#include <coax/mcp/server.hpp>

#include <string>

namespace coax::mcp::detail {

/// Never changes.
class server_core {
public:
    /// @throws coax::exception  `errc::invalid_argument`: the schema of a tool cannot be written.
    server_core(toolbox tools, server_options options);

    asio::awaitable<std::string> answer(incoming request) const;
    [[nodiscard]] server_options const& options() const noexcept { return options_; }

private:
    [[nodiscard]] std::string answer_now(incoming const& request, bool modern) const;
    asio::awaitable<std::string> call(incoming request, bool modern) const;
    [[nodiscard]] std::string greeting(json_value const& params) const;
    [[nodiscard]] std::string discovery() const;
    [[nodiscard]] std::string tool_page(bool modern) const;

    toolbox tools_;
    server_options options_;
    std::string tool_array_{};  ///< As in `tools/list`.
};

}  // namespace coax::mcp::detail
