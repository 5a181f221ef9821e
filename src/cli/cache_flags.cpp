#include "cli/cache_flags.hpp"

#include "cli/number_flag.hpp"

#include <coax/cache/open_cache.hpp>
#include <coax/cache/response_cache.hpp>

namespace coax::cli {
namespace {

/// The arguments of a process can be read by every user of its machine.
bool holds_password(std::string_view where) {
    auto const scheme = where.find("://");
    return where.starts_with("redis") && scheme != where.npos && where.find('@', scheme) != where.npos;
}

}  // namespace

void add_cache_flags(CLI::App& command, cache_flags& flags) {
    auto constexpr group = "Cache";
    command
        .add_option(
            "--cache", flags.where,
            "Keep responses and use them again: memory, a file, or redis://host[:port][/database] or rediss://…; "
            "one with a password in COAX_CACHE only. Default: response_cache of the configuration")
        ->group(group);
    add_number(command, "--cache-ttl", flags.ttl, number_range{0.0, 1e9},
               "Seconds that responses are kept; 0: no limit")
        ->group(group);
    command.add_flag("--cache-refresh", flags.refresh, "Ask again, and replace what is kept")->group(group);
    command
        .add_flag("--cache-sampled", flags.sampled,
                  "Keep responses at temperatures above 0, too: each time the same one")
        ->group(group);
}

void add_settings(setting_flags& stated, cache_flags const& flags) {
    stated.add_text("response_cache.where", flags.where, "--cache")
        .add_seconds("response_cache.ttl", flags.ttl, "--cache-ttl")
        .add_switch("response_cache.sampled", flags.sampled, "--cache-sampled")
        .add_switch("request.response_cache.refresh", flags.refresh, "--cache-refresh");
}

result<void> check_cache_flags(cache_flags const& flags) {
    if (!holds_password(flags.where)) return {};
    return invalid_argument("--cache", "an address with a password goes into COAX_CACHE: others can read arguments");
}

result<void> open_response_cache(client_options& options) {
    if (!options.response_cache) return {};
    auto& kept = options.response_cache.edit();
    auto store = open_cache(kept.where);
    if (!store) return std::move(store).error();
    kept.store = *std::move(store);
    return {};
}

std::string to_string(cache_statistics const& all) {
    auto const count = [](std::uint64_t number, char const* what) { return std::to_string(number) + what; };
    auto text = count(all.hits, " hits, ") + count(all.misses, " misses, ") + count(all.stores, " stored, ") +
                count(all.entries, " entries");
    if (all.bytes > 0) text += ", " + count(all.bytes, " bytes");
    if (all.evictions > 0) text += ", " + count(all.evictions, " dropped");
    if (all.errors > 0) text += ", " + count(all.errors, " errors");
    if (all.fallbacks > 0)
        text += ", " + count(all.fallbacks, " served from memory in ") + std::to_string(all.fallback_time.count()) +
                " ms without the server";
    return text;
}

}  // namespace coax::cli
