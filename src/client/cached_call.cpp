#include "client/client_impl.hpp"
#include "client/observed_call.hpp"
#include "client/prompt_limit.hpp"
#include "client/response_cache.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/chat/response_details.hpp>
#include <coax/runtime/as_result.hpp>

#include <utility>

/// Calls of a client that keeps responses: what is there is not asked for.
namespace coax {
namespace {

using shared_response = std::shared_ptr<chat_response const>;

asio::awaitable<result<shared_response>> ask_and_keep(std::shared_ptr<client::impl> self, detail::shard& at,
                                                      chat_request request, detail::cache_ticket ticket,
                                                      detail::call_scope scope) {
    auto outcome = co_await self->call_service(at, request, std::move(scope));
    if (!outcome) co_return std::move(outcome).error();
    shared_response response{std::move(*outcome)};
    co_await self->cache()->keep(ticket, *response);
    co_return response;
}

bool keeps_raw(chat_request const& request) { return request.advanced && request.advanced->keep_raw; }

}  // namespace

asio::awaitable<result<detail::boxed_response>> client::impl::call(shard& at, chat_request const& request,
                                                                   detail::call_scope scope) {
    return cache_ ? cached_call(at, request, std::move(scope)) : call_service(at, request, std::move(scope));
}

asio::awaitable<result<std::shared_ptr<chat_stream::state>>> client::impl::open(shard& at, chat_request const& request,
                                                                                detail::call_scope scope) {
    return cache_ && !keeps_raw(request) ? cached_open(at, request, std::move(scope))
                                         : open_service(at, request, std::move(scope));
}

/// The part of a request in the cache, as it is sent: with less in its prompt where it is too long.
std::optional<detail::cache_ticket> client::impl::admit_to_cache(chat_request const& given) const {
    if (!options.tokens) return cache_->admit(*provider, given);
    auto const fitted = detail::fit_prompt(*options.tokens, provider->name(), given);
    if (!fitted) return std::nullopt;  // the call tells
    auto ticket = cache_->admit(*provider, *fitted ? (*fitted)->request : given);
    if (ticket && *fitted) ticket->fitted = (*fitted)->report;
    return ticket;
}

/// Those who observe hear of the call when it is over: it takes no time.
void client::impl::observe_cached(shard const& at, chat_request const& request, bool streaming, call_scope const& scope,
                                  chat_response const& response) const {
    detail::observed_call told{options, operation_kind::chat, clock_of(at.executor)};
    told.asks(request, streaming);
    told.begin(scope.origin.get());
    told.succeeded(response);
}

/// The response took no request of its own.
void client::impl::take_from_cache(chat_response& response, detail::cache_ticket const& ticket, clock::duration took) {
    if (response.details->fitted != ticket.fitted) response.details.edit().fitted = ticket.fitted;
    count(&client_statistics::calls);
    count(&client_statistics::cached);
    count(std::exchange(response.usage, {}), &client_statistics::saved);
    response.cached = true;
    response.attempts = 0;
    response.latency = std::chrono::duration_cast<std::chrono::milliseconds>(took);
}

asio::awaitable<result<detail::boxed_response>> client::impl::cached_call(shard& at, chat_request const& request,
                                                                          detail::call_scope scope) {
    auto const began = now(at.executor);
    auto ticket = admit_to_cache(request);
    if (!ticket) co_return co_await call_service(at, request, std::move(scope));
    if (!ticket->refresh)
        if (auto kept = co_await cache_->find(*ticket)) {
            take_from_cache(*kept, *ticket, now(at.executor) - began);
            if (observes()) observe_cached(at, request, false, scope, *kept);
            co_return kept;
        }
    co_return co_await shared_call(at, request, *std::move(ticket), std::move(scope));
}

asio::awaitable<result<detail::boxed_response>> client::impl::shared_call(shard& at, chat_request const& request,
                                                                          detail::cache_ticket ticket,
                                                                          detail::call_scope scope) {
    auto const began = now(at.executor);
    auto const is_first = std::make_shared<bool>(false);
    auto const own = ticket;
    auto const outer = scope;
    auto start = [self = shared_from_this(), &at, asked = request, held = std::move(ticket), within = std::move(scope),
                  is_first]() mutable {
        *is_first = true;
        return ask_and_keep(self, at, std::move(asked), std::move(held), std::move(within));
    };
    auto outcome = co_await as_result(cache_->calls.run(own.key, std::move(start)));
    if (!outcome) {
        auto why = std::move(outcome).error();
        if (*is_first) co_return why;
        why.input_tokens = why.output_tokens = why.attempts = 0;
        count(&client_statistics::calls);
        count(&client_statistics::failures);
        co_return why;
    }
    auto response = std::make_unique<chat_response>(**outcome);
    if (!*is_first) {
        take_from_cache(*response, own, now(at.executor) - began);
        if (observes()) observe_cached(at, request, false, outer, *response);
    }
    co_return response;
}

asio::awaitable<result<std::shared_ptr<chat_stream::state>>> client::impl::cached_open(shard& at,
                                                                                       chat_request const& request,
                                                                                       detail::call_scope scope) {
    auto const began = now(at.executor);
    auto ticket = admit_to_cache(request);
    if (ticket && !ticket->refresh)
        if (auto kept = co_await cache_->find(*ticket)) {
            take_from_cache(*kept, *ticket, now(at.executor) - began);
            if (observes()) observe_cached(at, request, true, scope, *kept);
            co_return chat_stream::state::replay(*this, at, std::move(*kept));
        }
    auto begun = co_await open_service(at, request, std::move(scope));
    if (begun && ticket) co_await (*begun)->keep_as(*std::move(ticket));
    co_return begun;
}

asio::awaitable<void> client::impl::replace_cached(chat_request request, std::size_t message_count,
                                                   std::optional<chat_response> fitting) {
    auto& messages = request.messages;
    messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(message_count), messages.end());
    auto const ticket = admit_to_cache(request);
    if (!ticket) co_return;
    co_await (fitting ? cache_->keep(*ticket, *fitting) : cache_->drop(ticket->key));
}

}  // namespace coax
