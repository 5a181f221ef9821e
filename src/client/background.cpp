#include "client/client_impl.hpp"
#include "client/prompt_limit.hpp"
#include "client/reask.hpp"
#include "client/run_on_shard.hpp"
#include "client/usage_totals.hpp"
#include "client/value_unwrapper.hpp"
#include "runtime/internal/sleep.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/client/background.hpp>
#include <coax/client/token_options.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace coax {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

using detail::run_on_shard;
using detail::shard;
using detail::shared_impl;

constexpr milliseconds most_between_looks{std::chrono::minutes{10}};
/// How long a wait that nobody wants any more may take to tell the service.
constexpr milliseconds leaving_time{5'000};

/// What one request said of a response, within the client's `timeout`.
asio::awaitable<result<background_response>> ask_about(shared_impl self, shard& at, detail::service_call call,
                                                       detail::call_scope scope) {
    background_response seen;
    call.decode = detail::read_into(seen, [&](http_response const& response, auto when) {
        return self->provider->decode_background(response, when);
    });
    auto const deadline = scope.deadline = self->deadline_at(at);
    auto work = self->ask(at, std::move(call), std::move(scope));
    if (deadline != clock::time_point::max()) work = detail::within_timeout(self, at, deadline, std::move(work));
    auto const reply = co_await std::move(work);
    if (!reply) co_return reply.error();
    co_return seen;
}

asio::awaitable<result<background_response>> ask_about(shared_impl self, shard& at, background_request what,
                                                       std::string id, detail::call_scope scope) {
    auto encoded = self->provider->encode_background(what, id, -1);
    if (!encoded) co_return std::move(encoded).error();
    detail::service_call call{.request = *std::move(encoded), .name = "background"};
    co_return co_await ask_about(std::move(self), at, std::move(call), std::move(scope));
}

/// Looks until the response is over.
asio::awaitable<result<background_response>> poll(shared_impl self, shard& at, std::string id, background_wait options,
                                                  detail::call_scope scope) {
    int failed = 0;
    for (auto interval = options.first_interval;;
         interval = std::min(interval + interval / 2 + 1ms, options.longest_interval)) {
        auto seen = co_await ask_about(self, at, background_request::look, id, scope);
        if (seen && seen->is_over()) co_return seen;
        failed = seen ? 0 : failed + 1;
        if (!seen && (failed > options.max_failed_looks || !is_retryable(seen.error()))) co_return seen;
        auto const told = seen ? seen->retry_after : seen.error().retry_after;
        co_await sleep_for(std::max(interval, told.value_or(0ms)));
    }
}

error waited_too_long(std::string const& id, background_wait const& options) {
    return {.code = errc::timeout,
            .message = "the response " + id + " was not over after " + std::to_string(options.timeout.count()) +
                       " ms: " + (options.cancel_when_left ? "it is cancelled" : "it goes on, wait for it again"),
            .where = "background_wait.timeout"};
}

/// `poll` within its limit of time. A response that is left is cancelled, where that is wanted.
asio::awaitable<result<background_response>> poll_in_time(shared_impl self, shard& at, std::string id,
                                                          background_wait options, detail::call_scope scope) {
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);  // there may be something to do after it
    auto const limit = options.timeout > 0ms ? detail::to_duration(options.timeout) : clock::duration::max();
    auto const began = now(at.executor);
    auto seen = co_await as_result(with_timeout(limit, poll(self, at, id, options, scope)));
    bool const is_late = !seen && seen.error().code == errc::timeout && now(at.executor) - began >= limit;
    bool const is_left = is_late || (!seen && seen.error().code == errc::cancelled);
    if (is_left && options.cancel_when_left)
        (void)co_await as_result(
            with_timeout(leaving_time, ask_about(self, at, background_request::cancel, id, scope)));
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (is_late) co_return waited_too_long(id, options);
    co_return seen;
}

