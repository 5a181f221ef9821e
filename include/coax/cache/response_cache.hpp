#pragma once

#include <coax/core/boxed.hpp>
#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace coax {

class cache_store;

/// Responses that are kept and used again: `client_options::response_cache`.
///
/// Equal requests are those that are sent to the same address with the same body and header fields, but for the order
/// of members and for what says who asks: keys and tokens, `user`, `safety_identifier`, `metadata`, prompt cache keys,
/// tracing. A hit sends nothing and takes no permit, quota or tokens: `chat_response::cached` is set, `attempts` and
/// `usage` are 0. Equal requests that are under way at once share one call. Kept are whole responses: no failures,
/// refusals, filtered or cut ones. Where `temperature` is above 0 the caller wants another response each time: such
/// requests take no part unless `sampled` says so; those without a temperature do. A `parse` whose response did not fit
/// drops it; the one that did fit in the end is kept in its place. A stream is kept at its end and replayed as a
/// stream; one with `advanced_options::keep_raw` takes no part, and streams do not share calls. Embeddings take no
/// part. A cache that fails never fails a call; `cache_store::statistics` counts it.
struct response_cache_options {
    /// Where responses are kept; may be shared by clients and, as the store allows, by processes. Empty: as `where`
    /// says.
    std::shared_ptr<cache_store> store{};
    /// Names a store as `open_cache` does: "memory", a file, "redis://…". The client opens it, and has it as
    /// `options().response_cache->store`. Must be given where `store` is not.
    secret where{};
    /// How long a response is kept. Zero: until it must make room. Must not be negative.
    std::chrono::milliseconds ttl{0};
    /// Tags of every response. Limits as in `cache_control::tags`.
    std::vector<std::string> tags{};
    /// As `cache_control::sampled`, for all requests.
    bool sampled{false};
};

extern template class boxed<response_cache_options>;

/// Errors: `errc::invalid_argument`, naming the option.
[[nodiscard]] result<void> validate(response_cache_options const& options);

}  // namespace coax
