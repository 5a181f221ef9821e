#pragma once

#include <string>
#include <string_view>

namespace coax::json::detail {

/// The text with spaces for the comments in it, so that every byte stays in its place. Nothing before the first bracket
/// is a comment, nor anything in a string.
/// @param single_quotes  Strings may stand in single quotes.
[[nodiscard]] std::string blank_comments(std::string_view text, bool single_quotes);

}  // namespace coax::json::detail
