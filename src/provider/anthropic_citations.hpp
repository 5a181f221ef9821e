#pragma once

#include <coax/chat/response_details.hpp>
#include <coax/json/value.hpp>

#include <cstddef>
#include <vector>

namespace coax::detail {

/// Adds the citations of a block of text, an array; what cannot be read is left out.
/// @param text_begin  Where in the response's text the block is, up to `text_end`.
/// Source: reference anthropic.md, section 3.
void add_anthropic_citations(std::vector<citation>& into, json_value const& citations, std::size_t text_begin,
                             std::size_t text_end);

}  // namespace coax::detail
