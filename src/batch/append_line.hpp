#pragma once

#include <coax/batch/json_line.hpp>

#include <string>
#include <string_view>

namespace coax::detail {

/// `to_json_line` at the end of a text. @param origin  `facts.origin` as text, which is the same for all lines of a
/// run.
void append_json_line(std::string& text, batch_result<std::string> const& outcome, output_kind form,
                      line_facts const& facts, std::string_view origin);

}  // namespace coax::detail
