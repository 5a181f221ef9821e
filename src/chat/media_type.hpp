#pragma once

#include <string_view>

namespace coax::chat::detail {

/// The media type that the first bytes tell, of the images, documents and sounds that models take; empty: none of them.
/// Source: WHATWG MIME Sniffing, sections 6.1 and 6.2; ISO 32000-1, section 7.5.2; RFC 9639, section 8.
[[nodiscard]] std::string_view sniff_media_type(std::string_view bytes) noexcept;

/// Whether the bytes are text: UTF-8 without control characters that no text has.
[[nodiscard]] bool is_plain_text(std::string_view bytes) noexcept;

}  // namespace coax::chat::detail
