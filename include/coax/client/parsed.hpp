#pragma once

#include <coax/chat/response.hpp>

namespace coax {

/// A struct out of an answer, with the answer it came from.
template <class T>
struct parsed {
    T value{};
    chat_response response{};  ///< Usage, attempts and latency over all re-asks.
};

}  // namespace coax
