#pragma once

#include "sim/parsed_chat.hpp"
#include "sim/schema_value.hpp"

#include <coax/sim/options.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace coax::sim::detail {

struct tool_call {
    std::string id{};  ///< Without the service's prefix.
    std::string name{};
    std::string arguments{};  ///< A JSON object, unless a fault broke it.
};

enum class finish_reason { stop, stop_sequence, length, tool_calls, filtered, refused };

/// The model's output, independent of the service.
struct completion {
    std::string text{};
    std::vector<tool_call> calls{};
    finish_reason finish{finish_reason::stop};
    std::string stop_sequence{};
    std::size_t completion_tokens{0};
};

/// How completions are made, apart from the request.
struct completion_options {
    std::uint64_t seed{1};
    int words{24};
    int tool_calls_per_turn{1};
    member_order order{member_order::as_declared};
    answer_rule const* rule{nullptr};  ///< What it says is said; nullptr: it is made up.
};

/// Makes up a completion: a function of its arguments.
/// @param choice    Which of several completions of one request, from 0.
/// @param number    The request's number; decides ids and nothing else.
/// @param injected  A fault, of those that change the output; may be nullptr.
[[nodiscard]] completion complete(parsed_chat const& chat, completion_options const& opts, int choice,
                                  std::uint64_t number, fault const* injected);

}  // namespace coax::sim::detail
