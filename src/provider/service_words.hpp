#pragma once

#include <coax/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace coax::detail {

inline constexpr std::size_t longest_message_bytes = 1'024;
inline constexpr std::size_t longest_code_bytes = 128;
inline constexpr std::size_t longest_page_bytes = 64U << 10U;  ///< Of which the title is sought.

/// The words of an error in whatever form a service sends them: a text, a list, an object that has a message, FastAPI's
/// list of places and messages; what has no words is shown as its JSON. Empty only for null, `{}` and `[]`.
[[nodiscard]] std::string words_of(json_value const& value);

/// The words of a body that is no JSON: the title of an HTML page, else the text itself.
[[nodiscard]] std::string words_of_text(std::string_view body);

/// Services quote the key they refuse, in part or whole: "Incorrect API key provided: sk-…".
void hide_keys(std::string& text);

/// The text as one line of at most `limit` bytes, cut between characters.
[[nodiscard]] std::string one_line(std::string text, std::size_t limit);

}  // namespace coax::detail
