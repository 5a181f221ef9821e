#pragma once

#include "provider/openai_wire.hpp"

#include <coax/chat/message.hpp>
#include <coax/json/writer.hpp>

#include <string_view>
#include <vector>

/// The parts of a message, as the Responses wire has them. Source: reference openai.md, section 6.2.
namespace coax::detail {

/// Errors: `errc::invalid_argument`, `where` is such as "messages[0].parts[1]".
[[nodiscard]] result<void> check_responses_parts(openai_profile const& profile, std::vector<message> const& messages);

/// The content as a text, or as a list where it has parts or bears the mark.
/// @param ends_cached_prefix  The service's prompt cache keeps all up to here: the last part says so.
void write_responses_content(json::writer& out, std::string_view name, openai_profile const& profile,
                             message const& msg, bool ends_cached_prefix);

}  // namespace coax::detail
