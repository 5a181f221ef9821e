#pragma once

#include "fleet/collector.hpp"
#include "fleet/queue_link.hpp"

#include <coax/fleet/work_queue.hpp>
#include <coax/runtime/asio.hpp>

#include <memory>

namespace coax::fleet::detail {

/// What the copies of a queue share. It ends on another thread than its own: what runs there does not keep it alive,
/// but ends with it.
struct queue_state : std::enable_shared_from_this<queue_state> {
    queue_state(queue_options wanted, queue_address address)
        : options{std::move(wanted)}, link{options, std::move(address)} {}
    queue_state(queue_state const&) = delete;
    queue_state& operator=(queue_state const&) = delete;
    ~queue_state() { link.stop(); }

    queue_options const options;
    collector results{link, options};  ///< Outlives the coroutines on the link's thread.
    bool collects{false};              ///< Used on the link's executor.
    queue_link link;
};

/// Runs work beside the others on the queue's thread, until it ends or the queue dies.
void start(queue_state& on, asio::awaitable<void> work);

}  // namespace coax::fleet::detail
