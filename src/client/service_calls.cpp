#include "client/service_calls.hpp"

#include "client/client_impl.hpp"
#include "client/run_on_shard.hpp"

#include <coax/provider/model_info.hpp>
#include <coax/provider/rerank.hpp>

#include <utility>

namespace coax {
namespace {

using detail::run_on_shard;
using detail::shared_impl;

constexpr int most_pages = 100;

asio::awaitable<result<rerank_response>> rerank_at(shared_impl self, detail::shard& at, rerank_request request,
                                                   detail::call_scope scope) {
    if (request.model.empty()) request.model = self->options.service.model;
    auto encoded = self->provider->encode_rerank(request);
    if (!encoded) co_return std::move(encoded).error();
    rerank_response got;
    auto decode = [&](http_response const& response, std::chrono::system_clock::time_point when) {
        return self->provider->decode_rerank(request, response, when);
    };
    auto const bytes = static_cast<std::int64_t>(encoded->body.size());
    detail::service_call call{.request = *std::move(encoded),
                              .decode = detail::read_into(got, std::move(decode)),
                              .estimated_tokens = bytes / 4,
                              .kind = operation_kind::rerank,
                              .model = request.model};
    auto const reply = co_await self->ask(at, std::move(call), scope);
    if (!reply) co_return reply.error();
    got.usage = reply->usage;
    got.attempts = reply->attempts;
    got.latency = reply->latency;
    co_return got;
}

asio::awaitable<result<std::vector<model_info>>> models_at(shared_impl self, detail::shard& at,
                                                           detail::call_scope scope) {
    auto listed = co_await detail::list_models(std::move(self), at, std::move(scope), most_pages, true);
    if (!listed) co_return std::move(listed).error();
    co_return std::move(listed->models);
}

asio::awaitable<result<std::int64_t>> count_at(shared_impl self, detail::shard& at, chat_request request,
                                               detail::call_scope scope) {
    self->complete(request);
    auto encoded = self->provider->encode_token_count(request);
    if (!encoded) co_return std::move(encoded).error();
    std::int64_t count = 0;
    auto decode = [&](http_response const& response, std::chrono::system_clock::time_point when) {
        return self->provider->decode_token_count(response, when);
    };
    detail::service_call call{.request = *std::move(encoded),
                              .decode = detail::read_into(count, std::move(decode)),
                              .name = "count_tokens",
                              .model = request.model};
    auto const reply = co_await self->ask(at, std::move(call), scope);
    if (!reply) co_return reply.error();
    co_return count;
}

}  // namespace

asio::awaitable<result<detail::model_listing>> detail::list_models(shared_impl self, shard& at,
                                                                   detail::call_scope scope, int pages, bool retried) {
    model_listing all{.authoritative = true};
    model_page page;
    for (int i = 0; i < pages && (i == 0 || !page.next.empty()); ++i) {
        auto encoded = self->provider->encode_models(page.next);
        if (!encoded) co_return std::move(encoded).error();
        auto decode = [&](http_response const& response, std::chrono::system_clock::time_point when) {
            return self->provider->decode_models(response, when);
        };
        service_call call{.request = *std::move(encoded),
                          .decode = read_into(page, std::move(decode)),
                          .resent = retried ? resending::as_options_say : resending::never,
                          .name = "list_models"};
        auto const reply = co_await self->ask(at, std::move(call), scope);
        if (!reply) co_return reply.error();
        for (auto& model : page.models) all.models.push_back(std::move(model));
        all.authoritative &= page.authoritative;
    }
    co_return all;
}

asio::awaitable<rerank_response> client::rerank(rerank_request request) const {
    return run_on_shard<rerank_response>(
        impl_, [request = std::move(request)](shared_impl self, detail::shard& at, detail::call_scope scope) mutable {
            return rerank_at(std::move(self), at, std::move(request), std::move(scope));
        });
}

asio::awaitable<std::vector<model_info>> client::models() const {
    return run_on_shard<std::vector<model_info>>(impl_, models_at);
}

asio::awaitable<std::int64_t> client::start_count(detail::given_input&& input) const {
    return run_on_shard<std::int64_t>(
        impl_, [request = detail::request_of(std::move(input))](shared_impl self, detail::shard& at,
                                                                detail::call_scope scope) mutable {
            return count_at(std::move(self), at, std::move(request), std::move(scope));
        });
}

}  // namespace coax
