#pragma once

#include "provider/openai_wire.hpp"

#include <coax/chat/message.hpp>
#include <coax/json/writer.hpp>

#include <vector>

/// The parts of a message, as the chat completions wire has them. Source: reference openai.md, section 2.2.
namespace coax::detail {

/// Errors: `errc::invalid_argument`, `where` is such as "messages[0].parts[1]".
[[nodiscard]] result<void> check_openai_parts(openai_profile const& profile, std::vector<message> const& messages);

/// Whether there is more than empty texts, which services refuse.
[[nodiscard]] bool has_openai_parts(message const& msg);

/// The parts as an array. @param ends_cached_prefix  The last of them bears the mark.
void write_openai_parts(json::writer& out, openai_profile const& profile, std::vector<content_part> const& parts,
                        bool ends_cached_prefix);
void write_openai_text_part(json::writer& out, std::string_view text, bool ends_cached_prefix);

}  // namespace coax::detail
