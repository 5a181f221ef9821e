#include "client/client_impl.hpp"

#include <boost/asio/dispatch.hpp>

#include <algorithm>

namespace coax {
namespace {

/// The transport that the options name, or HTTP.
std::shared_ptr<transport> channel_for(asio::any_io_executor const& executor, client_options const& options) {
    if (options.service.transport) return options.service.transport;
    return std::make_shared<http_transport>(executor, options.http);
}

client_options checked(client_options options) {
    value_or_throw(validate(options));
    return options;
}

/// No retry that would begin behind the deadline.
retry_options within(retry_options options, clock::time_point deadline, clock::time_point now) {
    if (deadline == clock::time_point::max()) return options;
    auto const left =
        std::max(std::chrono::floor<std::chrono::milliseconds>(deadline - now), std::chrono::milliseconds{1});
    options.max_elapsed = options.max_elapsed.count() > 0 ? std::min(options.max_elapsed, left) : left;
    return options;
}

/// No exchange that would go on behind the deadline.
exchange_limits within(exchange_limits limits, clock::time_point deadline, clock::time_point now) {
    if (deadline == clock::time_point::max()) return limits;
    auto const left =
        std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - now), std::chrono::milliseconds{1});
    limits.total = limits.total.count() > 0 ? std::min(limits.total, left) : left;
    return limits;
}

}  // namespace

client::impl::impl(std::vector<asio::any_io_executor> executors, client_options wanted)
    : options{checked(std::move(wanted))},
      service{value_or_throw(make_provider(options.service.provider))},
      slots_{options},
      limiter_{options.policies.rate_limits},
      retrying_{options.policies.retry} {
    if (options.policies.retry_budget)
        retrying_.budget = std::make_shared<retry_budget>(*options.policies.retry_budget);
    if (options.policies.circuit_breaker) breaker_.emplace(*options.policies.circuit_breaker);
    if (options.policies.hedge) hedger_.emplace(*options.policies.hedge);
    if (options.service.transport && executors.size() != 1)
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
    if (request.model.empty()) request.model = options.service.model;
}

std::int64_t client::impl::quota_for(chat_request const& request) const {
    auto const& limits = options.policies.rate_limits;
    if (limits.tokens_per_minute == 0 && limits.tokens_per_day == 0 && limits.from_service != learning::follow)
        return 0;
    return estimate_tokens(request, options.policies.expected_output_tokens);
}

clock::time_point client::impl::deadline_at(shard const& at) const {
    if (options.policies.timeout <= std::chrono::milliseconds{0}) return clock::time_point::max();
    return now(at.executor) + options.policies.timeout;
}

error client::impl::in_time(error why, shard const& at, clock::time_point deadline) const {
    if (why.code == errc::timeout && now(at.executor) >= deadline)
        why.message =
            "the time limit `timeout` of the whole call passed: " + std::to_string(options.policies.timeout.count()) +
            " ms";
    return why;
}

result<call_state> client::impl::prepare(shard& at, chat_request const& request, bool streaming,
                                         clock::time_point deadline) const {
    auto encoded = service->encode(request, streaming);
    if (!encoded) return std::move(encoded).error();
    return call_state{.at = at,
                      .deadline = deadline,
                      .request = std::move(*encoded),
                      .tokens = quota_for(request),
                      .began = now(at.executor)};
}

template <class T>
asio::awaitable<result<T>> client::impl::with_retries(call_state& of, attempt_function<T> attempt) {
    calls_.fetch_add(1, std::memory_order_relaxed);
    policy::detail::retry_loop retrying{within(retrying_, of.deadline, of.began), of.at.executor};
    for (;;) {
        auto outcome = co_await guarded(of, attempt, retrying.current().first() ? cause::call : cause::retry);
        if (outcome) {
            retrying.succeeded();
            co_return outcome;
        }
        error why = std::move(outcome).error();
        // After a cancellation the next wait would throw, and with it what the call has cost would be lost.
        if (why.code != errc::cancelled && co_await retrying.again(why)) continue;
        why.attempts = of.sent;
        failures_.fetch_add(1, std::memory_order_relaxed);
        co_return why;
    }
}

