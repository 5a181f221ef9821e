#pragma once

#include "mcp/messages.hpp"

#include <coax/core/result.hpp>
#include <coax/http/message.hpp>
#include <coax/mcp/session.hpp>
#include <coax/runtime/asio.hpp>

#include <string>

namespace coax::mcp::detail {

/// A request to a server.
struct outgoing {
    std::string method{};
    std::string params{"{}"};  ///< The text of an object.
    std::string name{};        ///< Of the tool that it is about; empty: it is about none.
    header_list mirrored{};    ///< Parameters that HTTP shows in its header, too.
    bool repeatable{true};     ///< A second one does no harm.
};

/// What two peers speak.
enum class era { modern, legacy };

struct agreement {
    detail::era era{era::modern};
    server_info server{};
};

/// A way to one server, for one executor. Its destruction ends it.
class link {
public:
    virtual ~link() = default;

    /// Finds out what the server speaks. To be called once, before anything else.
    virtual asio::awaitable<result<agreement>> agree() = 0;
    /// Sends and waits for the response, which may say that the request failed.
    /// Errors: those of `session::connect`. Cancellation: the server is told.
    virtual asio::awaitable<result<reply>> ask(outgoing request) = 0;

    [[nodiscard]] virtual bool alive() const noexcept = 0;
    /// Ends it, what is under way with `errc::closed`, without waiting until it is gone.
    virtual void abandon() noexcept = 0;
    /// Waits until it is gone.
    virtual asio::awaitable<void> stop() = 0;
};

}  // namespace coax::mcp::detail
