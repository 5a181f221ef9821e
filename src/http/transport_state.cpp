#include "http/transport_state.hpp"

#include <chrono>

namespace coax::http::detail {
namespace {

constexpr std::chrono::seconds at_once{1};           // later it may be the server's limit for idle connections
constexpr std::chrono::minutes closing_kept{10};     // a server may be replaced by another one
constexpr std::size_t most_closing_origins = 1'024;  // then the memory of them starts anew

}  // namespace

void transport_state::found_closed(origin const& to, connection const& dead, clock::duration idle,
                                   clock::time_point now) {
    if (!dead.streamed() || idle > at_once) return;
    if (close_after_streams_.size() >= most_closing_origins) close_after_streams_.clear();
    close_after_streams_.insert_or_assign(to, now);
}

bool transport_state::closes_after_streams(origin const& to, clock::time_point now) {
    if (close_after_streams_.empty()) return false;
    auto const found = close_after_streams_.find(to);
    return found != close_after_streams_.end() && now - found->second < closing_kept;
}

void lease::release(bool reusable, clock::time_point now) {
    auto* const at = std::exchange(at_, nullptr);
    if (at == nullptr) return;
    auto& connections = home_->connections;
    if (reusable) return home_->wake(connections.give_back(*at, std::move(pooled_), now));
    if (pooled_.connection != nullptr) pooled_.connection->set_usable(false);
    pooled_.connection.reset();
    home_->wake(connections.discard(*at));
}

}  // namespace coax::http::detail
