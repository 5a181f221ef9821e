#pragma once

#include "client/request_layer.hpp"

#include <coax/cache/cache_store.hpp>
#include <coax/cache/response_cache.hpp>
#include <coax/chat/fit_report.hpp>
#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/provider/provider.hpp>
#include <coax/sync/single_flight.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coax::detail {

/// The part of one request in the response cache.
struct cache_ticket {
    std::string key{};
    bool refresh{false};
    std::chrono::milliseconds max_age{0};
    std::chrono::milliseconds ttl{0};
    std::vector<std::string> tags{};
    fit_report fitted{};  ///< What was left out of the prompt.
};

/// The responses that a client keeps. Its store may fail: then there is nothing, and nothing is kept.
/// Thread safety: from any thread. Lifetime: must outlive its operations.
class response_cache {
public:
    explicit response_cache(response_cache_options options) : options_{std::move(options)} {}

    /// None: the request takes no part, or cannot be encoded.
    [[nodiscard]] std::optional<cache_ticket> admit(provider const& service, chat_request const& request) const;

    /// The kept response, as it was when it came but for its rate limits; null: there is none to be used.
    asio::awaitable<boxed_response> find(cache_ticket const& ticket);
    /// Keeps a response that is whole, for equal requests.
    asio::awaitable<void> keep(cache_ticket const& ticket, chat_response const& response);
    asio::awaitable<void> drop(std::string key);

    /// The calls under way, by their keys.
    single_flight<std::string, std::shared_ptr<chat_response const>> calls{};

private:
    asio::awaitable<boxed_response> read(std::string key, std::chrono::milliseconds max_age);
    asio::awaitable<void> put(std::string key, cache_entry entry);

    response_cache_options const options_;
};

}  // namespace coax::detail