/// One attempt inside of what may turn it away or double it.
template <class T>
asio::awaitable<result<T>> client::impl::guarded(call_state& of, attempt_function<T> attempt, cause why) {
    auto const send = [this, &of, attempt, why](coax::attempt lane) {
        return (this->*attempt)(of, lane.first() ? why : cause::hedge);
    };
    auto work = hedger_ ? hedge(*hedger_, send) : send({});
    return breaker_ ? with_breaker(*breaker_, std::move(work)) : std::move(work);
}

asio::awaitable<result<chat_response>> client::impl::call(shard& at, chat_request const& request,
                                                          clock::time_point deadline) {
    auto of = prepare(at, request, false, deadline);
    if (!of) co_return std::move(of).error();
    auto outcome = co_await with_retries(*of, &impl::attempt_call);
    if (!outcome) co_return outcome;
    outcome->usage = of->usage;
    outcome->attempts = of->sent;
    outcome->latency = std::chrono::duration_cast<std::chrono::milliseconds>(now(at.executor) - of->began);
    co_return outcome;
}

asio::awaitable<result<std::unique_ptr<chat_stream::state>>> client::impl::open(shard& at, chat_request const& request,
                                                                                clock::time_point deadline) {
    auto of = prepare(at, request, true, deadline);
    if (!of) co_return std::move(of).error();
    auto outcome = co_await with_retries(*of, &impl::attempt_open);
    if (!outcome) co_return outcome;
    auto& begun = **outcome;
    begun.attempts = of->sent;
    begun.began = of->began;
    begun.deadline = deadline;
    co_return outcome;
}

asio::awaitable<result<client::impl::admission>> client::impl::admit(call_state& of, cause why) {
    auto const& executor = of.at.executor;
    admission entry{.request = of.request};
    auto& held = entry.held;
    if (auto slot = slots_.try_acquire()) {
        held.slot = *std::move(slot);
    } else {
        auto waited = co_await as_result(slots_.acquire());
        if (!waited) co_return waited.error();
        held.slot = *std::move(waited);
    }
    if (auto quota = limiter_.try_reserve(of.tokens, executor)) {
        held.quota = *std::move(quota);
    } else {
        auto waited = co_await as_result(limiter_.reserve(of.tokens));
        if (!waited) co_return waited.error();
        held.quota = *std::move(waited);
    }
    if (options.service.token_source) {
        auto const token = co_await as_result(options.service.token_source());
        if (!token) co_return token.error();
        service->authorize(entry.request, *token);
    } else {
        service->authorize(entry.request, options.service.api_key);
    }
    // A slot may come at the very moment of a cancellation: of a hedge, when the first request has been answered.
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
        co_return error{.code = errc::cancelled, .message = "cancelled before the request was sent"};
    held.sent = {.number = ++of.sent, .why = why, .at = now(executor)};
    held.slot.begin();
    attempts_.fetch_add(1, std::memory_order_relaxed);
    if (why == cause::retry) retries_.fetch_add(1, std::memory_order_relaxed);
    if (why == cause::hedge) hedges_.fetch_add(1, std::memory_order_relaxed);
    co_return entry;
}

asio::awaitable<result<chat_response>> client::impl::attempt_call(call_state& of, cause why) {
    auto entry = co_await admit(of, why);
    if (!entry) co_return entry.error();
    auto& held = entry->held;
    // What the transport throws, cancelled for one, ends the request as what it returns does.
    auto const answer = co_await as_result(of.at.channel->send(std::move(entry->request), options.policies.limits));
    if (!answer) co_return failed(of.at, held, answer.error(), nullptr);
    auto decoded = service->decode(*answer, clock_of(of.at.executor).system_now());
    if (!decoded) co_return failed(of.at, held, std::move(decoded).error(), &answer->headers);
    of.usage += decoded->usage;
    succeeded(of.at, held, *decoded);
    co_return decoded;
}

