#pragma once

#include <coax/chat/request.hpp>

#include <string_view>
#include <vector>

namespace coax::cli {

/// One thing that a request can ask for, as a user would say it.
struct request_kind {
    std::string_view name{};   ///< In words.
    std::string_view field{};  ///< Of `chat_request`; empty: none.
    chat_request request{};
    bool streaming{false};
};

/// A request of each kind: what the table of services is made from, and what its test sends to all of them.
[[nodiscard]] std::vector<request_kind> request_kinds();

}  // namespace coax::cli
