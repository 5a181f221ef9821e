#include "client/routes.hpp"
#include "client/shard_executors.hpp"
#include "core/internal/boxed.hpp"

#include <coax/client/router.hpp>

#include <algorithm>
#include <set>

namespace coax {

template class boxed<router_options>;

namespace {

constexpr std::size_t most_at_once = 65'535;

/// What a router shows of itself: the first route, with what is the router's own.
client_options shown_options(router_options const& options) {
    auto shown = options.routes.front().options;
    std::size_t sum = 0;
    for (auto const& each : options.routes) sum += each.options.policies.max_concurrency;
    shown.policies.max_concurrency = std::min(sum, most_at_once);
    shown.policies.timeout = options.timeout;
    shown.policies.retry = options.retry;
    return shown;
}

std::shared_ptr<client::impl> make_routed(std::vector<asio::any_io_executor> executors, router_options options) {
    value_or_throw(validate(options));
    auto self = std::make_shared<client::impl>(executors, shown_options(options));
    self->routes = std::make_shared<detail::routes>(executors, std::move(options));
    return self;
}

error invalid_route(std::size_t index, std::string_view member, std::string message) {
    return invalid_argument("routes[" + std::to_string(index) + "]." + std::string{member}, std::move(message));
}

result<void> validate_route(route const& one, std::size_t index) {
    if (!(one.weight > 0 && one.weight <= 1e6)) return invalid_route(index, "weight", "must be in (0, 1e6]");
    auto checked = validate(one.options);
    if (!checked) return invalid_route(index, "options." + checked.error().where, checked.error().message);
    return {};
}

}  // namespace

retry_table default_moves() {
    retry_table table;
    table.heed_service(false).set(errc::quota_exhausted, true).set(errc::authentication, true);
    return table;
}

result<void> validate(router_options const& options) {
    if (options.routes.empty()) return invalid_argument("routes", "there must be one at least");
    std::set<std::string> names;
    for (std::size_t i = 0; i < options.routes.size(); ++i) {
        auto const& one = options.routes[i];
        if (auto checked = validate_route(one, i); !checked) return checked;
        if (!one.name.empty() && !names.insert(one.name).second)
            return invalid_route(i, "name", "another route has it: " + one.name);
    }
    if (!options.routes.front().only_after.empty())
        return invalid_route(0, "only_after", "must be empty: the first route is one for any call");
    if (options.timeout.count() < 0) return invalid_argument("timeout", "must not be negative");
    if (options.sticky.count() < 0 || options.sticky > std::chrono::hours{24})
        return invalid_argument("sticky", "must be in [0, 1 day]");
    if (options.rest.count() < 0 || options.rest > std::chrono::hours{1})
        return invalid_argument("rest", "must be in [0, 1 h]");
    auto retry = validate(options.retry);
    if (!retry) return invalid_argument("retry." + retry.error().where, retry.error().message);
    return {};
}

router::router(runtime& rt, router_options options)
    : client{make_routed(detail::executors_of(rt), std::move(options))} {}

router::router(asio::any_io_executor executor, router_options options)
    : client{make_routed({std::move(executor)}, std::move(options))} {}

std::vector<route_status> router::routes() const { return impl_->routes->status(impl_->current_time()); }

}  // namespace coax
