#include "http/dial.hpp"

#include "http/errors.hpp"
#include "runtime/internal/spawn.hpp"

#include <coax/runtime/as_result.hpp>

#include <algorithm>
#include <utility>

namespace coax::http::detail {
namespace {

/// More would connect no faster. As many as `http_options::max_connections` has by default, so that those of a host
/// that does not answer keep nobody waiting until that is raised.
constexpr std::size_t most_begun = 1'024;

/// Only the limit of connecting: what else limits a request is the request's.
exchange_limits only_connect(exchange_limits limits) {
    limits.total = std::chrono::milliseconds{0};
    return limits;
}

}  // namespace

dial::dial(std::shared_ptr<transport_state> home, lease slot, origin to, exchange_limits limits, queued_request& waits)
    : home_{std::move(home)},
      slot_{std::move(slot)},
      to_{std::move(to)},
      limits_{only_connect(limits)},
      deadline_{home_->executor, limits_, to_},
      waits_{&waits} {
    waits.making = this;
    home_->dials.insert(this);
}

dial::~dial() {
    if (queued()) home_->dials_to_begin.remove(*this);
    home_->dials.erase(this);
    std::erase(home_->left_dials, this);
}

std::shared_ptr<dial> dial::left_for(transport_state& home, origin const& to) {
    auto const found =
        std::ranges::find_if(home.left_dials, [&](dial const* each) { return !each->over_ && each->to_ == to; });
    return found == home.left_dials.end() ? nullptr : (*found)->shared_from_this();
}

void dial::serve(queued_request& waits) noexcept {
    std::erase(home_->left_dials, this);
    waits_ = &waits;
    waits.making = this;
}

void queued_request::take_other() {
    if (making != nullptr) making->leave(*this);
    wake();
}

void dial::start() {
    if (home_->dials_begun < most_begun) return begin();
    home_->dials_to_begin.push_back(*this);
}

/// One that fails at once ends in here: the loop goes on, instead of calls within calls.
void dial::begin_next(transport_state& home) {
    if (std::exchange(home.begins_dials, true)) return;
    while (!home.dials_to_begin.empty() && home.dials_begun < most_begun) home.dials_to_begin.pop_front().begin();
    home.begins_dials = false;
}

void dial::begin() {
    ++home_->dials_begun;
    coax::detail::spawn(home_->executor, run(shared_from_this()), shared_from_this());
}

asio::awaitable<void> dial::run(std::shared_ptr<dial> self) {
    self->finish(co_await self->home_->connect.connect(self->to_, self->deadline_));
}

void dial::finish(result<std::unique_ptr<connection>> made) {
    over_ = true;
    if (slot_.at() == nullptr) return;  // cancelled
    if (made) {
        ++home_->counted.opened;
        slot_.replace(std::move(*made), deadline_.now());
    } else {
        why_ = std::move(made).error();
    }
    if (waits_ != nullptr) {
        home_->connections.leave(*waits_);
        std::exchange(waits_, nullptr)->wake();
    } else {
        slot_.release(!why_, deadline_.now());
    }
}

/// `failure`: an exception, such as of memory. `lost`: the context died.
void dial::ended(bool lost) noexcept {
    home_->dials.erase(this);
    --home_->dials_begun;
    if (!over_) {
        auto why = failure && !lost ? to_error(failure) : closed(to_);
        finish(std::move(why));
    }
    if (!lost) begin_next(*home_);
}

result<void> dial::take(lease& to) {
    if (why_) {
        slot_.release(false, {});
        return *why_;
    }
    to = std::move(slot_);
    return {};
}

void dial::leave(queued_request const& served) noexcept {
    if (waits_ != &served) return;
    waits_ = nullptr;
    if (over_) return;
    if (limits_.connect.count() > 0 && !queued())
        home_->left_dials.push_back(this);
    else
        cancel();
}

void dial::cancel() {
    waits_ = nullptr;
    if (over_) return;
    over_ = true;
    if (queued()) home_->dials_to_begin.remove(*this);
    slot_.release(false, {});
    signal.emit(asio::cancellation_type::terminal);
}

void dial::cancel_if_left() {
    if (waits_ == nullptr) cancel();
}

}  // namespace coax::http::detail
