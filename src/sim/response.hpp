#pragma once

#include "sim/schema_value.hpp"
#include "sim/task.hpp"

#include <coax/sim/options.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace coax::sim::detail {

struct made_call {
    std::string id{};  ///< Without the service's prefix.
    std::string name{};
    std::string arguments{};  ///< A JSON object, unless a fault broke it.
};

enum class finish { stop, stop_sequence, length, tool_calls, filtered, refused };

/// What the model says, whichever service's words it goes out in.
struct answer {
    std::string text{};
    std::vector<made_call> calls{};
    finish ending{finish::stop};
    std::string stop_sequence{};
    std::size_t completion_tokens{0};
};

/// How answers are made, apart from what is asked.
struct answer_style {
    std::uint64_t seed{1};
    int words{24};
    int tool_calls_per_turn{1};
    member_order order{member_order::as_declared};
};

/// Makes up an answer: a function of its arguments.
/// @param choice  Which of several answers to one request, from 0.
/// @param number  The request's number; decides ids and nothing else.
/// @param what    Of the faults those that change what is said; may be nullptr.
[[nodiscard]] answer make_answer(chat_task const& task, answer_style const& style, int choice, std::uint64_t number,
                                 fault const* what);

/// `count` lower-case letters and digits that follow from `seed`.
[[nodiscard]] std::string make_id(std::uint64_t seed, std::size_t count);

}  // namespace coax::sim::detail
