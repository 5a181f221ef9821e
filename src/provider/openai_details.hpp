#pragma once

#include <coax/chat/response_details.hpp>
#include <coax/json/value.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

/// What a chat completion tells besides the response. What cannot be read is left out: the response is good without.
/// Source: reference openai.md, section 3.
namespace coax::detail {

/// Adds what the member `logprobs` of a choice has.
void add_openai_logprobs(std::vector<token_logprob>& into, json_value const& logprobs);

/// Adds what the member `annotations` of a message has. @param text  The message's.
void add_openai_citations(std::vector<citation>& into, json_value const& annotations, std::string_view text);

/// Adds what the member `annotations` of a part of a Responses message has.
/// @param text  The part's. @param offset  Where it begins in the response's text.
void add_responses_citations(std::vector<citation>& into, json_value const& annotations, std::string_view text,
                             std::size_t offset);

/// Whether there is anything to add.
[[nodiscard]] inline bool has_elements(json_value const& list) { return list.is_array() && list.text() != "[]"; }

}  // namespace coax::detail
