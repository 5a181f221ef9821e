#include "client/engine.hpp"

#include <boost/asio/dispatch.hpp>

#include <algorithm>

namespace coax {
namespace {

/// The transport that the options name, or HTTP.
std::shared_ptr<transport> channel_for(asio::any_io_executor const& executor, client_options const& options) {
    if (options.transport) return options.transport;
    return std::make_shared<http_transport>(executor, options.http);
}

client_options checked(client_options options) {
    if (auto wrong = validate(options)) throw_error(*std::move(wrong));
    return options;
}

/// No retry that would begin behind the deadline.
retry_options within(retry_options options, clock::time_point deadline, clock::time_point now) {
    if (deadline == clock::time_point::max()) return options;
    auto const left = std::max(std::chrono::floor<std::chrono::milliseconds>(deadline - now), std::chrono::milliseconds{1});
    options.max_elapsed = options.max_elapsed.count() > 0 ? std::min(options.max_elapsed, left) : left;
    return options;
}

/// No exchange that would go on behind the deadline.
exchange_limits within(exchange_limits limits, clock::time_point deadline, clock::time_point now) {
    if (deadline == clock::time_point::max()) return limits;
    auto const left = std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - now), std::chrono::milliseconds{1});
    limits.total = limits.total.count() > 0 ? std::min(limits.total, left) : left;
    return limits;
}

}  // namespace

client::impl::impl(std::vector<asio::any_io_executor> executors, client_options wanted)
    : options{checked(std::move(wanted))},
      service{value_or_throw(make_provider(options.provider))},
      slots_{options.max_concurrency},
      limiter_{options.rate_limits} {
    if (options.transport && executors.size() != 1)
        throw_error({.code = errc::invalid_argument, .message = "needs a runtime of one shard", .where = "transport"});
    for (auto& executor : executors) {
        auto channel = channel_for(executor, options);
        shards_.push_back({std::move(executor), std::move(channel)});
    }
}

client::impl::~impl() {
    for (auto& [executor, channel] : shards_) asio::dispatch(executor, [last = std::move(channel)] {});
}

shard& client::impl::home_of(asio::any_io_executor const& caller) {
    auto const own = std::find_if(shards_.begin(), shards_.end(), [&](shard const& s) { return s.executor == caller; });
    if (own != shards_.end()) return *own;
    return shards_[next_shard_.fetch_add(1, std::memory_order_relaxed) % shards_.size()];
}

void client::impl::complete(chat_request& request) const {
    if (request.model.empty()) request.model = options.model;
}

std::int64_t client::impl::quota_for(chat_request const& request) const {
    auto const& limits = options.rate_limits;
    if (limits.tokens_per_minute == 0 && limits.tokens_per_day == 0 && limits.from_service != learning::follow) return 0;
    return estimate_tokens(request, options.expected_output_tokens);
}

clock::time_point client::impl::deadline_at(shard const& at) const {
    if (options.timeout <= std::chrono::milliseconds{0}) return clock::time_point::max();
    return now(at.executor) + options.timeout;
}

error client::impl::in_time(error why, shard const& at, clock::time_point deadline) const {
    if (why.code == errc::timeout && now(at.executor) >= deadline)
        why.message = "the time limit `timeout` of the whole call passed: " + std::to_string(options.timeout.count()) + " ms";
    return why;
}

template <class T, class Attempt>
asio::awaitable<result<T>> client::impl::with_retries(shard& at, clock::time_point deadline, Attempt attempt) {
    calls_.fetch_add(1, std::memory_order_relaxed);
    detail::retry_loop retrying{within(options.retry, deadline, now(at.executor)), at.executor};
    for (;;) {
        auto const number = retrying.current().number;
        attempts_.fetch_add(1, std::memory_order_relaxed);
        if (number > 1) retries_.fetch_add(1, std::memory_order_relaxed);
        result<T> outcome = co_await attempt(number);
        if (outcome) {
            retrying.succeeded();
            co_return outcome;
        }
        error why = failed(at, std::move(outcome).error());
        if (co_await retrying.again(why)) continue;
        failures_.fetch_add(1, std::memory_order_relaxed);
        co_return why;
    }
}

asio::awaitable<result<chat_response>> client::impl::call(shard& at, chat_request const& request, clock::time_point deadline) {
    auto const encoded = service->encode(request, false);
    if (!encoded) co_return encoded.error();
    auto const began = now(at.executor);
    auto const tokens = quota_for(request);
    co_return co_await with_retries<chat_response>(at, deadline, [&](int number) -> asio::awaitable<result<chat_response>> {
        auto outcome = co_await attempt_call(at, *encoded, tokens);
        if (outcome) {
            outcome->attempts = number;
            outcome->latency = std::chrono::duration_cast<std::chrono::milliseconds>(now(at.executor) - began);
            count(outcome);
        }
        co_return outcome;
    });
}

