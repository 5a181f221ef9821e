#pragma once

#include <coax/chat/message.hpp>
#include <coax/core/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// Messages as JSON, for the payload of a queue's row: roles, texts, images, files and sound.
/// Errors: `errc::invalid_argument`: a message has something else, such as tool calls.
[[nodiscard]] result<std::string> messages_text(std::vector<message> const& messages);

/// The messages again. Errors: `errc::invalid_json`.
[[nodiscard]] result<std::vector<message>> read_messages(std::string_view text);

}  // namespace coax
