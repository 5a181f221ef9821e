#pragma once

#include "cache/internal/io_thread.hpp"
#include "cache/internal/redis_link.hpp"
#include "fleet/queue_address.hpp"

#include <coax/core/result.hpp>
#include <coax/fleet/work_queue.hpp>
#include <coax/runtime/asio.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coax::fleet::detail {

using cache::detail::redis_reply;

/// Whether a failure is that of a server that is not there, or not there yet: it may be later.
[[nodiscard]] bool is_away(error const& why);

/// Two connections to the server of a queue, on a thread of their own: one waits for what comes, the other does the
/// rest. The functions are called on its executor, unless they say otherwise.
class queue_link {
public:
    queue_link(queue_options const& options, queue_address address);

    /// From any thread.
    [[nodiscard]] asio::any_io_executor executor() { return thread_.executor(); }
    [[nodiscard]] std::string const& prefix() const noexcept { return prefix_; }
    [[nodiscard]] std::string address() const { return to_string(address_); }
    /// What is under way is dropped. From any other thread.
    void stop() { thread_.stop(); }

    /// Runs a script. Errors: those of `redis_link::ask` and of the reply.
    asio::awaitable<result<redis_reply>> run(std::string_view script, std::vector<std::string> arguments);
    /// The same of several, sent together; the replies are not looked at.
    asio::awaitable<result<std::vector<redis_reply>>> run_all(std::string commands, std::size_t count);
    /// Commands that wait for something, on the other connection.
    asio::awaitable<result<std::vector<redis_reply>>> wait_for(std::string commands, std::size_t count);

private:
    queue_address const address_;
    std::string const prefix_;
    cache::detail::io_thread thread_{};
    std::shared_ptr<cache::detail::redis_link> const link_;
    std::shared_ptr<cache::detail::redis_link> const waiting_link_;
};

}  // namespace coax::fleet::detail