/// The response of one that is over, counted, and checked against its format.
result<chat_response> finished_response(client::impl& self, background_response seen, output_format const& format) {
    if (seen.failure) {
        self.count(detail::billed(*seen.failure));
        if (seen.failure->where.empty()) seen.failure->where = seen.id;
        return *std::move(seen.failure);
    }
    auto response = *std::move(seen.response);
    self.count(response.usage);
    return detail::check_once(self, std::move(response), format);
}

asio::awaitable<result<chat_response>> wait_at(shared_impl self, shard& at, std::string id, background_wait options,
                                               output_format format, detail::call_scope scope) {
    if (auto valid = validate(options); !valid) co_return std::move(valid).error();
    auto const began = now(at.executor);
    auto seen = co_await poll_in_time(self, at, std::move(id), options, std::move(scope));
    if (!seen) co_return std::move(seen).error();
    auto response = finished_response(*self, *std::move(seen), format);
    if (response) response->latency = std::chrono::duration_cast<milliseconds>(now(at.executor) - began);
    co_return response;
}

/// Makes the prompt as short as the client's options want it.
result<void> fit(client::impl const& self, chat_request& request) {
    if (!self.options.tokens) return {};
    auto fitted = detail::fit_prompt(*self.options.tokens, self.provider->name(), request);
    if (!fitted) return std::move(fitted).error();
    if (*fitted) request = std::move((*fitted)->request);
    return {};
}

asio::awaitable<result<background_response>> begin_at(shared_impl self, shard& at, chat_request request,
                                                      background_options options, output_format format,
                                                      detail::call_scope scope) {
    auto const asked = detail::ask_for(format, self->provider->dialect(), self->options.output.relax_schemas, request);
    if (!asked) co_return asked.error();
    self->complete(request);
    if (auto fitted = fit(*self, request); !fitted) co_return std::move(fitted).error();
    auto encoded = self->provider->encode_background(request, options, false);
    if (!encoded) co_return std::move(encoded).error();
    detail::service_call call{
        .request = *std::move(encoded),
        .estimated_tokens = estimate_tokens(request, self->options.policies.expected_output_tokens),
        .resent = detail::resending::if_not_taken,
        .chat = &request};
    if (request.advanced) call.secrets = detail::secrets_in(request.advanced->headers);
    co_return co_await ask_about(std::move(self), at, std::move(call), std::move(scope));
}

asio::awaitable<result<chat_response>> begin_and_wait_at(shared_impl self, shard& at, chat_request request,
                                                         background_options options, background_wait waiting,
                                                         detail::call_scope scope) {
    if (auto valid = validate(waiting); !valid) co_return std::move(valid).error();
    auto begun = co_await begin_at(self, at, std::move(request), std::move(options), {}, scope);
    if (!begun) co_return std::move(begun).error();
    if (begun->is_over()) co_return finished_response(*self, *std::move(begun), {});
    co_return co_await wait_at(std::move(self), at, std::move(begun->id), waiting, {}, std::move(scope));
}

using shared_stream = std::shared_ptr<chat_stream::state>;

asio::awaitable<result<shared_stream>> begin_stream_at(shared_impl self, shard& at, chat_request request,
                                                       output_format format, detail::call_scope scope) {
    auto asked = detail::ask_for(format, self->provider->dialect(), self->options.output.relax_schemas, request);
    if (!asked) co_return std::move(asked).error();
    self->complete(request);
    auto begun = co_await self->open_background(at, request, std::move(scope));
    if (!begun) co_return begun;
    (*begun)->expect(*std::move(asked));
    (*begun)->keep_alive(std::move(self));
    co_return begun;
}

asio::awaitable<result<shared_stream>> events_at(shared_impl self, shard& at, stream_position after,
                                                 detail::call_scope scope) {
    if (after.event < -1) co_return invalid_argument("after", "must be >= -1");
    auto begun = co_await self->open_events(at, std::move(after), std::move(scope));
    if (begun) (*begun)->keep_alive(std::move(self));
    co_return begun;
}

