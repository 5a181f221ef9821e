#pragma once

#include <coax/cache/cache_store.hpp>
#include <coax/cache/memory_cache.hpp>
#include <coax/core/secret.hpp>
#include <coax/http/client_certificate.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace coax {

/// A cache on a Redis server, 6.0 or newer; not a Redis Cluster.
struct redis_cache_options {
    /// "redis://[user:password@]host[:port][/database]", over TLS "rediss://…". Port 6379 and database 0 unless given.
    /// Over TLS "?ssl_ca_certs=FILE&ssl_certfile=FILE&ssl_keyfile=FILE" may follow, for what `ca_file` and
    /// `client_certificate` do not state.
    secret url{};
    /// Before every key. Those who give the same one share a cache. At most 256 bytes.
    std::string prefix{"coax:"};
    /// Name look-up, connecting and TLS. Must be > 0.
    std::chrono::milliseconds connect_timeout{1'000};
    /// From sending commands to their last reply. Must be > 0.
    std::chrono::milliseconds command_timeout{2'000};
    /// After the server could not be reached or did not answer, how long it is not tried. Zero: it always is.
    std::chrono::milliseconds retry_interval{1'000};
    /// Bytes of commands that may wait to be sent. Must be > 0.
    std::size_t max_waiting_bytes{64U << 20U};
    /// Largest reply; must be > 0.
    std::size_t max_reply_bytes{64U << 20U};
    /// PEM file and PEM text with certificate authorities trusted besides the system's.
    std::string ca_file{};
    std::string ca_pem{};
    /// What the client shows a server that asks for a certificate (mutual TLS, `tls-auth-clients`).
    tls_client_certificate client_certificate{};
    /// The memory that serves in place of a server that is away.
    memory_cache_options fallback{.max_entries = 10'000, .max_bytes = 64U << 20U};
};

/// Errors: `errc::invalid_argument`.
[[nodiscard]] result<void> validate(redis_cache_options const& options);

/// A cache shared by machines. It connects with its first operation, over one connection, on a thread of its own;
/// operations that are under way at once are sent together. While the server cannot be reached, or does not do what it
/// is asked, `get` and `put` are served from memory (`cache_statistics::fallbacks` and `fallback_time`); what that has
/// is forgotten with the next absence and never sent to the server. `erase`, `invalidate_by_tags` and `clear` then
/// fail, since other machines would not hear of it. What the server drops for room is its own choice
/// (`maxmemory-policy`). `cache_statistics::entries` counts the keys on the server, up to a million; `bytes` is 0.
/// @throws coax::exception  `errc::invalid_argument`, also without hiredis (COAX_WITH_HIREDIS).
[[nodiscard]] std::shared_ptr<cache_store> make_redis_cache(redis_cache_options options);

}  // namespace coax
