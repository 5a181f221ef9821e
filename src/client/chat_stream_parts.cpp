#include "client/client_impl.hpp"
#include "client/usage_totals.hpp"

#include <utility>

namespace coax {
namespace {

constexpr int most_parts = 64;

/// Whether the connection ended, and not the response.
bool is_cut(error const& why) { return why.code == errc::connection_lost || why.code == errc::timeout; }

}  // namespace

asio::awaitable<void> chat_stream::state::settle() {
    while (end_ && *end_ && part_count_ < most_parts && client_.provider->has_more(**end_)) co_await go_on();
    if (end_ && so_far_) join_parts();
}

asio::awaitable<void> chat_stream::state::go_on() {
    auto part = *std::exchange(end_, std::nullopt);
    keep_.reset();  // what its parts become is no response to one request
    again_->messages.push_back(to_message(*part));
    ++part_count_;
    auto whole = so_far_ ? client_.provider->join(std::move(*so_far_), *std::move(part)) : *std::move(part);
    so_far_ = std::make_unique<chat_response>(std::move(whole));
    auto next = co_await client_.open_service(at_, *again_, scope_);
    if (next)
        take_over(**next);
    else
        end_ = std::move(next).error();
}

void chat_stream::state::take_over(state& next) {
    body_ = std::move(next.body_);
    decoder_ = std::move(next.decoder_);
    events_ = std::move(next.events_);
    held_.emplace(*std::move(next.held_));
    put_back_ = std::move(next.put_back_);
    form_ = next.form_;
    begun_ = std::move(next.begun_);
    seen_bytes_ = next.seen_bytes_;
    broken_by_ = std::move(next.broken_by_);
    undecodable_ = next.undecodable_;
    at_end_ = next.at_end_;
    end_ = std::move(next.end_);
    attempts = next.attempts;
    observed_ = std::move(next.observed_);
    next.over_ = true;
    over_ = body_ == nullptr;
}

void chat_stream::state::join_parts() {
    auto const so_far = std::move(so_far_);
    if (!*end_) {
        end_ = detail::with_totals(end_->error(), *so_far);
        return;
    }
    auto const latency = (*end_)->latency;  // of all parts
    auto whole = client_.provider->join(std::move(*so_far), **std::move(end_));
    whole.latency = latency;
    end_ = std::move(whole);
}

asio::awaitable<void> chat_stream::state::resume() {
    auto position = decoder_->position();
    bool const is_late = now(at_.executor) >= scope_.deadline;
    bool const has_grown = position.event > resumed_->event;  // else the retries have seen to it
    if (dropped_ || is_late || !has_grown || position.response_id.empty() || !is_cut(end_->error())) co_return;
    *resumed_ = position;
    auto next = co_await client_.open_events(at_, std::move(position), scope_);
    if (!next) {
        end_ = std::move(next).error();
        co_return;
    }
    auto const before = attempts;
    take_over(**next);
    attempts += before;
    if (end_ && *end_) (**end_).attempts = attempts;
}

}  // namespace coax
