#include "client/client_impl.hpp"

#include "client/address.hpp"
#include "client/routes.hpp"
#include "runtime/internal/sleep.hpp"
#include "telemetry/internal/span_executor.hpp"

#include <coax/cache/open_cache.hpp>
#include <coax/provider/decision.hpp>

#include <array>
#include <atomic>

namespace coax {
namespace {

/// The transport that the options name, or HTTP.
std::shared_ptr<transport> transport_for(asio::any_io_executor const& executor, client_options const& options) {
    if (options.service.transport) return options.service.transport;
    return std::make_shared<http_transport>(executor, options.http);
}

client_options checked(client_options options) {
    value_or_throw(validate(options));
    if (options.response_cache && !options.response_cache->store) {
        auto& kept = options.response_cache.edit();
        kept.store = value_or_throw(open_cache(kept.where));
    }
    return options;
}

/// A request that the service could be sent.
result<http_request> probe_of(provider const& service, std::string model) {
    chat_request probe{.model = std::move(model)};
    probe.messages.push_back(user("x"));
    auto chat = service.encode(probe, false);
    if (chat || !service.decisions_of(probe.model).standard) return chat;
    return service.encode_decision({.input = std::move(probe), .questions = {{.name = "x"}}});
}

/// Whether the service's own address can be reached as the options say: what it does not need is not looked at.
result<void> check_reach(provider const& service, client_options const& options) {
    if (options.service.transport) return {};
    auto const encoded = probe_of(service, "m");
    return encoded ? check_for(options.http, encoded->to) : result<void>{};
}

/// A fresh token is a bearer token, wherever a key would be sent otherwise.
provider_options with_bearer(service_options const& service) {
    auto options = service.provider;
    options.bearer |= static_cast<bool>(service.token_source);
    return options;
}

constexpr std::array counters{&client_statistics::calls,  &client_statistics::attempts, &client_statistics::retries,
                              &client_statistics::hedges, &client_statistics::reasks,   &client_statistics::failures,
                              &client_statistics::cached};
constexpr std::array token_counts{&usage::input_tokens, &usage::output_tokens, &usage::cached_input_tokens,
                                  &usage::cache_write_tokens, &usage::reasoning_tokens};

}  // namespace

client::impl::impl(std::vector<asio::any_io_executor> executors, client_options wanted)
    : options{checked(std::move(wanted))},
      provider{value_or_throw(make_provider(with_bearer(options.service)))},
      secrets_{options},
      concurrency_{options.policies},
      limiter_{options.policies.rate_limits},
      retry_{options.policies.retry},
      once_{{.max_attempts = 1}} {
    value_or_throw(check_reach(*provider, options));
    auto const& policies = options.policies;
    if (policies.retry_budget) retry_.options.budget = std::make_shared<retry_budget>(*policies.retry_budget);
    if (policies.circuit_breaker) breaker_.emplace(*policies.circuit_breaker);
    if (policies.hedge) hedger_.emplace(*policies.hedge);
    if (options.response_cache) cache_ = std::make_unique<detail::response_cache>(*options.response_cache);
    if (options.service.transport && executors.size() != 1)
        throw_error(invalid_argument("transport", "needs a runtime of one shard"));
    for (auto& executor : executors) {
        auto transport = transport_for(executor, options);
        shards_.push_back(std::make_unique<shard>(std::move(executor), std::move(transport)));
    }
}

detail::shard& client::impl::shard_of(asio::any_io_executor const& caller) {
    for (auto const& own : shards_)
        if (own->executor == caller) return *own;
    if (auto const* const inner = telemetry::detail::without_span(caller)) return shard_of(*inner);
    return *shards_[next_shard_.fetch_add(1, std::memory_order_relaxed) % shards_.size()];
}

void client::impl::complete(chat_request& request) const {
    if (request.model.empty()) request.model = options.service.model;
}

clock::time_point client::impl::deadline_at(shard const& at) const {
    auto deadline = clock::time_point::max();
    if (options.policies.timeout > std::chrono::milliseconds{0})
        at.life->while_alive([&] { deadline = detail::later(now(at.executor), options.policies.timeout); });
    return deadline;
}

error client::impl::name_timeout(error why, shard const& at, clock::time_point deadline) const {
    if (why.code == errc::timeout && now(at.executor) >= deadline)
        why.message =
            "the time limit `timeout` of the whole call passed: " + std::to_string(options.policies.timeout.count()) +
            " ms";
    return why;
}

std::string client::impl::address() const {
    auto const& model = options.service.model;
    auto const probe = probe_of(*provider, model.empty() ? "MODEL" : model);
    auto address = probe ? detail::address_of(*probe) : std::string{};
    secrets_.hide(address);
    return address;
}

bool client::impl::circuit_open(clock::time_point now) const {
    return breaker_ && breaker_->state(now) == circuit_state::open;
}

clock::duration client::impl::quota_wait(std::int64_t tokens, clock::time_point now) const {
    constexpr std::chrono::hours unknown{24};
    return circuit_open(now) ? unknown : limiter_.wait_for(limiter_.counts_tokens() ? tokens : 0);
}

clock::time_point client::impl::current_time() const {
    auto const& at = *shards_.front();
    clock::time_point time{};
    at.life->while_alive([&] { time = now(at.executor); });
    return time;
}

void client::impl::hide_secrets(error& why, std::vector<secret> const* more) const { secrets_.hide(why, more); }

void client::impl::count(std::uint64_t client_statistics::* what) noexcept {
    std::atomic_ref{counts_.*what}.fetch_add(1, std::memory_order_relaxed);
}

void client::impl::count(usage const& used, usage client_statistics::* where) noexcept {
    for (auto const tokens : token_counts)
        std::atomic_ref{counts_.*where.*tokens}.fetch_add(used.*tokens, std::memory_order_relaxed);
}

client_statistics client::impl::statistics() const {
    if (routes) return routes->statistics();
    client_statistics copy{.concurrency = concurrency_.limit()};
    for (auto const& each : shards_) copy.resent += each->resent();
    for (auto const what : counters) copy.*what = std::atomic_ref{counts_.*what}.load();
    for (auto const where : {&client_statistics::usage, &client_statistics::saved})
        for (auto const tokens : token_counts) copy.*where.*tokens = std::atomic_ref{counts_.*where.*tokens}.load();
    return copy;
}

void client::impl::close() {
    if (routes) routes->close();
    concurrency_.close();
    limiter_.close();
}

}  // namespace coax
