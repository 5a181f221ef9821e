#include "fleet/queue_address.hpp"

#include <coax/fleet/queue_job.hpp>
#include <coax/fleet/work_queue.hpp>

#include <algorithm>
#include <string_view>

namespace coax {
namespace fleet::detail {
namespace {

constexpr std::string_view form = "must have the form redis://[user:password@]host[:port]/database/job or rediss://…";

bool is_name(std::string_view text) {
    constexpr std::string_view taken = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !text.empty() && text.size() <= 100 && text.find_first_not_of(taken) == std::string_view::npos;
}

}  // namespace

result<queue_address> parse_queue_url(secret const& url) {
    auto const query = std::min(url.reveal().find('?'), url.reveal().size());
    auto const text = url.reveal().substr(0, query);
    auto const host = text.find("://");
    auto const last = text.rfind('/');
    if (host == std::string::npos || last <= host + 2) return invalid_argument("url", std::string{form});
    auto const first = text.find('/', host + 3);
    if (first == last || first + 1 == last) return invalid_argument("url", std::string{form});
    queue_address address{.job = text.substr(last + 1)};
    if (!is_name(address.job))
        return invalid_argument("url", "the job's name has 1 to 100 letters, digits, '.', '_' and '-'");
    auto server = cache::detail::parse_redis_url(secret{text.substr(0, last) + url.reveal().substr(query)});
    if (!server) return std::move(server).error();
    address.server = *std::move(server);
    return address;
}

std::string to_string(queue_address const& address) {
    return cache::detail::to_string(address.server) + '/' + std::to_string(address.server.database) + '/' + address.job;
}

}  // namespace fleet::detail

result<void> validate(queue_options const& options) {
    using std::chrono::milliseconds;
    if (auto address = fleet::detail::parse_queue_url(options.url); !address) return std::move(address).error();
    if (options.lease < milliseconds{1'000} || options.lease > milliseconds{86'400'000})
        return invalid_argument("lease", "must be in [1 s, 1 day]");
    if (options.max_deliveries < 1 || options.max_deliveries > 1'000)
        return invalid_argument("max_deliveries", "must be in [1, 1000]");
    if (options.max_payload_bytes == 0) return invalid_argument("max_payload_bytes", "must be greater than 0");
    if (options.keep_written.count() < 0) return invalid_argument("keep_written", "must not be negative");
    if (options.connect_timeout.count() <= 0) return invalid_argument("connect_timeout", "must be greater than 0");
    if (options.command_timeout < milliseconds{1'000})
        return invalid_argument("command_timeout", "must be at least 1 s");
    if (options.retry_interval.count() <= 0) return invalid_argument("retry_interval", "must be greater than 0");
    return validate(options.client_certificate);
}

result<void> validate(fleet_limits const& limits) {
    if (limits.requests_per_minute < 0) return invalid_argument("requests_per_minute", "must not be negative");
    if (limits.tokens_per_minute < 0) return invalid_argument("tokens_per_minute", "must not be negative");
    if (limits.max_concurrency < 0) return invalid_argument("max_concurrency", "must not be negative");
    if (limits.max_cost && *limits.max_cost < usd{}) return invalid_argument("max_cost", "must not be negative");
    if (limits.burst.count() <= 0 || limits.burst > std::chrono::hours{1})
        return invalid_argument("burst", "must be in (0, 1 h]");
    return {};
}

}  // namespace coax
