#include "fleet/fleet_quota.hpp"

#include "fleet/limit_words.hpp"
#include "fleet/queue_scripts.hpp"

#include <coax/runtime/on_executor.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <utility>

namespace coax {
namespace fleet::detail {
namespace {

using std::chrono::milliseconds;

/// Nobody sleeps longer than that over a wait that others may shorten.
constexpr milliseconds longest_sleep{1'000};

std::string member_name() {
    std::random_device random;
    return std::to_string(random()) + std::to_string(random());
}

/// What it holds of the worker's own share.
class share_lease final : public quota_lease {
public:
    share_lease(std::shared_ptr<own_share> of, permit place, reservation rate)
        : of_{std::move(of)}, place_{std::move(place)}, rate_{std::move(rate)} {}

    void settle(quota_outcome came) noexcept override {
        came.sent ? rate_.settle(came.tokens) : rate_.cancel();
        place_.reset();
        if (came.pause.count() > 0) of_->rates.pause_for(came.pause);
    }

private:
    std::shared_ptr<own_share> of_;
    permit place_;
    reservation rate_;
};

rate_limiter_options share_of(fleet_limits const& limits, std::int64_t workers) {
    auto const part = [workers](std::int64_t whole) {
        return whole == 0 ? 0 : std::max<std::int64_t>(1, whole / workers);
    };
    return {.requests_per_minute = part(limits.requests_per_minute),
            .tokens_per_minute = part(limits.tokens_per_minute),
            .burst = milliseconds{1'000},
            .server_limits = server_limits::off};
}

std::size_t places_of(fleet_limits const& limits, std::int64_t workers) {
    if (limits.max_concurrency == 0) return 65'535;
    return static_cast<std::size_t>(std::max<std::int64_t>(1, limits.max_concurrency / workers));
}

}  // namespace

own_share::own_share(fleet_limits const& limits, std::int64_t among)
    : workers{among}, rates{share_of(limits, among)}, places{places_of(limits, among)} {}

quota_core::quota_core(queue_state& on, fleet_limits limits, fleet_quota_options options)
    : on_{on},
      limits_{limits},
      options_{options},
      member_{member_name()},
      outbox_{on_.link, on_.options.retry_interval} {}

void quota_core::start() {
    if (std::exchange(started_, true)) return;
    fleet::detail::start(on_, keep(shared_from_this()));
    fleet::detail::start(on_, send(shared_from_this()));
}

/// Gives signs of life of the requests that are under way.
asio::awaitable<void> quota_core::keep(std::shared_ptr<quota_core> self) {
    for (;;) {
        std::vector<std::string> arguments{self->member_, std::to_string(self->options_.lease.count())};
        arguments.insert(arguments.end(), self->leases_.begin(), self->leases_.end());
        auto const kept = co_await self->on_.link.run(renew_script, std::move(arguments));
        co_await sleep_for(kept ? self->options_.lease / 3 : self->on_.options.retry_interval);
    }
}

asio::awaitable<void> quota_core::send(std::shared_ptr<quota_core> self) { co_await self->outbox_.send_all(); }

asio::awaitable<result<quota_turn>> quota_core::ask(std::string id, quota_demand demand) {
    std::vector<std::string> arguments{std::move(id), std::to_string(demand.tokens),
                                       std::to_string(to_nanos(demand.cost)), std::to_string(options_.lease.count()),
                                       member_};
    auto const reply = co_await on_.link.run(reserve_script, std::move(arguments));
    if (!reply) co_return reply.error();
    if (reply->items.size() != 3) co_return error{.code = errc::protocol_error, .message = "no reply to `reserve`"};
    quota_turn turn{.wait = milliseconds{number_of(reply->items[0])},
                    .workers = std::max<std::int64_t>(1, number_of(reply->items[1])),
                    .spent_nanos = number_of(reply->items[2])};
    using answer = quota_turn::answer;
    turn.how = turn.wait.count() == 0 ? answer::taken : turn.wait.count() < 0 ? answer::never : answer::wait;
    co_return turn;
}

asio::awaitable<result<quota_taken>> quota_core::reserve(quota_demand demand) {
    start();
    auto lock = co_await turn_.lock();
    auto const id = member_ + ':' + std::to_string(++count_);
    auto const begun = now(executor());
    for (;;) {
        leases_.insert(id);
        auto const turn = co_await as_result(ask(id, demand));
        if (turn) {
            workers_ = turn->workers;
            if (turn->how == quota_turn::answer::taken) co_return quota_taken{.id = id};
            leases_.erase(id);
            if (turn->how == quota_turn::answer::never) co_return exhausted(*turn, demand);
            co_await sleep_for(std::min(turn->wait, longest_sleep));
            continue;
        }
        // Whether it was taken is not known: if it was, it is given back.
        settle(id, demand, {.sent = false});
        auto const& why = turn.error();
        if (why.code == errc::cancelled || !is_away(why)) co_return why;
        if (!limits_.max_cost) {
            lock.unlock();
            co_return co_await take_share(demand);
        }
        if (now(executor()) - begun >= options_.max_away)
            co_return error{.code = errc::connect_failed,
                            .message = "Redis is away, and without it nothing may be spent: " + why.message,
                            .where = on_.link.address()};
        co_await sleep_for(on_.options.retry_interval);
    }
}

asio::awaitable<result<quota_taken>> quota_core::take_share(quota_demand demand) {
    if (!share_ || share_->workers != workers_) share_ = std::make_shared<own_share>(limits_, workers_);
    auto const share = share_;
    auto place = co_await as_result(share->places.acquire());
    if (!place) co_return std::move(place).error();
    auto rate = co_await as_result(share->rates.reserve(demand.tokens));
    if (!rate) co_return std::move(rate).error();
    outbox_.add(charge_script, {std::to_string(demand.tokens)});  // Redis counts it when it is back
    quota_taken taken;
    taken.share = std::make_unique<share_lease>(share, *std::move(place), *std::move(rate));
    co_return taken;
}

error quota_core::exhausted(quota_turn const& turn, quota_demand demand) const {
    return {.code = errc::quota_exhausted,
            .message = "the fleet's spending limit of " + to_string(limits_.max_cost.value_or(usd{})) +
                       " USD: " + to_string(from_nanos(turn.spent_nanos)) + " are spent, and this request may cost " +
                       to_string(demand.cost),
            .where = on_.link.address()};
}

void quota_core::settle(std::string const& id, quota_demand demand, quota_outcome came) {
    leases_.erase(id);
    outbox_.add(settle_script,
                {id, std::to_string(came.sent ? demand.tokens - came.tokens : demand.tokens),
                 std::to_string(to_nanos(came.cost)), came.sent ? "1" : "0", std::to_string(came.pause.count())});
}

asio::awaitable<void> quota_core::flushed(milliseconds within) { co_await outbox_.drained(now(executor()) + within); }

namespace {

asio::awaitable<result<quota_taken>> reserve_there(std::shared_ptr<quota_core> core, quota_demand demand) {
    co_return co_await core->reserve(demand);
}

asio::awaitable<void> flush_there(std::shared_ptr<quota_core> core, milliseconds within) {
    co_await core->flushed(within);
}

/// A core and the queue on whose thread it is.
struct living_core {
    std::shared_ptr<queue_state> on;
    std::shared_ptr<quota_core> core;
};

/// What a request holds of the quota in Redis.
class fleet_lease final : public quota_lease {
public:
    fleet_lease(living_core of, std::string id, quota_demand demand)
        : of_{std::move(of)}, id_{std::move(id)}, demand_{demand} {}
    ~fleet_lease() override {
        if (of_.on) settle({.tokens = demand_.tokens, .cost = demand_.cost});
    }

    void settle(quota_outcome came) noexcept override {
        auto const of = std::exchange(of_, {});
        asio::post(of.core->executor(),
                   [core = of.core, id = id_, demand = demand_, came] { core->settle(id, demand, came); });
    }

private:
    living_core of_;
    std::string id_;
    quota_demand demand_;
};

class fleet_quota final : public shared_quota {
public:
    explicit fleet_quota(living_core of) : of_{std::move(of)} {}

    asio::awaitable<std::unique_ptr<quota_lease>> reserve(quota_demand demand) override {
        auto const of = of_;
        auto taken = value_or_throw(co_await on_executor(of.core->executor(), reserve_there(of.core, demand)));
        if (taken.share) co_return std::move(taken.share);
        co_return std::make_unique<fleet_lease>(of, std::move(taken.id), demand);
    }
    [[nodiscard]] living_core const& of() const noexcept { return of_; }

private:
    living_core of_;
};

}  // namespace
}  // namespace fleet::detail

std::shared_ptr<shared_quota> make_fleet_quota(work_queue queue, fleet_limits limits, fleet_quota_options options) {
    value_or_throw(validate(limits));
    if (options.lease < std::chrono::milliseconds{1'000} || options.lease > std::chrono::milliseconds{86'400'000})
        throw_error(invalid_argument("lease", "must be in [1 s, 1 day]"));
    if (options.max_away.count() < 0) throw_error(invalid_argument("max_away", "must not be negative"));
    auto on = queue.state().shared_from_this();
    auto core = std::make_shared<fleet::detail::quota_core>(*on, limits, options);
    return std::make_shared<fleet::detail::fleet_quota>(fleet::detail::living_core{std::move(on), std::move(core)});
}

asio::awaitable<void> flush(std::shared_ptr<shared_quota> quota, std::chrono::milliseconds within) {
    auto const fleet = std::dynamic_pointer_cast<fleet::detail::fleet_quota>(quota);
    if (!fleet) co_return;
    auto const of = fleet->of();
    co_await on_executor(of.core->executor(), fleet::detail::flush_there(of.core, within));
}

}  // namespace coax
