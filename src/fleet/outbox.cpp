#include "fleet/outbox.hpp"

#include "fleet/queue_scripts.hpp"

#include <algorithm>
#include <utility>

namespace coax::fleet::detail {
namespace {

constexpr std::size_t most_at_once = 100;
constexpr std::size_t most_bytes_at_once = 8U << 20U;

}  // namespace

void outbox::add(std::string_view script, std::vector<std::string> arguments, receiver on_reply) {
    letter one{.bytes = {}, .on_reply = std::move(on_reply)};
    append_script(one.bytes, script, link_.prefix(), arguments);
    waiting_.push_back(std::move(one));
    if (sender_ != nullptr) sender_->wake();
}

asio::awaitable<void> outbox::send_all() {
    coax::detail::suspended node{co_await asio::this_coro::executor, "a queue's outbox"};
    for (;;) {
        if (waiting_.empty()) {
            if (drainer_ != nullptr) drainer_->wake();
            sender_ = &node;
            co_await coax::detail::suspend_until(node, {});
            sender_ = nullptr;
            if (node.how() == coax::detail::suspended::end::cancelled) co_return;
            continue;
        }
        std::string bytes;
        std::size_t count = 0;
        for (; count < std::min(waiting_.size(), most_at_once) && bytes.size() < most_bytes_at_once; ++count)
            bytes += waiting_[count].bytes;
        auto const replies = co_await link_.run_all(std::move(bytes), count);
        if (replies)
            hand_over(*replies);
        else
            co_await sleep_for(retry_interval_);
    }
}

/// A server that is not there yet says so to all of them.
void outbox::hand_over(std::vector<redis_reply> const& replies) {
    for (auto const& reply : replies) {
        auto const good = check(reply);
        if (!good && is_away(good.error())) return;
        auto const done = std::move(waiting_.front());
        waiting_.pop_front();
        if (done.on_reply) done.on_reply(good ? result<redis_reply>{reply} : good.error());
    }
}

asio::awaitable<void> outbox::drained(clock::time_point when) {
    coax::detail::suspended node{co_await asio::this_coro::executor, "an empty outbox"};
    while (!waiting_.empty() && node.now() < when) {
        drainer_ = &node;
        co_await coax::detail::suspend_until(node, when);
        drainer_ = nullptr;
        if (node.how() == coax::detail::suspended::end::cancelled) co_return;
    }
}

}  // namespace coax::fleet::detail
