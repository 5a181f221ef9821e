#pragma once

#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/http_transport.hpp>
#include <coax/http/transport.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace coax {

/// Gives the token of the moment: what `service_options::token_source` takes.
using token_source = std::function<boost::asio::awaitable<result<secret>>()>;

/// A token as an authority issued it.
struct access_token {
    secret value{};
    std::chrono::seconds lives_for{0};   ///< From now on. Must be > 0.
    std::chrono::seconds refresh_in{0};  ///< The authority's advice when to ask for the next one. 0: none.
};

/// When a token is replaced.
struct token_cache_options {
    /// A new token is asked for so long before the old one ends, and after half the life of one that lives shorter than
    /// twice that. Range: [0, 1 day].
    std::chrono::milliseconds refresh_before{300'000};
    /// After a refresh that failed while the old token is still good, nobody tries again for so long: callers get the
    /// old one. Range: [0, 1 day].
    std::chrono::milliseconds retry_after{30'000};
};

/// How an authority is reached.
struct token_http_options {
    /// For requests to the authority, which go over a connection of their own: proxy, certificate authorities.
    http_options http{};
    /// Of one request to the authority.
    exchange_limits limits{
        .first_byte = std::chrono::seconds{20}, .total = std::chrono::seconds{30}, .max_body_bytes = 256U << 10U};
    /// Used in place of HTTP. It must bear calls from every context that asks for a token. Empty: HTTP.
    std::shared_ptr<coax::transport> transport{};
    token_cache_options cache{};
};

/// A source that keeps what `fetch` gives and asks again before it ends. Who asks while a request is under way waits
/// for the same one; it runs on the executor of the first, and goes on for the others when that one leaves.
///
/// @param fetch  Asks the authority. Its error reaches all who wait; with a token that is still good nobody sees it.
/// Thread safety: the source and its copies, which share the token, may be called from any thread and context.
/// @throws coax::exception  `errc::invalid_argument`: an option is out of range.
[[nodiscard]] token_source cached_token(std::function<boost::asio::awaitable<result<access_token>>()> fetch,
                                        token_cache_options const& options = {});

}  // namespace coax