asio::awaitable<result<std::unique_ptr<chat_stream::state>>> client::impl::open(shard& at, chat_request const& request,
                                                                                clock::time_point deadline) {
    using opened = std::unique_ptr<chat_stream::state>;
    auto const encoded = service->encode(request, true);
    if (!encoded) co_return encoded.error();
    auto const began = now(at.executor);
    auto const tokens = quota_for(request);
    co_return co_await with_retries<opened>(at, deadline, [&](int number) -> asio::awaitable<result<opened>> {
        auto outcome = co_await attempt_open(at, *encoded, tokens, deadline);
        if (outcome) {
            (*outcome)->attempts = number;
            (*outcome)->began = began;
            (*outcome)->deadline = deadline;
        }
        co_return outcome;
    });
}

asio::awaitable<result<client::impl::admission>> client::impl::admit(shard& at, http_request const& encoded,
                                                                     std::int64_t tokens) {
    admission entry{.slot = {}, .quota = {}, .request = encoded};
    if (auto slot = slots_.try_acquire()) {
        entry.slot = *std::move(slot);
    } else {
        entry.slot = co_await slots_.acquire();
    }
    if (auto quota = limiter_.try_reserve(tokens, at.executor)) {
        entry.quota = *std::move(quota);
    } else {
        entry.quota = co_await limiter_.reserve(tokens);
    }
    if (!options.token_source) {
        service->authorize(entry.request, options.api_key);
        co_return entry;
    }
    auto const token = co_await options.token_source();
    if (!token) co_return token.error();
    service->authorize(entry.request, *token);
    co_return entry;
}

asio::awaitable<result<chat_response>> client::impl::attempt_call(shard& at, http_request const& encoded,
                                                                  std::int64_t tokens) {
    auto entry = co_await admit(at, encoded, tokens);
    if (!entry) co_return entry.error();
    auto const answer = co_await at.channel->send(std::move(entry->request), options.limits);
    auto decoded = answer ? service->decode(*answer) : result<chat_response>{answer.error()};
    if (!decoded) {
        entry->quota.settle(decoded.error());
        co_return decoded;
    }
    learn(decoded->rate_limits, entry->quota);
    entry->quota.settle(decoded->usage.total_tokens());
    co_return decoded;
}

asio::awaitable<result<std::unique_ptr<chat_stream::state>>> client::impl::attempt_open(
    shard& at, http_request const& encoded, std::int64_t tokens, clock::time_point deadline) {
    auto entry = co_await admit(at, encoded, tokens);
    if (!entry) co_return entry.error();
    auto body = co_await at.channel->open(std::move(entry->request), within(options.limits, deadline, now(at.executor)));
    if (!body) {
        entry->quota.settle(body.error());
        co_return body.error();
    }
    if ((*body)->status() == 200)
        co_return std::make_unique<chat_stream::state>(*this, at, *std::move(body), std::move(entry->slot),
                                                       std::move(entry->quota));
    http_response refusal{.status = (*body)->status(), .headers = (*body)->headers()};
    for (;;) {
        auto const piece = co_await (*body)->read();
        if (!piece || piece->empty()) break;
        refusal.body.append(*piece);
    }
    auto told = service->decode(refusal);
    if (!told) {
        entry->quota.settle(told.error());
        co_return told.error();
    }
    co_return error{.code = errc::protocol_error, .message = "a stream was asked for and something else came",
                    .http_status = refusal.status};
}

error client::impl::failed(shard& at, error why) {
    if (why.code == errc::rate_limited && why.retry_after && *why.retry_after <= options.retry.max_server_wait)
        limiter_.pause_until(now(at.executor) + *why.retry_after);
    why.message = redact(std::move(why.message), options.api_key);
    why.service_message = redact(std::move(why.service_message), options.api_key);
    return why;
}

void client::impl::learn(rate_limit_status const& told, reservation const& of) {
    auto const& limits = options.rate_limits;
    if (limits.requests_per_minute == 0 && limits.tokens_per_minute == 0 && limits.from_service != learning::follow) return;
    limiter_.learn({.limit_requests = told.limit_requests,
                    .limit_tokens = told.limit_tokens,
                    .remaining_requests = told.remaining_requests,
                    .remaining_tokens = told.remaining_tokens,
                    .requests_reset = told.reset_requests,
                    .tokens_reset = told.reset_tokens},
                   of);
}

void client::impl::count(result<chat_response> const& outcome) noexcept {
    if (!outcome) return;
    auto const add = [](std::atomic<std::int64_t>& sum, std::int64_t more) { sum.fetch_add(more, std::memory_order_relaxed); };
    add(input_tokens_, outcome->usage.input_tokens);
    add(output_tokens_, outcome->usage.output_tokens);
    add(cached_input_tokens_, outcome->usage.cached_input_tokens);
    add(reasoning_tokens_, outcome->usage.reasoning_tokens);
}

client_statistics client::impl::statistics() const {
    client_statistics now{.calls = calls_.load(),
                          .attempts = attempts_.load(),
                          .retries = retries_.load(),
                          .reasks = reasks_.load(),
                          .failures = failures_.load(),
                          .usage = {.input_tokens = input_tokens_.load(),
                                    .output_tokens = output_tokens_.load(),
                                    .cached_input_tokens = cached_input_tokens_.load(),
                                    .reasoning_tokens = reasoning_tokens_.load()}};
    return now;
}

void client::impl::close() {
    slots_.close();
    limiter_.close();
}

}  // namespace coax
