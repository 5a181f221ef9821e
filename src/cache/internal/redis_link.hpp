#pragma once

#include "cache/internal/redis_protocol.hpp"
#include "cache/internal/redis_url.hpp"
#include "http/internal/byte_stream.hpp"

#include <coax/http/client_certificate.hpp>
#include <coax/runtime/clock.hpp>
#include <coax/sync/async_mutex.hpp>
#include <coax/sync/single_flight.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace coax::cache::detail {

/// How a link behaves; as the members of `redis_cache_options` that have these names.
struct redis_link_options {
    std::chrono::milliseconds connect_timeout{1'000};
    std::chrono::milliseconds command_timeout{2'000};
    std::chrono::milliseconds retry_interval{1'000};
    std::size_t max_waiting_bytes{64U << 20U};
    std::size_t max_reply_bytes{64U << 20U};
    std::string ca_file{};
    std::string ca_pem{};
    tls_client_certificate client_certificate{};
};

/// Commands that are sent together.
struct redis_batch {
    std::uint64_t number{0};
    std::string bytes{};
    std::size_t count{0};  ///< Commands.
    std::vector<redis_reply> replies{};
};

/// How long something was away, in all. Thread safety: from any thread.
class absence {
public:
    /// @returns Whether it was there until now.
    bool begin(clock::time_point now);
    void end(clock::time_point now);
    [[nodiscard]] std::chrono::milliseconds total(clock::time_point now) const;

private:
    mutable std::mutex mutex_{};
    std::optional<clock::time_point> since_{};
    clock::duration total_{};
};

/// The connection to a server: what is asked while a batch is under way goes out as the next one. It is made when it is
/// needed, and made anew once for a batch that met its end. Thread safety: one thread.
class redis_link : public std::enable_shared_from_this<redis_link> {
public:
    /// @param on_away  Called when the server was there and is not any more, before anyone hears of it. May be empty.
    redis_link(asio::any_io_executor executor, redis_link_options options, redis_address address,
               std::function<asio::awaitable<void>()> on_away = {});

    /// The replies to `count` commands.
    /// Errors: those of connecting; `errc::connection_lost`, `errc::timeout`, `errc::protocol_error`,
    /// `errc::too_large`, `errc::authentication`. Cancellation: the batch goes on for the others.
    asio::awaitable<result<std::vector<redis_reply>>> ask(std::string bytes, std::size_t count);

    [[nodiscard]] absence& away() noexcept { return away_; }

private:
    asio::awaitable<result<void>> send(std::shared_ptr<redis_batch> batch);
    asio::awaitable<result<void>> attempt(redis_batch& batch);
    asio::awaitable<result<void>> connect();
    asio::awaitable<result<std::vector<redis_reply>>> talk(std::string bytes, std::size_t count);
    /// @returns `why`, as it is told.
    asio::awaitable<error> failed(error why);
    [[nodiscard]] std::string greeting(std::size_t& count) const;
    void start_batch();

    asio::any_io_executor executor_;
    redis_link_options const options_;
    redis_address const address_;
    std::function<asio::awaitable<void>()> on_away_;
    http::detail::byte_stream stream_;
    async_mutex one_batch_{};
    single_flight<std::uint64_t, void> batches_{when_abandoned::finish};
    std::shared_ptr<redis_batch> next_{};
    std::size_t waiting_bytes_{0};
    std::optional<error> refused_by_{};  ///< Why it is not tried before `retry_at_`.
    clock::time_point retry_at_{};
    absence away_{};
};

}  // namespace coax::cache::detail