asio::awaitable<background_stream> open_background_stream(shared_impl self, chat_request request,
                                                          output_format format) {
    auto begun =
        co_await run_on_shard<shared_stream>(std::move(self), [&](shared_impl on, shard& at, detail::call_scope scope) {
            return begin_stream_at(std::move(on), at, std::move(request), std::move(format), std::move(scope));
        });
    co_return background_stream{std::move(begun)};
}

}  // namespace

std::string background_stream::id() const { return state_->position().response_id; }

std::int64_t background_stream::last_event() const { return state_->position().event; }

result<void> validate(background_wait const& options) {
    if (options.first_interval <= 0ms) return invalid_argument("first_interval", "must be > 0");
    if (options.longest_interval < options.first_interval || options.longest_interval > most_between_looks)
        return invalid_argument("longest_interval", "must be in [first_interval, 10 min]");
    if (options.timeout < 0ms) return invalid_argument("timeout", "must be >= 0");
    if (options.max_failed_looks < 0) return invalid_argument("max_failed_looks", "must be >= 0");
    return {};
}

asio::awaitable<background_response> background_responses::begin(detail::given_input&& input,
                                                                 background_options&& options,
                                                                 output_format&& format) const {
    return run_on_shard<background_response, false>(
        client_.impl_, [request = detail::request_of(std::move(input)), options = std::move(options),
                        format = std::move(format)](shared_impl self, shard& at, detail::call_scope scope) mutable {
            return begin_at(std::move(self), at, std::move(request), std::move(options), std::move(format),
                            std::move(scope));
        });
}

asio::awaitable<chat_response> background_responses::begin_and_wait(detail::given_input&& input,
                                                                    background_options&& options,
                                                                    background_wait waiting) const {
    return run_on_shard<chat_response, false>(
        client_.impl_, [request = detail::request_of(std::move(input)), options = std::move(options), waiting](
                           shared_impl self, shard& at, detail::call_scope scope) mutable {
            return begin_and_wait_at(std::move(self), at, std::move(request), std::move(options), waiting,
                                     std::move(scope));
        });
}

asio::awaitable<background_response> background_responses::look(std::string id) const {
    return run_on_shard<background_response, false>(
        client_.impl_, [id = std::move(id)](shared_impl self, shard& at, detail::call_scope scope) mutable {
            return ask_about(std::move(self), at, background_request::look, std::move(id), std::move(scope));
        });
}

asio::awaitable<chat_response> background_responses::wait(std::string id, background_wait options,
                                                          output_format format) const {
    return run_on_shard<chat_response, false>(
        client_.impl_, [id = std::move(id), options, format = std::move(format)](shared_impl self, shard& at,
                                                                                 detail::call_scope scope) mutable {
            return wait_at(std::move(self), at, std::move(id), options, std::move(format), std::move(scope));
        });
}

asio::awaitable<background_response> background_responses::cancel(std::string id) const {
    return run_on_shard<background_response, false>(
        client_.impl_, [id = std::move(id)](shared_impl self, shard& at, detail::call_scope scope) mutable {
            return ask_about(std::move(self), at, background_request::cancel, std::move(id), std::move(scope));
        });
}

asio::awaitable<void> background_responses::remove(std::string id) const {
    (void)co_await run_on_shard<background_response, false>(
        client_.impl_, [id = std::move(id)](shared_impl self, shard& at, detail::call_scope scope) mutable {
            return ask_about(std::move(self), at, background_request::remove, std::move(id), std::move(scope));
        });
}

asio::awaitable<background_stream> background_responses::begin_stream(detail::given_input&& input,
                                                                      output_format&& format) const {
    return open_background_stream(client_.impl_, detail::request_of(std::move(input)), std::move(format));
}

asio::awaitable<background_stream> background_responses::stream(std::string id, std::int64_t after) const {
    shared_impl self = client_.impl_;
    stream_position from{.response_id = std::move(id), .event = after};
    auto begun =
        co_await run_on_shard<shared_stream>(std::move(self), [&](shared_impl on, shard& at, detail::call_scope scope) {
            return events_at(std::move(on), at, std::move(from), std::move(scope));
        });
    co_return background_stream{std::move(begun)};
}

}  // namespace coax
