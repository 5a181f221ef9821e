#include "mcp/server_core.hpp"

#include <coax/mcp/server.hpp>

#include <utility>

namespace coax::mcp {

server::server(toolbox tools, server_options options) {
    value_or_throw(validate(options));
    impl_ = std::make_shared<detail::server_core>(std::move(tools), std::move(options));
}

asio::awaitable<std::string> server::answer(std::string message) const {
    std::shared_ptr<detail::server_core> const self{impl_};
    auto read = detail::parse_message(message);
    if (!read) co_return detail::unreadable_text(message, read.error());
    co_return co_await self->answer(*std::move(read));
}

result<void> validate(server_options const& options) {
    if (options.name.empty()) return invalid_argument("name", "must not be empty");
    if (options.max_message_bytes < 1U << 10U || options.max_message_bytes > 1U << 30U)
        return invalid_argument("max_message_bytes", "must be in [1 KiB, 1 GiB]");
    if (options.max_calls < 1 || options.max_calls > 10'000)
        return invalid_argument("max_calls", "must be in [1, 10000]");
    return {};
}

}  // namespace coax::mcp
