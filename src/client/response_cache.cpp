#include "client/response_cache.hpp"

#include "cache/internal/response_codec.hpp"
#include "client/cache_key.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/chat/cache_control.hpp>
#include <coax/chat/response_details.hpp>
#include <coax/runtime/as_result.hpp>

#include <algorithm>
#include <utility>

namespace coax::detail {
namespace {

bool is_whole(finish_reason why) { return why == finish_reason::stop || why == finish_reason::tool_calls; }

/// Whether asking again would be of no use: it is no refusal, was not cut and says something.
bool is_worth_keeping(chat_response const& response) {
    auto const is_whole_choice = [](chat_choice const& one) {
        return is_whole(one.finish_reason) && one.refusal.empty();
    };
    return is_whole(response.finish_reason) && response.refusal.empty() &&
           !(response.text.empty() && response.tool_calls.empty()) &&
           std::ranges::all_of(response.details->choices, is_whole_choice);
}

/// The request without the marks for the service's own cache, which a batch sets by its size.
result<http_request> encode_for_key(provider const& service, chat_request const& request) {
    if (!request.cache_prefix) return service.encode(request, false);
    auto unmarked = request;
    unmarked.cache_prefix = false;
    return service.encode(unmarked, false);
}

}  // namespace

std::optional<cache_ticket> response_cache::admit(provider const& service, chat_request const& request) const {
    auto const& wanted = *request.response_cache;
    if (wanted.bypass) return std::nullopt;
    auto const encoded = encode_for_key(service, request);
    if (!encoded) return std::nullopt;
    auto key = key_of(service.name(), *encoded, request.advanced && request.advanced->keep_raw);
    if (key.text.empty() || (key.sampled && !wanted.sampled && !options_.sampled)) return std::nullopt;
    cache_ticket ticket{.key = std::move(key.text),
                        .refresh = wanted.refresh,
                        .max_age = wanted.max_age,
                        .ttl = wanted.ttl.count() > 0 ? wanted.ttl : options_.ttl,
                        .tags = options_.tags};
    ticket.tags.insert(ticket.tags.end(), wanted.tags.begin(), wanted.tags.end());
    return ticket;
}

asio::awaitable<boxed_response> response_cache::find(cache_ticket const& ticket) {
    return read(ticket.key, ticket.max_age);
}

asio::awaitable<boxed_response> response_cache::read(std::string key, std::chrono::milliseconds max_age) {
    auto const found = co_await as_result(options_.store->get(key, max_age));
    if (!found || !*found) co_return nullptr;
    auto response = cache::detail::unpack((*found)->value);
    if (!response) {
        options_.store->count_unreadable();
        co_await drop(std::move(key));
        co_return nullptr;
    }
    response->rate_limits = {};
    co_return std::make_unique<chat_response>(*std::move(response));
}

asio::awaitable<void> response_cache::keep(cache_ticket const& ticket, chat_response const& response) {
    if (!is_worth_keeping(response)) return put({}, {});
    return put(ticket.key, {.value = cache::detail::pack(response), .ttl = ticket.ttl, .tags = ticket.tags});
}

asio::awaitable<void> response_cache::put(std::string key, cache_entry entry) {
    if (!key.empty()) (void)co_await as_result(options_.store->put(std::move(key), std::move(entry)));
}

asio::awaitable<void> response_cache::drop(std::string key) {
    (void)co_await as_result(options_.store->erase(std::move(key)));
}

}  // namespace coax::detail
