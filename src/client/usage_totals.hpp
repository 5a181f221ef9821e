#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/error.hpp>

namespace coax::detail {

/// Adds the usage, attempts and latency of earlier responses of the same call to its latest response.
inline void add_totals(chat_response& response, chat_response const& earlier) {
    response.usage += earlier.usage;
    response.attempts += earlier.attempts;
    response.cached = response.cached && response.attempts == 0;
    response.latency += earlier.latency;
}

/// The error that ends a call, with the tokens and attempts of its responses so far added.
[[nodiscard]] inline error with_totals(error why, chat_response const& so_far) {
    auto const all = so_far.usage + usage{.input_tokens = why.input_tokens, .output_tokens = why.output_tokens};
    why.input_tokens = all.input_tokens;
    why.output_tokens = all.output_tokens;
    why.attempts += so_far.attempts;
    return why;
}

}  // namespace coax::detail
