#pragma once

#include "fleet/queue_link.hpp"
#include "runtime/internal/suspended.hpp"

#include <coax/core/result.hpp>
#include <coax/runtime/asio.hpp>
#include <coax/runtime/clock.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::fleet::detail {

/// Scripts that have to be run, whenever the server is there: in order, several at once, each again until it was run.
/// Thread safety: the link's executor.
class outbox {
public:
    /// Is told of the reply, or of a failure that trying again would not mend.
    using receiver = std::function<void(result<redis_reply> const& reply)>;

    outbox(queue_link& link, std::chrono::milliseconds retry_interval) : link_{link}, retry_interval_{retry_interval} {}

    void add(std::string_view script, std::vector<std::string> arguments, receiver on_reply = {});
    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

    /// Sends what is added, for ever. One at a time.
    asio::awaitable<void> send_all();
    /// Waits until nothing is left, or `when`.
    asio::awaitable<void> drained(clock::time_point when);

private:
    struct letter {
        std::string bytes;
        receiver on_reply;
    };
    void hand_over(std::vector<redis_reply> const& replies);

    queue_link& link_;
    std::chrono::milliseconds retry_interval_;
    std::deque<letter> waiting_{};
    coax::detail::suspended* sender_{nullptr};
    coax::detail::suspended* drainer_{nullptr};
};

}  // namespace coax::fleet::detail
