#include "http/http2_pool.hpp"

#include "http/errors.hpp"
#include "http/http2_dial.hpp"
#include "runtime/internal/context_service.hpp"

#include <algorithm>
#include <utility>

namespace coax::http::detail {
namespace {

constexpr std::chrono::seconds pause_after_failure{1};
constexpr std::chrono::seconds pause_between_sweeps{1};

}  // namespace

http2_waiter::~http2_waiter() {
    pool.leave(*this);
    if (promised) promised->give_back();
}

clock::time_point http2_pool::now() const noexcept {
    return coax::detail::context_service::of(home_.executor).timers.now();
}

bool http2_pool::uses_http1(origin const& to) const {
    return home_.options.http2 == http2_mode::automatic && hosts_.uses_http1(to, now());
}

void http2_pool::avoid(origin const& to) {
    hosts_.avoid(to, now());
    if (home_.options.http2 != http2_mode::automatic) return;
    auto const found = origins_.find(to);
    if (found == origins_.end()) return;
    for (auto const& each : std::vector{found->second.links}) each->retire();
    // Retiring may have left nothing of it.
    if (auto const left = origins_.find(to); left != origins_.end()) end_waiting(left->second, std::nullopt);
}

http2_host& http2_pool::host_of(origin const& to) {
    auto found = origins_.find(to);
    if (found == origins_.end()) found = origins_.emplace(to, http2_host{.to = to}).first;
    return found->second;
}

bool http2_pool::has_old(origin const& to, clock::time_point current) const {
    auto const found = origins_.find(to);
    return found != origins_.end() && std::ranges::any_of(found->second.links, [current](auto const& each) {
               return each->idle() && each->is_old(current);
           });
}

std::shared_ptr<http2_link> http2_pool::find(origin const& to, exchange_limits const& limits) {
    if (auto const current = now(); current >= next_sweep_ || has_old(to, current)) {
        next_sweep_ = current + pause_between_sweeps;
        (void)close_idle(true);
    }
    auto& at = host_of(to);
    at.limits = limits;
    if (!at.waiting.empty()) return nullptr;
    auto found = least_busy(at);
    // What came while it was idle may have ended it.
    while (found && found->idle()) {
        found->promise();
        found->catch_up();
        found->take_promised();
        if (found->room(now()) > 0) break;
        found->retire();
        found = least_busy(host_of(to));
    }
    if (!found) return nullptr;
    found->promise();
    ++home_.counted.reused;
    open_more(host_of(to));
    return found;
}

std::shared_ptr<http2_link> http2_pool::least_busy(http2_host& at) {
    auto const current = now();
    std::shared_ptr<http2_link> best;
    for (auto const& each : at.links)
        if (each->room(current) > 0 && (!best || each->busy() < best->busy())) best = each;
    return best;
}

void http2_pool::enqueue(origin const& to, exchange_limits const& limits, http2_waiter& who) {
    auto& at = host_of(to);
    at.limits = limits;
    who.at = &at;
    at.waiting.push_back(who);
    ++waiting_;
    open_more(at);
}

void http2_pool::leave(http2_waiter& who) {
    if (!who.queued()) return;
    auto& at = *who.at;
    auto const to = at.to;
    at.waiting.remove(who);
    --waiting_;
    if (!at.waiting.empty()) return;
    for (auto* each : std::vector{at.dials}) each->cancel_if_unbounded();
    if (auto const found = origins_.find(to); found != origins_.end()) erase_if_unused(found->second);
}

void http2_pool::serve(http2_host& at) {
    if (at.waiting.empty()) return;
    while (!at.waiting.empty()) {
        auto link = least_busy(at);
        if (!link) break;
        auto& first = at.waiting.pop_front();
        --waiting_;
        link->promise();
        first.promised = std::move(link);
        first.wake();
    }
    open_more(at);
}

/// Makes as many connections as the requests of the origin want.
void http2_pool::open_more(http2_host& at) {
    auto const current = now();
    if (closed_ || current < at.no_more_until || uses_http1(at.to)) return;
    auto requests = at.waiting.size();
    auto each = home_.options.max_streams_per_connection;
    std::size_t useful = at.dials.size();
    for (auto const& link : at.links) {
        if (link->room(current) == 0 && link->busy() == 0) continue;
        requests += link->busy();
        each = std::min(each, link->max_streams());
        ++useful;
    }
    auto const wanted = at.links.empty() ? std::min<std::size_t>(requests, 1) : wanted_connections(requests, each);
    auto const to = at.to;
    for (; useful < wanted; ++useful) {
        auto const made =
            std::make_shared<http2_dial>(home_.shared_from_this(), *this, at, at.links.empty() && at.dials.empty());
        at.dials.push_back(made.get());
        made->start();
        // One that failed at once may have taken the host with it.
        if (auto const found = origins_.find(to); found == origins_.end() || &found->second != &at) return;
    }
}

void http2_pool::forget(http2_dial& by) { std::erase(by.at().dials, &by); }

void http2_pool::opened(http2_dial& by, std::unique_ptr<connection> made, lease slot) {
    auto& at = by.at();
    forget(by);
    auto const link = std::make_shared<http2_link>(*this, at, std::move(made), std::move(slot));
    at.links.push_back(link);
    link->start();
    if (closed_) link->retire();
}

void http2_pool::failed(http2_dial& by, error const& why) {
    auto& at = by.at();
    forget(by);
    at.no_more_until = now() + pause_after_failure;
    if (at.links.empty() && at.dials.empty()) {
        at.no_more_until = {};
        end_waiting(at, uses_http1(at.to) ? std::nullopt : std::optional{why});
    }
    erase_if_unused(at);
}

void http2_pool::end_waiting(http2_host& at, std::optional<error> const& why) {
    while (!at.waiting.empty()) {
        auto& first = at.waiting.pop_front();
        --waiting_;
        first.failure = why;
        first.wake();
    }
}

void http2_pool::gone(http2_link& link, http2_host& at) {
    std::erase_if(at.links, [&](auto const& each) { return each.get() == &link; });
    if (!at.waiting.empty()) return open_more(at);
    erase_if_unused(at);
}

void http2_pool::erase_if_unused(http2_host& at) {
    if (at.links.empty() && at.dials.empty() && at.waiting.empty()) origins_.erase(origins_.find(at.to));
}

bool http2_pool::close_idle(bool only_old) {
    auto const current = now();
    std::vector<std::shared_ptr<http2_link>> ended;
    for (auto const& [to, at] : origins_)
        for (auto const& each : at.links)
            if (each->idle() && (!only_old || each->is_old(current))) ended.push_back(each);
    for (auto const& each : ended) each->retire();
    return !ended.empty();
}

void http2_pool::close() {
    closed_ = true;
    std::vector<std::shared_ptr<http2_link>> links;
    std::vector<std::shared_ptr<http2_dial>> dials;
    for (auto& [to, at] : origins_) {
        links.insert(links.end(), at.links.begin(), at.links.end());
        for (auto* each : at.dials) dials.push_back(each->shared_from_this());
        while (!at.waiting.empty()) {
            auto& first = at.waiting.pop_front();
            --waiting_;
            first.failure = http::detail::closed(to);
            first.wake();
        }
    }
    for (auto const& each : dials) each->cancel_if_unbounded();
    for (auto const& each : links) each->retire();
}

void http2_pool::drop_all() {
    closed_ = true;
    std::vector<std::shared_ptr<http2_link>> links;
    for (auto const& [to, at] : origins_) links.insert(links.end(), at.links.begin(), at.links.end());
    for (auto const& each : links) each->close(http::detail::closed({}));
}

std::size_t http2_pool::idle() const noexcept {
    std::size_t count = 0;
    for (auto const& [to, at] : origins_)
        for (auto const& each : at.links) count += each->idle() ? 1U : 0U;
    return count;
}

}  // namespace coax::http::detail
