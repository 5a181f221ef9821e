#pragma once

#include "sim/service_api.hpp"

#include <coax/sim/answer_rule.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Typed questions and their answers, on the wires of System One, OpenAI and Gemini.
namespace coax::sim::detail {

enum class decision_form { system_one, openai, gemini };
enum class question_kind { predicate, choice, score };

struct asked_option {
    std::string label{};
    std::string description{};  ///< Empty: none.
};

struct asked_question {
    std::string name{};  ///< Empty: OpenAI's may have none.
    question_kind kind{question_kind::predicate};
    std::string instructions{};
    std::vector<asked_option> options{};  ///< Of a score: its levels, the label being the number but on OpenAI's wire.
};

struct decision_request {
    decision_form form{decision_form::system_one};
    std::string_view model{};
    std::string text{};  ///< All that is asked about.
    std::vector<asked_question> questions{};
    std::size_t tokens{0};
};

/// The wire of a body: a System One service may share OpenAI's path, as Perplexity's does.
[[nodiscard]] decision_form decision_form_of(request_route const& route, json::value const& body) noexcept;

/// Checks and reads a request. `out` views into `body`.
[[nodiscard]] rejection read_decision_request(json::value const& body, decision_form form, decision_request& out);

/// Probabilities that follow from the text, the questions and the seed, or from the rule: members of its `json` are
/// answers under the questions' names: a label, a level's number, true or false, the probability of true, or null for a
/// refusal.
/// @param injected  `refusal`, `content_filter` and `schema_violation` change the answers; nullptr: nothing does.
void write_decisions(response& out, decision_request const& request, answer_rule const* rule, fault const* injected,
                     std::uint64_t seed);

}  // namespace coax::sim::detail
