#pragma once

#include <coax/chat/response.hpp>

namespace coax {

/// A struct and the response that it was read from.
template <class T>
struct parsed {
    T value{};
    chat_response response{};  ///< Usage, attempts and latency over all re-asks.
};

}  // namespace coax
