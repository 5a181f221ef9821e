#pragma once

#include "provider/anthropic_wire.hpp"

#include <coax/chat/message.hpp>
#include <coax/json/writer.hpp>

#include <optional>
#include <string_view>
#include <vector>

/// Content blocks and the marks of the prompt cache. Source: reference anthropic.md, sections 2.1 and 2.2.
namespace coax::detail {

/// The service refuses texts of nothing but white space.
[[nodiscard]] bool is_blank(std::string_view text);
[[nodiscard]] bool has_blank_content(message const& msg);

/// Errors: `errc::invalid_argument`, `where` is such as "messages[0].parts[1]".
[[nodiscard]] result<void> check_anthropic_parts(std::vector<message> const& messages);

/// How long what ends here stays in the cache, in the service's word or empty for its default; none: it is not marked.
using anthropic_cache_mark = std::optional<std::string_view>;

/// The member of a block or a tool; nothing without a mark.
void write_cache_control(json::writer& out, anthropic_cache_mark const& mark);

/// The text and the parts of a message, as blocks of an array already begun; the last bears the mark.
void write_anthropic_blocks(json::writer& out, message const& msg, anthropic_cache_mark const& mark = {});

}  // namespace coax::detail
