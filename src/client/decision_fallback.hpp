#pragma once

#include <coax/client/output_format.hpp>
#include <coax/provider/decision.hpp>

#include <vector>

/// Typed questions asked by a chat, on services that do not measure answers.
namespace coax::detail {

/// An object with the answer to each question under its name.
[[nodiscard]] result<output_format> answer_format(std::vector<decision_question> const& questions,
                                                  json::leniency const& leniency);

/// The chat that is asked: what is to be done stands before the input.
[[nodiscard]] chat_request to_chat(chat_request input);

/// The answers in a response of that format, without probabilities.
/// Errors: `errc::invalid_output`.
[[nodiscard]] result<decision_response> from_chat(std::vector<decision_question> const& questions,
                                                  chat_response const& response, json::leniency const& leniency);

}  // namespace coax::detail
