#pragma once

#include "cli/service_flags.hpp"
#include "cli/setting_flags.hpp"

#include <coax/cache/cache_store.hpp>

#include <optional>
#include <string>

namespace coax::cli {

/// Whether and where responses are kept.
struct cache_flags {
    std::string where{};
    std::optional<double> ttl{};  ///< Seconds; 0: until they must make room.
    bool refresh{false};
    bool sampled{false};
};

/// Adds the flags to a command.
void add_cache_flags(CLI::App& command, cache_flags& flags);

/// What the flags state, as settings.
void add_settings(setting_flags& stated, cache_flags const& flags);

/// Errors: `errc::invalid_argument`: `where` is "--cache" and holds a password.
[[nodiscard]] result<void> check_cache_flags(cache_flags const& flags);

/// Opens the store that the options name, if they name one.
/// Errors: `errc::invalid_argument`, `errc::io_failed`.
[[nodiscard]] result<void> open_response_cache(client_options& options);

/// What a store did, on one line, such as "12 hits, 3 misses, 3 stored, 15 entries, 20480 bytes".
[[nodiscard]] std::string to_string(cache_statistics const& all);

}  // namespace coax::cli
