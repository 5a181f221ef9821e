#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/error.hpp>

#include <utility>

namespace coax {

/// Adds what earlier answers of the same call cost to the latest one.
inline void carry_over(chat_response& answer, chat_response const& earlier) {
    answer.usage += earlier.usage;
    answer.attempts += earlier.attempts;
    answer.latency += earlier.latency;
}

/// Adds what the answers so far cost to the error that ends the call.
[[nodiscard]] inline error billed(error why, chat_response const& so_far) {
    why.input_tokens += so_far.usage.input_tokens;
    why.output_tokens += so_far.usage.output_tokens;
    why.attempts += so_far.attempts;
    return why;
}

}  // namespace coax
