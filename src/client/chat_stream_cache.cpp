#include "client/client_impl.hpp"

#include <utility>

/// Streams and the response cache.
namespace coax {

chat_stream::state::state(client::impl& owner, detail::shard& at, chat_response kept)
    : client_{owner},
      at_{at},
      life_{at.life},
      executor_{at.executor},
      began_{now(at.executor)},
      scope_{clock::time_point::max()},
      keep_raw_{false},
      end_{std::move(kept)},
      over_{true},
      replay_{std::in_place} {
    life_->add(*this);
}

std::shared_ptr<chat_stream::state> chat_stream::state::replay(client::impl& owner, detail::shard& at,
                                                               chat_response kept) {
    return {new state{owner, at, std::move(kept)}, &state::let_go};
}

asio::awaitable<void> chat_stream::state::keep_as(detail::cache_ticket ticket) {
    keep_ = std::make_unique<kept_response>(kept_response{.ticket = std::move(ticket)});
    if (!end_) co_return;
    if (*end_) keep_->response = **end_;  // it came with the first bytes
    co_await keep();
}

asio::awaitable<void> chat_stream::state::keep() {
    auto const kept = std::move(keep_);
    if (*end_) co_await client_.cache()->keep(kept->ticket, kept->response);
}

}  // namespace coax
