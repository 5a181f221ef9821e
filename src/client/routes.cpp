#include "client/routes.hpp"

#include <coax/chat/response_details.hpp>

#include <algorithm>

namespace coax::detail {
namespace {

using std::chrono::milliseconds;

std::shared_ptr<client::impl> impl_of(std::vector<asio::any_io_executor> const& executors, route const& one) {
    try {
        return std::make_shared<client::impl>(executors, one.options);
    } catch (exception const& thrown) {
        auto why = thrown.why();
        why.where = "route \"" + one.name + "\"" + (why.where.empty() ? "" : ": " + why.where);
        throw_error(std::move(why));
    }
}

}  // namespace

routes::routes(std::vector<asio::any_io_executor> const& executors, router_options options)
    : options_{std::move(options)}, rule_{options_} {
    for (std::size_t i = 0; i < options_.routes.size(); ++i) {
        auto& one = options_.routes[i];
        if (one.name.empty()) one.name = std::to_string(i);
        impls_.push_back(impl_of(executors, one));
    }
}

clock::duration routes::wait_of(std::size_t index, std::int64_t tokens, clock::time_point now) const {
    auto const& route = rule_.of(index);
    auto const wait = impls_[index]->quota_wait(tokens, now);
    bool const is_full = route.under_way >= impls_[index]->concurrency();
    return is_full ? std::max({wait, route.latency, clock::duration{1}}) : wait;
}

std::optional<routes::choice> routes::begin(route_hint const& hint, std::vector<bool>& tried, error const* why,
                                            asio::any_io_executor const& executor) {
    auto const current = now(executor);
    std::lock_guard const lock{mutex_};
    std::vector<route_rule::candidate> among;
    for (std::size_t i = 0; i < (hint.first ? 1 : impls_.size()); ++i)
        if (!tried[i] && rule_.fits(i, why)) among.push_back({i, wait_of(i, hint.tokens, current)});
    if (among.empty()) return std::nullopt;
    auto const index = rule_.choose(among, hint.prefix, current);
    rule_.begin(index, hint.prefix, current);
    tried[index] = true;
    return choice{index, impls_[index]};
}

void routes::answered(std::size_t index, clock::duration took) {
    std::lock_guard const lock{mutex_};
    rule_.answered(index, took);
}

void routes::failed(std::size_t index, error const& why, clock::time_point now) {
    std::lock_guard const lock{mutex_};
    rule_.failed(index, why, now);
}

void routes::end(std::size_t index) {
    std::lock_guard const lock{mutex_};
    rule_.end(index);
}

bool routes::moves(error const& why) const { return options_.moves(why); }

std::vector<route_status> routes::status(clock::time_point now) const {
    std::vector<route_status> all;
    for (std::size_t i = 0; i < impls_.size(); ++i) {
        std::lock_guard const lock{mutex_};
        auto const& one = rule_.of(i);
        all.push_back({.name = name_of(i),
                       .under_way = one.under_way,
                       .calls = one.calls,
                       .failures = one.failures,
                       .last_error = one.last_error,
                       .circuit_open = impls_[i]->circuit_open(now),
                       .statistics = impls_[i]->statistics()});
    }
    return all;
}

client_statistics routes::statistics() const {
    client_statistics sum;
    for (auto const& each : impls_) {
        auto const one = each->statistics();
        for (auto const count : {&client_statistics::calls, &client_statistics::attempts, &client_statistics::retries,
                                 &client_statistics::hedges, &client_statistics::reasks, &client_statistics::resent,
                                 &client_statistics::failures, &client_statistics::cached})
            sum.*count += one.*count;
        sum.usage += one.usage;
        sum.saved += one.saved;
        sum.concurrency += one.concurrency;
    }
    return sum;
}

void routes::close() {
    for (auto const& each : impls_) each->close();
}

// ---- routing

routing::routing(std::shared_ptr<routes> all, route_hint hint, asio::any_io_executor executor)
    : all_{std::move(all)},
      hint_{hint},
      executor_{executor},
      loop_{all_->retry(), executor_},
      tried_(all_->count()),
      pin_{std::make_shared<route_pin>(route_pin{.pinned = hint.stays})},
      began_{now(executor_)} {
    (void)loop_.next();
}

call_scope routing::scope(call_scope of) noexcept {
    of.pin = pin_;
    return of;
}

bool routing::begin_next() {
    auto chosen = all_->begin(hint_, tried_, why_ ? &*why_ : nullptr, executor_);
    if (!chosen) return false;
    use_ = std::make_shared<route_use>(all_, chosen->index);
    impl_ = std::move(chosen->impl);
    try_began_ = now(executor_);
    return true;
}

asio::awaitable<bool> routing::next() {
    bool const is_final = why_ && (why_->code == errc::cancelled || pin_->pinned);
    if (!is_final && begin_next()) co_return true;
    auto& why = *why_;
    if (!is_final) {
        why.retry_after = earliest_ ? earliest_ : why.retry_after;
        if (co_await loop_.wait_after(why)) {
            (void)loop_.next();
            tried_.assign(tried_.size(), false);
            earliest_.reset();
            failures_.clear();
            auto const last = std::exchange(why_, std::nullopt);
            if (begin_next()) co_return true;
            why_ = last;
        }
    }
    add_totals(*why_);
    co_return false;
}

void routing::failed(error failure) {
    auto const current = now(executor_);
    if (failure.code != errc::cancelled) all_->failed(use_->index(), failure, current);
    if (failure.retry_after) earliest_ = std::min(*failure.retry_after, earliest_.value_or(milliseconds::max()));
    failures_.append(failures_.empty() ? "" : ", ").append(use_->name()).append(": ").append(to_string(failure.code));
    attempts_ += failure.attempts;
    usage_ += billed(failure);
    why_ = std::move(failure);
    use_.reset();
}

void routing::add_totals(error& why) const {
    why.attempts = attempts_;
    why.input_tokens = usage_.input_tokens;
    why.output_tokens = usage_.output_tokens;
    if (failures_.find(',') != std::string::npos) why.message.append(" (routes: ").append(failures_).append(")");
}

void routing::note_success() {
    all_->answered(use_->index(), now(executor_) - try_began_);
    loop_.succeeded();
}

void routing::succeeded(boxed_response& response) {
    note_success();
    response->details.edit().route = use_->name();
    response->attempts += attempts_;
    response->usage += usage_;
    response->latency = std::chrono::duration_cast<milliseconds>(now(executor_) - began_);
}

void routing::succeeded(std::shared_ptr<chat_stream::state>& stream) {
    note_success();
    stream->attempts += attempts_;
    auto name = use_->name();
    stream->routed(std::move(name), std::move(use_));
}

}  // namespace coax::detail
