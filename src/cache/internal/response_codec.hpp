#pragma once

#include <coax/chat/response.hpp>

#include <string>
#include <string_view>

namespace coax::cache::detail {

/// A response as bytes that give it back whole: every member, whatever it holds.
[[nodiscard]] std::string pack(chat_response const& response);

/// What `pack` made, by this version of coax and for the same members of `chat_response`.
/// Errors: `errc::protocol_error`: it is something else, or was damaged.
[[nodiscard]] result<chat_response> unpack(std::string_view bytes);

}  // namespace coax::cache::detail
