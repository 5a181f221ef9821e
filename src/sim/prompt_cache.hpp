#pragma once

#include "sim/parsed_chat.hpp"

#include <chrono>
#include <cstdint>
#include <unordered_map>

namespace coax::sim::detail {

/// What of a prompt came from the cache and what went into it.
struct cache_use {
    std::size_t read_tokens{0};
    std::size_t write_tokens{0};
};

/// The beginnings of prompts that a service keeps. Belongs to one thread.
/// Source: reference openai-since-08.md, A3; anthropic.md, section 2.2.
class prompt_cache {
public:
    /// Reads the longest beginning that is kept and keeps the longest that is marked. Those of less than 1,024 tokens
    /// are not kept.
    cache_use use(parsed_chat const& chat, std::chrono::steady_clock::time_point now);

private:
    void keep(cache_point const& point, std::chrono::steady_clock::time_point now);

    std::unordered_map<std::uint64_t, std::chrono::steady_clock::time_point> ends_{};  ///< Of each prompt's hash.
};

}  // namespace coax::sim::detail