asio::awaitable<result<std::unique_ptr<chat_stream::state>>> client::impl::attempt_open(call_state& of, cause why) {
    auto& at = of.at;
    auto entry = co_await admit(of, why);
    if (!entry) co_return entry.error();
    auto& held = entry->held;
    auto body = co_await as_result(
        at.channel->open(std::move(entry->request), within(options.policies.limits, of.deadline, now(at.executor))));
    if (!body) co_return failed(at, held, body.error(), nullptr);
    if ((*body)->status() == 200)
        co_return std::make_unique<chat_stream::state>(*this, at, *std::move(body), std::move(held));
    http_response refusal{.status = (*body)->status(), .headers = (*body)->headers()};
    for (;;) {
        auto const piece = co_await as_result((*body)->read());
        if (!piece || piece->empty()) break;
        refusal.body.append(*piece);
    }
    auto told = service->decode(refusal, clock_of(at.executor).system_now());
    error const unexpected{.code = errc::protocol_error,
                           .message = "a stream was asked for and something else came",
                           .http_status = refusal.status};
    co_return failed(at, held, told ? unexpected : std::move(told).error(), &refusal.headers);
}

void client::impl::succeeded(shard& at, lease& held, chat_response const& answer) {
    auto const add = [](std::atomic<std::int64_t>& sum, std::int64_t more) {
        sum.fetch_add(more, std::memory_order_relaxed);
    };
    add(input_tokens_, answer.usage.input_tokens);
    add(output_tokens_, answer.usage.output_tokens);
    add(cached_input_tokens_, answer.usage.cached_input_tokens);
    add(cache_write_tokens_, answer.usage.cache_write_tokens);
    add(reasoning_tokens_, answer.usage.reasoning_tokens);
    if (learns()) learn(answer.rate_limits, held.quota);
    held.quota.settle(answer.usage.total_tokens());
    held.slot.finish(load_signal::good);
    tell(at, held.sent, answer.usage, nullptr);
}

error client::impl::failed(shard& at, lease& held, error why, header_list const* headers, usage const& spent) {
    if (headers != nullptr && learns())
        learn(service->rate_limits(*headers, clock_of(at.executor).system_now()), held.quota);
    if (spent.total_tokens() > 0) held.quota.settle(spent.total_tokens());
    held.quota.settle(why);
    held.slot.finish(load_signal_of(why));
    if (why.code == errc::rate_limited && why.retry_after && *why.retry_after <= options.policies.retry.max_server_wait)
        limiter_.pause_until(now(at.executor) + *why.retry_after);
    why.input_tokens += spent.input_tokens;
    why.output_tokens += spent.output_tokens;
    why.message = redact(std::move(why.message), options.service.api_key);
    why.service_message = redact(std::move(why.service_message), options.service.api_key);
    tell(at, held.sent, spent, &why);
    return why;
}

bool client::impl::learns() const noexcept {
    auto const& limits = options.policies.rate_limits;
    return limits.requests_per_minute != 0 || limits.tokens_per_minute != 0 || limits.from_service == learning::follow;
}

void client::impl::learn(rate_limit_status const& told, reservation const& of) {
    limiter_.learn({.limit_requests = told.limit_requests,
                    .limit_tokens = told.limit_tokens,
                    .remaining_requests = told.remaining_requests,
                    .remaining_tokens = told.remaining_tokens,
                    .requests_reset = told.reset_requests,
                    .tokens_reset = told.reset_tokens},
                   of);
}

void client::impl::tell(shard& at, sending const& sent, usage const& spent, error const* why) const {
    if (!options.hooks.on_attempt) return;
    options.hooks.on_attempt({.number = sent.number,
                              .hedge = sent.why == cause::hedge,
                              .took = std::chrono::duration_cast<std::chrono::milliseconds>(now(at.executor) - sent.at),
                              .usage = spent,
                              .why = why != nullptr ? std::optional{*why} : std::nullopt});
}

client_statistics client::impl::statistics() const {
    client_statistics now{.calls = calls_.load(),
                          .attempts = attempts_.load(),
                          .retries = retries_.load(),
                          .hedges = hedges_.load(),
                          .reasks = reasks_.load(),
                          .failures = failures_.load(),
                          .usage = {.input_tokens = input_tokens_.load(),
                                    .output_tokens = output_tokens_.load(),
                                    .cached_input_tokens = cached_input_tokens_.load(),
                                    .cache_write_tokens = cache_write_tokens_.load(),
                                    .reasoning_tokens = reasoning_tokens_.load()},
                          .concurrency = slots_.limit()};
    return now;
}

void client::impl::close() {
    slots_.close();
    limiter_.close();
}

}  // namespace coax
