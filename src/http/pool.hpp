#pragma once

#include "sync/internal/wait_queue.hpp"

#include <coax/http/http_transport.hpp>
#include <coax/http/message.hpp>
#include <coax/runtime/clock.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace coax::http::detail {

struct origin_hash {
    std::size_t operator()(origin const& to) const noexcept {
        return std::hash<std::string>{}(to.host) ^ (std::size_t{to.port} << 1U) ^ std::size_t{to.tls};
    }
};

/// Decides which connection serves which request. It neither opens, nor waits, nor reads the time.
///
/// Idle connections are used last in, first out, so that surplus ones grow old and go. Waiting requests are served in
/// the order they came, as far as the bound of their own host lets them.
/// @tparam Connection  What is pooled; only moved and destroyed.
template <class Connection>
class pool {
public:
    using owned = std::unique_ptr<Connection>;
    struct host;

    /// A connection that may be used again, and its age.
    struct pooled {
        owned connection{};
        clock::time_point opened{};
        clock::time_point idle_since{};
    };

    /// A request that waits for a connection. `granted` is set by the call that returns it; it owns a slot then.
    struct waiter : sync::detail::wait_queue_hook<waiter> {
        host* at{nullptr};
        std::uint64_t ticket{0};
        bool opening{false};  ///< Has a slot, in which a connection is being made for it.
        bool granted{false};
        pooled reuse{};  ///< Granted with this connection; with none: open one.
    };

    struct host {
        origin to;
        std::size_t open{0};                         // busy and idle
        std::vector<pooled> idle{};                  // oldest first
        sync::detail::wait_queue<waiter> waiters{};  // without a slot
        sync::detail::wait_queue<waiter> opening{};  // with one
    };

    enum class verdict { reuse, open, wait, full };

    struct decision {
        verdict what;
        host* at;
        pooled reuse{};
    };

    explicit pool(http_options const& limits) : limits_{limits} {}

    /// Reuse and open take a slot, to be given back by `give_back` or `discard`. After `wait` call `enqueue`.
    [[nodiscard]] decision acquire(origin const& to, clock::time_point now) {
        auto found = hosts_.find(to);
        if (found == hosts_.end()) found = hosts_.emplace(to, host{.to = to}).first;
        auto& at = found->second;
        if (at.waiters.empty()) {
            while (!at.idle.empty()) {
                auto last = std::move(at.idle.back());
                at.idle.pop_back();
                --idle_;
                if (!is_old(last, now)) return {verdict::reuse, &at, std::move(last)};
                close_one(at);
            }
            if (may_open(at)) {
                if (open_ >= limits_.max_connections) evict_longest_idle();
                ++open_, ++at.open;
                return {verdict::open, &at};
            }
        }
        if (waiting_ < limits_.max_waiting) return {verdict::wait, &at};
        erase_if_unused(at);
        return {verdict::full, nullptr};
    }

    void enqueue(host& at, waiter& who) {
        who.at = &at;
        who.ticket = next_ticket_++;
        at.waiters.push_back(who);
        ++waiting_;
    }

    /// One whose own connection is being made also takes another one of its host, in its turn. That comes with a slot
    /// of its own.
    void enqueue_opening(host& at, waiter& who) {
        who.at = &at;
        who.ticket = next_ticket_++;
        who.opening = true;
        at.opening.push_back(who);
    }

    /// A waiter gives up, or has what it waited for; nothing when it waits no more.
    void leave(waiter& who) {
        if (!who.queued()) return;
        auto& at = *who.at;
        remove(who);
        erase_if_unused(at);
    }

    /// A connection comes back, or is new, and fit for use. Returns the waiter that has it, or its slot, now.
    [[nodiscard]] waiter* give_back(host& at, pooled connection, clock::time_point now) {
        connection.idle_since = now;
        if (closed_ || is_old(connection, now)) {
            connection.connection.reset();
            return discard(at);
        }
        auto* next = waiting_ == 0 ? nullptr : next_waiter(&at);
        if (!at.opening.empty() && (next == nullptr || at.opening.front().ticket < next->ticket))
            next = &at.opening.front();
        if (next == nullptr) {
            at.idle.push_back(std::move(connection));
            ++idle_;
            return nullptr;
        }
        if (next->at == &at)
            next->reuse = std::move(connection);
        else
            move_slot(at, *next->at);
        return grant(*next);
    }

