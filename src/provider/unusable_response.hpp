#pragma once

#include <coax/chat/response.hpp>
#include <coax/core/error.hpp>
#include <coax/http/message.hpp>

#include <optional>
#include <string_view>

/// The errors of responses with a good status of which nothing can be made.
namespace coax::detail {

/// `errc::protocol_error`: the response is not what this service sends. It is paid for: not sent again.
[[nodiscard]] error make_protocol_error(std::string_view service, std::string_view what, error const& reader_error,
                                        std::string_view request_id);

/// The same of a whole response, with what came instead, its words and the tokens that it tells.
/// @param wanted  "a chat completion".
[[nodiscard]] error make_unreadable_error(std::string_view service, std::string_view wanted,
                                          http_response const& response, error const& reader_error);

/// The error with what the response cost.
[[nodiscard]] error with_tokens(error why, usage const& spent);

/// `errc::spent_on_reasoning`, where the token limit left a response without any text. It does not hold the tokens yet.
[[nodiscard]] std::optional<error> find_starved(std::string_view service, chat_response const& response);

}  // namespace coax::detail
