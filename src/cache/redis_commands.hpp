#pragma once

#include "cache/internal/redis_protocol.hpp"

#include <coax/cache/cache_store.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::cache::detail {

/// The commands of a cache and what their replies mean. An entry is a hash with the value ("v"), when it was stored
/// ("s") and its tags ("t"); a tag is a set of the keys of its entries. What is more than one step is a script, which
/// Redis runs as one.
class redis_commands {
public:
    explicit redis_commands(std::string prefix)
        : entries_{prefix + "e:"}, tags_{prefix + "t:"}, all_{std::move(prefix)} {}

    [[nodiscard]] std::string get(std::string const& key) const;
    [[nodiscard]] std::string put(std::string const& key, cache_entry const& entry, std::int64_t now) const;
    [[nodiscard]] std::string erase(std::string const& key) const;
    [[nodiscard]] std::string invalidate(std::vector<std::string> const& tags) const;
    /// The next keys of the cache; of its entries alone, if so wanted.
    [[nodiscard]] std::string scan(std::string const& cursor, bool entries_only) const;
    [[nodiscard]] static std::string unlink(std::vector<redis_reply> const& keys);

private:
    std::string entries_;
    std::string tags_;
    std::string all_;
};

/// Errors: `errc::protocol_error`, those of `check`.
[[nodiscard]] result<std::optional<cached_value>> to_value(redis_reply const& reply);
[[nodiscard]] result<std::uint64_t> to_count(redis_reply const& reply);

}  // namespace coax::cache::detail