    /// A connection is gone. Returns the waiter that has its slot now.
    [[nodiscard]] waiter* discard(host& at) {
        auto* next = waiting_ == 0 ? nullptr : next_waiter(&at);
        if (next == nullptr) {
            close_one(at);
            erase_if_unused(at);
            return nullptr;
        }
        if (next->at != &at) move_slot(at, *next->at);
        return grant(*next);
    }

    /// Closes idle connections that are too old. Cheap: looks at the oldest of each host.
    void sweep(clock::time_point now) {
        for (auto it = hosts_.begin(); it != hosts_.end();) {
            auto& at = (it++)->second;  // it may be erased below
            auto const keep =
                std::find_if(at.idle.begin(), at.idle.end(), [&](pooled const& each) { return !is_old(each, now); });
            close_idle(at, keep);
            erase_if_unused(at);
        }
    }

    /// Closes all that is idle, keeps nothing from now on and empties the queues. Returns who stood in them.
    [[nodiscard]] std::vector<waiter*> close() {
        closed_ = true;
        std::vector<waiter*> turned_away;
        for (auto it = hosts_.begin(); it != hosts_.end();) {
            auto& at = (it++)->second;
            close_idle(at, at.idle.end());
            while (!at.waiters.empty()) {
                turned_away.push_back(&at.waiters.front());
                remove(at.waiters.front());
            }
            erase_if_unused(at);
        }
        return turned_away;
    }

    [[nodiscard]] bool closed() const noexcept { return closed_; }
    [[nodiscard]] std::size_t open() const noexcept { return open_; }
    [[nodiscard]] std::size_t idle() const noexcept { return idle_; }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }

private:
    [[nodiscard]] bool is_old(pooled const& each, clock::time_point now) const {
        return now - each.idle_since > limits_.idle_time ||
               (limits_.life_time > limits_.life_time.zero() && now - each.opened > limits_.life_time);
    }

    /// Whether the bounds allow another connection, if need be in the place of another host's idle one.
    [[nodiscard]] bool may_open(host const& at) const {
        return at.open < limits_.max_connections_per_host &&
               (open_ < limits_.max_connections || idle_ > at.idle.size());
    }

    /// The longest waiting of those whose bounds allow it, when a slot of `from` comes free.
    [[nodiscard]] waiter* next_waiter(host* from) {
        waiter* first = nullptr;
        for (auto& [to, at] : hosts_) {
            if (at.waiters.empty() || (&at != from && at.open >= limits_.max_connections_per_host)) continue;
            if (first == nullptr || at.waiters.front().ticket < first->ticket) first = &at.waiters.front();
        }
        return first;
    }

    waiter* grant(waiter& who) {
        remove(who);
        who.granted = true;
        return &who;
    }

    void remove(waiter& who) {
        if (who.opening) return who.at->opening.remove(who);
        who.at->waiters.remove(who);
        --waiting_;
    }

    void move_slot(host& from, host& to) {
        --from.open, ++to.open;
        erase_if_unused(from);
    }

    void close_one(host& at) { --open_, --at.open; }

    void close_idle(host& at, typename std::vector<pooled>::iterator end) {
        auto const count = static_cast<std::size_t>(end - at.idle.begin());
        at.idle.erase(at.idle.begin(), end);
        idle_ -= count, open_ -= count, at.open -= count;
    }

    void evict_longest_idle() {
        host* oldest = nullptr;
        for (auto& [to, at] : hosts_)
            if (!at.idle.empty() && (oldest == nullptr || at.idle.front().idle_since < oldest->idle.front().idle_since))
                oldest = &at;
        if (oldest == nullptr) return;
        close_idle(*oldest, oldest->idle.begin() + 1);
        erase_if_unused(*oldest);
    }

    void erase_if_unused(host& at) {
        if (at.open == 0 && at.waiters.empty() && at.opening.empty()) hosts_.erase(hosts_.find(at.to));
    }

    http_options const& limits_;
    std::unordered_map<origin, host, origin_hash> hosts_;
    std::size_t open_{0};
    std::size_t idle_{0};
    std::size_t waiting_{0};
    std::uint64_t next_ticket_{0};
    bool closed_{false};
};

}  // namespace coax::http::detail
